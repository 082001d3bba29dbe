"""Where the keys of a TOML text stand."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from cc110.config.locate import Key, line_of, locate

SAMPLE = '''\
# [not.a.table]
title = "a # b"

[site]
"quoted key" = 1
'literal' = 2
dotted.inner = 3   # comment = 4
text = """
[[operator]]
unit = "not here" \\"""
more"""
raw = \'\'\'
key = 1\'\'\'
numbers = [
  1,
  # a comment, with a comma
  [2, 3], { a = 1, b = "}" },
  "]",
]
point = { x = 1, y.z = 2 }

[[operator]]
unit = "a"

[[operator]]
unit = "b"
[operator.phone]
kind = "x"
[[operator.queue]]
name = "q1"
[[operator.queue]]
name = "q2"

[a.b]
c = 2026-01-26T10:00:00Z
[[a.list]]
d = +1.5e3
'''

EXPECTED: dict[Key, int] = {
    ("title",): 2,
    ("site",): 4,
    ("site", "quoted key"): 5,
    ("site", "literal"): 6,
    ("site", "dotted", "inner"): 7,
    ("site", "text"): 8,
    ("site", "raw"): 12,
    ("site", "numbers"): 14,
    ("site", "numbers", 0): 15,
    ("site", "numbers", 1, 1): 17,
    ("site", "numbers", 2, "b"): 17,
    ("site", "numbers", 3): 18,
    ("site", "point", "y", "z"): 20,
    ("operator", 0): 22,
    ("operator", 0, "unit"): 23,
    ("operator", 1): 25,
    ("operator", 1, "unit"): 26,
    ("operator", 1, "phone", "kind"): 28,
    ("operator", 1, "queue", 0, "name"): 30,
    ("operator", 1, "queue", 1, "name"): 32,
    ("a", "b", "c"): 35,
    ("a", "list", 0, "d"): 37,
}


def leaves(value: Any, key: Key = ()) -> Iterator[Key]:
    """The key of each value that holds no others."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, (*key, name))
        case list():
            for index, inner in enumerate(value):
                yield from leaves(inner, (*key, index))
        case _:
            yield key


def test_every_kind_of_key_has_its_line() -> None:
    """Tables, arrays of tables, dotted and quoted keys, lists and inline tables are all found."""
    lines = locate(SAMPLE)

    assert {key: lines[key] for key in EXPECTED} == EXPECTED


def test_nothing_is_found_that_toml_does_not_know() -> None:
    """Text in strings and comments that looks like a key is no key."""
    assert set(leaves(tomllib.loads(SAMPLE))) <= locate(SAMPLE).keys()
    assert not [key for key in locate(SAMPLE) if "not" in key or key == ("key",)]
    assert len([key for key in locate(SAMPLE) if key[0] == "operator" and len(key) == 2]) == 2


def test_a_missing_key_has_the_line_of_what_is_around_it() -> None:
    """What is not written down is to be written where its table begins."""
    lines = locate(SAMPLE)

    assert line_of(lines, ("operator", 1, "id")) == 25
    assert line_of(lines, ("site", "point", "q", "r")) == 20
    assert line_of(lines, ("nowhere",)) == 1


def test_windows_line_ends_do_not_shift_lines() -> None:
    """A file from Windows has the same lines."""
    assert locate(SAMPLE.replace("\n", "\r\n")) == locate(SAMPLE)


names = st.text("abc-_", min_size=1, max_size=3) | st.sampled_from(['"a.b"', "'#'", '"]"', '"\\""'])
scalars = st.sampled_from(
    ["1", "true", '"x"', '"a\\"b"', "'c'", '"# ]"', '"""x\n[t]\nk=1"""', "'''\n}'''", "1979-05-27"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[\n {', '.join(parts)} ]"),
    max_leaves=5,
)


@given(
    st.dictionaries(
        names, st.dictionaries(names, st.tuples(values, st.integers(0, 2)), max_size=4), max_size=4
    )
)
def test_any_key_stands_in_the_line_where_it_was_written(
    document: dict[str, dict[str, tuple[str, int]]],
) -> None:
    """Whatever stands between two keys, both are found in their own lines."""
    text, written = "", {}
    for table, pairs in document.items():
        text += f"[[ {table} ]] # comment\n"
        for name, (value, gap) in pairs.items():
            text += "\n# x = 1\n" * gap
            written[table, name] = text.count("\n") + 1
            text += f"{name} = {value}\n"
    plain = {name: next(iter(tomllib.loads(f"{name} = 1"))) for name in _all_names(document)}
    assume(len(set(plain.values())) == len(plain))

    lines = locate(text)

    for (table, name), line in written.items():
        assert lines[plain[table], 0, plain[name]] == line
    assert set(leaves(tomllib.loads(text))) <= lines.keys()


def _all_names(document: dict[str, dict[str, tuple[str, int]]]) -> set[str]:
    return set(document) | {name for pairs in document.values() for name in pairs}

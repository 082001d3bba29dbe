"""Rows of the directory's raw values, for the rules that look at several of them."""

from collections.abc import Iterable, Iterator, Mapping

from cc110.config.layers import Source
from cc110.config.locate import Key
from cc110.config.problem import Problem


def kinds_of(source: Source) -> Mapping[str, str | None]:
    """Each unit's kind; None where that is unclear, so that nothing is concluded from it."""
    codes = ((row, _raw(source, (*row, "code"))) for row in source.rows("unit"))
    return {code: source.text((*row, "kind")) for row, code in codes if isinstance(code, str)}


def _raw(source: Source, key: Key) -> object:
    """A unit's code counts as known even if it is badly written: one fault, one problem."""
    row = source.value(key[:-1])
    return row.get(key[-1]) if isinstance(row, Mapping) else None


def texts(source: Source, table: str, name: str) -> Iterator[tuple[Key, str]]:
    """A text of each row of a table, where it has one, and its place."""
    for row in source.rows(table):
        value = source.text((*row, name))
        if value is not None:
            yield (*row, name), value


def dialled_in(source: Source) -> Mapping[str, Key]:
    """What callers dial on any trunk, and where that is said first."""
    forms: dict[str, Key] = {}
    for row in source.rows("trunk"):
        for key in source.rows(*row, "dialled"):
            forms.setdefault(source.text(key) or "", key)
    return forms


def listed(source: Source, table: str | Key, name: str) -> Iterator[tuple[Key, str]]:
    """Every text of a list that each row of a table has, and its place."""
    for row in source.rows(*((table,) if isinstance(table, str) else table)):
        for key in source.rows(*row, name):
            if value := source.text(key):
                yield key, value


def twice(source: Source, found: Iterable[tuple[Key, str]], says: str) -> Iterator[Problem]:
    """A problem at each later place of a value that comes again. `says` has {} where the value stands."""
    places: dict[str, list[Key]] = {}
    for key, value in found:
        places.setdefault(value, []).append(key)
    for value, keys in places.items():
        if len(keys) > 1:
            first, *later = sorted(keys, key=lambda key: _reading_order(source, key))
            for again in later:
                place = source.where(first, again)
                yield source.problem(again, f"{says.format(value)} twice, first in {place}")


def _reading_order(source: Source, key: Key) -> tuple[int, int]:
    """Files come one after the other, as their elements do."""
    file, line = source.place(key)
    return source.order(file), line


def title(kind: str | None) -> str:
    """What a kind of unit is called: ``Polres``."""
    return (kind or "unit").capitalize()

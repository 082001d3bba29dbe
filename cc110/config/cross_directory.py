"""What must be true between the entries of the directory.

The rules read the file's raw values, so that they speak at once with the faults of single values; a
value that has a fault of its own is passed over.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from cc110.config.fields import Network, network
from cc110.config.layers import Source
from cc110.config.locate import Key, line_of
from cc110.config.problem import Problem, Severity, hint

_PARENT = {"polres": "polda", "polda": "mabes"}


def directory_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of the directory."""
    yield from _unique_codes(source)
    yield from _parents(source)
    yield from _desks(source)
    yield from _extensions(source)
    yield from _operators(source)
    yield from _origin(source)
    yield from _trunk_ids(source)
    yield from _trunk_addresses(source)
    yield from _staffed(source)


def _unique_codes(source: Source) -> Iterator[Problem]:
    for first, again, code in _twice(source, _texts(source, "unit", "code")):
        yield source.problem(again, f"unit `{code}` is there twice, first in {_at(source, first)}")


def _parents(source: Source) -> Iterator[Problem]:
    kinds = _kinds(source)
    for row in source.rows("unit"):
        kind, parent = source.text((*row, "kind")), source.text((*row, "parent"))
        wanted = _PARENT.get(kind or "")
        if kind is None:
            continue
        if wanted is None and parent is not None:
            yield source.problem((*row, "parent"), f"{_unit(source, row)} has nobody above it")
        elif kind == "polres" and (*row, "parent") not in source.bad and parent is None:
            yield source.problem(row, f"{_unit(source, row)} needs `parent`, its Polda")
        elif parent is not None and kinds.get(parent, "?") not in {wanted, None}:
            above = [code for code, its_kind in kinds.items() if its_kind == wanted]
            message = f"{_unit(source, row)}: `{parent}` is no {_title(wanted)} of this directory"
            yield source.problem((*row, "parent"), message + hint(parent, above))


def _desks(source: Source) -> Iterator[Problem]:
    for row in source.rows("unit"):
        kind, desk = source.text((*row, "kind")), (*row, "extension")
        if kind == "polres" and source.value(desk) is None and desk not in source.bad:
            yield source.problem(row, f"{_unit(source, row)} needs `extension`, its desk")
        elif kind in {"polda", "mabes"} and source.value(desk) is not None:
            message = f"{_unit(source, row)} has no desk of its own: its operators answer"
            yield source.problem(desk, message)


def _extensions(source: Source) -> Iterator[Problem]:
    found = [*_texts(source, "operator", "id"), *_texts(source, "unit", "extension")]
    for first, again, extension in _twice(source, found):
        message = f"extension {extension} is there twice, first in {_at(source, first)}"
        yield source.problem(again, message)
    dialled = _dialled(source)
    for key, extension in found:
        if extension in dialled:
            place = _at(source, dialled[extension])
            message = f"extension {extension} is what callers dial ({place})"
            yield source.problem(key, message)
    yield from _overlaps(source, found)


def _overlaps(source: Source, found: Iterable[tuple[Key, str]]) -> Iterator[Problem]:
    """In sorted order whatever begins with a short extension follows it."""
    short_key: Key = ()
    short = "?"
    for key, extension in sorted(found, key=lambda pair: pair[1]):
        if not extension.startswith(short):
            short_key, short = key, extension
        elif extension != short:
            message = f"extension {extension} begins with {short} ({_at(source, short_key)})"
            yield source.problem(key, f"{message}: phones that dial while keyed can't reach it")


def _operators(source: Source) -> Iterator[Problem]:
    kinds = _kinds(source)
    seats = [code for code, kind in kinds.items() if kind in {"polda", "mabes"}]
    for key, code in _texts(source, "operator", "unit"):
        if code not in kinds:
            message = f"`{code}` is no unit of this directory{hint(code, seats)}"
            yield source.problem(key, f"{_operator(source, key[:-1])}: {message}")
        elif kinds[code] == "polres":
            message = f"`{code}` is a Polres: operators sit at a Polda or at Mabes"
            yield source.problem(key, f"{_operator(source, key[:-1])}: {message}")


def _origin(source: Source) -> Iterator[Problem]:
    poldas = [code for code, kind in _kinds(source).items() if kind in {"polda", None}]
    rows = list(source.rows("origin", "area"))
    for key in [("origin", "default"), *((*row, "queue") for row in rows)]:
        queue = source.text(key)
        if queue is not None and queue not in poldas:
            message = f"`{queue}` is no Polda of this directory{hint(queue, poldas)}"
            yield source.problem(key, message)
    claims = [claim for row in rows for claim in _claims(source, row)]
    for first, again, code in _twice(source, claims):
        yield source.problem(
            again, f"area code {code} is claimed twice, first in {_at(source, first)}"
        )


def _claims(source: Source, row: Key) -> Iterator[tuple[Key, str]]:
    for key in source.rows(*row, "codes"):
        if code := source.text(key):
            yield key, code


def _trunk_ids(source: Source) -> Iterator[Problem]:
    for first, again, name in _twice(source, _texts(source, "trunk", "id")):
        yield source.problem(again, f"trunk `{name}` is there twice, first in {_at(source, first)}")
    if not any(source.rows("trunk")) and not any(key[0] == "trunk" for key in source.bad):
        message = "there is no [[trunk]]: nobody can call 110"
        yield source.problem((), message, Severity.WARNING)


def trunk_networks(source: Source) -> Iterator[tuple[Key, Network]]:
    """Where trunks send from; addresses with a fault are passed over."""
    for row in source.rows("trunk"):
        for key in source.rows(*row, "addresses"):
            if address := source.text(key):
                yield key, network(address)


def _trunk_addresses(source: Source) -> Iterator[Problem]:
    for (first, one), (again, other) in combinations(trunk_networks(source), 2):
        if one.overlaps(other):
            message = f"trunk address {plainly(other)} overlaps {plainly(one)}"
            yield source.problem(again, f"{message} ({_at(source, first)})")


def plainly(addresses: Network) -> str:
    """An address without ``/32``."""
    return str(addresses if addresses.num_addresses > 1 else addresses.network_address)


def _staffed(source: Source) -> Iterator[Problem]:
    seats = {code for _, code in _texts(source, "operator", "unit")}
    above = {parent for _, parent in _texts(source, "unit", "parent")}
    for key, code in _texts(source, "unit", "code"):
        kind = source.text((*key[:-1], "kind"))
        if kind == "polda" and code not in seats:
            message = f"Polda `{code}` has no operator of its own"
            yield source.problem(key, message, Severity.WARNING)
        if kind == "mabes" and code in seats and code not in above:
            message = f"operators of `{code}` serve no queue: no Polda has it as `parent`"
            yield source.problem(key, message, Severity.WARNING)


def _kinds(source: Source) -> Mapping[str, str | None]:
    """Each unit's kind; None where that is unclear, so that nothing is concluded from it."""
    codes = ((row, _raw(source, (*row, "code"))) for row in source.rows("unit"))
    return {code: source.text((*row, "kind")) for row, code in codes if isinstance(code, str)}


def _raw(source: Source, key: Key) -> object:
    """A unit's code counts as known even if it is badly written: one fault, one problem."""
    row = source.value(key[:-1])
    return row.get(key[-1]) if isinstance(row, Mapping) else None


def _texts(source: Source, table: str, name: str) -> Iterator[tuple[Key, str]]:
    for row in source.rows(table):
        value = source.text((*row, name))
        if value is not None:
            yield (*row, name), value


def _dialled(source: Source) -> Mapping[str, Key]:
    forms: dict[str, Key] = {}
    for row in source.rows("trunk"):
        for key in source.rows(*row, "dialled"):
            forms.setdefault(source.text(key) or "", key)
    return forms


def _twice(source: Source, found: Iterable[tuple[Key, str]]) -> Iterator[tuple[Key, Key, str]]:
    """The first place, a later place and the value, for each value that comes again."""
    first: dict[str, Key] = {}
    for key, value in sorted(found, key=lambda pair: line_of(source.lines, pair[0])):
        if value in first:
            yield first[value], key, value
        first.setdefault(value, key)


def _at(source: Source, key: Key) -> str:
    return f"line {line_of(source.lines, key)}"


def _unit(source: Source, row: Key) -> str:
    kind = source.text((*row, "kind"))
    return f"{_title(kind)} `{source.text((*row, 'code')) or '?'}`"


def _operator(source: Source, row: Key) -> str:
    return f"operator {source.text((*row, 'id')) or '?'}"


def _title(kind: str | None) -> str:
    return (kind or "unit").capitalize()

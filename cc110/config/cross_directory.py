"""What must be true between the entries of the directory.

The rules read the file's raw values, so that they speak at once with the faults of single values; a
value that has a fault of its own is passed over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cc110.config.cross_rows import dialled_in, kinds_of, listed, texts, title, twice
from cc110.config.cross_shifts import climb_problems, shift_problems
from cc110.config.cross_trunks import trunk_problems
from cc110.config.directory import EVIDENCE
from cc110.config.layers import Source
from cc110.config.locate import Key
from cc110.config.problem import Problem, Severity, hint

_PARENT: Final = {"polsek": "polres", "polres": "polda", "polda": "mabes"}
_NEEDS_PARENT: Final = {"polres", "polsek"}
_NORTH, _SOUTH, _WEST, _EAST = 6.5, -11.5, 94.5, 141.5
"""Indonesia lies within, in degrees."""


def directory_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of the directory."""
    yield from _unique_codes(source)
    yield from _parents(source)
    yield from _desks(source)
    yield from _extensions(source)
    yield from _operators(source)
    yield from _origin(source)
    yield from _evidence(source)
    yield from trunk_problems(source)
    yield from _staffed(source)
    yield from _centres(source)
    yield from _misled(source)
    yield from _neighbours(source)
    yield from shift_problems(source)
    yield from climb_problems(source)


def _unique_codes(source: Source) -> Iterator[Problem]:
    yield from twice(source, texts(source, "unit", "code"), "unit `{}` is there")


def _parents(source: Source) -> Iterator[Problem]:
    kinds = kinds_of(source)
    for row in source.rows("unit"):
        kind, parent = source.text((*row, "kind")), source.text((*row, "parent"))
        wanted = _PARENT.get(kind or "")
        if kind is None:
            continue
        if wanted is None and parent is not None:
            yield source.problem((*row, "parent"), f"{_unit(source, row)} has nobody above it")
        elif kind in _NEEDS_PARENT and (*row, "parent") not in source.bad and parent is None:
            yield source.problem(row, f"{_unit(source, row)} needs `parent`, its {title(wanted)}")
        elif parent is not None and kinds.get(parent, "?") not in {wanted, None}:
            above = [code for code, its_kind in kinds.items() if its_kind == wanted]
            message = f"{_unit(source, row)}: `{parent}` is no {title(wanted)} of this directory"
            yield source.problem((*row, "parent"), message + hint(parent, above))


def _desks(source: Source) -> Iterator[Problem]:
    for row in source.rows("unit"):
        kind, desk = source.text((*row, "kind")), (*row, "extension")
        more = next(source.rows(*row, "more_extensions"), None)
        has_desk = source.value(desk) is not None
        if kind in {"polda", "mabes"}:
            message = f"{_unit(source, row)} has no desk of its own: its operators answer"
            for key in ([desk] if has_desk else []) + ([more] if more else []):
                yield source.problem(key, message)
        elif has_desk or desk in source.bad:
            continue
        elif more:
            yield source.problem(
                more, f"{_unit(source, row)} needs `extension` before more of them"
            )
        else:
            yield from _without_desk(source, row, kind)


def _without_desk(source: Source, row: Key, kind: str | None) -> Iterator[Problem]:
    by_hand = [(*row, "sip"), (*row, "phone")]
    if any(source.value(key) is not None or key in source.bad for key in by_hand):
        if kind == "polres":
            message = f"operators can't key {_unit(source, row)}: it has no `extension`"
            yield source.problem(row, message, Severity.WARNING)
    elif kind == "polres":
        message = f"{_unit(source, row)} needs `extension`, its desk (or `sip` or `phone`)"
        yield source.problem(row, message)
    elif kind == "polsek":
        message = f"nobody can call {_unit(source, row)}: no `extension`, `sip` or `phone`"
        yield source.problem(row, message, Severity.WARNING)


def _extensions(source: Source) -> Iterator[Problem]:
    found = [
        *texts(source, "operator", "id"),
        *texts(source, "unit", "extension"),
        *listed(source, "unit", "more_extensions"),
    ]
    yield from twice(source, found, "extension {} is there")
    dialled = dialled_in(source)
    for key, extension in found:
        if extension in dialled:
            place = source.where(dialled[extension], key)
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
            place = source.where(short_key, key)
            message = f"extension {extension} begins with {short} ({place})"
            yield source.problem(key, f"{message}: phones that dial while keyed can't reach it")


def _operators(source: Source) -> Iterator[Problem]:
    kinds = kinds_of(source)
    seats = [code for code, kind in kinds.items() if kind in {"polda", "mabes"}]
    for key, code in texts(source, "operator", "unit"):
        if code not in kinds:
            message = f"`{code}` is no unit of this directory{hint(code, seats)}"
            yield source.problem(key, f"{_operator(source, key[:-1])}: {message}")
        elif (kind := kinds[code]) in {"polres", "polsek"}:
            message = f"`{code}` is a {title(kind)}: operators sit at a Polda or at Mabes"
            yield source.problem(key, f"{_operator(source, key[:-1])}: {message}")


def _origin(source: Source) -> Iterator[Problem]:
    poldas = [code for code, kind in kinds_of(source).items() if kind in {"polda", None}]
    rows = list(source.rows("origin", "area"))
    told = [*rows, *source.rows("origin", "dialled"), *source.rows("trunk")]
    for key in [("origin", "default"), *((*row, "queue") for row in told)]:
        queue = source.text(key)
        if queue is not None and queue not in poldas:
            message = f"`{queue}` is no Polda of this directory{hint(queue, poldas)}"
            yield source.problem(key, message)
    claims = [claim for row in rows for claim in _claims(source, row)]
    for row in source.rows("unit"):
        if source.text((*row, "kind")) == "polda":
            claims += _claims(source, (*row, "area"))
    yield from twice(source, claims, "area code {} is claimed")


def _evidence(source: Source) -> Iterator[Problem]:
    """What tells an origin and never will: a number that no trunk dials, evidence that is not looked at."""
    order = [(key, source.text(key) or "") for key in source.rows("origin", "order")]
    yield from twice(source, order, "`order` in [origin] has {}")
    asked = {word for _, word in order} or set(EVIDENCE)
    dialled = dialled_in(source)
    numbers = [*listed(source, ("origin", "dialled"), "numbers")]
    yield from twice(source, numbers, "{} is given to a Polda")
    for key, number in numbers:
        if dialled and number not in dialled:
            message = f"no trunk dials {number}: it is in no `dialled` of a [[trunk]]"
            yield source.problem(key, message, Severity.WARNING)
    for word, keys in _named(source, numbers).items():
        if keys and word not in asked:
            message = f"this decides nothing: `order` in [origin] leaves out {word}"
            yield source.problem(keys[0], message, Severity.WARNING)
    for row in source.rows("unit"):
        key = (*row, "area", "provinces")
        if source.text((*row, "kind")) not in {"polda", None} and source.value(key):
            yield source.problem(key, f"{_unit(source, row)}: only Poldas have provinces")


def _named(source: Source, numbers: Sequence[tuple[Key, str]]) -> Mapping[str, Sequence[Key]]:
    trunks = [key for key, _ in texts(source, "trunk", "queue")]
    areas = [key for row in source.rows("origin", "area") for key, _ in _claims(source, row)]
    return {"dialled": [key for key, _ in numbers], "trunk": trunks, "area-code": areas}


def _misled(source: Source) -> Iterator[Problem]:
    """A Polres's fixed lines whose calls come to another Polda; as far as origins can be believed."""
    if any(key[0] == "origin" for key in source.bad):
        return
    claimed = {
        code: source.text((*row, "queue"))
        for row in source.rows("origin", "area")
        for _, code in _claims(source, row)
    }
    claimed |= {
        code: source.text((*row, "code"))
        for row in _of_kind(source, "polda")
        for _, code in _claims(source, (*row, "area"))
    }
    default = source.text(("origin", "default"))
    poldas = {source.text((*row, "code")) for row in _of_kind(source, "polda")}
    for row in _of_kind(source, "polres"):
        polda = source.text((*row, "parent"))
        for key, code in _claims(source, (*row, "area")):
            queue = claimed.get(code, default)
            if {polda, queue} <= poldas and polda != queue:
                message = (
                    f"calls from {code} go to `{queue}`, not to {_unit(source, row)}'s `{polda}`"
                )
                yield source.problem(key, message, Severity.WARNING)


def _of_kind(source: Source, kind: str) -> Iterator[Key]:
    return (row for row in source.rows("unit") if source.text((*row, "kind")) == kind)


def _claims(source: Source, row: Key) -> Iterator[tuple[Key, str]]:
    for key in source.rows(*row, "codes"):
        if code := source.text(key):
            yield key, code


def _staffed(source: Source) -> Iterator[Problem]:
    seats = {code for _, code in texts(source, "operator", "unit")}
    above = {parent for _, parent in texts(source, "unit", "parent")}
    for key, code in texts(source, "unit", "code"):
        kind = source.text((*key[:-1], "kind"))
        if kind == "polda" and code not in seats:
            message = f"Polda `{code}` has no operator of its own"
            yield source.problem(key, message, Severity.WARNING)
        if kind == "mabes" and code in seats and code not in above:
            message = f"operators of `{code}` serve no queue: no Polda has it as `parent`"
            yield source.problem(key, message, Severity.WARNING)


def _centres(source: Source) -> Iterator[Problem]:
    for row in source.rows("unit"):
        match source.value((*row, "area", "centre")):
            case [int() | float() as north, int() | float() as east]:
                if not (_SOUTH <= north <= _NORTH and _WEST <= east <= _EAST):
                    message = f"`centre` of {_unit(source, row)} lies outside Indonesia"
                    yield source.problem(
                        (*row, "area", "centre"),
                        f"{message}: latitude comes first, then longitude",
                        Severity.WARNING,
                    )


def _neighbours(source: Source) -> Iterator[Problem]:
    kinds = kinds_of(source)
    poldas = [code for code, kind in kinds.items() if kind == "polda"]
    for row in source.rows("unit"):
        for key in source.rows(*row, "neighbours"):
            code = source.text(key)
            if source.text((*row, "kind")) not in {"polda", None}:
                yield source.problem(key, f"{_unit(source, row)}: only Poldas have neighbours")
            elif code is not None and kinds.get(code, "?") not in {"polda", None}:
                message = f"{_unit(source, row)}: `{code}` is no Polda of this directory"
                yield source.problem(key, message + hint(code, poldas))
            elif code is not None and code == source.text((*row, "code")):
                yield source.problem(key, f"{_unit(source, row)} is no neighbour of itself")


def _unit(source: Source, row: Key) -> str:
    kind = source.text((*row, "kind"))
    return f"{title(kind)} `{source.text((*row, 'code')) or '?'}`"


def _operator(source: Source, row: Key) -> str:
    return f"operator {source.text((*row, 'id')) or '?'}"

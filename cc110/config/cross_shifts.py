"""What must be true between shifts, rosters, holidays and the levels of the climb."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from cc110.config.layers import Source
from cc110.config.locate import Key
from cc110.config.problem import Problem, Severity, hint
from cc110.core.climb import DESKS

_COMMON: Final = ""
"""Stands for the shifts of every unit that has none of its own."""


def shift_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of shifts, rosters and holidays."""
    codes = _codes(source)
    yield from _shifts(source, codes)
    yield from _rosters(source, codes)
    yield from _holidays(source, codes)


def _shifts(source: Source, codes: frozenset[str]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Key] = {}
    for row in source.rows("shift"):
        yield from _unknown_unit(source, (*row, "unit"), codes)
        name = source.text((*row, "id"))
        unit = source.text((*row, "unit")) or _COMMON
        if name is None or (*row, "unit") in source.bad:
            continue
        if first := seen.get((unit, name)):
            place = source.where(first, row)
            yield source.problem(row, f"shift `{name}` is there twice, first in {place}")
        seen.setdefault((unit, name), row)


def _rosters(source: Source, codes: frozenset[str]) -> Iterator[Problem]:
    shifts = _shifts_of(source)
    seats = _seats(source)
    for row in source.rows("roster"):
        unit = source.text((*row, "unit"))
        if unit is None:
            continue
        if unit not in codes:
            yield from _unknown_unit(source, (*row, "unit"), codes)
            continue
        yield from _unknown_shift(source, row, unit, shifts)
        yield from _strangers(source, row, unit, seats)
        yield from _backwards(source, row)


def _unknown_shift(
    source: Source, row: Key, unit: str, shifts: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    name = source.text((*row, "shift"))
    known = shifts.get(unit) or shifts.get(_COMMON, frozenset())
    if name is not None and name not in known:
        message = f"`{name}` is no shift of `{unit}`{hint(name, known)}"
        yield source.problem((*row, "shift"), message)


def _strangers(
    source: Source, row: Key, unit: str, seats: Mapping[str, str | None]
) -> Iterator[Problem]:
    for key in source.rows(*row, "operators"):
        operator = source.text(key)
        if operator is None:
            continue
        if operator not in seats:
            message = f"{operator} is no operator of this directory"
            yield source.problem(key, message)
        elif seats[operator] not in {unit, None}:
            message = f"operator {operator} sits at `{seats[operator]}`, not at `{unit}`"
            yield source.problem(key, message)


def _backwards(source: Source, row: Key) -> Iterator[Problem]:
    first, last = source.value((*row, "from")), source.value((*row, "until"))
    if isinstance(first, date) and isinstance(last, date) and last < first:
        yield source.problem((*row, "until"), f"the roster ends on {last}, before it begins")


def _holidays(source: Source, codes: frozenset[str]) -> Iterator[Problem]:
    for row in source.rows("holiday"):
        for key in source.rows(*row, "units"):
            yield from _unknown_unit(source, key, codes)


def climb_problems(source: Source) -> Iterator[Problem]:
    """Every broken rule of the climb."""
    levels = list(source.rows("climb", "level"))
    before: float | None = None
    seen: dict[str, Key] = {}
    for row in levels:
        after, who = source.value((*row, "after_s")), source.text((*row, "who"))
        if isinstance(after, int):
            if before is None and after != 0:
                message = f"the first level of the climb rings at once: `after_s` is 0, not {after}"
                yield source.problem((*row, "after_s"), message)
            if before is not None and after <= before:
                message = f"levels stand in their order: {after} s is not after {before:g} s"
                yield source.problem((*row, "after_s"), message)
            before = after
        if who is None:
            continue
        if who in seen and who != "number":
            place = source.where(seen[who], row)
            yield source.problem(row, f"`{who}` is a level already ({place})")
        seen.setdefault(who, row)
        yield from _numbers(source, row, who)
    if levels and "polda" not in seen:
        message = "there is no level `polda`: the Polda's own operators would never ring"
        yield source.problem(("climb",), message)
    for who in DESKS:
        if who in seen and not _has_desk(source, who):
            message = f"no {who.capitalize()} of this directory has an `extension` that could ring"
            yield source.problem(seen[who], message, Severity.WARNING)
    if "neighbours" in seen:
        yield from _lonely(source, seen["neighbours"])


def _has_desk(source: Source, kind: str) -> bool:
    return any(
        source.text((*row, "kind")) == kind and source.value((*row, "extension"))
        for row in source.rows("unit")
    )


def _numbers(source: Source, row: Key, who: str) -> Iterator[Problem]:
    numbers = source.value((*row, "numbers"))
    if who == "number" and not numbers and (*row, "numbers") not in source.bad:
        yield source.problem(row, "a level `number` needs `numbers`")
    if who == "number" and not _goes_out(source):
        message = "a level `number` needs a [[trunk]] with `outbound`: where to call it"
        yield source.problem(row, message)
    if who != "number" and numbers:
        yield source.problem((*row, "numbers"), f"a level `{who}` has no `numbers`")


def _goes_out(source: Source) -> bool:
    return any(source.value((*row, "outbound")) for row in source.rows("trunk"))


def _lonely(source: Source, level: Key) -> Iterator[Problem]:
    for row in source.rows("unit"):
        if source.text((*row, "kind")) == "polda" and not source.value((*row, "neighbours")):
            message = f"Polda `{source.text((*row, 'code'))}` has no `neighbours` to climb to"
            yield source.problem(row, f"{message} ({source.where(level, row)})", Severity.WARNING)


def _unknown_unit(source: Source, key: Key, codes: frozenset[str]) -> Iterator[Problem]:
    code = source.text(key)
    if code is not None and code not in codes:
        message = f"`{code}` is no unit of this directory{hint(code, codes)}"
        yield source.problem(key, message)


def _codes(source: Source) -> frozenset[str]:
    found = (source.text((*row, "code")) for row in source.rows("unit"))
    return frozenset(code for code in found if code is not None)


def _shifts_of(source: Source) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in source.rows("shift"):
        if name := source.text((*row, "id")):
            found.setdefault(source.text((*row, "unit")) or _COMMON, set()).add(name)
    return {unit: frozenset(names) for unit, names in found.items()}


def _seats(source: Source) -> Mapping[str, str | None]:
    """Each operator's unit; None where that is a fault of its own."""
    stations = {
        source.text((*row, "code"))
        for row in source.rows("unit")
        if source.text((*row, "kind")) in {"polda", "mabes"}
    }
    rows = source.rows("operator")
    found = ((source.text((*row, "id")), source.text((*row, "unit"))) for row in rows)
    return {agent: unit if unit in stations else None for agent, unit in found if agent is not None}

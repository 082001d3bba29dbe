"""``cc110 shifts``: who is on duty, who is there, who is missing."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cc110.cli import spoken
from cc110.cli.context import Invocation, invocation, quiet_logs
from cc110.cli.options import JsonLines, Lang, example, group
from cc110.cli.screen import Cell, Column, Row, Screen, note, print_json
from cc110.cli.words import Pair, pick
from cc110.core import shifts as core
from cc110.core.ids import AgentId, UnitId
from cc110.core.roster import Agent, Membership, Roster
from cc110.core.shifts import Plan, Stint, UnitDuty
from cc110.core.words import DeviceState, Language

if TYPE_CHECKING:
    from cc110.config.model import Config

app = group(
    "Shifts by the clock: now, next, week.",
    "cc110 shifts now",
    "cc110 shifts week --unit polda-sumut",
)
Unit = Annotated[str | None, typer.Option(help="Only this unit, by its code.")]
At = Annotated[
    str | None, typer.Option(help="At another time: 2026-12-25T07:00, in the site's own time.")
]
_NOW: Final[tuple[tuple[Pair, int], ...]] = (
    (("SATUAN", "UNIT"), 0),
    (("SIF", "SHIFT"), 0),
    (("SAMPAI", "UNTIL"), 2),
    (("HADIR", "THERE"), 0),
    (("BELUM MASUK", "MISSING"), 0),
    (("DI LUAR SIF", "OFF SHIFT"), 1),
)
_AHEAD: Final[tuple[tuple[Pair, int], ...]] = (
    (("SATUAN", "UNIT"), 0),
    (("MULAI", "BEGINS"), 0),
    (("SELESAI", "ENDS"), 2),
    (("SIF", "SHIFT"), 0),
    (("BERTUGAS", "ON DUTY"), 0),
)
_NOBODY: Final[Pair] = ("TIDAK ADA", "NOBODY")
_NO_ROSTER: Final[Pair] = (
    "Tidak ada satuan dengan [[roster]] di direktori.",
    "No unit has a [[roster]] in the directory.",
)


@app.command(
    "now", epilog=example("cc110 shifts now", "cc110 shifts now --unit polda-sumut --json")
)
def now(
    ctx: typer.Context, *, unit: Unit = None, json: JsonLines = False, lang: Lang = None
) -> None:
    """Who is on, who is logged in, who is missing, and who is logged in outside of his shift."""
    from cc110.cli.roster import seats
    from cc110.config.duty import shift_policy

    said, config, plan = _plan(ctx, unit, lang)
    quiet_logs(said)
    known = asyncio.run(seats(config))
    if known.trouble:
        note(known.trouble)
    there = {one.agent: one.queues for one in known.seats if one.queues}
    found = core.duties(plan, _logged_in(there), datetime.now(UTC), shift_policy(config))
    if json:
        for one in found:
            print_json(_duty_json(one))
        return
    rows = [_duty_row(one, config, said.lang) for one in found]
    _show(_NOW, rows, said.lang)


@app.command(
    "next", epilog=example("cc110 shifts next", "cc110 shifts next --at 2026-12-25T06:30 --json")
)
def next_(
    ctx: typer.Context,
    *,
    unit: Unit = None,
    at: At = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """The next shift of each unit, with who is on."""
    said, config, plan = _plan(ctx, unit, lang)
    moment = _moment(at, config)
    ahead = core.stints(plan, moment, moment + timedelta(days=8))
    first: dict[UnitId, Stint] = {}
    for one in ahead:
        if one.begins > moment:
            first.setdefault(one.unit, one)
    _print(tuple(first.values()), config, said.lang, json=json)


@app.command(
    "week", epilog=example("cc110 shifts week", "cc110 shifts week --unit polda-sumut --json")
)
def week(
    ctx: typer.Context,
    *,
    unit: Unit = None,
    at: At = None,
    json: JsonLines = False,
    lang: Lang = None,
) -> None:
    """Every shift of seven days from now on; those with nobody stand out."""
    said, config, plan = _plan(ctx, unit, lang)
    moment = _moment(at, config)
    ahead = core.stints(plan, moment, moment + timedelta(days=7))
    _print(ahead, config, said.lang, json=json)


def _plan(
    ctx: typer.Context, unit: str | None, lang: Language | None
) -> "tuple[Invocation, Config, Plan]":
    from cc110.config.duty import plan_of

    said = invocation(ctx, lang)
    config = said.config()
    if unit is not None and config.unit(UnitId(unit)) is None:
        raise typer.BadParameter(f"there is no unit {unit!r}")
    return said, config, tuple(one for one in plan_of(config) if unit in (None, one.unit))


def _moment(at: str | None, config: "Config") -> datetime:
    from cc110.cli.times import moment

    if at is None:
        return datetime.now(UTC)
    try:
        return moment(at, config.time_zone).astimezone(UTC)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _logged_in(there: Mapping[AgentId, Sequence[str]]) -> Roster:
    place = Membership(device=DeviceState.NOT_IN_USE)
    return Roster(
        agents={
            agent: Agent(agent=agent, queues=dict.fromkeys(queues, place))  # type: ignore[arg-type]
            for agent, queues in there.items()
        }
    )


def _show(columns: tuple[tuple[Pair, int], ...], rows: Sequence[Row], lang: Language) -> None:
    Screen().table([Column(heading=pick(name, lang), rank=rank) for name, rank in columns], rows)
    if not rows:
        note(pick(_NO_ROSTER, lang))


def _duty_row(one: UnitDuty, config: "Config", lang: Language) -> Row:
    there = Cell(pick(_NOBODY, lang), "bold red") if one.is_empty else _named(one.there, config)
    ends = max((it.ends for it in one.stints), default=None)
    return (
        one.unit,
        ", ".join(it.shift for it in one.stints) or spoken.NOTHING,
        spoken.minute_text(ends, _zone(one.unit, config), lang),
        there,
        _named(one.missing, config),
        _named(one.off_shift, config),
    )


def _print(found: Sequence[Stint], config: "Config", lang: Language, *, json: bool) -> None:
    if json:
        for one in found:
            print_json(_stint_json(one))
        return
    _show(_AHEAD, [_stint_row(one, config, lang) for one in found], lang)


def _stint_row(one: Stint, config: "Config", lang: Language) -> Row:
    zone = _zone(one.unit, config)
    on = ", ".join(part for part in (_named(one.operators, config, ""), *one.people) if part)
    return (
        one.unit,
        spoken.minute_text(one.begins, zone, lang),
        spoken.minute_text(one.ends, zone, lang),
        one.shift,
        on or Cell(pick(_NOBODY, lang), "bold red"),
    )


def _zone(code: UnitId, config: "Config") -> Any:
    unit = config.unit(code)
    return config.zone_of(unit) if unit else config.time_zone


def _named(agents: Sequence[AgentId], config: "Config", nothing: str = spoken.NOTHING) -> str:
    names = {one.id: one.name for one in config.directory.operators}
    return ", ".join(f"{agent} {names.get(agent, '')}".strip() for agent in agents) or nothing


def _duty_json(one: UnitDuty) -> dict[str, object]:
    return {
        "unit": one.unit,
        "shifts": [_stint_json(it) for it in one.stints],
        "there": one.there,
        "missing": one.missing,
        "off_shift": one.off_shift,
        "empty": one.is_empty,
    }


def _stint_json(one: Stint) -> dict[str, object]:
    return {
        "unit": one.unit,
        "shift": one.shift,
        "begins": one.begins,
        "ends": one.ends,
        "operators": one.operators,
        "people": one.people,
    }

"""Tables of the climb: when which level rings, and the numbers that are called outside."""

from collections.abc import Iterator
from typing import Final

from cc110.config.directory import Unit
from cc110.config.model import Config
from cc110.core import climb
from cc110.pbx.names import OUTSIDE, OWN_DESK
from cc110.pbx.tables.table import DIRECTORY, SETTINGS, Table, flat, section

EARLY_S: Final = 3
"""The queue counts whole seconds, and from a little later: its rule opens a level so much before its time, and
``dialplan/climb.conf`` keeps the time."""

RULE: Final = "climb-"


def member(number: int) -> str:
    """What an outside number is called as a member of a queue, and in events: ``number-1``."""
    return f"number-{number}"


def climbs(config: Config) -> Table:
    """Dialplan: each set of staffed levels, each unit's desks, and each number's member."""
    levels = [level.after_s for level in config.climb_levels]
    sets = flat(_opens(levels, key, _own_desks(config)) for key in climb.keys(len(levels)))
    desks = (
        flat(_desks(config, unit) for unit in config.directory.units) if config.desk_levels else ()
    )
    numbers = flat(_number(config, at, to) for at, (to, _) in enumerate(config.outside, 1))
    # A site whose climb rings no desks has the context all the same; no unit is called 0.
    nothing = "exten => 0,1,Return()"
    return Table(
        sources=(DIRECTORY,),
        lines=(
            *("", "[cc110-table-climb]", *sets),
            *("", "[cc110-table-desks]", nothing, *desks),
            *("", f"[{OUTSIDE}]", *numbers),
        ),
    )


def _own_desks(config: Config) -> int:
    """How many levels ring the caller's own desk, before the first at which operators do."""
    levels = [at for at, _ in config.desk_levels]
    return next((at for at, one in enumerate(levels) if at != one), len(levels))


def _desks(config: Config, unit: Unit) -> Iterator[str]:
    """Whose desks ring for a caller from there."""
    if unit.kind not in climb.DESKS:
        return
    levels = ((who.upper(), "&".join(config.desks_of(unit, who))) for who in climb.DESKS)
    said = ",".join(f"__CC110_DESK_{level}={desks}" for level, desks in levels)
    yield f"exten => {unit.code},1,MSet({said})"
    yield " same => n,Return()"


def _opens(after_s: list[float], key: str, own_desks: int) -> Iterator[str]:
    """For a caller without a desk of his own no leg is begun to find that out, while only his first level rings."""
    opens = climb.openings(after_s, climb.staffed_in(key))
    without = own_desks if "1" not in key[:own_desks] and "1" in key else 0
    yield f"exten => {key},1,Set(__CC110_OPENS={':'.join(f'{one:g}' for one in opens)})"
    yield f" same => n,Set(CC110_RULE={RULE}{key})"
    yield f" same => n,Set(QUEUE_MIN_PENALTY={without * climb.PENALTY})"
    yield f" same => n,Set(QUEUE_MAX_PENALTY={_highest(opens, 0)})"
    yield " same => n,Return()"


def _highest(opens: tuple[float, ...], now: float) -> int:
    """The highest penalty that rings at a time."""
    return max(at for at, one in enumerate(opens) if one <= now) * climb.PENALTY


def _number(config: Config, at: int, to: str) -> Iterator[str]:
    gateway = config.gateway
    if gateway is None:
        return
    yield f"exten => {member(at)},1,Set(__CC110_OUTSIDE={member(at)})"
    yield f" same => n,Set(CC110_OUTSIDE_DIAL=PJSIP/{OUTSIDE}/sip:{to}@{gateway.outbound})"
    yield " same => n,Goto(cc110-outside-member,s,1)"


def rules(config: Config) -> Table:
    """The queue's rules."""
    after_s = [level.after_s for level in config.climb_levels]
    parts = (
        _rule(key, climb.openings(after_s, climb.staffed_in(key)))
        for key in climb.keys(len(after_s))
    )
    return Table(sources=(DIRECTORY,), lines=flat(parts))


def _rule(key: str, opens: tuple[float, ...]) -> Iterator[str]:
    """A level comes in early; from its time on all that are open take turns, as if of one penalty."""
    yield from ("", f"[{RULE}{key}]")
    for when in sorted({one for one in opens if one > 0}):
        highest, turns = _highest(opens, when), _highest(opens, when - 1)
        yield f"penaltychange => {max(0, int(when) - EARLY_S)},{highest},0,{turns}"
        yield f"penaltychange => {int(when)},{highest},0,{highest}"


def members(config: Config) -> tuple[str, ...]:
    """Desks and numbers as members of a queue. One member stands for the desks of all units: it rings for several
    callers at once, and the queue's wrap-up is not its own."""
    desks = (
        f"member => Local/{who}@{OWN_DESK}/n,{at * climb.PENALTY},{who},,yes,1"
        for at, who in config.desk_levels
    )
    numbers = (
        f"member => Local/{member(at)}@{OUTSIDE}/n,{penalty},{member(at)}"
        for at, (_, penalty) in enumerate(config.outside, 1)
    )
    return (*desks, *numbers)


def outside(config: Config) -> Table:
    """The SIP endpoint for the climb's numbers; without a number there is none."""
    lines = section(OUTSIDE, "outside-endpoint") if config.outside else ()
    return Table(sources=(DIRECTORY,), lines=lines)


def queues_general(config: Config) -> Table:
    """First in, first out for an operator of two queues. Where Poldas help each other it can't be: the queue would
    keep an operator from his own callers as long as a neighbour's, whom he may not have yet, wait longer."""
    helps = any(level.who == "neighbours" for level in config.climb_levels)
    lines = (f"force_longest_waiting_caller={'no' if helps else 'yes'}",)
    return Table(sources=(SETTINGS, DIRECTORY), lines=lines)

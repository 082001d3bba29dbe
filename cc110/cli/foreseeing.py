"""One call, walked through data and dialplan without calling. Importing this brings pydantic in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cc110.cli import placing
from cc110.cli.records import asked
from cc110.cli.roster import Seats, seats
from cc110.config.areas import atlas
from cc110.config.directory import Unit
from cc110.config.duty import on_duty
from cc110.config.model import Config
from cc110.config.origins import locator, origins, queue_of
from cc110.core import climb
from cc110.core.blocking import is_blocked
from cc110.core.foresee import Foreseen, Listed, Said, foresee, number_of
from cc110.core.ids import Number, QueueName, UnitId
from cc110.core.origin import Placed, civic_key, shown
from cc110.core.places import Point
from cc110.core.shifts import Stint
from cc110.core.words import AgentState
from cc110.journal import queries
from cc110.journal.ranges import read_ranges
from cc110.pbx.astdb_file import FILE, listed_in
from cc110.ports import Cc110Error, JournalUnavailable

READY: Final = {AgentState.IDLE, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP}
"""Logged in, and not in a pause: his phone rings, now or when it is free."""


class NoTrunk(Cc110Error):
    """The directory has no such trunk."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """Who rings for a waiting call, from some time on."""

    who: str
    """``polsek``, ``polres``, ``polda``, ``neighbours``, ``mabes``, ``number``."""
    after_s: float
    """Seconds in the queue, with those who are there now."""
    members: tuple[str, ...]
    """Operators, desks of a Polres or Polsek, or numbers outside."""
    there: tuple[str, ...]
    """Of these, who is logged in and not in a pause; desks with a registered phone; and every number."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What becomes of a call, and by whose word that is known."""

    at: datetime
    said: Said
    foreseen: Foreseen
    list_by: str
    """Who told of blocks: ``pbx``, ``journal``, or ``nobody``."""
    polda: Unit | None
    place: str | None
    """As it was given."""
    polres: Unit | None
    """Of the place."""
    levels: tuple[Level, ...]
    seats_by: str
    """Who told of operators: ``pbx``, ``journal``."""
    duty: tuple[Stint, ...]
    """Who is on by the Polda's roster."""


def explain_call(
    config: Config,
    *,
    number: str,
    dialled: str,
    trunk: str | None,
    at: datetime,
    place: str | None,
    is_claimed: bool = False,
    known_seats: Seats | None = None,
) -> Explained:
    """Walk one call.

    Args:
        config: the site.
        number: as the trunk sends it; empty = none.
        dialled: what the caller dials.
        trunk: the trunk's id in the directory; None = the first.
        at: when.
        place: where the carrier says that he is: degrees, or a regency's or province's name.
        is_claimed: the number stands in From only.
        known_seats: what operators do; asked of the PBX by default.

    Raises:
        NoTrunk, NoPlace: there is none such.
    """
    placed, polres = _placed(config, place) if place else (None, None)
    said = Said(
        dialled=dialled,
        trunk=_trunk(config, trunk),
        asserted=None if is_claimed else number,
        claimed=number if is_claimed else "",
        place=placed,
    )
    listed, list_by = _listed(config, number_of(said)[0], at)
    foreseen = foresee_with(config, said, listed, at)
    polda = None
    if foreseen.origin:
        polda = config.unit(UnitId(foreseen.origin.queue))
    desk = config.unit(foreseen.desk) if foreseen.desk else None
    desks = {one for _, who in config.desk_levels for one in config.desks_of(desk, who)}
    seated = known_seats or asyncio.run(seats(config, desks))
    return Explained(
        at=at,
        said=said,
        foreseen=foreseen,
        list_by=list_by,
        polda=polda,
        place=place,
        polres=polres,
        levels=_levels(config, QueueName(polda.code), seated, desk) if polda else (),
        seats_by="journal" if seated.trouble else "pbx",
        duty=on_duty(config, polda, at) if polda else (),
    )


def foresee_with(config: Config, said: Said, listed: Listed, at: datetime) -> Foreseen:
    """The core's word, with this site's data."""
    return foresee(
        said,
        known=config.dialled,
        origins=origins(config),
        listed=listed,
        way_out=config.settings.blocklist.way_out,
        menu=config.settings.greeting.menu,
        local=at.astimezone(config.time_zone),
    )


def _trunk(config: Config, name: str | None) -> str:
    known = [one.id for one in config.directory.trunks]
    if not known or (name is not None and name not in known):
        raise NoTrunk(f"there is no trunk `{name or ''}`; the directory has: {', '.join(known)}")
    return f"trunk-{name or known[0]}"


def _placed(config: Config, text: str) -> tuple[Placed | None, Unit | None]:
    """As a carrier would send it; degrees as the daemon would answer."""
    if pair := placing.PAIR.fullmatch(text):
        point = Point(lat=float(pair[1]), lon=float(pair[2]))
        placing.require_point(point)
        placed = locator(config)(point)
        found = atlas(config, "polres").unit_at(point)
        return placed, config.unit(found.unit) if found else None
    placed = origins(config).places.get(civic_key(text))
    if placed is None:
        # A name that means nothing to the PBX may be several Poldas': the caller of this is told so.
        units = placing.place(config, text)
        queue = queue_of(config, units[0].unit)
        same = queue and all(queue_of(config, one.unit) == queue for one in units)
        placed = Placed(queue=queue, name=shown(text)) if same and queue else None
    return placed, config.unit(placed.unit) if placed and placed.unit else None


def _listed(config: Config, number: Number | None, at: datetime) -> tuple[Listed, str]:
    listed = listed_in(config.paths.pbx / "lib" / FILE, number)
    if listed is not None:
        return listed, "pbx"
    assert number is not None
    try:
        return _by_journal(config, number, at), "journal"
    except JournalUnavailable:
        return Listed(), "nobody"


def _by_journal(config: Config, number: Number, at: datetime) -> Listed:
    row = asked(config, queries.get_block, number)
    known = asked(config, read_ranges)
    found = known.blocking(number, at)
    span = found.span if found else None
    lasting = row and row.lifted_at is None and is_blocked(row.until, at)
    return Listed(
        entry=str(row.until) if row and lasting else None,
        lengths=str(len(span.prefix)) if span else "",
        ranges={span.prefix: f"{found.until}:{span.digits}"} if span and found else {},
        exempt=number in known.exempt,
    )


def _levels(
    config: Config, queue: QueueName, seated: Seats, desk: Unit | None
) -> tuple[Level, ...]:
    """The climb, with those who are there now: a level with nobody is skipped at once."""
    operators = {one.agent for one in seated.seats if queue in one.queues and one.state in READY}
    numbers = {number for level in config.directory.climb.level for number in level.numbers}
    there = {*operators, *seated.desks, *numbers}
    members = config.level_members(queue, desk)
    come = climb.steps(config.climb_levels, climb.staffed_by(members, there))
    return tuple(
        Level(
            who=step.who,
            after_s=step.opens_s,
            members=known,
            there=tuple(one for one in known if one in there),
        )
        for step, known in zip(come, members, strict=True)
    )


def as_json(found: Explained) -> Mapping[str, Any]:
    """All of it, for programs."""
    seen = found.foreseen
    return {
        "at": found.at.astimezone(UTC),
        "dialled": found.said.dialled,
        "trunk": found.said.trunk,
        "fate": seen.fate,
        "number": seen.number,
        "source": seen.source,
        "blocked": seen.block and {"until": seen.block.until, "range": seen.block.range},
        "list_by": found.list_by,
        "queue": seen.origin and seen.origin.queue,
        "origin": seen.origin and {"by": seen.origin.by, "of": seen.origin.of},
        "place": found.said.place and found.said.place.name,
        "polres": found.polres and found.polres.code,
        "desk": seen.desk,
        "greeting": list(seen.greeting),
        "priority": seen.priority,
        "priorities": {choice.value: number for choice, number in seen.priorities.items()},
        "levels": [
            {"who": one.who, "after_s": one.after_s, "members": one.members, "there": one.there}
            for one in found.levels
        ],
        "seats_by": found.seats_by,
        "on_duty": [
            {"shift": one.shift, "operators": one.operators, "people": one.people}
            for one in found.duty
        ],
    }

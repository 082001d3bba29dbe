"""Who sits where and does what. Importing this brings everything in."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cc110.app import OperatorDesk, open_operators
from cc110.config.directory import Operator
from cc110.config.model import Config
from cc110.core import roster
from cc110.core.ids import AgentId
from cc110.core.words import AgentState
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.ports import JournalUnavailable, PbxRefused, PbxUnavailable

PATIENCE_S: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class Seat:
    """An operator of the directory."""

    agent: AgentId
    name: str
    unit: str
    queues: tuple[str, ...]
    """Where he is logged in."""
    state: AgentState
    reason: str
    """Of his pause."""
    source: str
    """Who says so: ``pbx``, or ``journal`` when the PBX can't be asked."""


@dataclass(frozen=True, kw_only=True)
class Seats:
    """All operators of the directory, in its order."""

    seats: tuple[Seat, ...]
    trouble: str
    """Why the PBX could not be asked; empty when it was."""
    desks: frozenset[str] = frozenset()
    """Of the desks that were asked for, whose phone is registered; all, when the PBX could not be asked."""


async def seats(config: Config, desks: Collection[str] = ()) -> Seats:
    """What operators do: by the PBX's own lists, or else by the journal's last word.

    Args:
        config: the site.
        desks: extensions of a Polres or Polsek that are asked for as well.
    """
    try:
        known, there = await _by_pbx(config, desks)
        source, trouble = "pbx", ""
    except PbxUnavailable as error:
        known, there = await _by_journal(config), frozenset(desks)
        source, trouble = "journal", str(error)
    every = (_seat(config, one, known, source) for one in config.directory.operators)
    return Seats(seats=tuple(every), trouble=trouble, desks=there)


async def acting(
    config: Config,
    agent: AgentId,
    action: Callable[[OperatorDesk], Awaitable[None]],
    *,
    logged_in: bool,
) -> None:
    """Do something to an operator at the PBX, who has to be logged in for it or not.

    Raises:
        PbxUnavailable, PbxRefused: it was not done.
    """
    await _require_listener(config)
    async with open_operators(config, patience_s=PATIENCE_S) as desk:
        if logged_in and all(member.agent != agent for member in await desk.members()):
            raise PbxRefused(f"operator {agent} is not logged in to any queue")
        await action(desk)


def operator_of(config: Config, agent: str) -> Operator:
    """An operator of the directory.

    Raises:
        PbxRefused: there is none.
    """
    if found := config.operator(AgentId(agent)):
        return found
    place = config.paths.shown(config.paths.directory)
    raise PbxRefused(f"there is no operator {agent} in {place}")


async def _by_pbx(config: Config, desks: Collection[str]) -> tuple[roster.Roster, frozenset[str]]:
    await _require_listener(config)
    async with open_operators(config, patience_s=PATIENCE_S) as desk:
        listed, there = await desk.members(), await desk.reachable(desks)
    return roster.reconcile(roster.Roster(), listed, at=datetime.now(UTC)).roster, there


async def _by_journal(config: Config) -> roster.Roster:
    with suppress(JournalUnavailable):
        async with reading(config.journal_url.get_secret_value()) as engine:
            told = await ask(engine, queries.agent_events)
            return roster.replay(one.event for one in told)
    return roster.Roster()


async def _require_listener(config: Config) -> None:
    """Nobody at the port is known at once; a link would be tried for seconds.

    Raises:
        PbxUnavailable: nobody listens.
    """
    host, port = config.settings.ami.host, config.settings.ami.port
    if not config.paths.secrets.exists():
        raise PbxUnavailable("this site was never started: run `cc110 run` first")
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        raise PbxUnavailable(f"nobody answers at {host}:{port}; is the PBX running?") from None
    writer.close()


def _seat(config: Config, operator: Operator, known: roster.Roster, source: str) -> Seat:
    agent = known.agents.get(operator.id) or roster.Agent(agent=operator.id)
    unit = config.unit(operator.unit)
    return Seat(
        agent=operator.id,
        name=operator.name,
        unit=unit.name if unit else operator.unit,
        queues=tuple(agent.queues),
        state=agent.state(datetime.now(UTC)),
        reason=agent.paused_reason,
        source=source,
    )

"""Invented calls, and a journal that has them. Prefix 0840 of Indonesia's numbers is nobody's."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cc110.config.model import Config
from cc110.core import events as e
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, CallId, Number, PolresExt, QueueName, case_id_of
from cc110.core.words import (
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.journal.engine import Database
from cc110.journal.readers import Readers
from cc110.journal.tables import all_tables
from cc110.journal.writer import JournalWriter

START: Final = datetime(2026, 8, 17, 3, 4, 5, 600_000, UTC)
"""10:04:05 in Jakarta."""
CALL: Final = CallId("20260817-030405-17-4821")
CASE: Final = case_id_of(CALL)
NUMBER: Final = Number("6284012345678")
QUEUE: Final = QueueName("polda-metro-jaya")
AGENT: Final = AgentId("1101")
POLRES: Final = PolresExt("7101")


def arrived(number: Number | None = NUMBER) -> e.CallArrived:
    source = NumberSource.ASSERTED if number else NumberSource.NONE
    return e.CallArrived(
        channel="1.17", number=number, source=source, dialled="110", trunk="demo", queue=QUEUE
    )


def story(*said: tuple[float, Data], call: CallId = CALL, start: datetime = START) -> list[Event]:
    """Events of one call, each with its seconds from the start."""
    case: e.CaseOpened | None = None
    told = []
    for seconds, data in said:
        case = data if isinstance(data, e.CaseOpened) else case
        at = start + timedelta(seconds=seconds)
        told.append(
            Event(at=at, call_id=call, case_id=case_id_of(call) if case else None, data=data)
        )
    return told


WAITING: Final = (
    (0.0, arrived()),
    (0.1, e.RecordingStarted(path=f"2026/{CALL}.wav")),
    (5.0, e.MenuChosen(choice=MenuChoice.EMERGENCY, language=Language.INDONESIAN)),
    (5.2, e.CallQueued(queue=QUEUE, priority=5)),
    (5.4, e.AgentRang(agent=AGENT)),
)
ANSWERED: Final = (8.6, e.AgentAnswered(agent=AGENT, channel="1.18", waited_s=3.2))
RETURNED: Final = story(
    *WAITING,
    ANSWERED,
    (30.0, e.VerdictGiven(agent=AGENT, verdict=Verdict.VALID)),
    (30.0, e.CaseOpened(owner=QUEUE, agent=AGENT, number=NUMBER)),
    (31.0, e.TransferStarted(agent=AGENT, polres=POLRES, kind=TransferKind.JOIN, ring_s=5.0)),
    (31.2, e.PolresRang(polres=POLRES)),
    (36.2, e.TransferReturned(polres=POLRES, reason=TransferFailure.NO_ANSWER, agent=AGENT)),
    (36.2, e.CaseUpdated(owner=f"polres:{POLRES}", reason="returned:no-answer")),
    (50.0, e.AgentLeft(agent=AGENT, cause=LeaveCause.NORMAL, channel="1.18")),
    (50.1, e.CallEnded(by=EndedBy.AGENT, duration_s=50.1)),
    (52.0, e.RecordingFinalised(path=f"2026/{CALL}.wav", seconds=49.9)),
)
"""A valid complaint that the Polres did not take."""


def abandoned(number: int) -> list[Event]:
    """A caller without a number who hangs up; the n-th after ``RETURNED``."""
    call = CallId(f"20260817-03{4 + number:02}05-{17 + number}-{4821 + number}")
    return story(
        (0.0, arrived(None)),
        (4.0, e.CallAbandoned(waited_s=4.0)),
        (4.0, e.CallEnded(by=EndedBy.CALLER, duration_s=4.0)),
        call=call,
        start=START + timedelta(minutes=number),
    )


def without_call(*said: Data) -> list[Event]:
    return [Event(at=START, data=data) for data in said]


def fill(config: Config, events: Sequence[Event]) -> None:
    """Write a journal with its tables, as the daemon does."""
    asyncio.run(_fill(config, events))


async def _fill(config: Config, events: Sequence[Event]) -> None:
    database = await Database.open(config.journal_url.get_secret_value())
    writer = await JournalWriter.open(database, site="demo")
    tables = Readers(database, writer.progress, all_tables())
    running = asyncio.create_task(tables.run())
    await writer.append(events)
    await tables.reached(writer.progress.seq)
    running.cancel()
    await asyncio.wait([running])
    await writer.aclose()
    await database.aclose()

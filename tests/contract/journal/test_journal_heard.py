"""Until when the PBX was listened to, as the journal tells: from there on it is read back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from cc110.core import events as e
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.words import EndedBy
from cc110.journal.engine import Database
from cc110.journal.lookups import Lookups
from cc110.journal.writer import JournalWriter

NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
BACK = e.PbxBack(calls=0, restarted=False)
LOST = e.PbxLost(reason="silent")
ENDED = e.CallEnded(by=EndedBy.CALLER, duration_s=1.0)
READ_BACK = e.CallEnded(by=EndedBy.CALLER, duration_s=1.0, recovered=True)
BLOCKED = e.NumberBlocked(number=Number("6284000000001"), until=0, reason="x", by="y")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def read(minutes: float) -> e.PbxReadBack:
    return e.PbxReadBack(until=at(minutes))


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ((), None),
        (((1, BLOCKED),), None),
        (((1, BACK),), 1),
        (((1, BACK), (5, ENDED)), 5),
        # What a desk wrote down while nobody listened is no word of the PBX.
        (((1, BACK), (5, ENDED), (9, BLOCKED)), 5),
        # Lost and not yet back: reading was cut short, however far it came.
        (((1, BACK), (5, ENDED), (6, LOST)), 6),
        (((1, BACK), (6, LOST), (4, READ_BACK), (30, ENDED)), 6),
        (((1, BACK), (6, LOST), (30, LOST)), 6),
        (((1, BACK), (6, LOST), (30, BACK)), 30),
        # As far as a reading came that was cut short, in the first one of all as well.
        (((1, BACK), (6, LOST), (30, read(8)), (31, read(9)), (32, ENDED)), 9),
        (((1, BACK), (6, LOST), (30, read(8)), (31, LOST), (40, LOST)), 8),
        (((1, BACK), (6, LOST), (30, read(8)), (31, BACK)), 31),
        (((1, BACK), (6, LOST), (30, read(8)), (31, BACK), (40, LOST)), 40),
        (((30, read(8)),), 8),
    ],
)
async def test_s2_it_is_heard_until_the_first_loss_after_everything_was_told(
    database: Database,
    writer: JournalWriter,
    told: Sequence[tuple[float, Data]],
    heard: float | None,
) -> None:
    """Events in the order in which they were journaled, with their minutes."""
    for minutes, data in told:
        await writer.append([Event(at=at(minutes), call_id=CallId("c"), data=data)])

    found = await Lookups(database).heard_until()

    assert found == (None if heard is None else at(heard))


async def test_operators_are_known_again_after_a_restart(
    database: Database, writer: JournalWriter
) -> None:
    """So that nobody logs in twice because the daemon was started again."""
    agent, queue = AgentId("1101"), QueueName("polda-metro-jaya")
    told = (
        e.AgentLoggedIn(agent=agent, queue=queue),
        e.AgentPaused(agent=agent, queue=queue, reason="phone"),
    )
    await writer.append([Event(at=at(n), data=data) for n, data in enumerate(told)])

    place = (await Lookups(database).operators()).place(agent, queue)

    assert place
    assert (place.paused, place.paused_reason) == (True, "phone")

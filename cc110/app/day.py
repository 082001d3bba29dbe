"""All that is known of the calls of a time: what the PBX wrote, the recordings and the journal, joined."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cc110.config.model import Config
from cc110.core import facts as f
from cc110.core.events import Event
from cc110.core.ids import CallId
from cc110.core.invariant import Evidence, Finding, Invite, Outcome, by_call, judge, unknown_invites
from cc110.journal import queries
from cc110.journal.engine import ask, reading
from cc110.pbx.cel import CelFile
from cc110.pbx.queue_log import QueueLog
from cc110.recordings.folder import RecordingsFolder

_LONGEST: Final = timedelta(hours=12)
"""So long after its beginning the end of a call is looked for."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which calls are looked at: those that came from `start` to before `end`."""

    start: datetime
    end: datetime
    live: frozenset[CallId] = frozenset()
    """Calls that the PBX still has."""


async def verify(
    config: Config, span: Span, *, invites: Iterable[Invite] = (), journal: bool = True
) -> list[Finding]:
    """A finding for each call of that time, and for each INVITE that became none.

    Args:
        config: where everything is.
        span: which calls.
        invites: what somebody outside of the PBX sent, if anybody knows.
        journal: whether the journal is looked at.

    Raises:
        OSError: the PBX's own record can't be read.
        JournalUnavailable: the journal can't be read.
    """
    log = config.paths.pbx / "log"
    record = CelFile(log / "cel-custom" / "cel.csv")
    until = span.end + _LONGEST
    told = [fact async for batch in record.facts(span.start, until) for fact in batch]
    calls = by_call(told, span.start, span.end)
    connects = await QueueLog(log / "queue_log").connects(span.start, until)
    events = await _journal(config, tuple(calls)) if journal else {}
    found = [
        judge(
            Evidence(
                call_id=call_id,
                facts=facts,
                recorded_s=await _recorded_s(config, facts),
                connects=connects.get(_channel(facts), ()),
                journal=events.get(call_id, ()) if journal else None,
                live=call_id in span.live,
            )
        )
        for call_id, facts in calls.items()
    ]
    tests = [
        Finding(call_id=call_id, outcome=Outcome.SYNTHETIC, at=at)
        async for at, call_id in record.synthetic(span.start, span.end)
    ]
    return [*found, *unknown_invites(invites, calls.values()), *tests]


def _channel(facts: Sequence[f.Fact]) -> str:
    first = facts[0]
    return first.channel if isinstance(first, f.Arrived) else ""


async def _recorded_s(config: Config, facts: Sequence[f.Fact]) -> float | None:
    started = next((one for one in facts if isinstance(one, f.RecorderStarted)), None)
    if started is None:
        return None
    try:
        return await RecordingsFolder(config.paths.recordings).seconds(started.path)
    except (OSError, ValueError):
        return None


async def _journal(config: Config, calls: Sequence[CallId]) -> Mapping[CallId, Sequence[Event]]:
    async with reading(config.journal_url.get_secret_value()) as engine:
        return await ask(engine, queries.events_of, calls)

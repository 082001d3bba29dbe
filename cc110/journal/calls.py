"""The table of calls: one row each, from arrival to recording."""

from typing import Any

from cc110.core import events
from cc110.core.events import Event, Recorded
from cc110.journal.rowreader import Row, RowReader
from cc110.journal.rows import Outcome
from cc110.journal.schema import calls


class CallsReader(RowReader):
    """Fills ``calls``.

    Facts may come late: any event of a call makes its row, ``CallArrived`` completes it.
    """

    name = "calls"
    table = calls
    key = "call_id"

    def key_of(self, recorded: Recorded) -> str | None:
        """The call that the event is about."""
        return recorded.event.call_id

    def fold(self, row: Row | None, recorded: Recorded) -> Row:
        """The call's row after the event."""
        event = recorded.event
        row = row or _new_row(recorded)
        row = {**row, "last_seq": recorded.seq, **_changes(row, event)}
        return {**row, "outcome": _outcome(row, event.data)}


def _new_row(recorded: Recorded) -> Row:
    empty: Row = dict.fromkeys(column.name for column in calls.columns)
    return empty | {
        "call_id": recorded.event.call_id,
        "first_seq": recorded.seq,
        "arrived_at": recorded.event.at,
        "transfers": 0,
        "returns": 0,
        "outcome": Outcome.LIVE,
        "recovered": False,
    }


def _changes(row: Row, event: Event) -> dict[str, Any]:
    """What an event sets.

    Long because it is a table: one case for each kind of event that a call's row shows.
    """
    at = event.at
    match event.data:
        case events.CallArrived() as arrived:
            return {
                "arrived_at": at,
                "number": arrived.number,
                "number_source": arrived.source,
                "dialled": arrived.dialled,
                "trunk": arrived.trunk,
                "queue": row["queue"] or arrived.queue,
                "recovered": row["recovered"] or arrived.recovered,
            }
        case events.CallRejected() as rejected:
            return {
                "arrived_at": at,
                "ended_at": at,
                "number": rejected.number,
                "number_source": rejected.source,
                "recovered": rejected.recovered,
            }
        case events.RecordingStarted(path=path):
            return {"recording": path}
        case events.MenuChosen(choice=choice, language=language):
            return {"menu": choice, "language": language}
        case events.CallQueued(queue=queue, priority=priority):
            return {"queue": queue, "priority": priority, "queued_at": row["queued_at"] or at}
        case events.CallRequeued(queue=queue) | events.CallRescued(queue=queue):
            return {"queue": queue}
        case events.AgentAnswered() as answered:
            return _answered(row, at, answered)
        case events.VerdictGiven(verdict=verdict, agent=agent):
            return {"verdict": verdict, "verdict_at": at, "verdict_by": agent}
        case events.VerdictWithdrawn():
            return {"verdict": None, "verdict_at": None, "verdict_by": None}
        case events.TransferStarted(polres=polres):
            return {"polres": polres, "transfers": row["transfers"] + 1}
        case events.PolresAnswered(polres=polres):
            return {"polres": polres, "handed_over_at": at}
        case events.TransferReturned():
            return {"returns": row["returns"] + 1, "handed_over_at": None}
        case events.CallAbandoned(waited_s=waited_s):
            return {"waited_s": waited_s}
        case events.CallEnded() as ended:
            return {
                "ended_at": at,
                "ended_by": ended.by,
                "duration_s": ended.duration_s,
                "recovered": row["recovered"] or ended.recovered,
            }
        case events.RecordingFinalised(path=path, seconds=seconds):
            return {"recording": path, "recording_s": seconds, "recording_missing": None}
        case events.RecordingMissing(path=path, reason=reason):
            return {"recording": path, "recording_missing": reason}
        case events.CaseOpened():
            return {"case_id": event.case_id}
        case _:
            return {}


def _answered(row: Row, at: Any, answered: events.AgentAnswered) -> dict[str, Any]:
    """The first answer counts for the waiting time, the last operator for whom to ask."""
    first = row["answered_at"] is None
    return {
        "agent": answered.agent,
        "answered_at": at if first else row["answered_at"],
        "waited_s": answered.waited_s if first else row["waited_s"],
    }


def _outcome(row: Row, data: events.Data) -> Outcome:
    match data:
        case events.CallRejected():
            return Outcome.REJECTED
        case events.CallAbandoned():
            return Outcome.ABANDONED
        case _ if row["ended_at"] is None or row["outcome"] in (
            Outcome.REJECTED,
            Outcome.ABANDONED,
        ):
            return Outcome(row["outcome"])
        case _ if row["handed_over_at"] is not None:
            return Outcome.TRANSFERRED
        case _ if row["answered_at"] is None:
            return Outcome.LOST
        case _:
            return Outcome.RETURNED if row["returns"] else Outcome.ANSWERED

"""One rich line per finished call: what a supervisor wants to see at a glance."""

from cc110.core.call import Call
from cc110.core.numbers import mask
from cc110.core.phases import Ended


def summary_of(call: Call) -> dict[str, object]:
    """The fields of the line; what did not happen is left out, and the number is masked."""
    said = {
        "call": call.call_id,
        "number": mask(call.number) if call.number else "unidentified",
        "queue": call.queue,
        "choice": call.choice,
        "agent": call.last_agent,
        "verdict": call.verdict,
        "case": call.case and call.case.owner,
        "transfers": [f"{one.polres}:{one.outcome}" for one in call.transfers],
        "rescues": call.rescues or None,
        "seconds": _seconds(call),
        "recording": call.recording if call.recording_found else "MISSING",
    }
    return {key: value for key, value in said.items() if value}


def _seconds(call: Call) -> float | None:
    if not isinstance(call.phase, Ended):
        return None
    return round((call.since - call.arrived_at).total_seconds(), 1)

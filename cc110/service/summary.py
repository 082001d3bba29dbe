"""One rich line per finished call."""

from cc110.core.call import Call


def summary_of(call: Call) -> dict[str, object]:
    """What a supervisor wants to see at a glance; the number is masked."""
    return {"call": call.call_id}

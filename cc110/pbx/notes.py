"""What the dialplan notes in the PBX's own database for a daemon that was not there."""

from cc110.core.ids import AgentId, CallId, Number
from cc110.core.numbers import is_number
from cc110.core.verification import Passed
from cc110.pbx.figures import moment, whole


def verified_note(key: str, value: str) -> Passed | None:
    """What ``*76`` noted: ``/cc110-verified/<number>`` and ``<Unix time>:<operator>:<call id>``.

    Returns:
        None when it is not what the dialplan writes.
    """
    number, parts = key.rpartition("/")[2], value.split(":")
    if len(parts) != 3 or not (is_number(number) and parts[1] and parts[2]):
        return None
    try:
        at = moment(str(whole(parts[0])))
    except ValueError:
        return None
    return Passed(number=Number(number), at=at, agent=AgentId(parts[1]), call_id=CallId(parts[2]))

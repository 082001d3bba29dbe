"""Asterisk's events about the members of queues, who are the operators."""

from collections.abc import Mapping
from datetime import datetime

from cc110.core import facts as f
from cc110.core.ids import AgentId, QueueName
from cc110.core.words import DeviceState
from cc110.pbx import names
from cc110.pbx.ami import AmiMessage
from cc110.pbx.figures import moment, whole
from cc110.pbx.translate.fields import endpoint_of, happened_at

_DEVICE: Mapping[str, DeviceState] = {
    "1": DeviceState.NOT_IN_USE,
    "2": DeviceState.IN_USE,
    "3": DeviceState.BUSY,
    "4": DeviceState.INVALID,
    "5": DeviceState.UNAVAILABLE,
    "6": DeviceState.RINGING,
    "7": DeviceState.RING_IN_USE,
    "8": DeviceState.ON_HOLD,
}
"""app_queue's ``Status``: Asterisk's device states by number (include/asterisk/devicestate.h)."""

_MEMBER_EVENTS: Mapping[str, type[f.MemberReport]] = {
    "QueueMember": f.MemberSeen,
    "QueueMemberAdded": f.MemberAdded,
    "QueueMemberPause": f.MemberPaused,
    "QueueMemberStatus": f.MemberStatus,
}


def roster_facts(message: AmiMessage, wrapup_s: Mapping[str, float]) -> tuple[f.RosterFact, ...]:
    """The facts about operators in one event.

    Args:
        message: an event.
        wrapup_s: each queue's wrap-up in seconds; the queue tells it in its own settings only.
    """
    interface = message.get("Interface") or message.get("Location")  # lists call it so
    agent = AgentId(endpoint_of(interface + "-"))
    queue = QueueName(message.get("Queue"))
    if not agent or not queue or queue == names.TEST or not interface.startswith("PJSIP/"):
        return ()
    if message.name == "QueueMemberRemoved":
        return (f.MemberRemoved(at=happened_at(message), agent=agent, queue=queue),)
    made = _MEMBER_EVENTS.get(message.name)
    return () if made is None else (_member(made, message, agent, queue, wrapup_s),)


def _member(
    made: type[f.MemberReport],
    message: AmiMessage,
    agent: AgentId,
    queue: QueueName,
    wrapup_s: Mapping[str, float],
) -> f.RosterFact:
    report = made(
        at=happened_at(message),
        agent=agent,
        queue=queue,
        paused=message.get("Paused") == "1",
        paused_reason=message.get("PausedReason"),
        in_call=message.get("InCall") == "1",
        device=_DEVICE.get(message.get("Status"), DeviceState.UNKNOWN),
        last_call=_last_call(message.get("LastCall")),
        wrapup_s=wrapup_s.get(queue, 0.0),
    )
    assert isinstance(report, f.MemberSeen | f.MemberAdded | f.MemberPaused | f.MemberStatus)
    return report


def _last_call(text: str) -> datetime | None:
    try:
        return moment(text) if whole(text) > 0 else None
    except ValueError:
        return None

"""The one file that knows both languages: Asterisk's messages and the core's facts.

Pure functions. What the dialplan says by itself (``UserEvent(CC110, ...)``, ``dialplan/lib.conf``) makes
most facts; Asterisk's own events add who rings and which attended transfer was completed. A message
that makes no sense makes no fact: the caller never pays for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName, UnitId
from cc110.core.words import (
    CallbackOutcome,
    DeviceState,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OriginBy,
    OverflowReason,
    Stage,
    Supervision,
    SupervisionStep,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.pbx import names
from cc110.pbx.ami import AmiMessage
from cc110.pbx.figures import moment, seconds, whole

T = TypeVar("T")

_UP: Final = "6"
"""``AST_STATE_UP`` (include/asterisk/channelstate.h)."""

Said = Mapping[str, str]
"""The ``key=value`` pairs of one ``Data`` header."""


def happened_at(message: AmiMessage) -> datetime:
    """The PBX's own time of a message (``timestampevents = yes``); now, when it carries none."""
    try:
        return moment(message.get("Timestamp"))
    except ValueError:
        return datetime.now(UTC)


def call_facts(message: AmiMessage) -> tuple[f.Fact, ...]:
    """The facts about calls in one event, usually none or one."""
    match message.name:
        case "UserEvent" if message.get("UserEvent") == names.USER_EVENT:
            fact = dialplan_fact(
                at=happened_at(message),
                word=message.get("Fact"),
                call_id=message.get("Call"),
                channel=message.get("Uniqueid"),
                data=message.get("Data"),
            )
        case "DialState":
            fact = _ringing(message)
        case "AttendedTransfer":
            fact = _attended(message)
        case _:
            fact = None
    return () if fact is None else (fact,)


def dialplan_fact(
    *, at: datetime, word: str, call_id: str, channel: str, data: str
) -> f.Fact | None:
    """What ``cc110-tell`` says, from an AMI event or from the PBX's own log: the same fact.

    Returns:
        None when the word is unknown, or its data is not what the dialplan writes.
    """
    maker = _WORDS.get(word)
    if maker is None or not call_id:
        return None
    said = dict(pair.partition("=")[::2] for pair in data.split("|"))
    try:
        return maker(at, CallId(call_id), ChannelId(channel), said)
    except (KeyError, ValueError):
        return None


_Maker = Callable[[datetime, CallId, ChannelId, Said], f.Fact]


def _number(said: Said) -> Number | None:
    number = said.get("number", "")
    return Number(number) if number.isascii() and number.isdigit() else None


def _arrived(at: datetime, call: CallId, channel: ChannelId, said: Said) -> f.Fact:
    return f.Arrived(
        at=at,
        call_id=call,
        channel=channel,
        number=_number(said),
        source=NumberSource(said["source"]),
        dialled=said["dialled"],
        trunk=said["trunk"],
        queue=QueueName(said["queue"]),
        origin=OriginBy(said["by"]) if said.get("by") else None,
        origin_of=said.get("of", ""),
        place=said.get("place", ""),
        place_unit=UnitId(said["unit"]) if said.get("unit") else None,
        callback_of=CallId(said["callback"]) if said.get("callback") else None,
        called_by=AgentId(said["agent"]) if said.get("agent") else None,
    )


def _not_reached(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.NotReached(
        at=at,
        call_id=call,
        agent=AgentId(said["agent"]),
        number=Number(said["number"]),
        callback_of=CallId(said["callback"]),
        outcome=CallbackOutcome(said["outcome"]),
    )


def _of_block(made: type[f.Rejected] | type[f.VerifyAsked]) -> _Maker:
    """A blocked caller was rejected, or asked for the way out."""
    return lambda at, call, _, said: made(
        at=at,
        call_id=call,
        number=Number(said["number"]),
        source=NumberSource(said["source"]),
        until=whole(said["until"]),
    )


def _recording(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.RecorderStarted(at=at, call_id=call, path=said["path"])


def _chose(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    choice, language = MenuChoice(said["choice"]), Language(said["language"])
    return f.Chose(at=at, call_id=call, choice=choice, language=language)


def _queued(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.Queued(
        at=at,
        call_id=call,
        queue=QueueName(said["queue"]),
        priority=whole(said["priority"]),
        returned=said.get("returned") == "1",
        staff=_staff(said.get("staff", "")),
    )


def _staff(said: str) -> str:
    return said if set(said) <= {"0", "1"} else ""


def _overflowed(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.Overflowed(at=at, call_id=call, reason=OverflowReason(said["reason"]))


def _agent_took(at: datetime, call: CallId, channel: ChannelId, said: Said) -> f.Fact:
    return f.AgentTook(at=at, call_id=call, agent=AgentId(said["agent"]), channel=channel)


def _judged(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    verdict = Verdict(said["verdict"])
    return f.Judged(at=at, call_id=call, agent=AgentId(said["agent"]), verdict=verdict)


def _supervised(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.Supervised(
        at=at,
        call_id=call,
        supervisor=AgentId(said["by"]),
        agent=AgentId(said["agent"]),
        mode=Supervision(said["mode"]),
        step=SupervisionStep(said["step"]),
    )


def _transfer(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.TransferAsked(
        at=at,
        call_id=call,
        agent=AgentId(said["agent"]),
        polres=PolresExt(said["polres"]),
        kind=TransferKind(said["kind"]),
        ring_s=seconds(said["ring"]),
    )


def _polres_took(at: datetime, call: CallId, channel: ChannelId, said: Said) -> f.Fact:
    """Told by the Polres's own leg, or by the operator's as it goes, which names the other."""
    leg = ChannelId(said.get("channel", channel))
    return f.PolresTook(at=at, call_id=call, polres=PolresExt(said["polres"]), channel=leg)


def _transfer_failed(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    reason = TransferFailure(said["reason"])
    return f.TransferFailed(at=at, call_id=call, polres=PolresExt(said["polres"]), reason=reason)


def _agent_gone(at: datetime, call: CallId, channel: ChannelId, said: Said) -> f.Fact:
    cause = LeaveCause(said["cause"])
    return f.AgentGone(
        at=at, call_id=call, agent=AgentId(said["agent"]), channel=channel, cause=cause
    )


def _polres_gone(at: datetime, call: CallId, channel: ChannelId, said: Said) -> f.Fact:
    cause = LeaveCause(said["cause"])
    return f.PolresGone(
        at=at, call_id=call, polres=PolresExt(said["polres"]), channel=channel, cause=cause
    )


def _case_close(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.CaseClosePressed(at=at, call_id=call, by=said["by"])


def _verified(made: type[f.VerifyPassed] | type[f.VerifyFailed]) -> _Maker:
    return lambda at, call, _, said: made(
        at=at, call_id=call, number=Number(said["number"]), agent=AgentId(said["agent"])
    )


def _caller_gone(at: datetime, call: CallId, _: ChannelId, said: Said) -> f.Fact:
    return f.CallerGone(at=at, call_id=call, by=EndedBy(said["by"]))


_WORDS: Mapping[str, _Maker] = {
    "arrived": _arrived,
    "rejected": _of_block(f.Rejected),
    "not-reached": _not_reached,
    "recording": _recording,
    "chose": _chose,
    "queued": _queued,
    "overflowed": _overflowed,
    "agent-took": _agent_took,
    "judged": _judged,
    "supervised": _supervised,
    "transfer": _transfer,
    "polres-took": _polres_took,
    "transfer-failed": _transfer_failed,
    "agent-gone": _agent_gone,
    "polres-gone": _polres_gone,
    "case-close": _case_close,
    "verify-asked": _of_block(f.VerifyAsked),
    "verify-passed": _verified(f.VerifyPassed),
    "verify-failed": _verified(f.VerifyFailed),
    "caller-gone": _caller_gone,
}
"""Every word of ``cc110-tell``; a test finds each one in ``dialplan/``, and the reverse."""


def endpoint_of(channel: str) -> str:
    """``1101`` from ``PJSIP/1101-0000002b``; ``number-1`` from ``Local/number-1@cc110-outside-0000002b;1``."""
    return channel.partition("/")[2].rpartition("-")[0].partition("@")[0]


def _ringing(message: AmiMessage) -> f.Fact | None:
    """``DialState RINGING``: the Polres when it is the one being brought in, else an operator."""
    said = message.variables("DestChanVariable")
    call_id, endpoint = said.get(names.VAR_CALL), endpoint_of(message.get("DestChannel"))
    if message.get("DialStatus") != "RINGING" or not call_id or not endpoint:
        return None
    if call_id.startswith(names.TEST_CALL) or endpoint == names.OUTSIDE:
        return None
    at, call = happened_at(message), CallId(call_id)
    if endpoint == said.get(names.VAR_POLRES):
        return f.PolresRinging(at=at, call_id=call, polres=PolresExt(endpoint))
    return f.AgentRinging(at=at, call_id=call, agent=AgentId(endpoint))


def _attended(message: AmiMessage) -> f.Fact | None:
    """The operator's phone completed a transfer: the Polres he consulted is in the call."""
    said = message.variables("TransferTargetChanVariable")
    call_id, polres = said.get(names.VAR_CALL), said.get(names.VAR_POLRES)
    if message.get("Result") != "Success" or not call_id or not polres:
        return None
    return f.PolresTook(
        at=happened_at(message),
        call_id=CallId(call_id),
        polres=PolresExt(polres),
        channel=ChannelId(message.get("TransferTargetUniqueid")),
    )


# --- operators ------------------------------------------------------------------------------------

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


# --- the PBX's own lists --------------------------------------------------------------------------


def seen_calls(channels: Sequence[AmiMessage], *, at: datetime) -> tuple[f.Seen, ...]:
    """The live calls in the answer to ``Status``: who is where, and with whom.

    A caller's channel names itself in ``CC110_CHAN``; legs have a role, and his call.
    """
    return tuple(_seen_calls(channels, at))


def _seen_calls(channels: Sequence[AmiMessage], at: datetime) -> Iterator[f.Seen]:
    told = [(message, _set_variables(message)) for message in channels]
    for message, said in told:
        channel, call_id = message.get("Uniqueid"), said.get(names.VAR_CALL)
        if not call_id or said.get(names.VAR_ROLE) or said.get(names.VAR_CHAN) != channel:
            continue
        if call_id.startswith(names.TEST_CALL):
            continue
        if said.get(names.VAR_UNTIL) and not said.get(names.VAR_VERIFY):
            continue  # blocked, and not let in
        # A leg that keys a code is out of the bridge for a moment, and still in the call.
        legs = tuple(
            leg
            for other, words in told
            if words.get(names.VAR_CALL) == call_id
            and _is_up(other)
            and (leg := _leg(other, words))
        )
        yield _seen(at, CallId(call_id), ChannelId(channel), said, legs)


def _set_variables(message: AmiMessage) -> Said:
    """``Status`` writes ``(null)`` for a variable that is not set (main/manager.c)."""
    found = message.variables("Variable")
    return {name: value for name, value in found.items() if value != "(null)"}


def _is_up(message: AmiMessage) -> bool:
    return message.get("ChannelState") == _UP


def _leg(message: AmiMessage, said: Said) -> f.LegSeen | None:
    channel = ChannelId(message.get("Uniqueid"))
    agent, polres = said.get(names.VAR_AGENT), said.get(names.VAR_POLRES)
    match said.get(names.VAR_ROLE):
        case names.ROLE_AGENT if agent:
            return f.LegSeen(channel=channel, agent=AgentId(agent))
        case names.ROLE_POLRES if polres:
            return f.LegSeen(channel=channel, polres=PolresExt(polres))
        case _:
            return None


def _seen(
    at: datetime, call: CallId, channel: ChannelId, said: Said, legs: tuple[f.LegSeen, ...]
) -> f.Seen:
    return f.Seen(
        at=at,
        call_id=call,
        channel=channel,
        number=Number(said[names.VAR_NUMBER]) if said.get(names.VAR_NUMBER) else None,
        source=_one_of(NumberSource, said.get(names.VAR_SOURCE), NumberSource.NONE),
        dialled=said.get(names.VAR_DIALLED, ""),
        trunk=said.get(names.VAR_TRUNK, ""),
        queue=QueueName(said.get(names.VAR_QUEUE, "")),
        stage=_stage(said.get(names.VAR_STAGE), legs),
        recording=said.get(names.VAR_RECORDING) or None,
        legs=legs,
        blocked_until=_blocked_until(said),
    )


def _blocked_until(said: Said) -> int | None:
    try:
        return whole(said.get(names.VAR_UNTIL, ""))
    except ValueError:
        return None


def _stage(said: str | None, legs: tuple[f.LegSeen, ...]) -> Stage:
    if any(leg.agent for leg in legs):
        return Stage.AGENT
    if any(leg.polres for leg in legs):
        return Stage.POLRES
    return _one_of(Stage, said, Stage.GREETING)


def _one_of(vocabulary: Callable[[str], T], word: str | None, otherwise: T) -> T:
    try:
        return vocabulary(word or "")
    except ValueError:
        return otherwise

"""What the dialplan says by itself: ``UserEvent(CC110, ...)``, written by ``dialplan/lib.conf``."""

from collections.abc import Callable, Mapping
from datetime import datetime

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName, UnitId
from cc110.core.words import (
    CallbackOutcome,
    EndedBy,
    Language,
    LeaveCause,
    MenuChoice,
    NumberSource,
    OriginBy,
    OverflowReason,
    Supervision,
    SupervisionStep,
    TransferFailure,
    TransferKind,
    Verdict,
)
from cc110.pbx.figures import seconds, whole
from cc110.pbx.translate.fields import Said


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

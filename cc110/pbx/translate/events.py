"""Asterisk's own events about calls: who rings, and which attended transfer was completed."""

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, PolresExt
from cc110.pbx import names
from cc110.pbx.ami import AmiMessage
from cc110.pbx.translate.fields import endpoint_of, happened_at
from cc110.pbx.translate.told import dialplan_fact


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


def _ringing(message: AmiMessage) -> f.Fact | None:
    """``DialState RINGING``: the Polres when it is the one being brought in, else an operator."""
    said = message.variables("DestChanVariable")
    call_id, endpoint = said.get(names.VAR_CALL), endpoint_of(message.get("DestChannel"))
    if message.get("DialStatus") != "RINGING" or not call_id or not endpoint:
        return None
    if call_id.startswith(names.TEST_CALL) or endpoint == names.OUTSIDE:
        return None
    if f"@{names.OWN_DESK}-" in message.get("DestChannel"):
        return None  # for all desks of a level; the desk's own phone tells
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

"""The PBX's own list of channels: which calls are there, and who is in them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

from cc110.core import facts as f
from cc110.core.ids import AgentId, CallId, ChannelId, Number, PolresExt, QueueName
from cc110.core.words import NumberSource, Stage
from cc110.pbx import names
from cc110.pbx.ami import AmiMessage
from cc110.pbx.figures import whole
from cc110.pbx.translate.fields import Said

T = TypeVar("T")

_UP: Final = "6"
"""``AST_STATE_UP`` (include/asterisk/channelstate.h)."""


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

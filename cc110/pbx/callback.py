"""Callbacks in Asterisk's words: how an operator's phone is rung, and how the dialplan hears whom he calls."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from cc110.core.ids import AgentId, CallId, Number, QueueName
from cc110.core.numbers import dialled_form
from cc110.pbx import names
from cc110.pbx.agi import AgiSession
from cc110.pbx.ami import AmiClient, AmiError
from cc110.ports import Cc110Error, PbxRefused, PbxUnavailable

_log = structlog.get_logger("callbacks")
_RING_MS: Final = 20_000


class Whom(Protocol):
    """Who is called back."""

    @property
    def number(self) -> Number:
        """In normal form."""
        ...

    @property
    def missed_call(self) -> CallId:
        """The call that he had given up."""
        ...

    @property
    def queue(self) -> QueueName:
        """Where he had waited."""
        ...


async def tell_whom(
    session: AgiSession, give: Callable[[str], Awaitable[Whom | None]], prefix: str
) -> None:
    """Tell the dialplan whom the operator of a session calls (``AGI(.../callback,operator)``).

    What is refused leaves the last word unsaid: the operator hears that it is not possible now.

    Args:
        session: the operator's.
        give: finds him, for this operator alone.
        prefix: as in `numbers.dialled_form`.
    """
    agent = session.env.get("agi_arg_1", "")
    try:
        whom = await give(agent)
    except Cc110Error as error:
        _log.warning("no callback", operator=agent, reason=str(error))
        return
    if whom is None:
        await session.set_variable(names.VAR_CALLBACK, "none")
        return
    await session.set_variable(names.VAR_CALLBACK_NUMBER, whom.number)
    await session.set_variable(names.VAR_CALLBACK_DIAL, dialled_form(whom.number, prefix))
    await session.set_variable(names.VAR_CALLBACK_OF, whom.missed_call)
    await session.set_variable(names.VAR_CALLBACK_QUEUE, whom.queue)
    await session.set_variable(names.VAR_CALLBACK, "call")


class AmiDeskPhone:
    """`service.callbacks.DeskPhone` over an AMI account that may begin calls, and nothing else."""

    def __init__(self, client: AmiClient) -> None:
        """Order over this link."""
        self._client = client

    async def ring_for_callback(self, agent: AgentId) -> None:
        """Ring an operator's own phone; whom he calls the dialplan asks then, as after ``*15``.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: the PBX said no.
        """
        action = {
            "Action": "Originate",
            "Channel": f"PJSIP/{agent}",
            "Context": names.CONTEXT_CALLBACK,
            "Exten": "s",
            "Priority": "1",
            "CallerID": '"110 telepon balik" <110>',
            "Timeout": str(_RING_MS),
            "Async": "true",
        }
        try:
            answer = await self._client.send(action)
        except AmiError as error:
            raise PbxUnavailable(f"the PBX does not answer: {error}") from error
        if not answer.ok:
            raise PbxRefused(f"Originate: {answer.get('Message') or 'refused'}")

"""The synthetic call, in Asterisk's words: how it is ordered, and what its two sides say."""

from collections.abc import Mapping
from typing import Final

from cc110.core.synthetic import Sign
from cc110.pbx import names
from cc110.pbx.ami import AmiClient, AmiError, AmiMessage
from cc110.pbx.translate import happened_at
from cc110.ports import PbxRefused, PbxUnavailable

_RING_MS: Final = 5000
_OURS: Final = f"/^PJSIP\\/{names.TEST}-[0-9a-f]+$/"
"""A channel's name as a regular expression (main/manager.c, ``action_hangup``)."""


def sign_of(message: AmiMessage) -> Sign | None:
    """What one side of a synthetic call says in an event; None = the event is none of its."""
    if message.name != "UserEvent" or message.get("UserEvent") != names.TEST_EVENT:
        return None
    said = dict(pair.partition("=")[::2] for pair in message.get("Data").split("|"))
    return Sign(
        at=happened_at(message),
        word=message.get("Fact"),
        call_id=message.get("Call"),
        path=said.get("path", ""),
    )


class AmiSyntheticCaller:
    """`ports.SyntheticCaller`: ordered over an AMI account that may do nothing else."""

    def __init__(self, client: AmiClient, control: AmiClient, dialled: str) -> None:
        """Order over `client`, hang up over `control`; ``dialled`` is what a caller dials."""
        self._client = client
        self._control = control
        self.dialled = dialled

    async def call(self, order: str) -> None:
        """Let the PBX call itself.

        Raises:
            PbxUnavailable: no link.
            PbxRefused: the PBX said no.
        """
        action = {
            "Action": "Originate",
            "Channel": f"PJSIP/{self.dialled}@{names.TEST}",
            "Context": names.CONTEXT_TEST_CALLER,
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(_RING_MS),
            "Async": "true",
            "Variable": f"{names.VAR_CALL}={order}",
        }
        answer = await _ask(self._client, action)
        if not answer.ok:
            raise PbxRefused(f"Originate: {answer.get('Message') or 'refused'}")

    async def hang_up(self) -> None:
        """End every synthetic call: its channels are those of its own account.

        Raises:
            PbxUnavailable: no link.
        """
        await _ask(self._control, {"Action": "Hangup", "Channel": _OURS})


async def _ask(client: AmiClient, action: Mapping[str, str]) -> AmiMessage:
    try:
        return await client.send(action)
    except AmiError as error:
        raise PbxUnavailable(f"the PBX does not answer: {error}") from error

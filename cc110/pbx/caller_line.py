"""A caller who listens, over FastAGI: prompts, keys, and the watchdog that lets the dialplan go on without us.

Before each step the channel's absolute time-out is put forward to what the step needs and a little more. A
daemon that hangs lets it run out, and the dialplan goes on (extension ``T`` of ``cc110-greeting``).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from cc110.core.ids import Number
from cc110.core.numbers import is_number
from cc110.core.words import Language, MenuChoice
from cc110.pbx import names
from cc110.pbx.agi import AgiInjection, AgiRefused, AgiSession
from cc110.pbx.prompts import Prompts

_log = structlog.get_logger("ivr")

_PATIENCE_S: Final = 2.0
"""How long the dialplan waits beyond what a step needs: the most that a hung daemon delays a caller."""
_BEYOND_S: Final = 1.0
"""How much longer than the dialplan we wait for Asterisk's word: it is the first to end a step."""


class AgiCallerLine:
    """`service.ivr.CallerLine` over one FastAGI session (``AGI(.../ivr,call id,number)``).

    Each method raises CallerHungUp when the caller is gone, and AgiError when Asterisk does not do its part.
    """

    def __init__(
        self,
        session: AgiSession,
        prompts: Prompts,
        language: Language,
        *,
        not_played: Callable[[str, str], None] = lambda _call_id, _prompt: None,
    ) -> None:
        """Speak to the session's caller, in the site's language first.

        Args:
            session: the caller's.
            prompts: all there are.
            language: of the site.
            not_played: told the call and the prompt when one can't be played.
        """
        self._session = session
        self._prompts = prompts
        self._language = language
        self._spoke = False
        self._not_played = not_played
        self._call_id = session.env.get("agi_arg_1", "")
        number = session.env.get("agi_arg_2", "")
        self.number = Number(number) if is_number(number) else None

    async def play(self, prompt: str, keys: str) -> str:
        """Play a prompt; a key of `keys` interrupts it and is returned, else nothing.

        A prompt that can't be played is left out: the menu goes on without it.
        """
        lasts = self._prompts[prompt].max_s
        await self._patience(lasts)
        if not self._spoke:
            self._spoke = True
            await self._session.set_variable(names.VAR_SPOKE, "1")
        limit = lasts + _PATIENCE_S + _BEYOND_S
        try:
            return await self._session.stream_file(f"cc110/{prompt}", keys, deadline_s=limit)
        except AgiRefused as error:
            _log.error(
                "a prompt can't be played", prompt=prompt, call=self._call_id, error=str(error)
            )
            self._not_played(self._call_id, prompt)
            return ""

    async def key(self, seconds: float) -> str:
        """The next key, or nothing after that many seconds."""
        if seconds <= 0:
            return ""
        await self._patience(seconds)
        return await self._session.wait_for_digit(round(seconds * 1000))

    async def speak(self, language: Language) -> bool:
        """Go on in this language; True when it is another one than before."""
        if language is self._language:
            return False
        self._language = language
        await self._session.set_variable("CHANNEL(language)", language)
        await self._session.set_variable(names.VAR_LANG, language)
        return True

    async def done(self, choice: MenuChoice, label: str) -> None:
        """The last word: only a choice that stands in the variable counts, so it is set last."""
        if label:
            with suppress(AgiInjection):
                await self._session.set_variable(names.VAR_LABEL, label)
        await self._session.set_variable(names.VAR_CHOICE, choice)

    async def _patience(self, seconds: float) -> None:
        await self._session.set_variable("TIMEOUT(absolute)", f"{seconds + _PATIENCE_S:.2f}")

"""Greeting and menu of one caller. The dialplan goes on without us whenever we are late or gone."""

from datetime import tzinfo
from typing import Final, Protocol

from cc110.core import menu
from cc110.core.greeting import MENU, greeting_keys
from cc110.core.ids import Number
from cc110.core.words import Language, MenuChoice
from cc110.ports import Clock
from cc110.service.known import LookUps

ANY_KEY: Final = "0123456789*#"
"""Whoever presses something need not listen on, whether the key means anything or not."""
CANNOT_SPEAK: Final = "cannot-speak"
NEXT_KEY_S: Final = 1.0


class CallerLine(Protocol):
    """A caller who listens: what the IVR needs of a FastAGI session.

    Each method may raise what its adapter raises when the caller is gone; the greeting ends with it.
    """

    number: Number | None

    async def play(self, prompt: str, keys: str) -> str:
        """Play a prompt in the caller's language; a key of `keys` interrupts it and is returned."""
        ...

    async def key(self, seconds: float) -> str:
        """The next key, or nothing after that many seconds."""
        ...

    async def speak(self, language: Language) -> bool:
        """Go on in this language; True when it is another one than before."""
        ...

    async def done(self, choice: MenuChoice, label: str) -> None:
        """The last word: the dialplan goes on with it."""
        ...


class Ivr:
    """Greets callers and takes their choice."""

    def __init__(
        self,
        clock: Clock,
        zone: tzinfo,
        look_ups: LookUps,
        *,
        with_menu: bool,
        wait_s: float,
        next_key_s: float = NEXT_KEY_S,
    ) -> None:
        """Greet by the time of day in `zone`.

        Args:
            clock: the time.
            zone: the site's: WIB, WITA or WIT.
            look_ups: what is known of a caller, for the operator's display.
            with_menu: False: greeting only, a key cuts it short.
            wait_s: how long a key may follow the last prompt.
            next_key_s: how long a second key may follow the first.
        """
        self._clock = clock
        self._zone = zone
        self._look_ups = look_ups
        self._with_menu = with_menu
        self._wait_s = wait_s
        self._next_key_s = next_key_s

    async def greet(self, line: CallerLine) -> None:
        """Play the greeting; whoever presses nothing goes on as an emergency."""
        known = self._look_ups.begin(line.number)
        choice = await self._listen(line)
        if choice is MenuChoice.CANNOT_SPEAK:
            await line.play(CANNOT_SPEAK, ANY_KEY)
        await line.done(choice, await known())

    async def _listen(self, line: CallerLine) -> MenuChoice:
        """Until the keys are a choice, can be none any more, or no key comes."""
        keys = pressed = await self._first_key(line)
        while pressed and isinstance(read := menu.read_keys(keys), menu.NeedMore):
            pressed = await self._next_key(line, read.language)
            keys += pressed
        return menu.settled(keys).choice

    async def _first_key(self, line: CallerLine) -> str:
        """The key that interrupts the greeting, if any; without a menu it only cuts it short."""
        now = self._clock.now().astimezone(self._zone)
        for prompt in greeting_keys(now, menu=self._with_menu):
            if pressed := await line.play(prompt, ANY_KEY):
                return pressed if self._with_menu else ""
        return await line.key(self._wait_s) if self._with_menu else ""

    async def _next_key(self, line: CallerLine, language: Language) -> str:
        """The key after that; the menu is said once more to whoever has just chosen English."""
        new_to_him = language is Language.ENGLISH and await line.speak(language)
        pressed = await line.play(MENU, ANY_KEY) if new_to_him else ""
        return pressed or await line.key(self._next_key_s)

"""Greeting and menu of one caller. The dialplan goes on without us whenever we are late or gone."""

from collections.abc import Awaitable
from datetime import tzinfo
from typing import Final, Protocol

from cc110.core import menu
from cc110.core.greeting import greeting_keys
from cc110.core.ids import CallId, Number
from cc110.core.words import Language, MenuChoice
from cc110.ports import Clock

ANY_KEY: Final = "0123456789*#"
MENU_KEYS: Final = "12359"


class CallerLine(Protocol):
    """A caller who listens: what the IVR needs of a FastAGI session."""

    call_id: CallId
    number: Number | None
    language: Language

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
        self, clock: Clock, zone: tzinfo, *, with_menu: bool, wait_s: float, next_key_s: float = 1.0
    ) -> None:
        """Greet by the time of day in `zone`.

        Args:
            clock: the time.
            zone: the site's: WIB, WITA or WIT.
            with_menu: False: greeting only, a key cuts it short.
            wait_s: how long a key may follow the last prompt.
            next_key_s: how long a second key may follow the first.
        """
        self._clock = clock
        self._zone = zone
        self._with_menu = with_menu
        self._wait_s = wait_s
        self._next_key_s = next_key_s

    async def greet(self, line: CallerLine, known: Awaitable[str]) -> None:
        """Play the greeting; whoever presses nothing goes on as an emergency.

        Args:
            line: the caller.
            known: what is known of him, for the operator's display; looked up while he listens.
        """
        choice = await self._listen(line)
        await line.done(choice, await known)

    async def _listen(self, line: CallerLine) -> MenuChoice:
        """Until the keys are a choice, or no key comes: then it is an emergency."""
        keys, english = "", False
        pressed = await self._first_key(line)
        while pressed:
            keys += pressed
            match menu.read_keys(keys):
                case menu.Chosen(choice=choice):
                    return await self._chosen(line, choice)
                case menu.Unknown():
                    break
                case menu.NeedMore(language=Language.ENGLISH):
                    english = await line.speak(Language.ENGLISH)
                case menu.NeedMore():
                    pass
            pressed = await line.play("menu", MENU_KEYS) if english else ""
            pressed, english = pressed or await line.key(self._next_key_s), False
        return MenuChoice.EMERGENCY

    async def _first_key(self, line: CallerLine) -> str:
        """The key that interrupts the greeting, if any; without a menu it only cuts it short."""
        now = self._clock.now().astimezone(self._zone)
        for prompt in greeting_keys(now, menu=self._with_menu):
            if pressed := await line.play(prompt, MENU_KEYS if self._with_menu else ANY_KEY):
                return pressed if self._with_menu else ""
        return await line.key(self._wait_s) if self._with_menu else ""

    async def _chosen(self, line: CallerLine, choice: MenuChoice) -> MenuChoice:
        if choice is MenuChoice.CANNOT_SPEAK:
            await line.play("cannot-speak", ANY_KEY)
        return choice

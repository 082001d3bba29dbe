"""What the dialplan asks the daemon over FastAGI, one method for each script. It goes on without an answer."""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

from cc110.app.shifts import tell_duty
from cc110.config.model import Config
from cc110.config.origins import locator
from cc110.core.words import Language
from cc110.pbx import names
from cc110.pbx.agi import AgiServer, AgiSession
from cc110.pbx.callback import tell_whom
from cc110.pbx.caller_line import AgiCallerLine
from cc110.pbx.place_line import AgiPlaceLine
from cc110.pbx.prompts import Prompts, read_prompts
from cc110.ports import Clock
from cc110.service.callbacks import Callbacks
from cc110.service.ivr import Ivr
from cc110.service.known import KnownOf, LookUps
from cc110.service.locating import Locator
from cc110.service.shifts import ShiftClock


def prompts_of(config: Config) -> Prompts:
    """The greeting's prompts. Each file is measured, which takes some tenths of a second."""
    return read_prompts(config.paths.prompts / "prompts.toml")[0]


class Scripts:
    """The FastAGI door: greeting, place, callback, duty."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        known_of: KnownOf,
        callbacks: Callbacks,
        shifts: ShiftClock,
        not_played: Callable[[str, str], None],
    ) -> None:
        """Prepare; nothing is open yet.

        Args:
            config: the site.
            clock: the time of day.
            known_of: what the journal knows of a caller.
            callbacks: whom an operator calls back.
            shifts: who is on duty.
            not_played: hears of a prompt that is missing.
        """
        self._clock = clock
        self._known = LookUps(known_of)
        self._callbacks = callbacks
        self._shifts = shifts
        self._not_played = not_played
        self._locator = Locator(lambda: locator(self._config))
        self.use(config, prompts_of(config))

    def use(self, config: Config, prompts: Prompts) -> None:
        """The site has changed: callers who arrive from now on hear the new one."""
        greeting = config.settings.greeting
        self._prompts = prompts
        self._ivr = Ivr(
            self._clock,
            config.time_zone,
            self._known,
            with_menu=greeting.menu,
            wait_s=greeting.menu_wait_ms / 1000,
        )
        self._config = config
        self._locator.read_again()

    def begin(self, start: Callable[[str, Coroutine[None, None, object]], None]) -> None:
        """Read the map, now and whenever the site has changed."""
        start("map", self._locator.run())

    async def open(self, stack: AsyncExitStack) -> None:
        """Answer until the stack is closed.

        Raises:
            Cc110Error: the port is taken.
        """
        stack.push_async_callback(self._known.aclose)
        server = AgiServer(
            self._config.settings.agi.host,
            self._config.settings.agi.port,
            {
                names.AGI_IVR: self._greet,
                names.AGI_PLACE: self._locate,
                names.AGI_CALLBACK: self._call_back,
                names.AGI_DUTY: self._tell_duty,
            },
        )
        await server.start()
        stack.push_async_callback(server.aclose)

    async def _greet(self, session: AgiSession) -> None:
        """One caller's greeting."""
        language = Language(self._config.settings.site.language)
        line = AgiCallerLine(session, self._prompts, language, not_played=self._not_played)
        await self._ivr.greet(line)

    async def _locate(self, session: AgiSession) -> None:
        """One caller's place."""
        await self._locator.answer(AgiPlaceLine(session))

    async def _call_back(self, session: AgiSession) -> None:
        """Whom an operator calls back."""
        prefix = self._config.settings.sip.outbound_prefix
        await tell_whom(session, self._callbacks.give, prefix)

    async def _tell_duty(self, session: AgiSession) -> None:
        """Whether an operator may log in."""
        await tell_duty(session, self._shifts)

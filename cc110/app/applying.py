"""A changed site into the running PBX, and back: checked before, tried after, one at a time.

The order, and what is true when it is cut off there:

1. what would be harmed is looked for: nothing has happened;
2. the new generation is written beside the live one: the old one is live;
3. the intent is written, then the link goes over (one step): whoever comes next takes it back;
4. the PBX reads what changed, the daemon goes by the new site: the same;
5. what the PBX has loaded is compared, and a synthetic call has to come through: the same;
6. the intent is removed: the new one is live.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from cc110.app.door import control_socket, is_running
from cc110.app.generation import wanted
from cc110.app.orders import NeedsStart, NothingLive, Order, Outcome, TakenBack, WouldHarm, summary
from cc110.config.model import Config
from cc110.config.problem import ConfigInvalid
from cc110.config.restart import only_at_start
from cc110.config.secrets import Secrets
from cc110.pbx import reloads
from cc110.pbx.generations import (
    NOT_AGAIN,
    About,
    Generations,
    Intent,
    NoGeneration,
    State,
    changed_names,
    live_site,
)
from cc110.pbx.reloads import Live
from cc110.pbx.render import Files, Folders
from cc110.ports import Cc110Error
from cc110.service.clock import SystemClock
from cc110.service.control import ControlClient
from cc110.service.site import SiteDesk

_log = structlog.get_logger("apply")
_RELOAD_S: Final = 60.0
_IDLE_LOOK_S: Final = 1.0
_SETTINGS: Final = "site/settings.toml"


class Console(Protocol):
    """The running PBX's console."""

    def pid(self) -> int | None:
        """Its process; None = it does not run."""
        ...

    async def run(self, command: str, *, limit: float = ...) -> str:
        """What it prints for a command."""
        ...


@dataclass
class Applying:
    """Changes of one PBX."""

    config: Config
    """The site as its files are now."""
    secrets: Secrets
    folders: Folders
    console: Console | None
    """None: there is no PBX."""
    environ: Mapping[str, str]
    say: Callable[[str], None] = lambda _: None
    _notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the generations."""
        self.generations = Generations(self.config.paths.pbx)

    # --- looking --------------------------------------------------------------------------------

    def difference(self) -> tuple[Files, Files]:
        """What the PBX has on its disk, and what it would get.

        Raises:
            ConfigInvalid: it can't be rendered.
        """
        live = self.generations.live
        before = self.generations.files(live) if live is not None else {}
        return before, wanted(self.config, self.secrets, self.folders)

    async def strays(self, files: Files) -> tuple[str, ...]:
        """What the running PBX has loaded otherwise than these files say, as sentences."""
        if not self._runs:
            return ()
        return await self._unlike(files)

    # --- changing -------------------------------------------------------------------------------

    async def apply(self, order: Order, *, dry_run: bool = False) -> Outcome:
        """Make the site's files live.

        Raises:
            ApplyUnderWay: somebody else is at it.
            NeedsStart, WouldHarm: nothing has happened.
            TakenBack: it broke something; what was live before is live again.
            ConfigInvalid, RenderRefused, OSError: it can't be written; nothing has happened.
        """
        with self.generations.alone():
            await self._recover()
            before, after = self.difference()
            live = self.generations.live
            if live is None:
                raise NothingLive(f"no configuration is live in {self.config.paths.pbx}: start it")
            changed = changed_names(before, after)
            if not changed:
                return Outcome(generation=live, before=live)
            order = replace(order, reason=order.reason or summary(changed))
            plan = await self._allowed(before, after, changed, order)
            if dry_run:
                return Outcome(
                    generation=live, before=live, changed=changed, commands=plan.commands
                )
            began = asyncio.get_running_loop().time()
            about = self.generations.stage(after, by=order.by, reason=order.reason)
            return await self._go_over(live, about, plan, changed, order, began, before, after)

    async def roll_back(self, order: Order, number: int | None = None) -> Outcome:
        """Make an older generation live: by default the one before the live one that was not refused.

        Raises:
            NoGeneration: there is none to go back to.
            As ``apply``.
        """
        with self.generations.alone():
            await self._recover()
            live = self.generations.live
            if live is None:
                raise NothingLive(f"no configuration is live in {self.config.paths.pbx}")
            about = self.generations.about(number or self._one_before(live))
            before, after = self.generations.files(live), self.generations.files(about.number)
            changed = changed_names(before, after)
            if about.number == live or not changed:
                return Outcome(generation=live, before=live)
            order = replace(order, reason=order.reason or f"back to {about.number}, by hand")
            plan = await self._allowed(before, after, changed, order, self._site_of(about.number))
            began = asyncio.get_running_loop().time()
            done = await self._go_over(
                live, about, plan, changed, order, began, before, after, back=True
            )
            if self.generations.about(live).state not in NOT_AGAIN:
                self.generations.mark(live, State.LEFT, why=order.reason)
            return done

    def _one_before(self, live: int) -> int:
        for number in reversed(self.generations.numbers):
            if number < live and self.generations.about(number).state not in NOT_AGAIN:
                return number
        raise NoGeneration("there is no older configuration to go back to")

    def _site_of(self, number: int) -> Config | None:
        folder = self.generations.folder(number) / "site"
        return _loaded(folder, self.environ)

    # --- before ---------------------------------------------------------------------------------

    @property
    def _runs(self) -> bool:
        return self.console is not None and self.console.pid() is not None

    async def _recover(self) -> None:
        """What somebody who was killed has begun is taken back, in the PBX as well."""
        intent = self.generations.take_back()
        if intent is None:
            return
        self.say(f"Generation {intent.after} was cut off on the way; {intent.before} is live again")
        if self._runs:
            await self._tell(reloads.everything())
        await self._tell_daemon()
        why = "whoever applied it was ended on the way"
        await self._journal_back(intent, automatic=True, order=Order(by="cc110", reason=why))

    async def _allowed(
        self,
        before: Files,
        after: Files,
        changed: tuple[str, ...],
        order: Order,
        site: Config | None = None,
    ) -> reloads.Plan:
        """What the PBX has to be told, once it may be."""
        plan = reloads.plan(before, after, changed)
        if not self._runs and not await is_running(self.config):
            return plan
        names = self._only_at_start(site or self.config) if _SETTINGS in changed else ()
        if plan.restart or names:
            what = ", ".join((*names, *plan.restart))
            raise NeedsStart(
                f"only a start takes up {what}: stop cc110 at a quiet hour and start it again"
            )
        while self._runs and (found := reloads.harm(before, after, await self._look())):
            if not order.when_idle:
                raise WouldHarm(f"{'; '.join(found)}: later, or with --when-idle, which waits")
            self.say(f"Waiting: {found[0]}")
            await asyncio.sleep(_IDLE_LOOK_S)
        return plan

    def _only_at_start(self, after: Config) -> tuple[str, ...]:
        try:
            before = live_site(self.config.paths.pbx, self.environ)
        except ConfigInvalid:
            return ()
        return only_at_start(before, after) if before else ()

    async def _look(self) -> Live:
        channels = await self._ask("core show channels concise")
        waiting = await self._ask("queue show")
        return Live(
            channels=tuple(reloads.channels_in(channels)), waiting=reloads.waiting_in(waiting)
        )

    # --- going over -----------------------------------------------------------------------------

    async def _go_over(
        self,
        live: int,
        about: About,
        plan: reloads.Plan,
        changed: tuple[str, ...],
        order: Order,
        began: float,
        before: Files,
        files: Files,
        *,
        back: bool = False,
    ) -> Outcome:
        now = asyncio.get_running_loop().time
        intent = Intent(before=live, after=about.number)
        ran = self._runs
        self.generations.begin(intent)
        try:
            self.generations.switch(about.number)
            ahead = asyncio.create_task(self._let_the_daemon_read(about.number))
            try:
                await self._tell((*plan.commands, *reloads.log_outs(before, files)))
            finally:
                await ahead
            await self._tell_daemon(about.number)
            live_s = now() - began
            tried = ran and not order.unverified
            self.say("Live; a synthetic call tries it" if tried else "Live")
            if ran:
                await self._try(files, order)
            verified = now() - began if tried else None
        except BaseException as error:
            await self._take_back(intent, plan, order, error)
            raise
        self.generations.end()
        self._mark(about.number, State.VERIFIED if verified else State.MADE)
        self.generations.prune()
        if back:
            await self._journal_back(
                Intent(before=about.number, after=live), automatic=False, order=order
            )
        else:
            await self._journal(
                "applied",
                about.number,
                before=live,
                files=[name for name in changed if not name.startswith("site/")],
                verified=verified is not None,
                reason=order.reason,
                by=order.by,
            )
        return Outcome(
            generation=about.number,
            before=live,
            changed=changed,
            commands=plan.commands,
            live_s=live_s,
            verified_s=verified,
            notes=tuple(self._notes),
        )

    async def _take_back(
        self, intent: Intent, plan: reloads.Plan, order: Order, error: BaseException
    ) -> None:
        why = str(error) or type(error).__name__
        self.say("Taking it back")
        self.generations.switch(intent.before)
        for told in (self._tell(plan.commands), self._tell_daemon()):
            try:
                await told
            except Cc110Error as fault:
                self.say(f"Taken back only at the next start: {fault}")
        self.generations.end()
        self._mark(intent.after, State.REFUSED, why)
        await self._journal_back(intent, automatic=True, order=replace(order, reason=why))

    def _mark(self, number: int, state: State, why: str = "") -> None:
        """A disk that is full now holds up nothing that is done already."""
        try:
            self.generations.mark(number, state, why=why)
        except OSError as error:
            self._notes.append(f"not written down: {error.strerror}")

    async def _try(self, files: Files, order: Order) -> None:
        """What was loaded is what was written, and a call comes through.

        Raises:
            TakenBack: not so.
        """
        if not self._runs:
            raise TakenBack("the PBX has ended")
        if unlike := await self._unlike(files):
            raise TakenBack(f"the PBX did not take it: {'; '.join(unlike[:5])}")
        if order.unverified:
            return
        if broken := await self._broken_stage():
            raise TakenBack(f"a call to 110 does not come through any more: it breaks at {broken}")

    async def _broken_stage(self) -> str | None:
        """Where a synthetic call breaks; None = it came through. By the daemon, or without it."""
        if await is_running(self.config):
            told = json.loads(await ControlClient(control_socket(self.config)).test_call())
            broken: str | None = told["broken"]
            return broken
        from cc110.app.trying import call_once  # and with it all that a daemon needs

        found = (await call_once(self.config, self.secrets)).broken
        return found.stage if found else None

    async def _unlike(self, files: Files) -> tuple[str, ...]:
        """Phones, queues and steps of the dialplan that are there on one side only."""
        phones = reloads.endpoints_in(await self._ask("pjsip list endpoints"))
        there = set(reloads.waiting_in(await self._ask("queue show")))
        steps = reloads.steps_in(await self._ask("dialplan show"))
        wanted_steps = reloads.steps_of(reloads.dialplan_of(files))
        found = [f"phone {name} is not there" for name in reloads.endpoints(files) - phones]
        found += [f"queue {name} is not there" for name in reloads.queues(files) - there]
        found += [f"missing in {c}: {e},{s}" for c, e, s in sorted(wanted_steps - steps)]
        found += [f"unknown in {c}: {e},{s}" for c, e, s in sorted(steps - wanted_steps)]
        return tuple(found)

    async def _tell(self, commands: tuple[str, ...]) -> None:
        if self._runs:
            for command in commands:
                said = await self._ask(command)
                _log.info("the PBX was told", command=command, said=said.strip()[-200:])

    async def _ask(self, command: str) -> str:
        assert self.console
        return await self.console.run(command, limit=_RELOAD_S)

    async def _let_the_daemon_read(self, generation: int) -> None:
        """While the PBX does; what is wrong is told when the daemon shall go by it."""
        with suppress(Cc110Error):
            if await is_running(self.config):
                await ControlClient(control_socket(self.config)).read_site(generation)

    async def _tell_daemon(self, generation: int | None = None) -> None:
        if await is_running(self.config):
            await ControlClient(control_socket(self.config)).take_site(generation)

    # --- writing down ---------------------------------------------------------------------------

    async def _journal_back(self, intent: Intent, *, automatic: bool, order: Order) -> None:
        await self._journal(
            "rolled_back",
            intent.before,
            before=intent.after,
            automatic=automatic,
            reason=order.reason,
            by=order.by,
        )

    async def _journal(self, what: str, generation: int, **said: Any) -> None:
        """A journal that is away holds up no change of the PBX; the generation itself knows its doer."""
        try:
            if await is_running(self.config):
                await getattr(ControlClient(control_socket(self.config)), what)(generation, **said)
                return
            from cc110.app.wiring import open_journal

            async with open_journal(self.config) as (_, journal):
                desk = SiteDesk(journal=journal, clock=SystemClock())
                await getattr(desk, what)(generation, **said)
        except Cc110Error as error:
            self._notes.append(f"not in the journal: {error}")
            self.say(f"Not in the journal: {error}")


def _loaded(site: Path, environ: Mapping[str, str]) -> Config | None:
    from cc110.config.load import load

    if not (site / "settings.toml").is_file():
        return None
    return load(environ={**environ, "CC110_SITE": str(site)})

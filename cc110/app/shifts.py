"""The clock of shifts, wired: the daemon's operators, the site's files, and the word on ``*11``."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cc110.config.duty import plan_of, shift_policy
from cc110.config.load import directory_faults
from cc110.config.many_files import directory_files, read_directory
from cc110.config.model import Config
from cc110.config.problem import errors_of
from cc110.core.ids import AgentId
from cc110.core.roster import Roster
from cc110.pbx import names
from cc110.pbx.agi import AgiSession
from cc110.ports import Operators
from cc110.service.clock import SystemClock
from cc110.service.outbox import Outbox
from cc110.service.shifts import PlanRead, ShiftClock

Signature = tuple[tuple[Path, int, int], ...]


class RosterFiles:
    """The directory's files, read again when they have changed."""

    def __init__(self, config: Config) -> None:
        """Begin with what was read at the start."""
        self._config = config
        paths = config.paths
        self._paths = replace(paths, site=paths.edited or paths.site)
        # What is edited may be newer than what was applied, by which the rest of the daemon goes.
        self._seen = self._signature() if self._paths == paths else ()

    async def read(self) -> PlanRead | None:
        """What they say now; None = nothing has changed since the last time.

        Raises:
            OSError: they can't be read.
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> PlanRead | None:
        found = self._signature()
        if found == self._seen:
            return None
        self._seen = found
        source, problems = read_directory(self._paths)
        faults = directory_faults(source) if source else None
        every = errors_of((*problems, *(faults.problems if faults else ())))
        if every or faults is None or faults.model is None:
            first = every[0]
            where = first.file if first.line is None else f"{first.file}:{first.line}"
            reason = f"{where}: {first.message}"
            return PlanRead(plan=None, files=len(found), problems=len(every), reason=reason)
        return PlanRead(plan=plan_of(self._config, faults.model), files=len(found))

    def _signature(self) -> Signature:
        """A file that is being replaced is looked at once more."""
        found = []
        for path in directory_files(self._paths):
            try:
                stat = path.stat()
            except OSError:
                found.append((path, 0, -1))
                continue
            found.append((path, stat.st_mtime_ns, stat.st_size))
        return tuple(found)


def shift_clock(
    config: Config,
    outbox: Outbox,
    desks: Operators,
    *,
    roster: Callable[[], Roster],
    known: Callable[[], bool],
) -> ShiftClock:
    """The daemon's."""
    return ShiftClock(
        outbox,
        SystemClock(),
        plan=plan_of(config),
        policy=shift_policy(config),
        roster=roster,
        known=known,
        desks=desks,
        queues=config.served_queues,
        read=RosterFiles(config).read,
    )


def use_shifts(shifts: ShiftClock, config: Config, desks: Operators) -> None:
    """The site has changed."""
    shifts.use(policy=shift_policy(config), desks=desks, queues=config.served_queues)


async def tell_duty(session: AgiSession, shifts: ShiftClock) -> None:
    """Tell the dialplan whether an operator may log in (``AGI(.../duty,operator)``); unsaid means yes."""
    if not shifts.may_log_in(AgentId(session.env.get("agi_arg_1", ""))):
        await session.set_variable(names.VAR_DUTY, "off")

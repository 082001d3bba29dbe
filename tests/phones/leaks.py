"""What a test left behind: channels, descriptors, threads, processes, files and tasks."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from .observer import Observer
from .timing import DEFAULT_LIMIT_S, limit

_POLL_S: Final = 0.05
_SOCKET: Final = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What there was at one moment. Threads are compared by number, all else by name."""

    thread_slack: int = 0

    channels: Counter[str] = field(default_factory=Counter)
    descriptors: Counter[str] = field(default_factory=Counter)
    threads: int = 0
    processes: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class LeakProbe:
    """Where to look. Whatever is not given is not looked at."""

    observer: Observer | None = None
    """Tells the channels."""
    pid: int | None = None
    """The PBX or the daemon, whose descriptors and threads are counted."""
    own_children: bool = True
    """Whether processes that this process has started count."""
    folders: Sequence[Path] = ()
    """Folders in which no file may be left, at any depth."""
    tasks: Callable[[], Iterable[str]] | None = None
    """Names of the asyncio tasks that live now, here or as a daemon tells them."""
    thread_slack: int = 8
    """Threads that the process may have more than before: Asterisk's pools grow with load and
    shrink only after 20 to 60 s of quiet, so only growth beyond this is a leak."""

    async def look(self) -> Footprint:
        """Take stock now."""
        channels = await self.observer.channels() if self.observer else ()
        return Footprint(
            channels=Counter(e["Channel"] for e in channels),
            descriptors=descriptors(self.pid) if self.pid else Counter(),
            threads=_threads(self.pid) if self.pid else 0,
            thread_slack=self.thread_slack,
            processes=_children() if self.own_children else Counter(),
            files=Counter(str(p) for folder in self.folders for p in _files(folder)),
            tasks=Counter(self.tasks()) if self.tasks else Counter(),
        )

    async def settled(self, before: Footprint, *, timeout: float = DEFAULT_LIMIT_S) -> Footprint:
        """Take stock until it is as it was ``before``, or ``timeout`` seconds (stretched) passed.

        A hang-up takes the PBX some milliseconds to finish.
        """
        end = time.monotonic() + limit(timeout)
        while True:
            after = await self.look()
            if not leaks(before, after) or time.monotonic() > end:
                return after
            await asyncio.sleep(_POLL_S)


def leaks(before: Footprint, after: Footprint) -> tuple[str, ...]:
    """One line for each thing that is there after but was not there before."""
    found = [
        f"{kind}: {name}" + (f" ({count} times)" if count > 1 else "")
        for kind, old, new in (
            ("channel", before.channels, after.channels),
            ("descriptor", before.descriptors, after.descriptors),
            ("process", before.processes, after.processes),
            ("file", before.files, after.files),
            ("task", before.tasks, after.tasks),
        )
        for name, count in sorted((new - old).items())
    ]
    if (more := after.threads - before.threads) > before.thread_slack:
        found.append(f"threads: {more} more than before")
    return tuple(found)


def assert_no_leaks(before: Footprint, after: Footprint) -> None:
    """Fail with the name of everything that was left behind."""
    found = leaks(before, after)
    assert not found, "left behind:\n  " + "\n  ".join(found)


def descriptors(pid: int) -> Counter[str]:
    """The open descriptors of a process, sockets by protocol and address (proc(5))."""
    sockets = _sockets(pid)
    found: Counter[str] = Counter()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:
            continue
        match = _SOCKET.fullmatch(target)
        found[sockets.get(match.group(1), "unix or unbound socket") if match else target] += 1
    return found


def _sockets(pid: int) -> dict[str, str]:
    """Inode to name, of the sockets in the process's network."""
    names = {}
    for protocol in ("udp", "tcp", "udp6", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            words = line.split()
            address, port = words[1].split(":")
            host = ".".join(str(int(address[n : n + 2], 16)) for n in (6, 4, 2, 0))
            where = f"{host}:{int(port, 16)}" if len(address) == 8 else f"port {int(port, 16)}"
            names[words[9]] = f"{protocol} socket at {where}"
    return names


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def _children() -> Counter[str]:
    names: Counter[str] = Counter()
    for child in psutil.Process().children(recursive=True):
        try:
            names[f"{child.pid} {' '.join(child.cmdline())[:100]}"] += 1
        except psutil.NoSuchProcess:
            continue
    return names


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if not path.is_dir())

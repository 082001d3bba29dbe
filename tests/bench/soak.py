"""Calls for minutes with faults mixed in: ``python -m tests.bench.soak [--minutes 30] [--rate 10] [--spare-daemon]``.

Callers by SIPp, who stay until an operator has talked with them and hangs up; operators on phones that only signal.
Faults at random: the daemon is killed or stopped for some seconds, its AMI link is cut, an operator's phone dies, in a
call if he has one. Afterwards every call is accounted for by SIPp's statistics and the journal, and memory,
descriptors, threads and channels are looked at. Ends by itself; exit code 1 when a target is missed. With
``--spare-daemon`` the daemon lives from the first call to the last, so that its memory can be told.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from cc110.core.events import CallEnded
from cc110.core.words import EndedBy
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress

from ..control_room import TRUNK, ControlRoom, open_room
from ..pbx.races.desks import Desks, numbers
from ..pbx.races.site import OPERATORS, big_site
from ..phones.light import LightCall
from ..phones.sipp import Sipp, SippJob
from ..phones.sipp_result import SippResult
from .load import Figure, quiet

_PORT: Final = 25270
_EVERY_S: Final = 5.0
_START_S: Final = 60.0
"""A daemon that starts while ten calls a second come has little of the processor."""
_WARM_S: Final = 60.0
"""Caches and pools fill in the first minute; growth is measured from then on."""


@dataclass
class Process:
    """What one process uses, over time."""

    rss: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and MB."""
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self, pid: int, at: float) -> None:
        """Note what it uses now."""
        try:
            seen = psutil.Process(pid)
            self.rss.append((at, seen.memory_info().rss / 1e6))
            self.descriptors.append(seen.num_fds())
            self.threads.append(seen.num_threads())
        except psutil.Error:
            return  # it was killed just now

    def from_third(self) -> float:
        """When the last third of what was seen begins."""
        return self.rss[len(self.rss) * 2 // 3][0]

    def slope(self, *, after: float) -> float | None:
        """MB in ten minutes by least squares; None with too little to go by."""
        points = [(at, mb) for at, mb in self.rss if at >= after]
        if len(points) < 6:
            return None
        return statistics.linear_regression(*zip(*points, strict=True)).slope * 600


@dataclass
class Soak:
    """One run."""

    room: ControlRoom
    desks: Desks
    minutes: float
    chance: random.Random
    spare_daemon: bool = False
    """It is neither killed nor stopped."""
    faults: Counter[str] = field(default_factory=Counter)
    talks: int = 0
    _daemons: list[Process] = field(default_factory=lambda: [Process()])
    _pbx: Process = field(default_factory=Process)
    _beside: set[asyncio.Task[None]] = field(default_factory=set)

    def served(self, call: LightCall) -> None:
        """An operator answers, talks for a moment, judges, and hangs up."""

        async def talk() -> None:
            await asyncio.sleep(0.2)
            call.answer()
            await asyncio.sleep(0.3)
            if call.live:
                self.talks += 1
                await call.keys(self.chance.choice(("*71", "*72", "*74")))
            await call.hang_up()

        task = asyncio.create_task(talk())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def watch(self) -> None:
        """Note what daemon and PBX use, for ever."""
        began, pbx = time.monotonic(), (await self.room.pbx.status()).pid
        assert pbx
        while True:
            at = time.monotonic() - began
            if self.room.daemon.running:
                self._daemons[-1].look(self.room.daemon.pid, at)
            self._pbx.look(pbx, at)
            await asyncio.sleep(_EVERY_S)

    async def disturb(self) -> None:
        """One fault every 10 to 30 s, for ever."""
        kinds: list[Callable[[], Awaitable[None]]] = [self._cut_ami, self._phone_dies]
        if not self.spare_daemon:
            kinds += [self._kill_daemon, self._stop_daemon]
        while True:
            await asyncio.sleep(self.chance.uniform(10, 30))
            fault = self.chance.choice(kinds)
            self.faults[fault.__name__.strip("_").replace("_", " ")] += 1
            await fault()

    async def _kill_daemon(self) -> None:
        await self.room.daemon.kill()
        await asyncio.sleep(self.chance.uniform(0, 4))
        await self.room.daemon.start(timeout=_START_S)
        self._daemons.append(Process())

    async def _stop_daemon(self) -> None:
        self.room.daemon.hang()
        try:
            await asyncio.sleep(self.chance.uniform(1, 8))
        finally:
            self.room.daemon.go_on()

    async def _cut_ami(self) -> None:
        """The PBX ends the sessions of the daemon's account; the observer has a connection of its own."""
        port = self.room.config.settings.ami.port
        mine = psutil.Process().net_connections()
        ours = {it.laddr.port for it in mine if it.raddr and it.raddr.port == port}
        shown = psutil.Process(self.room.daemon.pid).net_connections()
        theirs = [it.laddr.port for it in shown if it.raddr and it.raddr.port == port]
        assert not ours & set(theirs)
        for number in theirs:
            await _cut(number, port)

    async def _phone_dies(self) -> None:
        """Its power goes; a minute later another one is on the desk."""
        name = self.chance.choice(OPERATORS[1:])
        old = self.desks.phones.pop(name)
        old.close()
        await self.desks.sit(name)
        self.desks.phones[name].on_call = self.served

    def growth(self) -> list[Figure]:
        """Memory, and what is left open."""
        longest = max(self._daemons, key=lambda it: len(it.rss))
        begin = longest.rss[0][0]
        figures = [
            _slope("daemon RSS (the one that ran longest)", longest.slope(after=begin + _WARM_S)),
            _slope("daemon RSS, last third", longest.slope(after=longest.from_third())),
            _slope("PBX RSS", self._pbx.slope(after=_WARM_S)),
            _slope("PBX RSS, last third", self._pbx.slope(after=self._pbx.from_third())),
        ]
        for name, one in (("daemon", longest), ("PBX", self._pbx)):
            seen = [mb for at, mb in one.rss if at >= one.rss[0][0] + _WARM_S] or [0.0]
            parts = [f"{mb:.0f}" for mb in seen[:: max(1, len(seen) // 10)]]
            figures.append(
                Figure(what=f"{name} RSS from then on, MB", target="", measured=" ".join(parts))
            )
        for name, one in (("daemon", self._daemons[-1]), ("PBX", self._pbx)):
            figures += [
                Figure(
                    what=f"{name}: {what}, first / most / last",
                    target="",
                    measured=f"{seen[0]} / {max(seen)} / {seen[-1]}",
                )
                for what, seen in (("descriptors", one.descriptors), ("threads", one.threads))
            ]
        return figures


def _slope(what: str, slope: float | None) -> Figure:
    if slope is None:
        return Figure(what=what, target="< 1 MB per 10 min", measured="too short to tell")
    text = f"{slope:+.2f} MB per 10 min"
    return Figure(what=what, target="< 1 MB per 10 min", measured=text, reached=slope < 1)


async def _cut(local: int, port: int) -> None:
    """Close a TCP connection on both ends, as a firewall that forgets it (ss -K)."""
    killed = await asyncio.create_subprocess_exec(
        "ss", "-K", "dst", "127.0.0.1", "dport", "=", str(port), "sport", "=", str(local),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await killed.wait()


async def _run(soak: Soak, sipp: Sipp, rate: float) -> list[Figure]:
    room, sip = soak.room, soak.room.config.settings.sip
    calls = round(soak.minutes * 60 * rate)
    job = SippJob(
        scenario="uac_stay",
        bind=(TRUNK, _PORT),
        target=(sip.host, sip.port),
        callers=tuple(numbers(0, 1000)),
        calls=calls,
        rate=rate,
        limit_s=soak.minutes * 60 + 120,
    )
    await soak.desks.on_duty(*OPERATORS)
    for phone in soak.desks.phones.values():
        phone.on_call = soak.served
    start = await room.last_seq()
    beside = [asyncio.create_task(part) for part in (soak.watch(), soak.disturb())]
    result = await sipp.run(job)
    beside[1].cancel()
    (end,) = await asyncio.gather(beside[1], return_exceptions=True)
    if not isinstance(end, asyncio.CancelledError):
        raise RuntimeError("the faults came to an end too soon") from end
    if not room.daemon.running:
        await room.daemon.start(timeout=_START_S)
    room.daemon.go_on()
    await quiet(room)
    figures = await _accounts(soak, result, start)
    await asyncio.sleep(_EVERY_S)
    beside[0].cancel()
    return [*figures, *soak.growth()]


async def _accounts(soak: Soak, result: SippResult, start: int) -> list[Figure]:
    """Every call that SIPp made, in the journal: one arrival, one end."""
    room = soak.room
    await room.accounted(timeout=60)
    told = await _events(room, start)
    arrived = Counter(it.call_id for it in told if it.type == "CallArrived")
    ended = Counter(it.call_id for it in told if it.type == "CallEnded")
    faults = ", ".join(f"{count} x {name}" for name, count in sorted(soak.faults.items()))
    kinds = Counter(it.type for it in told)
    lost = sum(isinstance(it.data, CallEnded) and it.data.by is EndedBy.LOST for it in told)
    unaccounted = result.calls - len(arrived)
    left = len(await room.observer.channels())
    double = sum(count > 1 for seen in (arrived, ended) for count in seen.values())
    return [
        Figure(what="faults", target="", measured=faults),
        Figure(
            what="calls / served by an operator to their end / not",
            target="all",
            measured=f"{result.calls} / {result.succeeded} / {result.failed}",
            reached=result.ok,
        ),
        Figure(what="SIPp's failures", target="", measured=str(dict(result.failures) or "none")),
        Figure(
            what="calls that the journal does not have / has twice / has without an end",
            target="0 / 0 / 0",
            measured=f"{unaccounted} / {double} / {len(arrived - ended)}",
            reached=unaccounted == double == len(arrived - ended) == 0,
        ),
        Figure(what="calls rescued by the daemon", target="", measured=str(kinds["CallRescued"])),
        Figure(
            what="calls told as lost / recordings told as not growing",
            target="",
            measured=f"{lost} / {kinds['RecordingStalled']}",
        ),
        Figure(
            what="recordings missing",
            target="0",
            measured=str(kinds["RecordingMissing"]),
            reached=not kinds["RecordingMissing"],
        ),
        Figure(
            what="channels left",
            target="0",
            measured=str(left),
            reached=left == 0,
        ),
    ]


async def _events(room: ControlRoom, start: int) -> list:  # type: ignore[type-arg]
    found, after = [], start
    while page := await room.events(after=after):
        found += [one.event for one in page]
        after = page[-1].seq
    return found


async def soak(minutes: float, rate: float, seed: int, *, spare_daemon: bool) -> list[Figure]:
    """Run it; the table's rows."""
    home = Path(tempfile.mkdtemp(prefix="cc110-"))
    try:
        site, pbx = big_site(home)
        limits = {"queue__wrap_up_s": 0, "queue__member_ring_s": 2, "sip__dead_after_s": 10}
        async with open_room(
            home, site=site, paths__asterisk_conf=pbx, **limits, warm=False
        ) as room:
            desks = await Desks.open(room)
            (home / "sipp").mkdir()
            found = await asyncio.to_thread(
                install,
                room.config.paths.cache,
                bundles=("asterisk", "sipp"),
                progress=NoProgress(),
            )
            run = Soak(room, desks, minutes, random.Random(seed), spare_daemon)
            try:
                return await _run(run, Sipp(found.tool("sipp"), home / "sipp"), rate)
            finally:
                await desks.close()
    finally:
        shutil.rmtree(home)


def main() -> int:
    """Parse, run, print the table; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=10, help="calls per second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spare-daemon", action="store_true", help="neither kill nor stop it")
    wanted = parser.parse_args()
    figures = asyncio.run(
        soak(wanted.minutes, wanted.rate, wanted.seed, spare_daemon=wanted.spare_daemon)
    )
    print("| what | target | measured | reached |\n|---|---|---|---|")
    marks = {True: "yes", False: "**no**", None: ""}
    for it in figures:
        print(f"| {it.what} | {it.target} | {it.measured} | {marks[it.reached]} |")
    return 1 if any(it.reached is False for it in figures) else 0


if __name__ == "__main__":
    sys.exit(main())

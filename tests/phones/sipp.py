"""SIPp as caller and as called party: for load, odd answers and raw headers."""

import asyncio
import contextlib
import itertools
import signal
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .sipp_result import SippResult, read_result
from .timing import limit

SCENARIOS: Final = Path(__file__).with_name("sipp")
_GRACE_S: Final = 3.0
_POLL_S: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class SippJob:
    """One run of a scenario from ``tests/phones/sipp``.

    The ``uac_`` scenarios call ``extension`` at ``target``; the ``uas_`` ones wait to be called.
    """

    scenario: str
    bind: tuple[str, int]
    """Address and SIP port; the trunk is at 127.0.0.2."""
    target: tuple[str, int] | None = None
    extension: str = "110"
    callers: Sequence[str | tuple[str, str]] = ("6281200000001",)
    """From users, or (From user, P-Asserted-Identity user) pairs, taken in turn, over and over."""
    calls: int = 1
    """The run ends after so many calls."""
    rate: float = 10.0
    """Calls per second; the first one comes after the first interval."""
    at_once: int = 1000
    """At most so many calls at a time."""
    hold_s: float = 0.0
    """How long the scenario's pause is: the talk, or the ringing before a CANCEL."""
    ring_s: float = 0.0
    """How long a ``uas_`` scenario rings before it answers."""
    limit_s: float = 30.0
    """The run is ended after so many seconds (stretched)."""
    code: int = 486
    """The status that ``uac_refused`` expects and ``uas_refuse`` sends."""
    from_header: str = '"[field0]" <sip:[field0]@[local_ip]:[local_port]>'
    """The whole value of From but its tag, sent as it is; ``[...]`` are SIPp's keywords."""
    headers: Sequence[str] = ()
    """More lines for the INVITE, sent as they are."""
    tone: Path | None = None
    """A raw A-law file (8000 bytes per second) that is sent over and over; see ``alaw_tone``."""
    echo: bool = False
    """Send back whatever sound comes in."""
    rtp_ports: tuple[int, int] = (15600, 15699)
    options: Sequence[str] = field(default_factory=tuple)
    """More of SIPp's own options."""


class SippRun:
    """A SIPp under way."""

    def __init__(self, process: Process, folder: Path, job: SippJob) -> None:
        self.pid = process.pid
        self.folder = folder
        """Where SIPp leaves its files."""
        self._process = process
        self._job = job

    async def wait(self) -> SippResult:
        """Wait until all calls are done. SIPp ends itself in time; if it hangs, it is killed."""
        try:
            await asyncio.wait_for(self._process.wait(), limit(self._job.limit_s) + _GRACE_S)
        except TimeoutError:
            await self.kill()
        assert self._process.returncode is not None
        return read_result(self.folder, self._process.returncode)

    async def stop(self) -> SippResult:
        """Take no more calls, let those under way end within 3 s, and end."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGUSR1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), limit(_GRACE_S))
        await self.kill()
        return await self.wait()

    async def kill(self) -> None:
        """End it at once, as a machine that loses its power: nothing more is sent."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def listening(self) -> None:
        """Wait until its SIP port is open.

        Raises:
            RuntimeError: it ended instead; the message says why.
            TimeoutError: it did not open in time.
        """
        async with asyncio.timeout(limit()):
            while not _bound(*self._job.bind):
                if self._process.returncode is not None:
                    output = (self.folder / "output.log").read_text(errors="replace")
                    raise RuntimeError(f"SIPp ended at once: {output[-2000:]}")
                await asyncio.sleep(_POLL_S)


class Sipp:
    """Starts SIPp with ``command`` (its path, or a loader and its path), files under ``folder``."""

    def __init__(self, command: tuple[str, ...], folder: Path) -> None:
        self._command = command
        self.folder = folder
        """Where every run gets a folder of its own."""
        self._numbers = itertools.count(1)

    async def run(self, job: SippJob) -> SippResult:
        """Run a scenario to its end."""
        async with self.running(job) as run:
            return await run.wait()

    @contextlib.asynccontextmanager
    async def running(self, job: SippJob) -> AsyncIterator[SippRun]:
        """A scenario under way, its port open; ended with the block."""
        run = await self._start(job)
        try:
            await run.listening()
            yield run
        finally:
            await run.kill()

    async def _start(self, job: SippJob) -> SippRun:
        prefix = f"{next(self._numbers)}-{job.scenario}-"
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self.folder))
        (folder / "scenario.xml").write_text(_scenario(job), encoding="latin-1")
        (folder / "callers.csv").write_text(_callers(job.callers), encoding="latin-1")
        with (folder / "output.log").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *_arguments(job),
                cwd=folder,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return SippRun(process, folder, job)


def _scenario(job: SippJob) -> str:
    media = '  <nop><action><exec rtp_stream="[tone],-1,8,PCMA/8000"/></action></nop>\n'
    values = {
        "FROM": job.from_header,
        "HEADERS": "".join(f"{line}\n" for line in job.headers),
        "CODE": str(job.code),
        "MEDIA": media if job.tone else "",
        "RTP_PORT": "[rtpstream_audio_port]" if job.tone else "[media_port]",
        "RING_PAUSE": f'  <pause milliseconds="{round(job.ring_s * 1000)}"/>\n',
    }
    text = (SCENARIOS / f"{job.scenario}.xml").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _callers(callers: Sequence[str | tuple[str, str]]) -> str:
    pairs = [(c, c) if isinstance(c, str) else c for c in callers]
    return "SEQUENTIAL\n" + "".join(f"{user};{asserted}\n" for user, asserted in pairs)


def _arguments(job: SippJob) -> list[str]:
    host, port = job.bind
    options: Mapping[str, object] = {
        "-sf": "scenario.xml",
        "-inf": "callers.csv",
        "-s": job.extension,
        "-i": host,
        "-p": port,
        "-mi": host,
        "-min_rtp_port": job.rtp_ports[0],
        "-max_rtp_port": job.rtp_ports[1],
        "-m": job.calls,
        # SIPp takes whole numbers only: so many calls in so many milliseconds.
        "-r": max(1, round(job.rate)) if job.rate >= 1 else 1,
        "-rp": 1000 if job.rate >= 1 else round(1000 / job.rate),
        "-l": job.at_once,
        "-d": round(job.hold_s * 1000),
        "-timeout": max(1, round(limit(job.limit_s))),
        "-fd": 1,
        "-stf": "stat.csv",
        "-rtt_freq": 1,
        "-error_file": "errors.log",
    }
    words = [f"{job.target[0]}:{job.target[1]}"] if job.target else []
    for name, value in options.items():
        words += [name, str(value)]
    words += ["-bind_local", "-nostdin", "-timeout_error", "-skip_rlimit"]
    words += ["-trace_stat", "-trace_rtt", "-trace_err"]
    words += ["-key", "tone", str(job.tone)] if job.tone else []
    words += ["-rtp_echo"] if job.echo else []
    return [*words, *job.options]


def _bound(host: str, port: int) -> bool:
    """Whether somebody has the UDP port, by the kernel's own list (proc(5), /proc/net/udp)."""
    quad = "".join(f"{int(part):02X}" for part in reversed(host.split(".")))
    wanted = f"{quad}:{port:04X}"
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(line.split()[1] == wanted for line in lines)

"""Measures the FastAGI server and prints one JSON object.

A process of its own serves, with asyncio's loop and with uvloop in turn; others play Asterisk: connect, say
who calls, answer every command at once. A session is four ``SET VARIABLE``. Sessions per second of the
server's processor time count, because they do not depend on what else the machine has to do.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final, cast

import uvloop

from cc110.pbx.agi import AgiServer, AgiSession

LOOPS: Final[dict[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
}
COMMANDS: Final = 4
ENVIRONMENT: Final = (
    b"agi_network: yes\nagi_network_script: bench\nagi_request: agi://127.0.0.1:4573/bench\n"
    b"agi_channel: PJSIP/trunk-00000000\nagi_language: id\nagi_type: PJSIP\n"
    b"agi_uniqueid: 1795346810.1\nagi_version: 22.10.1\nagi_callerid: 6280000000110\n"
    b"agi_calleridname: 110 6280000000110\nagi_callingpres: 0\nagi_callingani2: 0\n"
    b"agi_callington: 0\nagi_callingtns: 0\nagi_dnid: 110\nagi_rdnis: unknown\n"
    b"agi_context: cc110-greeting\nagi_extension: s\nagi_priority: 7\nagi_enhanced: 0.0\n"
    b"agi_accountcode: \nagi_threadid: 140706893412032\nagi_arg_1: 20260302-080000-1-1234\n"
    b"agi_arg_2: 6280000000110\n\n"
)


async def handler(session: AgiSession) -> None:
    """A session of four commands."""
    for number in range(COMMANDS):
        await session.set_variable(f"CC110_BENCH_{number}", "1")


class _FakeAsterisk(asyncio.Protocol):
    """One session after the other, until it is time to end."""

    def __init__(self, done: Callable[[], None]) -> None:
        self._done = done
        self._answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(ENVIRONMENT)

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\n")):
            self._answered += 1
            self._transport.write(b"200 result=1\n")

    def connection_lost(self, exc: Exception | None) -> None:
        assert self._answered == COMMANDS, "a session was cut short"
        self._done()


async def play(port: int, seconds: float, at_once: int) -> int:
    """So many sessions at once, one after the other; return how many there were."""
    loop, end, count = asyncio.get_running_loop(), time.monotonic() + seconds, 0

    async def line() -> None:
        nonlocal count
        while time.monotonic() < end:
            over = asyncio.Event()
            play_one = partial(_FakeAsterisk, over.set)
            await loop.create_connection(play_one, "127.0.0.1", port)
            await over.wait()
            count += 1

    await asyncio.gather(*(line() for _ in range(at_once)))
    return count


async def serve() -> None:
    """Serve until the standard input ends; print the port, then sessions and processor seconds."""
    async with AgiServer("127.0.0.1", 0, {"bench": handler}) as server:
        before = time.process_time()
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        print(server.counts.begun, time.process_time() - before, flush=True)


async def measure(loop: str, seconds: float, at_once: int) -> dict[str, float]:
    """One round with a server on that loop."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __spec__.name, "--serve", loop, stdin=pipe, stdout=pipe
    )
    assert process.stdin
    assert process.stdout
    port = int(await process.stdout.readline())
    began = time.perf_counter()
    played = await play(port, seconds, at_once)
    took = time.perf_counter() - began
    process.stdin.close()
    sessions, processor = map(float, (await process.stdout.readline()).split())
    assert await process.wait() == 0
    assert sessions == played
    return {"per_cpu_second": sessions / processor, "per_second": sessions / took}


def medians(rounds: list[dict[str, float]]) -> dict[str, int]:
    """The median of each figure."""
    return {name: round(statistics.median(one[name] for one in rounds)) for name in rounds[0]}


def main() -> None:
    """Print the figures, or serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=32, help="sessions side by side")
    parser.add_argument("--serve", choices=LOOPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        with asyncio.Runner(loop_factory=LOOPS[options.serve]) as runner:
            runner.run(serve())
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in LOOPS}
    for _ in range(options.rounds):
        for name, rounds in found.items():
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                rounds.append(runner.run(measure(name, options.seconds, options.at_once)))
    figures = {name: medians(rounds) for name, rounds in found.items()}
    print(json.dumps({"agi_sessions": {"commands": COMMANDS, **figures}}))


if __name__ == "__main__":
    main()

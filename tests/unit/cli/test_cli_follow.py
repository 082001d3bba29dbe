"""The journal, followed by a process of its own as it grows."""

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import IO

import pytest

from cc110.core import events as e
from cc110.core.events import Event
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import CALL, RETURNED, abandoned, fill, without_call

PATIENCE_S = 20.0
LOST = e.PbxLost(reason="EOF")


class Follower:
    """A running `cc110 calls follow`, and the lines that it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout
        assert process.stderr
        self.out: queue.Queue[str] = queue.Queue()
        self.err: queue.Queue[str] = queue.Queue()
        for stream, lines in ((process.stdout, self.out), (process.stderr, self.err)):
            threading.Thread(target=_read, args=(stream, lines), daemon=True).start()

    def line(self) -> str:
        """The next line of its output; raises queue.Empty if none comes."""
        return self.out.get(timeout=PATIENCE_S)

    def until(self, text: str) -> str:
        """The next line that has a text in it."""
        while text not in (line := self.line()):
            pass
        return line

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop it, as Ctrl-C does; returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


def _read(stream: IO[str], lines: queue.Queue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line.rstrip("\n"))


Follow = Callable[..., Follower]


@pytest.fixture
def follow(shell: Shell) -> Iterator[Follow]:
    """Starts followers, and leaves none."""
    with ExitStack() as stack:

        def start(*words: str) -> Follower:
            follower = Follower(shell.start("calls", "follow", *words))
            stack.callback(follower.process.wait, PATIENCE_S)
            stack.callback(follower.process.kill)
            return follower

        yield start


def now(data: e.Data) -> list[Event]:
    return [Event(at=datetime.now(UTC), data=data)]


def test_a_journal_that_is_not_there_yet_is_waited_for(shell: Shell, follow: Follow) -> None:
    """It says so once, and then tells everything from the beginning."""
    follower = follow()
    waits = follower.err.get(timeout=PATIENCE_S)
    fill(shell.config, RETURNED)

    assert waits.startswith("Menunggu jurnal: there is no journal at ")
    assert follower.line() == "17 Agu 2026"
    assert "menghubungi 110" in follower.line()
    assert follower.until("Rekaman tersimpan").startswith("10:04:57,6    +52,0 s  17-4821")
    assert follower.end() == 0


def test_without_since_only_news_is_told(shell: Shell, follow: Follow) -> None:
    """What is past stands in `calls list`. Every append is seen, whoever writes."""
    fill(shell.config, RETURNED)
    follower = follow()
    seen: list[str] = []
    while not seen:
        # Until it has begun to follow, what is written is past as well.
        fill(shell.config, now(LOST))
        try:
            seen.append(follower.out.get(timeout=1))
        except queue.Empty:
            assert follower.process.poll() is None

    assert "Hubungan ke PBX putus" in follower.line()
    assert follower.out.empty()


def test_since_begins_in_the_past(shell: Shell, follow: Follow) -> None:
    """A time, or how long ago."""
    fill(shell.config, [*RETURNED, *abandoned(1), *now(LOST)])
    follower = follow("--since", "2026-08-17T10:05", "--json")
    recent = follow("--since", "5m", "--json")

    assert json.loads(follower.line())["call_id"].endswith("-18-4822")
    assert json.loads(recent.line())["type"] == "PbxLost"


def test_one_call_is_followed_from_its_start_on(shell: Shell, follow: Follow) -> None:
    """Nothing else disturbs, and what comes later comes as well."""
    fill(shell.config, [*RETURNED[:2], *abandoned(1), *without_call(LOST)])
    follower = follow("--call", "17-4821", "--lang", "en")
    first = [follower.line() for _ in range(3)]
    fill(shell.config, [*now(LOST), *RETURNED[2:]])

    assert first[0] == "17 Aug 2026"
    assert first[2].endswith("Recording starts")
    assert follower.line().endswith("The caller's menu choice: emergency, Indonesian")
    assert "17-4821" in follower.until("The recording is kept")


def test_events_are_told_as_the_journal_has_them(shell: Shell, follow: Follow) -> None:
    """JSON lines with the envelope of docs/events."""
    fill(shell.config, RETURNED)
    follower = follow("--call", CALL, "--json")
    lines = [json.loads(follower.line()) for _ in RETURNED]

    assert [line["type"] for line in lines] == [event.type for event in RETURNED]
    assert set(lines[0]) == {
        *("id", "seq", "at", "site"),
        "call_id",
        "case_id",
        "type",
        "v",
        "data",
    }


def test_a_new_day_is_announced(shell: Shell, follow: Follow) -> None:
    """Lines have the time of day only, so the day stands above them."""
    tomorrow = RETURNED[0].at + timedelta(days=1)
    fill(shell.config, [RETURNED[0], Event(at=tomorrow, data=LOST)])
    follower = follow("--since", "2026-08-17")

    assert [follower.line() for _ in range(4)][::2] == ["17 Agu 2026", "18 Agu 2026"]


def test_a_journal_in_the_place_of_another_is_read_anew(shell: Shell, follow: Follow) -> None:
    """As after `make clean` and a fresh start, with the follower still open."""
    fill(shell.config, RETURNED)
    follower = follow("--call", CALL, "--json")
    for _ in RETURNED:
        follower.line()
    for file in shell.home.glob("journal*"):
        file.unlink()
    fill(shell.config, RETURNED[:1])

    assert json.loads(follower.line())["type"] == "CallArrived"


def test_a_call_that_is_not_there_is_refused(shell: Shell, follow: Follow) -> None:
    """Nobody waits for ever for a typing error."""
    fill(shell.config, RETURNED)
    follower = follow("--call", "17-4822")

    assert follower.process.wait(PATIENCE_S) == 1
    assert follower.err.get(timeout=PATIENCE_S) == (
        "cc110: there is no call '17-4822' in the journal."
    )

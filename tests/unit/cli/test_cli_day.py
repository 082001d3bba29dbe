"""``cc110 verify-day``: what the PBX wrote, the recordings and the journal, joined."""

from pathlib import Path

import pytest

from cc110.core import events as e
from cc110.core.words import EndedBy, LeaveCause
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import AGENT, CALL, NUMBER, QUEUE, START, arrived, fill, story

DAY = "2026-08-17"
PATH = f"2026/08/17/{CALL}.wav"


def record(home: Path, *told: tuple[float, str, str]) -> None:
    """The PBX's own record of one call."""
    folder = home / "pbx" / "log" / "cel-custom"
    folder.mkdir(parents=True)
    lines = [
        f'"CC110-{word}","{START.timestamp() + seconds:.6f}","1.17","1.17","PJSIP/trunk-demo-00000001",'
        f'"{{""extra"":""{CALL}|{data}""}}","CC110-{word}"\n'
        for seconds, word, data in told
    ]
    (folder / "cel.csv").write_text("".join(lines))


def recording(home: Path, seconds: float) -> None:
    """Silence, as long as that."""
    file = home / "recordings" / PATH
    file.parent.mkdir(parents=True)
    size = int(seconds * 16000)
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = bytes.fromhex("0100010040 1f0000803e000002001000".replace(" ", ""))
    file.write_bytes(head + form + b"data" + size.to_bytes(4, "little") + bytes(size))


TOLD = (
    (0.0, "arrived", f"number={NUMBER}|source=asserted|dialled=110|trunk=demo|queue={QUEUE}"),
    (0.1, "recording", f"path={PATH}"),
    (6.0, "queued", f"queue={QUEUE}|priority=5"),
    (10.0, "agent-took", f"agent={AGENT}"),
    (20.0, "agent-gone", f"agent={AGENT}|cause=normal|q850=16"),
    (20.1, "caller-gone", "by=agent|q850=16"),
)


@pytest.fixture
def day(shell: Shell) -> Shell:
    """A day with one call that holds."""
    journal = story(
        (0.0, arrived()),
        (10.0, e.AgentAnswered(agent=AGENT, channel="1.18", waited_s=10.0)),
        (20.0, e.AgentLeft(agent=AGENT, cause=LeaveCause.NORMAL, channel="1.18")),
        (20.1, e.CallEnded(by=EndedBy.AGENT, duration_s=20.1)),
    )
    fill(shell.config, journal)
    record(shell.home, *TOLD)
    recording(shell.home, 20.0)
    return shell


def test_a_day_on_which_every_call_held(day: Shell) -> None:
    """One line with the sum; with --json one object for each call."""
    answer = day("verify-day", DAY)

    assert (0, ["1 calls: 1 talked; 0 broken."]) == (answer.code, answer.lines)
    (found,) = day("verify-day", DAY, "--json").objects
    assert (found["call_id"], found["outcome"], found["faults"]) == (CALL, "talked", [])


def test_a_call_whose_recording_is_cut_short_is_named(day: Shell) -> None:
    """Exit code 1, and how much is missing."""
    (day.home / "recordings" / PATH).unlink()
    answer = day("verify-day", DAY)

    assert answer.code == 1
    assert f"{CALL}: talk that is not recorded (10.0 of 10.0 s)" in answer.out
    assert "1 of 1 calls break the invariant" in answer.err


def test_an_invite_that_became_no_call_is_named(day: Shell, tmp_path: Path) -> None:
    """From the trunk's own log; those of other days don't count."""
    log = tmp_path / "trunk.csv"
    log.write_text(
        f"{START.isoformat()},+{NUMBER}\n2026-08-17T12:00:00,0812-3456-7890\n2026-08-19,110\n"
    )
    answer = day("verify-day", DAY, "--trunk-log", str(log))

    assert answer.code == 1
    assert "an INVITE that the PBX knows nothing of" in answer.out
    assert answer.lines[-1] == "2 calls: 1 talked; 1 broken."


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", ""])
def test_a_day_that_is_none_is_wrong_usage(day: Shell, date: str) -> None:
    """With one clear sentence."""
    assert day("verify-day", date).code == 2


def test_a_line_of_the_trunk_log_that_is_none_is_named(day: Shell, tmp_path: Path) -> None:
    """With its place."""
    log = tmp_path / "trunk.csv"
    log.write_text("soon,0812\n")
    answer = day("verify-day", DAY, "--trunk-log", str(log))

    assert answer.code == 2
    assert "trunk.csv:1" in answer.err.replace("\n", "")

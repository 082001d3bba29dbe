"""``cc110 recordings``: what an administrator types, and what comes back."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from cc110.core import events as e
from cc110.core.ids import CallId
from cc110.core.words import Verdict
from cc110.recordings.archive import Archive
from tests.unit.cli.shell import Shell
from tests.unit.cli.stories import AGENT, CALL, START, arrived, fill, story
from tests.unit.recordings.made import record

PATH = f"2026/08/17/{CALL}.wav"
LONG_AGO = START - timedelta(days=800)
OLD = CallId("20240608-030405-1-0001")
OLD_PATH = f"2024/06/08/{OLD}.wav"


@pytest.fixture
def root(shell: Shell) -> Path:
    """Two recordings: a fresh one, and one whose time is over."""
    root = shell.config.paths.recordings
    for call_id, path, start in ((CALL, PATH, START), (OLD, OLD_PATH, LONG_AGO)):
        record(root / path, 0.4)
        kept = asyncio.run(Archive(root).finalise(call_id, path))
        told = (
            (0.0, arrived()),
            (2.0, e.VerdictGiven(agent=AGENT, verdict=Verdict.NOT_VALID)),
            (5.0, e.RecordingFinalised(path=path, seconds=0.4, sha256=kept.sha256)),
        )
        fill(shell.config, story(*told, call=call_id, start=start))
    return root


def kinds(shell: Shell) -> list[str]:
    """What the journal tells of the fresh call."""
    return [event["type"] for event in shell("calls", "show", CALL, "--json").object["events"]]


def test_recordings_are_listed_with_what_was_done_to_them(shell: Shell, root: Path) -> None:
    """Held ones by their reason, for people and programs."""
    shell("recordings", "hold", "17-4821", "--reason", "LP/B/17", "--by", "Padal")

    assert ["LP/B/17", None] == [
        row["held_reason"] for row in shell("recordings", "list", "--json").objects
    ]
    assert [CALL] == [
        row["call_id"] for row in shell("recordings", "list", "--held", "--json").objects
    ]
    assert PATH in shell("recordings", "list").out


def test_a_recording_is_handed_out_and_the_journal_has_who_and_why(
    shell: Shell, root: Path, tmp_path: Path
) -> None:
    """The same bytes; the event carries doer and reason."""
    target = tmp_path / "out.wav"
    words = ("recordings", "export", CALL, "--reason", "LP/B/17", "--by", "Padal", "--to")

    assert 0 == shell(*words, str(target)).code

    assert (root / PATH).read_bytes() == target.read_bytes()
    last = shell("calls", "show", CALL, "--json").object["events"][-1]
    assert ("RecordingExported", {"reason": "LP/B/17", "by": "Padal"}) == (
        last["type"],
        last["data"],
    )
    again = shell(*words, str(target))
    assert (1, True) == (again.code, "is there already" in again.err)


def test_what_can_not_be_written_down_is_not_handed_out(
    shell: Shell, root: Path, tmp_path: Path
) -> None:
    """No reason, no recording."""
    target = tmp_path / "out.wav"
    refused = shell("recordings", "export", CALL, "--reason", " ", "--to", str(target))

    assert (1, False) == (refused.code, target.exists())
    assert "needs a reason" in refused.err
    nowhere = str(tmp_path / "none" / "out.wav")
    lost = shell("recordings", "export", CALL, "--reason", "LP/B/17", "--to", nowhere)
    assert (1, True) == (lost.code, "there is no folder" in lost.err)
    assert "RecordingExported" not in kinds(shell)


def test_a_purge_tells_what_is_due_and_erases_only_when_told_to(shell: Shell, root: Path) -> None:
    """Dry by default."""
    dry = shell("recordings", "purge")
    assert "1 recordings are due" in dry.out
    assert (root / OLD_PATH).exists()

    done = shell("recordings", "purge", "--yes", "--by", "Padal", "--json")

    assert {"erased": 1, "failed": 0, "by": "Padal"} == done.object
    assert ((root / OLD_PATH).exists(), (root / PATH).exists()) == (False, True)
    assert [OLD] == [
        row["call_id"] for row in shell("recordings", "list", "--erased", "--json").objects
    ]
    assert 0 == shell("recordings", "verify").code


def test_verify_says_yes_and_names_what_is_wrong(shell: Shell, root: Path) -> None:
    """Exit code 0 and 1."""
    assert {"whole": True, "findings": []} == shell("recordings", "verify", "--json").object
    (root / PATH).unlink()

    found = shell("recordings", "verify")

    assert (1, f"missing: {PATH}") == (found.code, found.lines[0].rpartition(": ")[0])


def test_a_hold_is_ended_once(shell: Shell, root: Path) -> None:
    """Ending what is not held is a mistake that somebody should hear of."""
    words = (CALL, "--reason", "selesai", "--by", "Padal")
    shell("recordings", "hold", *words)

    assert 0 == shell("recordings", "release", *words).code
    assert 1 == shell("recordings", "release", *words).code
    assert ["RecordingHeld", "RecordingReleased"] == kinds(shell)[-2:]

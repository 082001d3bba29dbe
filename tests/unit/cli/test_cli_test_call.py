"""``cc110 test-call``: what it prints of a synthetic call."""

import json

import pytest

from cc110.service.control import ControlClient
from tests.unit.cli.shell import Shell

STAGES = ("trunk", "greeting", "queue", "answer", "recording")


def told(broken: str | None = None, fault: str = "", detail: str = "") -> str:
    """The daemon's word, up to the stage that broke."""
    stages = []
    for stage in STAGES:
        is_it = stage == broken
        took = None if is_it else 1.25
        said = {"stage": stage, "fault": fault if is_it else None, "took_s": took}
        stages.append(said | {"detail": detail if is_it else ""})
        if is_it:
            break
    return json.dumps({"begun_at": "2026-08-17T03:04:05+00:00", "stages": stages, "broken": broken})


def daemon_says(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """A daemon that made a call."""

    async def placed(_: ControlClient) -> str:
        return answer

    monkeypatch.setattr(ControlClient, "test_call", placed)


def test_a_call_that_came_through_is_told_stage_by_stage(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indonesian first, with times."""
    daemon_says(monkeypatch, told())
    answer = shell("test-call")
    english = shell("test-call", "--lang", "en")

    assert answer.code == 0
    assert answer.lines[1] == "salam        baik, 1,2 s"
    assert answer.lines[-1] == "Panggilan uji berhasil melewati semua tahap."
    assert english.lines[1] == "greeting     ok, 1.2 s"


def test_the_broken_stage_is_named_and_those_behind_are_not_judged(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, with the stage on standard error too."""
    daemon_says(monkeypatch, told("greeting", "a prompt could not be played", "menu"))
    answer = shell("test-call")
    asjson = shell("test-call", "--json")

    assert answer.code == 1
    assert (
        answer.lines[1] == "salam        RUSAK: ada rekaman suara yang tidak dapat diputar (menu)"
    )
    assert answer.lines[2] == "antrean      belum teruji"
    assert "the test call broke at: greeting" in answer.err
    assert asjson.objects[0]["broken"] == "greeting"
    assert asjson.code == 1


def test_without_a_daemon_there_is_no_test_call(shell: Shell) -> None:
    """One sentence says so."""
    answer = shell("test-call")

    assert answer.code == 1
    assert "daemon" in answer.err

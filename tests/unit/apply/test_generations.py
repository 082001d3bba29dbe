"""Configurations side by side: whole or not there, one live, the way back always open."""

import os
from pathlib import Path, PurePosixPath

import pytest

from cc110.pbx.generations import (
    ApplyUnderWay,
    Generations,
    Intent,
    NoGeneration,
    State,
    changed_names,
    digest_of,
)
from cc110.pbx.render import File, Files, RenderRefused


def files(**texts: str) -> Files:
    """A small configuration."""
    named = {PurePosixPath(name.replace("__", "/")): text for name, text in texts.items()}
    return {name: File(content=text.encode()) for name, text in named.items()}


OLD = files(queues="old", tables__globals="1")
NEW = files(queues="old", tables__globals="2", tables__more="3")


@pytest.fixture
def pbx(tmp_path: Path) -> Generations:
    """One generation, live."""
    made = Generations(tmp_path / "pbx")
    with made.alone():
        made.switch(made.stage(OLD, by="a", reason="first").number)
    return made


def read(pbx: Generations, name: str) -> str:
    """What the PBX would read."""
    return (pbx.etc / name).read_text()


def test_the_pbx_reads_what_is_live_at_the_same_place(pbx: Generations) -> None:
    assert (pbx.live, read(pbx, "tables/globals")) == (1, "1")
    about = pbx.stage(NEW, by="b", reason="second")
    assert (pbx.live, read(pbx, "tables/globals")) == (1, "1")
    pbx.switch(about.number)
    assert (pbx.live, read(pbx, "tables/globals")) == (2, "2")
    assert pbx.files(2) == NEW
    assert (pbx.about(2).by, pbx.about(2).reason, pbx.about(2).digest) == (
        "b",
        "second",
        digest_of(NEW),
    )


def test_what_is_half_written_is_not_there(
    pbx: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at any file leaves the old one live and nothing beside it."""
    for broken_at in range(1, 4):
        written = 0

        def full(handle: int, at: int = broken_at) -> None:
            nonlocal written
            written += 1
            if written == at:
                raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(OSError, match="No space left"):
                pbx.stage(NEW, by="b", reason="second")
        assert (pbx.live, pbx.numbers) == (1, (1,))
        assert not list(pbx.etc.parent.glob("*.new"))


@pytest.mark.parametrize("step", ["stage", "begin", "switch", "end"])
def test_whoever_is_killed_at_any_step_leaves_the_old_one_live(pbx: Generations, step: str) -> None:
    """A process of its own dies right after a step; the next one finds what was live before, or what was finished."""
    child = os.fork()
    if child == 0:
        with pbx.alone():
            number = pbx.stage(NEW, by="b", reason="second").number
            steps = {
                "begin": lambda: pbx.begin(Intent(before=1, after=number)),
                "switch": lambda: pbx.switch(number),
                "end": pbx.end,
            }
            for name, do in steps.items():
                if step == "stage":
                    break
                do()
                if name == step:
                    break
            os._exit(9)
    os.waitpid(child, 0)

    again = Generations(pbx.etc.parent)
    was_cut_off = step in {"begin", "switch"}
    assert (again.cut_off is not None) == was_cut_off, "what `doctor` says"
    with again.alone():
        assert again.cut_off is None, "somebody sees to it"
        taken_back = again.take_back()
    assert (taken_back is not None) == (step in {"begin", "switch"})
    assert again.live == (2 if step == "end" else 1)
    if taken_back:
        assert again.about(2).state is State.REFUSED
        assert again.refused(digest_of(NEW)) == again.about(2)
    assert again.unfinished is None


def test_one_at_a_time(pbx: Generations) -> None:
    with pbx.alone(), pytest.raises(ApplyUnderWay), Generations(pbx.etc.parent).alone():
        pass
    with pbx.alone():
        pass


def test_the_oldest_go_and_never_the_live_one(pbx: Generations) -> None:
    for number in range(5):
        pbx.stage(files(queues=str(number)), by="b", reason="more")
    pbx.prune(3)
    assert pbx.numbers == (1, 5, 6)
    assert pbx.live == 1
    with pytest.raises(NoGeneration):
        pbx.switch(3)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """An administrator's own configuration is neither moved nor hidden; an earlier version's is put aside."""
    pbx = Generations(tmp_path)
    pbx.etc.mkdir()
    (pbx.etc / "sip.conf").write_text("theirs")
    about = pbx.stage(OLD, by="a", reason="first")
    with pytest.raises(RenderRefused, match="was not made by cc110"):
        pbx.switch(about.number)
    assert read(pbx, "sip.conf") == "theirs"

    (pbx.etc / ".cc110").write_text("")
    pbx.switch(about.number)
    assert pbx.live == 1


def test_sound_is_shared_and_text_is_not(pbx: Generations) -> None:
    """Whoever edits a live file by hand changes no older generation."""
    sound = {PurePosixPath("sounds/a.wav"): File(content=b"RIFF")}
    pbx.switch(pbx.stage({**OLD, **sound}, by="a", reason="sound").number)
    pbx.switch(pbx.stage({**NEW, **sound}, by="a", reason="sound").number)
    assert (pbx.folder(2) / "sounds/a.wav").samefile(pbx.folder(3) / "sounds/a.wav")
    (pbx.etc / "queues").write_text("by hand")
    assert (pbx.folder(2) / "queues").read_text() == "old"
    assert changed_names(pbx.files(3), {**NEW, **sound}) == ("queues",)

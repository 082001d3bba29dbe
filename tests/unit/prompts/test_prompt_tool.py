"""`make prompts`: what it makes, what it leaves alone, and what it says."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from promptmaker.audio import PEAK, RATE, read_wav
from promptmaker.main import main
from promptmaker.voice import Voice

TALKER = shlex.join([sys.executable, str(Path(__file__).with_name("talker.py"))])
ESPEAK = os.environ.get("CC110_ESPEAK") or shutil.which("espeak-ng")
MANIFEST = """
[[prompt]]
key = "menu"
id = "Pilih satu."
en = "Choose one."
max_s = 3.0
note = "test"

[[prompt]]
key = "please-hold"
id = "Mohon tunggu."
en = "Please hold."
max_s = 3.0
note = "test"

[[prompt]]
key = "beep"
id = "(nada)"
en = "(tone)"
max_s = 0.3
note = "test"
tone = true
"""
VOICES = """
[id]
voice = "id"
words_per_minute = [180, 220]
[id.say]
satu = "saatuu"
[en]
voice = "en"
words_per_minute = [180, 220]
"""
Run = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small manifest without recordings."""
    (tmp_path / "prompts.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "voice.toml").write_text(VOICES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """The tool on that manifest."""
    return lambda *options: main(["--folder", str(folder), "--espeak", TALKER, *options])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that is there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_everything_that_is_missing_is_made(folder: Path, run: Run) -> None:
    """Both languages, tones and music on hold."""
    assert run() == 0
    names = {name for name in contents(folder) if name.endswith(".wav")}
    prompts = {
        f"{lang}/{key}.wav" for lang in ("id", "en") for key in ("menu", "please-hold", "beep")
    }
    assert names == prompts | {"moh/wait.wav", "moh/hold.wav"}
    assert run("--check") == 0


def test_speech_is_made_at_minus_three_decibels(folder: Path, run: Run) -> None:
    """All prompts are equally loud, whatever the voice gives."""
    run("id/menu")
    signal, rate = read_wav(folder / "id" / "menu.wav")
    assert rate == RATE
    assert abs(signal).max() == pytest.approx(PEAK, abs=0.001)


def test_making_it_again_from_nothing_gives_the_same_bytes(folder: Path, run: Run) -> None:
    """A change in git is a change that somebody made."""
    run()
    first = contents(folder)
    assert run("--force") == 0
    assert contents(folder) == first


def test_what_is_up_to_date_is_not_made_again(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another espeak-ng does not rewrite the whole folder."""
    run()
    first = contents(folder)
    capsys.readouterr()
    assert main(["--folder", str(folder), "--espeak", "/does/not/exist"]) == 0
    assert contents(folder) == first
    assert not capsys.readouterr().out


def test_a_changed_text_is_told_and_made_again_alone(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other language keeps its recording."""
    run()
    first = contents(folder)
    edit(folder / "prompts.toml", "Choose one.", "Choose two, please.")
    capsys.readouterr()
    assert run("--check") == 1
    assert capsys.readouterr().out == "en/menu.wav: out of date\n"
    assert run() == 0
    changed = {name for name, content in contents(folder).items() if first[name] != content}
    assert changed == {"prompts.toml", "generated.toml", "en/menu.wav"}


def test_a_changed_respelling_makes_only_what_it_changes(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """The recipe is what the voice reads, not the whole of voice.toml."""
    run()
    edit(folder / "voice.toml", "saatuu", "satuuu")
    capsys.readouterr()
    assert run("--check") == 1
    assert capsys.readouterr().out == "id/menu.wav: out of date\n"


def test_a_studio_recording_is_never_overwritten(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even when its text has changed: then it is told, and no more."""
    run()
    studio = folder / "id" / "menu.wav"
    shutil.copy(folder / "id" / "beep.wav", studio)
    recording = studio.read_bytes()
    assert run("--check") == 0
    edit(folder / "prompts.toml", "Pilih satu.", "Pilih dua.")
    capsys.readouterr()
    assert run() == 0
    assert studio.read_bytes() == recording
    assert "id/menu.wav: own recording, but the text has changed since" in capsys.readouterr().out


def test_a_recording_from_before_the_first_run_is_never_overwritten(folder: Path, run: Run) -> None:
    """Nobody knows it, so it is somebody's."""
    studio = folder / "id" / "menu.wav"
    studio.parent.mkdir()
    studio.write_bytes(b"a master tape")
    assert run() == 0
    assert studio.read_bytes() == b"a master tape"


def test_force_replaces_a_studio_recording_by_name(folder: Path, run: Run) -> None:
    """And only the one that was named."""
    run()
    first = contents(folder)
    for name in ("id/menu.wav", "en/menu.wav"):
        (folder / name).write_bytes(b"a master tape")
    assert run("--force", "id/menu") == 0
    after = contents(folder)
    assert after["id/menu.wav"] == first["id/menu.wav"]
    assert after["en/menu.wav"] == b"a master tape"


def test_music_on_hold_speaks_with_the_studio_voice(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is made of the recordings, whoever made them."""
    run()
    shutil.copy(folder / "id" / "menu.wav", folder / "id" / "please-hold.wav")
    capsys.readouterr()
    assert run("--check") == 1
    assert "moh/hold.wav: out of date" in capsys.readouterr().out
    before = (folder / "moh" / "hold.wav").read_bytes()
    assert run() == 0
    assert (folder / "moh" / "hold.wav").read_bytes() != before
    assert run("--check") == 0


def test_a_tight_limit_makes_the_voice_read_faster(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no faster than it must."""
    edit(folder / "prompts.toml", "Choose one.", "a a a a a a a a a a a a a a a a")
    edit(folder / "prompts.toml", "max_s = 3.0", "max_s = 2.5")
    assert run() == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "en/menu" in line]
    assert line == "en/menu.wav: 2.46 s at 200 words/min"


def test_a_text_that_can_not_fit_keeps_the_old_recording(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A voice that races helps nobody; the rest is made all the same."""
    run()
    before = (folder / "en" / "menu.wav").read_bytes()
    edit(
        folder / "prompts.toml", "Choose one.", "a a a a a a a a a a a a a a a a a a a a a a a a a"
    )
    edit(folder / "prompts.toml", "Mohon tunggu.", "Mohon sabar.")
    assert run() == 1
    assert "is too long" in capsys.readouterr().err
    assert (folder / "en" / "menu.wav").read_bytes() == before
    assert run("--check", "id/please-hold") == 0


@pytest.mark.parametrize(
    ("words", "message"), [("silent a", "nothing is heard"), ("crash", "no such voice")]
)
def test_a_voice_that_fails_is_told(
    folder: Path, run: Run, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    """An empty recording is never written."""
    edit(folder / "prompts.toml", "Choose one.", words)
    assert run() == 1
    assert message in capsys.readouterr().err
    assert not (folder / "en" / "menu.wav").exists()


def test_without_a_synthesiser_it_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence for each recording, not with a traceback."""
    assert main(["--folder", str(folder), "--espeak", "/does/not/exist"]) == 1
    assert "can't run /does/not/exist" in capsys.readouterr().err


def test_a_prompt_that_is_gone_is_forgotten(folder: Path, run: Run) -> None:
    """So that a later recording under its name counts as somebody's own."""
    run()
    edit(folder / "prompts.toml", 'key = "menu"', 'key = "choice"')
    assert run() == 0
    assert "id/menu" not in (folder / "generated.toml").read_text(encoding="utf-8")


def test_an_unknown_name_is_wrong_usage(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, as everywhere."""
    assert run("id/menus") == 2
    assert "no such recording: id/menus" in capsys.readouterr().err


def test_a_manifest_with_mistakes_makes_nothing(folder: Path, run: Run) -> None:
    """Half a manifest would forget the other half."""
    run()
    first = contents(folder)
    edit(folder / "prompts.toml", "max_s = 0.3", "max_s = 0")
    assert run("--force") == 1
    changed = {name for name, content in contents(folder).items() if first[name] != content}
    assert changed == {"prompts.toml"}


def test_whole_words_are_respelt_the_longest_first() -> None:
    """Whatever their case, and nothing inside another word."""
    say = {"110": "one one zero", "call": "kol", "call center 110": "kol senter", "tetap": "t@tap"}
    voice = Voice(name="x", usual=1, fastest=1, say=say)
    assert voice.spoken("Call Center 110, 110, 1100. Tetap menetap.") == (
        "kol senter, one one zero, 1100. t@tap menetap."
    )


def test_the_shipped_recordings_are_up_to_date(shipped: Path) -> None:
    """Words and recordings are committed together; studio recordings count as up to date."""
    assert main(["--folder", str(shipped.parent), "--check"]) == 0


@pytest.mark.skipif(not ESPEAK, reason="espeak-ng is not installed")
def test_the_real_voice_reads_indonesian_the_same_way_twice(folder: Path) -> None:
    """Its options are understood, and its chance, which it draws from the clock, is off."""
    edit(folder / "voice.toml", 'voice = "id"', 'voice = "id+f2"')
    command = ["--folder", str(folder), "--espeak", str(ESPEAK), "--force", "id/menu"]
    second = int(time.time())
    assert main(command) == 0
    first = contents(folder)
    while int(time.time()) < second + 2:
        assert main(command) == 0
        assert contents(folder) == first

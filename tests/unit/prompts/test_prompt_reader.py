"""The reader of prompts.toml and its recordings: what ships is sound, and each fault is told."""

import shutil
import struct
import wave
from pathlib import Path

import pytest

from cc110.core.words import Language
from cc110.pbx.prompts import (
    GREETING_LIMIT_S,
    GREETING_MARGIN_S,
    GREETING_REST,
    GREETINGS,
    REQUIRED,
    PromptsInvalid,
    load_prompts,
    read_prompts,
)


def record(
    path: Path, seconds: float, *, rate: int = 8000, channels: int = 1, peak: int = 9000
) -> None:
    """Write a recording: a square wave of 500 Hz."""
    cycle = struct.pack("<h", peak) * 8 * channels + struct.pack("<h", -peak) * 8 * channels
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        size = int(seconds * rate) * 2 * channels
        file.writeframes((cycle * (size // len(cycle) + 1))[:size])


def told(manifest: Path) -> list[str]:
    """Every problem as `cc110 check` prints it, with the folder left out."""
    _, problems = read_prompts(manifest)
    return [str(problem).replace(f"{manifest.parent}/", "") for problem in problems]


def change(manifest: Path, old: str, new: str) -> int:
    """Replace a text that is there once; return its line."""
    text = manifest.read_text(encoding="utf-8")
    assert text.count(old) == 1
    manifest.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def line_of(manifest: Path, key: str) -> int:
    """The line of a prompt's header."""
    lines = manifest.read_text(encoding="utf-8").splitlines()
    return lines.index(f'key = "{key}"')


def test_the_shipped_prompts_have_no_problem(shipped: Path) -> None:
    """Every prompt has both recordings, playable and short enough."""
    prompts = load_prompts(shipped)
    assert len(prompts.seconds) == 2 * len(prompts.by_key)


def test_every_required_prompt_ships_and_no_other(shipped: Path) -> None:
    """The list in the code and the manifest do not drift apart."""
    assert load_prompts(shipped).by_key.keys() == REQUIRED


@pytest.mark.parametrize("language", Language)
def test_the_greeting_path_ships_within_six_seconds(shipped: Path, language: Language) -> None:
    """From the answer to the queue, with the margin of the PBX, at every time of day."""
    assert load_prompts(shipped).greeting_s(language) + GREETING_MARGIN_S <= GREETING_LIMIT_S


def test_recordings_that_keep_their_own_limit_keep_the_limit_of_the_greeting(shipped: Path) -> None:
    """A studio need not add up."""
    prompts = load_prompts(shipped)
    longest = max(prompts[key].max_s for key in GREETINGS)
    rest = sum(prompts[key].max_s for key in GREETING_REST)
    assert longest + rest + GREETING_MARGIN_S <= GREETING_LIMIT_S + 1e-9


def test_the_closing_is_the_line_of_the_sop(shipped: Path) -> None:
    """SOP S2 VI binds it word for word."""
    line = "Terima kasih telah menghubungi Call Center 110 Polri tetap siaga selalu."
    assert load_prompts(shipped)["closing"].text(Language.INDONESIAN) == line


def test_text_and_file_follow_the_language(shipped: Path) -> None:
    """The IVR asks by key and language."""
    prompts = load_prompts(shipped)
    assert prompts["please-hold"].text(Language.INDONESIAN) == "Mohon tunggu."
    assert prompts["please-hold"].text(Language.ENGLISH) == "Please hold."
    assert prompts.audio("menu", Language.ENGLISH) == shipped.parent / "en" / "menu.wav"


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_missing_recording_is_told_with_its_language(copy: Path, language: str) -> None:
    """The other language does not make up for it."""
    (copy.parent / language / "menu.wav").unlink()
    line = line_of(copy, "menu")
    (problem,) = told(copy)
    assert problem.startswith(f"prompts.toml:{line}: {language}/menu.wav is missing")


def test_a_recording_of_another_rate_is_told(copy: Path) -> None:
    """Studios deliver 44.1 kHz; Asterisk would not play it."""
    record(copy.parent / "id" / "closing.wav", 1.0, rate=44100)
    (problem,) = told(copy)
    assert "44100 Hz" in problem
    assert problem.endswith("must be 8 kHz mono 16-bit PCM")


def test_a_recording_that_is_too_long_is_told(copy: Path) -> None:
    """The limit is the manifest's."""
    record(copy.parent / "en" / "op-paused.wav", 0.9)
    (problem,) = told(copy)
    line = line_of(copy, "op-paused")
    assert problem == f"prompts.toml:{line}: en/op-paused.wav lasts 0.90 s, at most 0.8 s"


def test_a_silent_recording_is_told(copy: Path) -> None:
    """A track exported with the channel muted."""
    record(copy.parent / "id" / "closing.wav", 1.0, peak=100)
    (problem,) = told(copy)
    assert problem.endswith("id/closing.wav is silent")


def test_a_recording_under_a_wrong_name_is_told(copy: Path) -> None:
    """Nobody would ever hear it, and nobody would know."""
    shutil.copy(copy.parent / "id" / "menu.wav", copy.parent / "id" / "menus.wav")
    shutil.copy(copy.parent / "id" / "menu.wav", copy.parent / "id" / "closing.WAV")
    assert told(copy) == [
        "id/closing.WAV: no prompt has this name; did you mean `closing.wav`?",
        "id/menus.wav: no prompt has this name; did you mean `menu.wav`?",
    ]


@pytest.mark.parametrize("name", ["wait", "hold"])
def test_missing_music_on_hold_is_told(copy: Path, name: str) -> None:
    """Silence on the line makes callers hang up."""
    (copy.parent / "moh" / f"{name}.wav").unlink()
    (problem,) = told(copy)
    assert problem.startswith(f"moh/{name}.wav: music on hold is missing")


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_greeting_path_over_six_seconds_is_told(copy: Path, language: str) -> None:
    """Raising one limit in the manifest does not raise the limit of the whole."""
    change(copy, "max_s = 1.99", "max_s = 9")
    record(copy.parent / language / "menu.wav", 2.4)
    (problem,) = told(copy)
    assert problem.startswith(f"prompts.toml:{line_of(copy, 'menu')}: {language}: 6.")
    assert problem.endswith("at most 6 s")


def test_the_longest_time_of_day_counts(copy: Path) -> None:
    """A greeting of one time of day is enough to break the limit."""
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("max_s = 1.26", "max_s = 3"), encoding="utf-8")
    record(copy.parent / "id" / "greeting-sore.wav", 2.5)
    (problem,) = told(copy)
    assert "from the answer to the queue" in problem


def test_an_unknown_field_is_told_with_its_line(copy: Path) -> None:
    """A typo does not read as nothing."""
    line = change(copy, 'max_s = 1.99\nnote = "last', 'max_s = 1.99\nnotes = "x"\nnote = "last')
    (problem,) = told(copy)
    assert problem == f"prompts.toml:{line + 1}: unknown field 'notes'; did you mean `note`?"


def test_an_unknown_table_is_told_with_its_line(copy: Path) -> None:
    """Only prompts are in the manifest."""
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text + '\n[[promt]]\nkey = "x"\n', encoding="utf-8")
    (problem,) = told(copy)
    assert problem.startswith(f"prompts.toml:{text.count(chr(10)) + 2}: unknown table")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("max_s = 1.99", 'max_s = "2"', "max_s has a wrong type: '2'"),
        ("max_s = 1.99", "max_s = true", "max_s has a wrong type: True"),
        ("max_s = 1.99", "max_s = -1", "max_s must be over 0 and at most 60 seconds, not -1"),
        ("max_s = 1.99", "max_s = nan", "max_s must be over 0 and at most 60 seconds, not nan"),
        ('en = "Valid."', 'en = " "', "en is empty"),
        ('key = "menu"', 'key = "Menu 1"', "'Menu 1' is no key"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(copy: Path, old: str, new: str, message: str) -> None:
    """The line is the field's own."""
    line = change(copy, old, new)
    assert any(problem.startswith(f"prompts.toml:{line}: {message}") for problem in told(copy))


def test_a_missing_field_is_told_at_its_prompt(copy: Path) -> None:
    """A prompt without English words can't be made or checked."""
    change(copy, 'en = "Prank."\n', "")
    (problem,) = told(copy)
    line = line_of(copy, "op-verdict-prank") + 1
    assert problem == f"prompts.toml:{line}: prompt 'op-verdict-prank': field 'en' is missing"


def test_a_key_that_is_there_twice_is_told(copy: Path) -> None:
    """The second one would silently win."""
    line = change(copy, 'key = "op-logged-out"', 'key = "op-logged-in"')
    first = line_of(copy, "op-logged-in")
    assert f"prompts.toml:{line}: prompt 'op-logged-in' is already on line {first}" in told(copy)


def test_a_required_prompt_that_was_renamed_is_told(copy: Path) -> None:
    """The dialplan would play a file that is not there."""
    change(copy, 'key = "queue-wait"', 'key = "queue-waits"')
    message = "prompts.toml: prompt 'queue-wait' is missing; did you mean `queue-waits`?"
    assert message in told(copy)


def test_a_site_may_add_a_prompt_of_its_own(copy: Path) -> None:
    """Its dialplan is its own as well."""
    text = copy.read_text(encoding="utf-8")
    own = '\n[[prompt]]\nkey = "banjir"\nid = "Banjir."\nen = "Flood."\nmax_s = 1\nnote = "own"\n'
    copy.write_text(text + own, encoding="utf-8")
    for language in Language:
        record(copy.parent / language / "banjir.wav", 0.5)
    assert load_prompts(copy).seconds["banjir", Language.INDONESIAN] == pytest.approx(0.5)


def test_every_problem_comes_at_once(copy: Path) -> None:
    """Nobody mends one to learn of the next."""
    change(copy, 'en = "Valid."', 'en = ""')
    (copy.parent / "id" / "beep.wav").unlink()
    (copy.parent / "en" / "beep.wav").write_bytes(b"RIFF")
    with pytest.raises(PromptsInvalid) as caught:
        load_prompts(copy)
    assert len(caught.value.problems) == 3
    assert str(caught.value).count("\n") == 2


def test_a_broken_prompt_leaves_the_others_usable(copy: Path) -> None:
    """A call goes on without one word; it does not go on without the daemon."""
    change(copy, 'en = "Valid."', "en = 7")
    (copy.parent / "id" / "menu.wav").unlink()
    prompts, problems = read_prompts(copy)
    assert len(problems) == 2
    assert ("menu", Language.INDONESIAN) not in prompts.seconds
    assert prompts["menu"].text_en
    assert "op-verdict-valid" not in prompts.by_key


def test_a_manifest_that_is_no_toml_is_told_once_with_its_line(copy: Path) -> None:
    """Its recordings are not called strays because of that."""
    line = change(copy, 'en = "Valid."', "en = Valid.")
    (problem,) = told(copy)
    assert problem.startswith(f"prompts.toml:{line}: can't be read")


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path."""
    (problem,) = told(tmp_path / "prompts.toml")
    assert problem.startswith("prompts.toml: can't be read")

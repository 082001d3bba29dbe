"""One job for each recording: what it is made of, and how."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cc110.core.words import Language
from cc110.pbx.prompt_manifest import Prompt
from cc110.pbx.wav import pcm
from promptmaker.audio import Signal, Sound
from promptmaker.ledger import digest, recipe
from promptmaker.tones import beep, hold_music, wait_music
from promptmaker.voice import Speaker, Voice, VoiceFault

VERSION = 1
"""Count it up when a change in this package changes how recordings sound."""
HOLD_WORDS = ("id/please-hold", "en/please-hold")
"""Both languages, because music on hold does not know the caller's."""
TONES: Mapping[str, Callable[[], Signal]] = {"beep": beep}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One recording to be made."""

    name: str
    recipe: Callable[[], str]
    """Asked late: music on hold is made of recordings that are made before it."""
    make: Callable[[Speaker], Sound]


def all_jobs(
    folder: Path, prompts: Mapping[str, Prompt], voices: Mapping[Language, Voice]
) -> Iterator[Job]:
    """Every recording under ``folder``, in an order in which each can be made."""
    for prompt in prompts.values():
        for language, voice in voices.items():
            name = f"{language}/{prompt.key}"
            if prompt.tone:
                yield _tone(name, prompt.key)
            else:
                yield _speech(name, prompt.text(language), voice, prompt.max_s)
    yield Job(
        name="moh/wait",
        recipe=lambda: recipe(v=VERSION, tone="wait"),
        make=lambda _: Sound(signal=wait_music()),
    )
    yield _hold(folder)


def _speech(name: str, text: str, voice: Voice, max_s: float) -> Job:
    made_of = recipe(
        v=VERSION,
        text=voice.spoken(text),
        voice=voice.name,
        rate=(voice.usual, voice.fastest),
        max_s=max_s,
    )
    return Job(name=name, recipe=lambda: made_of, make=lambda by: by.fit(text, voice, max_s))


def _tone(name: str, key: str) -> Job:
    made_of = recipe(v=VERSION, tone=key)
    return Job(name=name, recipe=lambda: made_of, make=lambda _: _made_tone(key))


def _made_tone(key: str) -> Sound:
    if key not in TONES:
        raise VoiceFault(f"no tone is called {key!r}; known: {', '.join(TONES)}")
    return Sound(signal=TONES[key]())


def _hold(folder: Path) -> Job:
    files = [folder / f"{name}.wav" for name in HOLD_WORDS]

    def made_of() -> str:
        words = [digest(file.read_bytes()) if file.exists() else "" for file in files]
        return recipe(v=VERSION, tone="hold", words=words)

    return Job(
        name="moh/hold",
        recipe=made_of,
        make=lambda _: Sound(signal=hold_music([_recorded(file) for file in files])),
    )


def _recorded(file: Path) -> Signal:
    return np.frombuffer(pcm(file), dtype="<i2").astype(np.float64) / 32768

"""Machine speech: a text to a signal that lasts no longer than it may."""

import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cc110.core.words import Language
from promptmaker.audio import RATE, Signal, Sound, even, normalise, read_wav, tighten, to_phone

STEP = 5
"""Words a minute between two tries."""
PAUSES_S = (0.25, 0.15, 0.08)
"""Longest pause between words; shortened before the voice is made to hurry."""


class VoiceFault(Exception):
    """The machine voice can't do it."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How one language is read."""

    name: str
    usual: int
    fastest: int
    say: Mapping[str, str]
    """Words to respell, by the word as it is written."""

    def spoken(self, text: str) -> str:
        """The text as the synthesiser gets it; longer entries go before shorter ones."""
        if not self.say:
            return text
        respelt = {word.casefold(): sound for word, sound in self.say.items()}
        words = "|".join(re.escape(word) for word in sorted(respelt, key=len, reverse=True))
        pattern = re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
        return pattern.sub(lambda found: respelt[found[0].casefold()], text)

    def tries(self) -> Iterator[tuple[int, float]]:
        """Words a minute and longest pause, the most comfortable first."""
        for pause_s in PAUSES_S:
            yield self.usual, pause_s
        for rate in range(self.usual + STEP, self.fastest + 1, STEP):
            yield rate, PAUSES_S[-1]


def read_voices(path: Path) -> dict[Language, Voice]:
    """The voices of ``voice.toml`` by language."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        Language(language): Voice(
            name=table["voice"],
            usual=table["words_per_minute"][0],
            fastest=table["words_per_minute"][1],
            say=table.get("say", {}),
        )
        for language, table in tables.items()
    }


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """An espeak-ng, by the command that starts it."""

    command: Sequence[str]

    def fit(self, text: str, voice: Voice, max_s: float) -> Sound:
        """Read a text as calmly as ``max_s`` seconds allow.

        Raises:
            VoiceFault: it does not fit at the fastest rate, or espeak-ng failed.
        """
        for rate, pause_s in voice.tries():
            signal = tighten(self._read(voice.spoken(text), voice, rate), pause_s)
            if not len(signal):
                raise VoiceFault(f"nothing is heard of {text!r}: check the respelling")
            if len(signal) <= max_s * RATE:
                return Sound(signal=normalise(even(signal)), words_per_minute=rate)
        over = f"{len(signal) / RATE:.2f} s at {rate} words a minute, at most {max_s:g} s"
        raise VoiceFault(f"{text!r} is too long: {over}")

    def _read(self, spoken: str, voice: Voice, rate: int) -> Signal:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "speech.wav")
            options = ["-D", "-v", voice.name, "-s", str(rate), "-w", str(file), spoken]
            self._run(options)
            return to_phone(*read_wav(file))

    def _run(self, options: Sequence[str]) -> None:
        try:
            done = subprocess.run(
                [*self.command, *options], capture_output=True, text=True, timeout=30, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise VoiceFault(f"can't run {self.command[0]}: {fault}") from fault
        if done.returncode:
            raise VoiceFault(f"{self.command[0]} failed: {done.stderr.strip()}")

"""The prompts that callers, operators and officers hear, checked before anybody hears them."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cc110.core.words import Language
from cc110.pbx.prompt_manifest import Manifest, Problem, Prompt, hint, read_manifest
from cc110.pbx.wav import RATE, WavFault, pcm
from cc110.ports import Cc110Error

__all__ = [
    "Problem",
    "Prompt",
    "Prompts",
    "PromptsInvalid",
    "load_prompts",
    "read_prompts",
]

GREETINGS: Final = (
    "greeting-pagi",
    "greeting-siang",
    "greeting-sore",
    "greeting-malam",
)
"""One of these opens a call, by the time of day at the site."""
GREETING_REST: Final = ("notice-recorded", "warning-prank", "menu")
"""What follows, in this order, until the call is in the queue."""
GREETING_LIMIT_S: Final = 6.0
"""Seconds from the answer to the queue, the menu included."""
GREETING_MARGIN_S: Final = 0.3
"""Seconds of the limit that belong to the PBX: answer, change of files, entry to the queue."""

REQUIRED: Final = frozenset(
    GREETINGS
    + GREETING_REST
    + ("greeting-short", "queue-wait", "queue-none", "trouble-stay", "cannot-speak")
    + ("please-hold", "transfer-wait", "transfer-to-polres-wait", "returned-to-queue")
    + (
        "closing",
        "closing-stay",
        "blocked",
        "blocked-verify",
        "polres-join",
        "polres-gone",
    )
    + ("op-logged-in", "op-logged-out", "op-paused", "op-unpaused", "op-not-operator")
    + ("op-no-queue", "op-verdict-valid", "op-verdict-not-valid", "op-verdict-prank")
    + (
        "op-verdict-silent",
        "op-case-closed",
        "op-refused",
        "op-supervised",
        "op-not-supervisor",
        "op-no-call",
        "op-return",
        "op-cannot-speak",
    )
    + ("op-verify", "op-unblocked", "op-block-stays", "outside-ask")
    + ("op-callback-none", "op-callback-no-answer", "op-callback-here", "op-off-shift")
    + ("op-enter-polres", "op-transfer-ringing", "op-polres-unknown")
    + ("op-polres-busy", "op-polres-no-answer", "op-polres-unavailable", "beep")
)
"""Keys that the dialplan and the IVR play. A site may add keys of its own."""
MUSIC: Final = ("wait", "hold")
"""Music on hold in ``moh/``: in the queue, and while the operator's leg is out of the bridge."""

_SILENT: Final = 328
"""A peak under 1 % of full scale (-40 dBFS): nobody hears that on a telephone."""


class PromptsInvalid(Cc110Error):
    """The prompts have problems; `cc110 check` lists them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The prompts of a site, by key."""

    folder: Path
    by_key: Mapping[str, Prompt]
    seconds: Mapping[tuple[str, Language], float]
    """Length of each recording that can be played; a missing or broken one is not in it."""

    def __getitem__(self, key: str) -> Prompt:
        return self.by_key[key]

    def audio(self, key: str, language: Language) -> Path:
        """The recording's file; Playback() takes the path without ``.wav``."""
        return self.folder / language.value / f"{key}.wav"

    def greeting_s(self, language: Language) -> float:
        """Seconds of speech from the answer to the queue, at the time of day with most words."""
        first = max(self.seconds.get((key, language), 0.0) for key in GREETINGS)
        return first + sum(self.seconds.get((key, language), 0.0) for key in GREETING_REST)


def load_prompts(path: Path) -> Prompts:
    """Read the manifest ``path``, and check it and the audio beside it.

    Raises:
        PromptsInvalid: with every problem at once.
    """
    prompts, problems = read_prompts(path)
    if problems:
        raise PromptsInvalid(problems)
    return prompts


def read_prompts(path: Path) -> tuple[Prompts, tuple[Problem, ...]]:
    """What can be used of the prompts, and every problem: a call goes on without one word."""
    manifest = read_manifest(path)
    seconds: dict[tuple[str, Language], float] = {}
    prompts = Prompts(folder=path.parent, by_key=manifest.prompts, seconds=seconds)
    problems = list(manifest.problems)
    if manifest.readable:
        problems += _measure(path, manifest, prompts, seconds)
        problems += _missing(path, manifest)
        problems += _strays(manifest, prompts)
        problems += _music(prompts)
        problems += _greeting(path, manifest, prompts)
    return prompts, tuple(problems)


def _measure(
    path: Path,
    manifest: Manifest,
    prompts: Prompts,
    seconds: dict[tuple[str, Language], float],
) -> Iterator[Problem]:
    for prompt in manifest.prompts.values():
        for language in Language:
            file = prompts.audio(prompt.key, language)
            fault = None
            try:
                seconds[prompt.key, language] = length = _length(file)
            except WavFault as unplayable:
                fault = str(unplayable)
            else:
                if length > prompt.max_s:
                    fault = f"lasts {length:.2f} s, at most {prompt.max_s:g} s"
            if fault:
                message = f"{language.value}/{file.name} {fault}"
                yield Problem(file=str(path), line=manifest.lines[prompt.key], message=message)


def _length(file: Path) -> float:
    """Seconds of a recording.

    Raises:
        WavFault: it can't be played, or is silent.
    """
    samples = array("h", pcm(file))
    seconds = (samples[at : at + RATE] for at in range(0, len(samples), RATE))
    if not any(max(max(second), -min(second)) >= _SILENT for second in seconds):
        raise WavFault("is silent")
    return len(samples) / RATE


def _missing(path: Path, manifest: Manifest) -> Iterator[Problem]:
    for key in sorted(REQUIRED - manifest.lines.keys()):
        own = manifest.lines.keys() - REQUIRED
        yield Problem(file=str(path), message=f"prompt {key!r} is missing{hint(key, own)}")


def _strays(manifest: Manifest, prompts: Prompts) -> Iterator[Problem]:
    """Recordings under a name that nothing plays, such as ``Menu.WAV``."""
    for language in Language:
        for file in sorted((prompts.folder / language.value).glob("[!.]*")):
            if file.suffix != ".wav" or file.stem not in manifest.lines:
                wanted = hint(file.name, [f"{key}.wav" for key in manifest.lines])
                yield Problem(file=str(file), message=f"no prompt has this name{wanted}")


def _music(prompts: Prompts) -> Iterator[Problem]:
    for name in MUSIC:
        file = prompts.folder / "moh" / f"{name}.wav"
        try:
            _length(file)
        except WavFault as fault:
            yield Problem(file=str(file), message=f"music on hold {fault}")


def _greeting(path: Path, manifest: Manifest, prompts: Prompts) -> Iterator[Problem]:
    for language in Language:
        total = prompts.greeting_s(language) + GREETING_MARGIN_S
        if total > GREETING_LIMIT_S + 1e-9:
            message = (
                f"{language.value}: {total:.2f} s from the answer to the queue with the longest "
                f"greeting and {GREETING_MARGIN_S:g} s for the PBX; at most {GREETING_LIMIT_S:g} s"
            )
            yield Problem(
                file=str(path), line=manifest.lines.get(GREETING_REST[-1]), message=message
            )

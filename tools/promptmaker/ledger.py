"""``generated.toml``: which recordings the machine made, and of what."""

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class State(Enum):
    """What a recording is, compared with the manifest."""

    CURRENT = "up to date"
    STALE = "out of date"
    MISSING = "missing"
    FOREIGN = "own recording"
    """Somebody put another recording there: it is theirs, and never overwritten."""
    FOREIGN_OLD = "own recording, but the text has changed since"


@dataclass(frozen=True, kw_only=True)
class Made:
    """One recording as the machine made it: digests of its recipe and of its bytes."""

    recipe: str
    audio: str
    seconds: float
    words_per_minute: int | None = None

    def __str__(self) -> str:
        rate = "" if self.words_per_minute is None else f", wpm = {self.words_per_minute}"
        return (
            f'{{ recipe = "{self.recipe}", audio = "{self.audio}", '
            f"seconds = {self.seconds:.3f}{rate} }}"
        )


class Ledger:
    """The recordings that the machine made, by name such as ``id/menu``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.made = dict(_read(path)) if path.exists() else {}

    def state(self, name: str, recipe: str, file: Path) -> State:
        """Compare a recording with the recipe that it should be made from."""
        if not file.exists():
            return State.MISSING
        made = self.made.get(name)
        if made is None:
            return State.FOREIGN
        if made.audio != digest(file.read_bytes()):
            return State.FOREIGN if made.recipe == recipe else State.FOREIGN_OLD
        return State.CURRENT if made.recipe == recipe else State.STALE

    def keep_only(self, names: Collection[str]) -> None:
        """Forget recordings that are no longer in the manifest."""
        if gone := self.made.keys() - set(names):
            self.made = {name: made for name, made in self.made.items() if name not in gone}
            self.save()

    def save(self) -> None:
        """Write it, sorted, so that a change shows as one line."""
        lines = ["# Written by `make prompts`: what the machine made, and of which recipe.", ""]
        lines += [f'"{name}" = {made}' for name, made in sorted(self.made.items())]
        self._path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(path: Path) -> Iterator[tuple[str, Made]]:
    for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
        yield (
            name,
            Made(
                recipe=table["recipe"],
                audio=table["audio"],
                seconds=table["seconds"],
                words_per_minute=table.get("wpm"),
            ),
        )


def digest(content: bytes) -> str:
    """The first 64 bits of SHA-256: enough to tell recordings apart."""
    return hashlib.sha256(content).hexdigest()[:16]


def recipe(**parts: object) -> str:
    """A digest of everything that decides how a recording sounds."""
    return digest(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode())

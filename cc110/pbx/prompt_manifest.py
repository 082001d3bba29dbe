"""``prompts.toml``: the text of each prompt, read with the line of every mistake."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from cc110.core.words import Language

_REQUIRED: Final[Mapping[str, tuple[type, ...]]] = {
    "key": (str,),
    "id": (str,),
    "en": (str,),
    "max_s": (int, float),
    "note": (str,),
}
_KNOWN: Final[Mapping[str, tuple[type, ...]]] = {**_REQUIRED, "tone": (bool,)}
_KEY: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_S: Final = 60


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault in the prompts, and where to mend it."""

    file: str
    line: int | None = None
    """1 is the first; None where the fault is a file's as a whole."""
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One announcement in both languages."""

    key: str
    text_id: str
    text_en: str
    max_s: float
    """The longest that either recording may last, in seconds."""
    note: str = ""
    """Where it is heard."""
    tone: bool = False
    """A signal, not speech: the texts describe it."""

    def text(self, language: Language) -> str:
        """What is said in that language."""
        return self.text_id if language == Language.INDONESIAN else self.text_en


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a manifest says, as far as it could be read."""

    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each prompt begins, those with a mistake included."""
    problems: tuple[Problem, ...] = ()
    readable: bool = True


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; a mistake in one prompt leaves the others usable."""
    try:
        source = path.read_text(encoding="utf-8")
        tables = tomllib.loads(source)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        at = re.search(r"at line (\d+)", str(fault))
        line = int(at[1]) if at else None
        unreadable = Problem(file=str(path), line=line, message=f"can't be read: {fault}")
        return Manifest(problems=(unreadable,), readable=False)
    return _Reader(path, source.splitlines()).read(tables)


def hint(name: str, known: Iterable[str]) -> str:
    """``; did you mean `menu`?`` when a known name is close, else nothing."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


class _Reader:
    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path = path
        self._source = lines
        self._prompts: dict[str, Prompt] = {}
        self._lines: dict[str, int] = {}
        self._problems: list[Problem] = []

    def read(self, tables: Mapping[str, object]) -> Manifest:
        for name in sorted(tables.keys() - {"prompt"}):
            self._add(self._find(0, name), f"unknown table or field {name!r}: only [[prompt]]")
        entries = tables.get("prompt", [])
        header = re.compile(r"\s*\[\[\s*prompt\s*]]")
        starts = [n for n, text in enumerate(self._source, 1) if header.match(text)]
        for start, table in zip(starts, entries if isinstance(entries, list) else (), strict=False):
            self._entry(start, table)
        return Manifest(prompts=self._prompts, lines=self._lines, problems=tuple(self._problems))

    def _entry(self, start: int, table: Mapping[str, object]) -> None:
        faults = list(_faults(table))
        key = table.get("key")
        if isinstance(key, str):
            if key in self._lines:
                faults.append(("key", f"prompt {key!r} is already on line {self._lines[key]}"))
            self._lines.setdefault(key, start)
        for name, message in faults:
            self._add(self._find(start, name) or start, message)
        if not faults:
            self._prompts[str(key)] = _prompt(table)

    def _add(self, line: int | None, message: str) -> None:
        self._problems.append(Problem(file=str(self._path), line=line, message=message))

    def _find(self, start: int, name: str) -> int | None:
        """The line of a field or table after line ``start`` and before the next table."""
        wanted = re.compile(rf"""\s*(\[+\s*)?["']?{re.escape(name)}["']?\s*[].=]""")
        for number, text in enumerate(self._source[start:], start + 1):
            if wanted.match(text):
                return number
            if start and text.lstrip().startswith("["):
                break
        return None


def _faults(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The name of a field, and what is wrong with it."""
    for name in sorted(table.keys() - _KNOWN.keys()):
        yield name, f"unknown field {name!r}{hint(name, _KNOWN)}"
    for name in sorted(_REQUIRED.keys() - table.keys()):
        yield "key", f"prompt {table.get('key', '')!r}: field {name!r} is missing"
    for name in sorted(_KNOWN.keys() & table.keys()):
        value = table[name]
        if type(value) not in _KNOWN[name]:
            yield name, f"{name} has a wrong type: {value!r}"
        elif message := _value_fault(name, value):
            yield name, message


def _value_fault(name: str, value: object) -> str | None:
    match name, value:
        case "key", str() if not _KEY.fullmatch(value):
            return f"{value!r} is no key: lower-case words joined by hyphens"
        case "max_s", int() | float() if not 0 < value <= _LONGEST_S:
            return f"max_s must be over 0 and at most {_LONGEST_S} seconds, not {value}"
        case (("id" | "en"), str()) if not value.strip():
            return f"{name} is empty"
        case _:
            return None


def _prompt(table: Mapping[str, object]) -> Prompt:
    return Prompt(
        key=str(table["key"]),
        text_id=str(table["id"]),
        text_en=str(table["en"]),
        max_s=float(str(table["max_s"])),
        note=str(table["note"]),
        tone=bool(table.get("tone", False)),
    )

"""Defaults < site files < environment < options: what was said, and by whom."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from cc110.config.explain import fields_of, part_at
from cc110.config.locate import Key, Later, line_of, locate
from cc110.config.problem import Problem, Severity, hint
from cc110.config.settings import Part, Settings

PREFIX: Final = "CC110_"
PLACES: Final = frozenset({"CC110_HOME", "CC110_CACHE", "CC110_SITE"})
"""Environment variables that are no settings."""
FOR_TESTS: Final = "CC110_TEST_"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file's values with all that was laid over them, each with its place."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[Key, int] = field(default_factory=dict)
    said_by: Mapping[Key, str] = field(default_factory=dict)
    """The environment variable or option of each value that is not the file's."""
    files: Mapping[Key, str] = field(default_factory=dict)
    """Of several files as one: the file of each table and of each element of a list of tables."""
    bad: frozenset[Key] = frozenset()
    """Values that can't be believed, because a problem with them is known."""

    def problem(self, key: Key, message: str, severity: Severity = Severity.ERROR) -> Problem:
        """A problem at a key's place."""
        if key in self.said_by:
            return Problem(file=self.said_by[key], line=None, message=message, severity=severity)
        file, line = self.place(key)
        return Problem(file=file, line=line, message=message, severity=severity)

    def place(self, key: Key) -> tuple[str, int]:
        """File and line of a key."""
        file = self.files.get(key[:2]) or self.files.get(key[:1]) or self.file
        return file, line_of(self.lines, key)

    def order(self, file: str) -> int:
        """The place of a file among all that were read."""
        return self._order.get(file, -1)

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {file: at for at, file in enumerate(dict.fromkeys(self.files.values()))}

    def where(self, key: Key, near: Key = ()) -> str:
        """A key's place as people name it: ``line 7``, or ``file:7`` if ``near`` is in another file."""
        file, line = self.place(key)
        return f"line {line}" if file == self.place(near)[0] else f"{file}:{line}"

    def value(self, key: Key) -> object:
        """What was said under a key; None if nothing, or nothing that can be believed."""
        here: Any = self.data
        for end, step in enumerate(key, 1):
            if key[:end] in self.bad:
                return None
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                return None
        return here

    def text(self, key: Key) -> str | None:
        """What was said under a key, if it is text."""
        value = self.value(key)
        return value if isinstance(value, str) else None

    def rows(self, *key: str | int) -> Iterator[Key]:
        """The key of each element of a list."""
        value = self.value(key)
        for index in range(len(value) if isinstance(value, list | tuple) else 0):
            if (*key, index) not in self.bad:
                yield (*key, index)


def read(path: Path, shown: str) -> tuple[Source | None, tuple[Problem, ...]]:
    """Read a TOML file; None and the one problem if nothing of it can be used."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        reason = f"can't be read: {fault.strerror}; CC110_SITE names the site's folder"
        return None, (Problem(file=shown, line=None, message=reason),)
    try:
        return read_text(raw.decode(), shown)
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        return None, (Problem(file=shown, line=line, message="is not UTF-8 text"),)


def read_text(text: str, shown: str) -> tuple[Source | None, tuple[Problem, ...]]:
    """Read a TOML text; None and the one problem if it is none."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        return None, (_syntax(shown, text, fault),)
    return Source(file=shown, data=data, lines=Later(lambda: locate(text))), ()


def _syntax(shown: str, text: str, fault: tomllib.TOMLDecodeError) -> Problem:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(fault))
    message, line = (found[1], found[2]) if found else (str(fault), None)
    last = len(text.rstrip().splitlines()) or 1
    return Problem(file=shown, line=int(line or last), message=f"is not TOML: {message}")


def lay_over(source: Source, said: Mapping[Key, tuple[str, object]]) -> Source:
    """Values from outside the file, each with the name of who said it, laid over the file's."""
    data = dict(source.data)
    for (section, key), (_, value) in ((k, v) for k, v in said.items() if len(k) == 2):
        table = data.get(str(section), {})
        if isinstance(table, Mapping):
            data[str(section)] = {**table, str(key): value}
    names = {key: name for key, (name, _) in said.items()}
    return replace(source, data=data, said_by={**source.said_by, **names})


def from_environment(
    environ: Mapping[str, str],
) -> tuple[Mapping[Key, tuple[str, object]], tuple[Problem, ...]]:
    """The settings that the environment says, and the variables that say none."""
    ours = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
    said: dict[Key, tuple[str, object]] = {}
    problems = []
    for name in sorted(ours.keys() - PLACES):
        key = _SETTINGS.get(name)
        if key is not None:
            said[key] = (name, _typed(key, ours[name]))
        elif not name.startswith(FOR_TESTS):
            close = hint(name, [*_SETTINGS, *PLACES])
            problems.append(Problem(file=name, line=None, message=f"names no setting{close}"))
    return said, tuple(problems)


def from_options(
    overrides: Mapping[str, object],
) -> tuple[Mapping[Key, tuple[str, object]], tuple[Problem, ...]]:
    """The settings that the command line says, by dotted name such as ``sip.port``."""
    by_name = {".".join(map(str, key)): key for key in _SETTINGS.values()}
    said: dict[Key, tuple[str, object]] = {}
    problems = []
    for name, value in overrides.items():
        key = by_name.get(name)
        if key is None:
            message = f"names no setting{hint(name, by_name)}"
            problems.append(Problem(file=f"option {name}", line=None, message=message))
        else:
            typed = _typed(key, value) if isinstance(value, str) else value
            said[key] = (f"option {name}", typed)
    return said, tuple(problems)


def _typed(key: Key, text: str) -> object:
    """A text as the setting's type; as it is where it does not fit, to be refused with the rest."""
    part = part_at(Settings, key[:-1])
    field_ = fields_of(part)[str(key[-1])] if part else None
    if field_ is None or field_.annotation is None:
        return text
    try:
        value: object = TypeAdapter(field_.annotation).validate_strings(text)
    except ValidationError:
        return text
    return value if isinstance(value, int | float) else text


def _setting_names() -> Iterator[tuple[str, Key]]:
    for section in fields_of(Settings):
        for key in fields_of(part_at(Settings, (section,)) or Part):
            yield f"{PREFIX}{section}__{key}".upper(), (section, key)


_SETTINGS: Final[Mapping[str, Key]] = dict(_setting_names())
"""Each environment variable that is a setting, with its key."""

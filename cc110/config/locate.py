"""The line of each key of a TOML text.

``tomllib`` tells values, not lines. This walks a text that ``tomllib`` has read without a fault, so
it looks for structure alone and never for mistakes (TOML 1.0, https://toml.io/en/v1.0.0).
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Final

Key = tuple[str | int, ...]
"""A path to a value: ``("operator", 3, "unit")`` is ``unit`` of the fourth ``[[operator]]``."""

_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""+|' r"'''.*?'''+|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'",
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"[^,\]}#\r\n]+")


class Later(Mapping[Key, int]):
    """Lines that are looked for when somebody asks for the first one: a site without a fault needs none."""

    def __init__(self, find: Callable[[], Mapping[Key, int]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> Mapping[Key, int]:
        return self._find()

    def __getitem__(self, key: Key) -> int:
        return self._found[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def locate(text: str) -> Mapping[Key, int]:
    """The line of each table, element and value in a valid TOML text; the first line is 1."""
    return _Walk(text).document()


def line_of(lines: Mapping[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest thing around it that is written down."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [place for place, char in enumerate(text) if char == "\n"]
        self._lines: dict[Key, int] = {}
        self._lengths: dict[Key, int] = {}
        """How many elements each array of tables has so far."""

    def document(self) -> Mapping[Key, int]:
        table: Key = ()
        while self._more():
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _more(self) -> bool:
        self._take(_SPACE)
        return self._at < len(self._text)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"not TOML at line {self._line()}")
        self._at = found.end()
        return found[0]

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1

    def _next_is(self, char: str) -> bool:
        """Step over ``char`` if it comes next."""
        self._take(_SPACE)
        found = self._text.startswith(char, self._at)
        self._at += len(char) if found else 0
        return found

    def _header(self) -> Key:
        line = self._line()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        names = self._names()
        self._at += 2 if is_array else 1
        parent = self._resolve((), names[:-1], line)
        table = (*parent, names[-1])
        self._lines.setdefault(table, line)
        if is_array:
            self._lengths[table] = self._lengths.get(table, 0) + 1
        table = self._last_of(table)
        self._lines[table] = line
        return table

    def _last_of(self, table: Key) -> Key:
        """In an array of tables a header speaks of the newest element."""
        return (*table, self._lengths[table] - 1) if table in self._lengths else table

    def _resolve(self, base: Key, names: list[str], line: int) -> Key:
        for name in names:
            base = (*base, name)
            self._lines.setdefault(base, line)
            base = self._last_of(base)
        return base

    def _names(self) -> list[str]:
        names = [self._name()]
        while self._next_is("."):
            names.append(self._name())
        return names

    def _name(self) -> str:
        self._take(_SPACE)
        if self._text[self._at] in "\"'":
            quoted = self._take(_STRING)
            return str(tomllib.loads(f"name = {quoted}")["name"])
        return self._take(_BARE)

    def _pair(self, table: Key) -> None:
        line = self._line()
        names = self._names()
        key = (*self._resolve(table, names[:-1], line), names[-1])
        self._lines[key] = line
        self._next_is("=")
        self._take(_SPACE)
        self._value(key)

    def _value(self, key: Key) -> None:
        match self._text[self._at]:
            case '"' | "'":
                self._take(_STRING)
            case "[":
                self._array(key)
            case "{":
                self._inline_table(key)
            case _:
                self._take(_SCALAR)

    def _array(self, key: Key) -> None:
        self._at += 1
        index = 0
        while not self._next_is("]"):
            self._lines[*key, index] = self._line()
            self._value((*key, index))
            self._next_is(",")
            index += 1

    def _inline_table(self, key: Key) -> None:
        self._at += 1
        while not self._next_is("}"):
            self._pair(key)
            self._next_is(",")

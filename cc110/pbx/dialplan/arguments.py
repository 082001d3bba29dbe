"""The text between the parentheses of an application, taken apart as Asterisk does it.

``${...}`` and ``$[...]`` stay whole: what they will hold is not known here.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import cache
from typing import Final

_OPENS: Final = {"${": "}", "$[": "]", "(": ")"}
_BRACKETS: Final = r"\$\{|\$\[|[(}\])]"
_IF: Final = re.compile(r"\$\{IF\((.*)\)\}", re.DOTALL)


class _Is(Enum):
    """What a mark in a text is."""

    OPENING = auto()
    CLOSING = auto()
    PLAIN = auto()


@cache
def _marks(more: str) -> re.Pattern[str]:
    return re.compile(f"{_BRACKETS}|{re.escape(more)}" if more else _BRACKETS)


def _scan(text: str, more: str = "") -> Iterator[tuple[re.Match[str], _Is, int]]:
    """Each bracket and each ``more``, what it is, and how many brackets are around it."""
    waiting: list[str] = []
    for found in _marks(more).finditer(text):
        mark = found[0]
        if mark in _OPENS:
            yield found, _Is.OPENING, len(waiting)
            waiting.append(_OPENS[mark])
        elif waiting and mark == waiting[-1]:
            waiting.pop()
            yield found, _Is.CLOSING, len(waiting)
        else:
            yield found, _Is.PLAIN, len(waiting)


def split(text: str, mark: str, most: int = 0) -> tuple[str, ...]:
    """Parts between marks that stand outside of brackets; at most ``most`` cuts if it is not 0."""
    if mark not in text:
        return (text,)
    parts: list[str] = []
    start = 0
    for found, is_, depth in _scan(text, mark):
        if is_ is _Is.PLAIN and not depth and found[0] == mark and (not most or len(parts) < most):
            parts.append(text[start : found.start()])
            start = found.end()
    return (*parts, text[start:])


def unbalanced(text: str) -> str | None:
    """Which ``${`` or ``$[`` is never closed, as a sentence; None if all are."""
    if "$" not in text:
        return None
    waiting: list[str] = []
    for found in _marks("").finditer(text):
        mark = found[0]
        if mark in _OPENS and mark != "(":
            waiting.append(mark)
        elif waiting and mark == _OPENS[waiting[-1]]:
            waiting.pop()
    return f"a `{waiting[-1]}` is never closed" if waiting else None


def is_literal(text: str) -> bool:
    """Whether a text is the same at each call."""
    return "$" not in text


def alternatives(text: str) -> Iterator[str]:
    """What a text may become: each outcome of its ``${IF(...)}``, other variables as they are."""
    for start, end in _variables(text):
        found = _IF.fullmatch(text[start:end])
        if found:
            _, *branches = split(found[1], "?", 1)
            for branch in split(branches[0], ":", 1) if branches else ():
                for rest in alternatives(text[end:]):
                    for inner in alternatives(branch):
                        yield text[:start] + inner + rest
            return
    yield text


def _variables(text: str) -> Iterator[tuple[int, int]]:
    """Where each outermost ``${...}`` begins and ends."""
    start = 0
    for found, is_, depth in _scan(text):
        if not depth and is_ is _Is.OPENING:
            start = found.start()
        elif not depth and is_ is _Is.CLOSING and found[0] == "}":
            yield start, found.end()


def as_pattern(text: str) -> re.Pattern[str]:
    """A pattern for all that a text may become, whatever its variables hold."""
    pattern, at = "", 0
    for start, end in _variables(text):
        pattern += re.escape(text[at:start]) + ".+"
        at = end
    return re.compile(pattern + re.escape(text[at:]))

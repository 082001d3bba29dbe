"""The text between the parentheses of an application, taken apart as Asterisk does it.

``${...}`` and ``$[...]`` stay whole: what they will hold is not known here.
"""

import re
from collections.abc import Iterator
from typing import Final

_OPENS: Final = {"${": "}", "$[": "]", "(": ")"}
_IF: Final = re.compile(r"\$\{IF\((.*)\)\}", re.DOTALL)


def split(text: str, mark: str, most: int = 0) -> tuple[str, ...]:
    """Parts between marks that stand outside of brackets; at most ``most`` cuts if it is not 0."""
    parts: list[str] = []
    start = 0
    for at, char in _outside(text):
        if char == mark and (not most or len(parts) < most):
            parts.append(text[start:at])
            start = at + 1
    return (*parts, text[start:])


def _outside(text: str) -> Iterator[tuple[int, str]]:
    """Characters that no bracket encloses."""
    waiting: list[str] = []
    at = 0
    while at < len(text):
        opened = _opening(text, at)
        if opened:
            waiting.append(_OPENS[opened])
        elif waiting and text[at] == waiting[-1]:
            waiting.pop()
        elif not waiting:
            yield at, text[at]
        at += len(opened) or 1


def _opening(text: str, at: int) -> str:
    return next((mark for mark in _OPENS if text.startswith(mark, at)), "")


def unbalanced(text: str) -> str | None:
    """Which ``${`` or ``$[`` is never closed, as a sentence; None if all are."""
    if "$" not in text:
        return None
    waiting: list[str] = []
    at = 0
    while at < len(text):
        opened = _opening(text, at)
        if opened and opened != "(":
            waiting.append(_OPENS[opened])
        elif waiting and text[at] == waiting[-1]:
            waiting.pop()
        at += len(opened) or 1
    return f"a `${'{' if waiting[-1] == '}' else '['}` is never closed" if waiting else None


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
    waiting: list[str] = []
    at = start = 0
    while at < len(text):
        opened = _opening(text, at)
        if opened:
            start = start if waiting else at
            waiting.append(_OPENS[opened])
        elif waiting and text[at] == waiting[-1]:
            waiting.pop()
            if not waiting and text[at] == "}":
                yield start, at + 1
        at += len(opened) or 1


def as_pattern(text: str) -> re.Pattern[str]:
    """A pattern for all that a text may become, whatever its variables hold."""
    pattern, at = "", 0
    for start, end in _variables(text):
        pattern += re.escape(text[at:start]) + ".+"
        at = end
    return re.compile(pattern + re.escape(text[at:]))

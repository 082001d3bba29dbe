"""Where a step sends a channel, as far as the text says it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cc110.pbx.dialplan.arguments import split

START: Final = ("s", "1")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place in the dialplan; None = where the step itself is."""

    context: str | None = None
    extension: str | None = None
    where: str
    """Priority or label."""


@dataclass(frozen=True, kw_only=True)
class QueueUsed:
    """A queue by name."""

    name: str


Found = Target | QueueUsed
_OPTION: Final = re.compile(r"([A-Za-z])")
_LOCAL: Final = re.compile(r"\bLocal/((?:\$\{[^}]*\}|[^@,&^/|()\s])+)@([^/,&^|()\s]+)")
_HANDLER: Final = re.compile(r"CHANNEL\(hangup_handler_(?:push|wipe)\)\s*=(.*)", re.DOTALL)
_CONTEXT_VARIABLE: Final = re.compile(r"_{0,2}TRANSFER_CONTEXT\s*=(.*)", re.DOTALL)
_CALL: Final = re.compile(r"\s*([A-Za-z0-9_]+)\s*\((.*)\)\s*", re.DOTALL)


@lru_cache(maxsize=10_000)
def targets_of(app: str, args: str) -> tuple[Found, ...]:
    """Everything that an application's arguments name."""
    reader = _READERS.get(app.lower())
    named = tuple(reader(args)) if reader is not None else ()
    if "Local/" not in args:
        return named
    local = _LOCAL.findall(args)
    return named + tuple(Target(context=c, extension=e, where="1") for e, c in local)


def _goto(args: str) -> Iterator[Found]:
    """``[[context,]extension,]priority``"""
    yield from _place(split(args, ","))


def _place(parts: Sequence[str]) -> Iterator[Found]:
    *before, where = (part.strip() for part in parts[:3])
    where, *_ = split_arguments(where)
    context, extension = (None, None, *before)[-2:]
    if where:
        yield Target(context=context or None, extension=extension or None, where=where)


def split_arguments(where: str) -> tuple[str, str]:
    """``label(a,b)`` as ``label`` and ``a,b``; brackets of ``${...}`` do not count."""
    for at in range(len(where)):
        if where[at] == "(" and "${" not in where[:at] and where.endswith(")"):
            return where[:at], where[at + 1 : -1]
    return where, ""


def _branches(args: str) -> Iterator[str]:
    """``condition?one:other``"""
    _, *rest = split(args, "?", 1)
    for branch in split(rest[0], ":", 1) if rest else ():
        if branch.strip():
            yield branch.strip()


def _goto_if(args: str) -> Iterator[Found]:
    for branch in _branches(args):
        yield from _goto(branch)


def _exec_if(args: str) -> Iterator[Found]:
    for branch in _branches(args):
        if found := _CALL.fullmatch(branch):
            yield from targets_of(found[1], found[2])


def _queue(args: str) -> Iterator[Found]:
    """``Queue(name,options,url,announce,timeout,agi,gosub,rule,position)``"""
    parts = split(args, ",")
    yield QueueUsed(name=parts[0].strip())
    yield from _predial(parts[1] if len(parts) > 1 else "")
    if len(parts) > 6 and parts[6].strip():
        yield from _routine(parts[6])


def _predial(options: str) -> Iterator[Found]:
    """``b(context^exten^priority)``: run on each leg before it rings."""
    for letter, value in _options(options):
        if letter in "bB" and value:
            yield from _place(split(value, "^"))


def _routine(text: str) -> Iterator[Found]:
    """``context`` alone begins at ``s,1``; else ``[[context^]extension^]priority``."""
    parts = split(text, "^")
    yield from _place(parts if len(parts) > 1 else (text, *START))


def _dial(args: str) -> Iterator[Found]:
    """Options of Dial() that run dialplan: ``U(context^args)``, ``b B G F ([[c^]e^]p)``."""
    parts = split(args, ",")
    for letter, value in _options(parts[2] if len(parts) > 2 else ""):
        match letter:
            case "U":
                yield from _place((split(value, "^")[0], *START))
            case "b" | "B" | "G" | "F" if value:
                yield from _place(split(value, "^"))
            case _:
                pass


def _options(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while found := _OPTION.search(text, at):
        at, value = found.end(), ""
        if text.startswith("(", at):
            value = _bracketed(text, at)
            at += len(value) + 2
        yield found[1], value


def _bracketed(text: str, at: int) -> str:
    depth = 0
    for end in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[at + 1 : end]
    return text[at + 1 :]


def _channel_redirect(args: str) -> Iterator[Found]:
    """``ChannelRedirect(channel,[[context,]extension,]priority)``"""
    _, *parts = split(args, ",")
    if parts:
        yield from _place(parts)


def _originate(args: str) -> Iterator[Found]:
    """``Originate(channel,exten,context,extension,priority,...)``"""
    parts = [part.strip() for part in split(args, ",")]
    if len(parts) > 2 and parts[1].lower() == "exten":
        _, _, context, *rest = parts
        yield from _place((context, *(rest[:2] if len(rest) > 1 else (*rest, *START)[:2])))


def _set(args: str) -> Iterator[Found]:
    if found := _HANDLER.fullmatch(args.strip()):
        yield from _goto(found[1])
    if (found := _CONTEXT_VARIABLE.fullmatch(args.strip())) and found[1].strip():
        yield Target(context=found[1].strip(), where="")


_READERS: Final[Mapping[str, Callable[[str], Iterator[Found]]]] = {
    "goto": _goto,
    "gotoif": _goto_if,
    "gotoiftime": _goto_if,
    "gosub": _goto,
    "gosubif": _goto_if,
    "execif": _exec_if,
    "execiftime": _exec_if,
    "queue": _queue,
    "dial": _dial,
    "channelredirect": _channel_redirect,
    "originate": _originate,
    "set": _set,
}
"""By application, in small letters: Asterisk does not tell them apart by case."""

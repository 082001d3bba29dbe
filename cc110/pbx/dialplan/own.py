"""A site's own additions (``site/dialplan/*.conf``): they add, and take nothing away.

Their contexts are named ``site-...``; the shipped dialplan comes by at its hooks. What breaks there breaks a 110
call, so what such a file may do at a hook is little.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cc110.config.problem import Problem
from cc110.pbx.dialplan.lines import Text, code_lines
from cc110.pbx.dialplan.model import Dialplan, Extension, Place, Step

FOLDER: Final = "site-dialplan/"
HOOKS: Final = ("site-arrived", "site-before-queue")
"""Subroutines that the shipped dialplan calls at ``s,1`` if they are there."""
PHONES: Final = "site-phones"
"""More that operators and Polres may dial; the shipped dialplan includes it."""
_TABLES: Final = ("cc110-table-agents", "cc110-table-polres")
_OWN: Final = re.compile(r"\[(?!site-)([^\]]+)\]")
_LONG: Final = frozenset(
    {"wait", "read", "queue", "dial", "waitexten", "chanspy", "bridgewait", "agi"}
)
_FOR_EVER: Final = frozenset({"hangup", "goto", "gotoif", "gotoiftime", "congestion", "busy"})


def own_problems(files: Mapping[str, Text], dialplan: Dialplan) -> Iterator[Problem]:
    """Every addition that would take something away."""
    for name, text in files.items():
        if name.startswith(FOLDER):
            yield from _names(text)
    yield from _taken(dialplan)
    for hook in HOOKS:
        if hook in dialplan.contexts:
            yield from _hook(hook, tuple(dialplan.contexts[hook].extensions.values()))


def _taken(dialplan: Dialplan) -> Iterator[Problem]:
    """What a phone may dial besides is found before operators and desks: it must not be one of theirs."""
    taken = [
        name
        for table in _TABLES
        if table in dialplan.contexts
        for name in dialplan.contexts[table].names
    ]
    for extension in (
        dialplan.contexts[PHONES].extensions.values() if PHONES in dialplan.contexts else ()
    ):
        if (found := next(filter(extension.matches, taken), None)) is not None:
            message = (
                f"`{extension.name}` in `{PHONES}` would take calls for {found}, which is a desk's"
            )
            yield extension.place.problem(message)


def _names(text: Text) -> Iterator[Problem]:
    for number, line in code_lines(text.content):
        place = Place(file=text.shown, line=number)
        if found := _OWN.match(line):
            message = f"`{found[1]}` is not yours to change: name your contexts site-..."
            yield place.problem(message)
        elif line.startswith("#"):
            yield place.problem("your additions include no other files")


def _hook(name: str, extensions: tuple[Extension, ...]) -> Iterator[Problem]:
    start = next((one for one in extensions if one.name == "s"), None)
    if start is None:
        place = extensions[0].place if extensions else Place(file="site/dialplan", line=1)
        yield place.problem(f"`{name}` begins at extension s, which is not there")
        return
    for step in start.steps:
        yield from _step(name, step)
    last = max(start.steps, key=lambda step: step.priority, default=None)
    if last is not None and last.app.lower() != "return":
        yield last.place.problem(f"`{name}` ends with Return(), so that the call goes on")


def _step(name: str, step: Step) -> Iterator[Problem]:
    app = step.app.lower()
    leaves = app in _FOR_EVER and not _is_local(step)
    if leaves:
        yield step.place.problem(f"{step.app} leaves `{name}`: the call would not go on")
    elif app in _LONG:
        yield step.place.problem(f"{step.app} in `{name}` keeps a caller waiting for his operator")


def _is_local(step: Step) -> bool:
    """A jump within the hook."""
    return step.app.lower().startswith("goto") and "," not in step.args.rpartition("?")[2]

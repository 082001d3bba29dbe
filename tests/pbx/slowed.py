"""A dialplan that takes its time at one of the moments which are a few milliseconds: what falls into them, happens."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

from cc110.config.load import checkout

from ..control_room import ControlRoom


class Moment(StrEnum):
    """Where it waits."""

    AGENT_ANSWERS = "agent-answers"
    """The operator has answered; his leg is not known yet."""
    AGENT_TOOK = "agent-took"
    """It is known, and not yet told that he took the call."""
    POLRES_TOOK = "polres-took"
    """The same of a Polres."""
    CALLER_GONE = "caller-gone"
    """The caller has hung up and it is told; his channel is still there."""


_BEHIND = {
    Moment.AGENT_ANSWERS: ("queue.conf", " same => n,Set(CC110_ROLE=agent)\n"),
    Moment.AGENT_TOOK: ("queue.conf", " same => n,Gosub(cc110-note,s,1(CC110_AGENT_LEAVES,))\n"),
    Moment.POLRES_TOOK: (
        "transfer.conf",
        " same => n,Gosub(cc110-seat-take,s,1(${CHANNEL}))\n",
    ),
    Moment.CALLER_GONE: (
        "lib.conf",
        " same => n,Gosub(cc110-tell,s,1(caller-gone,by=${by}|q850=${HANGUPCAUSE}))\n",
    ),
}
"""The file, and the step behind which it waits."""
_NOW = "${STRFTIME(,UTC,%s%3q)}"


def slowed_dialplan(folder: Path) -> str:
    """The project's dialplan in a new folder; it waits nowhere until `slowed` says so."""
    shutil.copytree(checkout() / "dialplan", folder)
    for moment, (name, step) in _BEHIND.items():
        text = (folder / name).read_text()
        assert text.count(step) == 1, (name, step)
        (folder / name).write_text(text.replace(step, step + _waits(moment)))
    return str(folder)


def _waits(moment: Moment) -> str:
    """By the clock where the channel has been hung up: Wait() waits for nothing there."""
    is_now = f'"x${{GLOBAL(SLOW)}}" = "x{moment}"'
    if moment is not Moment.CALLER_GONE:
        return f" same => n,ExecIf($[{is_now}]?Wait(0.5))\n"
    return (
        f" same => n,Set(LOCAL(slow)=$[{_NOW} + ${{IF($[{is_now}]?500:0)}}])\n"
        f" same => n(slow),GotoIf($[{_NOW} < ${{slow}}]?slow)\n"
    )


@asynccontextmanager
async def slowed(room: ControlRoom, moment: Moment) -> AsyncIterator[None]:
    """The PBX takes half a second there."""
    await room.observer.action("Setvar", Variable="SLOW", Value=moment.value)
    try:
        yield
    finally:
        await room.observer.action("Setvar", Variable="SLOW", Value="")

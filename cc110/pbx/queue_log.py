"""What the queues wrote down by themselves of their operators: ``queue_log``, in whole seconds.

A line is ``<Unix time>|<call>|<queue>|<operator>|<event>|<data>...`` (apps/app_queue.c; the operator by his
member name, ``log_membername_as_agent``).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cc110.core import facts as f
from cc110.core.ids import AgentId, ChannelId, QueueName
from cc110.core.invariant import Connect
from cc110.core.words import DeviceState
from cc110.pbx import names, record


class QueueLog:
    """The queues' own log, rotated files included."""

    def __init__(self, path: Path) -> None:
        """Read this file; one that is not there says nothing."""
        self._path = path

    async def members(self, since: datetime, until: datetime) -> Sequence[f.RosterFact]:
        """Log-ins, log-outs and pauses in that time, in order; all recovered.

        Raises:
            OSError: a file is there and can't be read.
        """
        return await asyncio.to_thread(lambda: list(self._members(since, until)))

    async def connects(self, since: datetime, until: datetime) -> Mapping[str, Sequence[Connect]]:
        """When an operator was connected, by the caller's channel; in whole seconds.

        Raises:
            OSError: a file is there and can't be read.
        """
        return await asyncio.to_thread(self._connects, since, until)

    def _connects(self, since: datetime, until: datetime) -> Mapping[str, Sequence[Connect]]:
        found: dict[str, list[Connect]] = {}
        for line in record.lines_since(self._path, since, _time_of):
            at, parts = _time_of(line), line.split("|")
            if at and since <= at <= until and len(parts) > 4 and parts[4] == "CONNECT":
                connect = Connect(at=at, channel=ChannelId(parts[1]))
                found.setdefault(parts[1], []).append(connect)
        return found

    def _members(self, since: datetime, until: datetime) -> Iterator[f.RosterFact]:
        for line in record.lines_since(self._path, since, _time_of):
            at = _time_of(line)
            if at is not None and since <= at <= until and (fact := _member(line, at)):
                yield fact


def _time_of(line: str) -> datetime | None:
    stamp, bar, _ = line.partition("|")
    if not (bar and stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return None
    return datetime.fromtimestamp(int(stamp), UTC)


def _member(line: str, at: datetime) -> f.RosterFact | None:
    parts = line.split("|")
    if len(parts) < 5 or "NONE" in parts[2:4] or parts[2] == names.TEST:
        return None
    maker = _MAKERS.get(parts[4])
    return maker(at, QueueName(parts[2]), AgentId(parts[3]), "".join(parts[5:6])) if maker else None


_Maker = Callable[[datetime, QueueName, AgentId, str], f.RosterFact]


def _added(at: datetime, queue: QueueName, agent: AgentId, data: str) -> f.RosterFact:
    return f.MemberAdded(
        at=at,
        queue=queue,
        agent=agent,
        paused=data == "PAUSED",
        in_call=False,
        device=DeviceState.UNKNOWN,
        recovered=True,
    )


def _removed(at: datetime, queue: QueueName, agent: AgentId, _: str) -> f.RosterFact:
    return f.MemberRemoved(at=at, queue=queue, agent=agent, recovered=True)


def _paused(*, paused: bool) -> _Maker:
    return lambda at, queue, agent, reason: f.MemberPaused(
        at=at,
        queue=queue,
        agent=agent,
        paused=paused,
        paused_reason=reason if paused else "",
        in_call=False,
        device=DeviceState.UNKNOWN,
        recovered=True,
    )


_MAKERS: Final[Mapping[str, _Maker]] = {
    "ADDMEMBER": _added,
    "REMOVEMEMBER": _removed,
    "PAUSE": _paused(paused=True),
    "UNPAUSE": _paused(paused=False),
}

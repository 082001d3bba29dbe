"""What happened while nobody listened, read back from what the PBX wrote down by itself."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from cc110.core.facts import Rejected
from cc110.core.ids import CallId
from cc110.service.calls import Calls

_log: Final = structlog.get_logger("catchup")
_MARGIN: Final = timedelta(seconds=60)
"""How long a link may be dead before it is given up, and more."""


class PbxRecord(Protocol):
    """The PBX's own record of calls."""

    async def rejections(self, since: datetime, until: datetime) -> Sequence[Rejected]:
        """The calls that were rejected in that time, oldest first.

        Raises:
            OSError: it can't be read.
        """
        ...


KnownCalls = Callable[[datetime], Awaitable[Collection[CallId]]]
"""The calls of the journal that arrived at or after a time; it has taken in all that was heard."""


async def catch_up(
    record: PbxRecord, known: KnownCalls, calls: Calls, *, since: datetime, until: datetime
) -> int:
    """Tell of the rejected calls that were not heard of; those that were are not told again.

    Args:
        record: what the PBX wrote.
        known: what the journal has.
        calls: take the facts.
        since: when something was heard for the last time.
        until: from when on everything is heard again.

    Returns:
        How many calls were missing.
    """
    try:
        rejected = await record.rejections(since - _MARGIN, until)
    except OSError as error:
        _log.error("the PBX's own record can't be read", error=str(error))
        return 0
    there = await known(since - 2 * _MARGIN) if rejected else ()
    missing = [fact for fact in rejected if fact.call_id not in there]
    for fact in missing:
        calls.submit(fact)
    if missing:
        _log.info("rejected calls read back from the PBX", calls=len(missing))
    return len(missing)

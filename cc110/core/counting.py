"""When pranks become a block (SOP S2 VIII), and when such a block no longer stands.

A prank counts once per call, whoever repeats it: what counts is the call's last verdict. It needs an
answered call and a named operator, and a number that somebody vouches for whom the site trusts. What was
judged before the number's last block or its lifting has had its consequence and counts no more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cc110.core.events import Evidence, NumberBlocked, NumberUnblocked
from cc110.core.ids import Number
from cc110.core.policy import BlockPolicy
from cc110.core.words import BlockCause, BlockWarning

BY = "cc110"
"""Who makes and lifts blocks by count."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of a number when one of its calls was judged."""

    number: Number
    owner: str
    """Who answers for a block: the Polda of that call."""
    pranks: Sequence[Evidence]
    """Its calls whose last verdict is a prank, answered and judged by a named operator."""
    times: int = 0
    """Blocks up to now."""
    since: datetime | None = None
    """The last block or lifting; None = there was none."""
    block: NumberBlocked | None = None
    """The block in force, if any."""


def decide(
    record: Record, *, now: datetime, policy: BlockPolicy
) -> NumberBlocked | NumberUnblocked | None:
    """What the blocklist has to do about a number; None = nothing."""
    if record.block:
        return _review(record.block, record.pranks, policy)
    evidence = counted(record.pranks, since=record.since, now=now, policy=policy)
    if len(evidence) < policy.threshold:
        return None
    return NumberBlocked(
        number=record.number,
        until=int((now + policy.length(record.times)).timestamp()),
        reason=f"{len(evidence)} panggilan iseng",
        by=BY,
        cause=BlockCause.THRESHOLD,
        evidence=evidence,
        warnings=_warnings(evidence, policy),
        owner=record.owner,
    )


def counted(
    pranks: Iterable[Evidence], *, since: datetime | None, now: datetime, policy: BlockPolicy
) -> tuple[Evidence, ...]:
    """The pranks that count now, oldest first."""
    window = timedelta(days=policy.window_days)
    fresh = (
        prank
        for prank in sorted(pranks, key=lambda prank: (prank.at, prank.call_id))
        if prank.source in policy.trusted
        and (since is None or prank.at > since)
        and (not window or prank.at > now - window)
    )
    return _remembered(tuple(fresh), now, policy.decay_days)


def _review(
    blocked: NumberBlocked, pranks: Iterable[Evidence], policy: BlockPolicy
) -> NumberUnblocked | None:
    """The lifting of a block in force that has lost its ground, because verdicts were withdrawn or changed.

    A block by hand has its own ground and stays.
    """
    if blocked.cause is not BlockCause.THRESHOLD:
        return None
    judged = {prank.call_id for prank in pranks}
    left = sum(1 for one in blocked.evidence if one.call_id in judged)
    if left == len(blocked.evidence) or left >= policy.threshold:
        return None
    reason = f"bukti dicabut: tinggal {left} panggilan iseng"
    return NumberUnblocked(number=blocked.number, reason=reason, by=BY)


def _remembered(
    pranks: tuple[Evidence, ...], now: datetime, decay_days: int
) -> tuple[Evidence, ...]:
    """Without the oldest ones that were forgotten in quiet times, one for each `decay_days`."""
    if not decay_days:
        return pranks
    kept: tuple[Evidence, ...] = ()
    for prank in pranks:
        kept = (*kept[_quiet(kept, prank.at, decay_days) :], prank)
    return kept[_quiet(kept, now, decay_days) :]


def _quiet(kept: Sequence[Evidence], until: datetime, decay_days: int) -> int:
    return max(0, (until - kept[-1].at) // timedelta(days=decay_days)) if kept else 0


def _warnings(evidence: Sequence[Evidence], policy: BlockPolicy) -> tuple[BlockWarning, ...]:
    alone = len(evidence) > 1 and len({one.agent for one in evidence}) == 1
    took = (evidence[-1].at - evidence[0].at).total_seconds()
    hurried = len(evidence) > 1 and took < policy.hurried_s
    found = ((alone, BlockWarning.ONE_OPERATOR), (hurried, BlockWarning.HURRIED))
    return tuple(warning for is_so, warning in found if is_so)

"""Rules of the way out of a block: a blocked caller asks, an operator verifies him (SOP S2 VIII).

The dialplan carries it all by itself; what an operator keyed is also noted in the PBX (``Passed``), for
a daemon that was not there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cc110.core import blocking, facts, ranges
from cc110.core.blocking import Block
from cc110.core.draft import Draft
from cc110.core.effects import LiftBlock
from cc110.core.events import (
    BlockVerificationAsked,
    BlockVerificationRefused,
    Event,
)
from cc110.core.ids import AgentId, CallId, Number
from cc110.core.ranges import Ranges

PRIORITY: Final = 0
"""In the queue: behind everybody else."""
_NOTED: Final = timedelta(seconds=1)
"""The PBX notes whole seconds."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """One ``*76``, as the PBX noted it."""

    number: Number
    at: datetime
    agent: AgentId
    call_id: CallId

    @property
    def lift(self) -> LiftBlock:
        """What it asks for."""
        return LiftBlock(call_id=self.call_id, number=self.number, agent=self.agent, at=self.at)


def asked(draft: Draft, fact: facts.VerifyAsked) -> None:
    """Asked once a call."""
    if not draft.call.verification_asked:
        draft.say(BlockVerificationAsked(number=fact.number, source=fact.source, until=fact.until))


def seen(draft: Draft, fact: facts.Seen) -> None:
    """The PBX's list shows that he had asked while nobody listened."""
    until, number = fact.blocked_until, fact.number
    if until is None or number is None or draft.call.verification_asked:
        return
    source = fact.source
    draft.say(BlockVerificationAsked(number=number, source=source, until=until, recovered=True))


def failed(draft: Draft, fact: facts.VerifyFailed) -> None:
    """Refused once a call, also when nobody had heard of the request."""
    if not draft.call.verification_refused:
        draft.say(BlockVerificationRefused(number=fact.number, agent=fact.agent))


def passed(fact: facts.VerifyPassed) -> LiftBlock:
    """What ``*76`` asks for; whether the number is blocked at all is not the call's to know."""
    return LiftBlock(call_id=fact.call_id, number=fact.number, agent=fact.agent, at=fact.at)


def lifting(existing: Block | None, lift: LiftBlock) -> Event | None:
    """The end of a block by verification, at the time when it was keyed.

    None when there is nothing to end: the number is not blocked (any more), or the block is newer
    than the verification.
    """
    if existing is None or existing.since >= lift.at + _NOTED:
        return None
    if not blocking.is_blocked(existing.until, lift.at):
        return None
    done = blocking.unblock(existing, reason=f"verified in call {lift.call_id}", by=lift.agent)
    return Event(at=lift.at, call_id=lift.call_id, data=done) if done else None


def freeing(known: Ranges, lift: LiftBlock) -> Event | None:
    """The exemption of a verified number from the range that blocks it, at the time when it was keyed.

    None when no range blocks it, or the range is newer than the verification.
    """
    found = known.blocking(lift.number, lift.at)
    if found is None or found.since >= lift.at + _NOTED:
        return None
    reason = f"verified in call {lift.call_id}"
    done = ranges.exempt(known, lift.number, reason=reason, by=lift.agent, now=lift.at)
    return Event(at=lift.at, call_id=lift.call_id, data=done) if done else None

"""Who hears whom, in words."""

import asyncio
from itertools import permutations

from ..phones.phone import CallHandle
from ..phones.tones import PRESENT, TONES

ABSENT = 0.01


async def in_talk(**calls: CallHandle) -> bool:
    """Whether each of these (named by tone) hears all the others."""
    heard = dict(
        zip(calls, await asyncio.gather(*(call.heard(0.3) for call in calls.values())), strict=True)
    )
    return all(heard[one][TONES[other]] > PRESENT for one, other in permutations(calls, 2))

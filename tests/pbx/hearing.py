"""Who hears whom, and whether somebody heard words or music, in words."""

import asyncio
from itertools import permutations
from typing import Final

import numpy as np

from ..phones.hearing import HOP_S, HearingTimeline
from ..phones.phone import CallHandle
from ..phones.tones import PRESENT, TONES

ABSENT: Final = 0.01
_BEYOND_TONES: Final = 0.02
"""Root mean square of what is no phone's tone: words read 0.05 and more, a clean tone below 0.005."""


async def in_talk(**calls: CallHandle) -> bool:
    """Whether each of these (named by tone) comes to hear all the others, and then goes on hearing them."""
    await asyncio.gather(
        *(calls[one].wait_to_hear(TONES[other]) for one, other in permutations(calls, 2))
    )
    heard = dict(
        zip(calls, await asyncio.gather(*(call.heard(0.3) for call in calls.values())), strict=True)
    )
    return all(heard[one][TONES[other]] > PRESENT for one, other in permutations(calls, 2))


NO_WORD_S: Final = 0.14
"""The shortest word is longer; the edges of a tone, and of a packet that was lost, are shorter."""


def words_s(ear: HearingTimeline, *, start: float | None = None, end: float | None = None) -> float:
    """Seconds in which something was heard that is no phone's tone: words or music.

    The edge of a tone sounds like that for at most 40 ms.
    """
    windows = ear.windows(*TONES.values())
    times = ear.start + windows.centres
    tones = sum(windows.levels[hertz] ** 2 / 2 for hertz in TONES.values())
    beyond = np.sqrt(np.maximum(windows.loudness**2 - tones, 0)) > _BEYOND_TONES
    inside = (times >= (start or ear.start)) & (times <= (end or ear.end))
    return float(np.count_nonzero(beyond & inside) * HOP_S)

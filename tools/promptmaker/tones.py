"""Signals that are not speech: the operator's tone, and the chime of a caller who waits."""

from collections.abc import Sequence

import numpy as np

from promptmaker.audio import RATE, Signal, normalise

BEEP_HZ, BEEP_S, BEEP_PEAK = 1000, 0.150, 10 ** (-12 / 20)
DING_HZ, DONG_HZ = 659.26, 523.25
"""E5 and C5, a falling major third: a door chime, not an alarm and not a ringing tone."""
CHIME_PEAK = 10 ** (-20 / 20)
SPOKEN_PEAK = 10 ** (-9 / 20)
LOOP_S = 9.0
CUT_S = 0.005
"""Asterisk 22 takes the 44 bytes of the header off a file's end: 22 samples, 2.75 ms."""


def beep() -> Signal:
    """150 ms of 1 kHz at -12 dBFS with soft edges, and 5 ms of silence for Asterisk to cut."""
    time = np.arange(int(BEEP_S * RATE)) / RATE
    edges = np.minimum(1, np.minimum(time, BEEP_S - time) / 0.010)
    tone: Signal = np.sin(2 * np.pi * BEEP_HZ * time) * edges
    return np.concatenate([normalise(tone, BEEP_PEAK), np.zeros(int(CUT_S * RATE))])


def wait_music() -> Signal:
    """Ding-dong, quiet, a softer ding-dong, quiet: 9 s that join without a seam."""
    loop = np.zeros(int(LOOP_S * RATE))
    _add(loop, _chime(), 0.3)
    _add(loop, 0.7 * _chime(), 4.8)
    return loop


def hold_music(words: Sequence[Signal]) -> Signal:
    """The words one after the other, then ding-dong twice: 9 s that join without a seam."""
    loop = np.zeros(int(LOOP_S * RATE))
    at = 0.1
    for word in words:
        _add(loop, normalise(word, SPOKEN_PEAK), at)
        at += len(word) / RATE + 0.25
    _add(loop, _chime(), at + 0.3)
    _add(loop, 0.7 * _chime(), at + 3.4)
    return loop


def _chime() -> Signal:
    chime = np.zeros(int(2.4 * RATE))
    _add(chime, _bell(DING_HZ), 0.0)
    _add(chime, 0.9 * _bell(DONG_HZ), 0.55)
    return normalise(chime, CHIME_PEAK)


def _bell(hz: float) -> Signal:
    """1.8 s: a soft stroke, three partials, the high ones gone first."""
    time = np.arange(int(1.8 * RATE)) / RATE
    partials = ((1, 1.0, 0.45), (2, 0.25, 0.25), (3, 0.08, 0.12))
    tone = sum(
        (share * np.exp(-time / decay) * np.sin(2 * np.pi * hz * n * time))
        for n, share, decay in partials
    )
    edges = np.minimum(1, time / 0.008) * np.minimum(1, (time[-1] - time) / 0.1)
    bell: Signal = tone * edges
    return bell


def _add(whole: Signal, part: Signal, at_s: float) -> None:
    start = int(at_s * RATE)
    end = min(len(whole), start + len(part))
    whole[start:end] += part[: end - start]

"""The synthetic call (requirement O1): from what was seen of it to the first stage that does not work.

The PBX dials 110 at itself (``dialplan/test-call.conf``). Each side says what it has seen; here that becomes a
word for each stage. No synthetic call has a call's state, number or events: it is in no statistics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cc110.core.words import SyntheticFault, SyntheticStage

LACKS_S: Final = 1.0
"""The recorder begins after the answer, and its last portion may be missing."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What one side of a synthetic call has seen."""

    at: datetime
    """The PBX's own time."""
    word: str
    """As the dialplan tells it: ``arrived``, ``heard``, ``queued``, ..."""
    call_id: str
    """The call's; of what the calling side has seen, the order's (``Seen.order``)."""
    path: str = ""
    """Of ``recording``: below the recordings folder."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that is known of one synthetic call that is over, or was given up."""

    order: str
    begun_at: datetime
    is_ordered: bool = True
    """False when the PBX did not even take the order."""
    signs: Sequence[Sign] = ()
    unplayed: Sequence[str] = ()
    """Prompts of the greeting that could not be played."""
    recorded_s: float | None = None
    """Length of the recording; None = there is none that can be read."""


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """How one stage came out."""

    stage: SyntheticStage
    fault: SyntheticFault | None = None
    took_s: float | None = None
    """Seconds since the stage before; for the recording, its length. None = not passed, or nobody knows."""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a synthetic call came out: each stage up to the first one that does not work."""

    begun_at: datetime
    stages: tuple[StageResult, ...]

    @property
    def broken(self) -> StageResult | None:
        """The stage that does not work; None when all do."""
        last = self.stages[-1]
        return last if last.fault else None


def judge(seen: Seen) -> Result:
    """What the signs amount to. A stage behind a broken one is not judged: it had no chance."""
    stages: list[StageResult] = []
    for found in _stages(seen):
        stages.append(found)
        if found.fault:
            break
    return Result(begun_at=seen.begun_at, stages=tuple(stages))


def _stages(seen: Seen) -> Iterator[StageResult]:
    yield _trunk(seen)
    yield _greeting(seen)
    yield _queue(seen)
    yield _answer(seen)
    yield _recording(seen)


def _trunk(seen: Seen) -> StageResult:
    arrived = _at(seen, "arrived")
    if arrived is None:
        fault = SyntheticFault.NOT_LET_IN if seen.is_ordered else SyntheticFault.NO_PBX
        return StageResult(stage=SyntheticStage.TRUNK, fault=fault)
    return StageResult(stage=SyntheticStage.TRUNK, took_s=_since(seen.begun_at, arrived))


def _greeting(seen: Seen) -> StageResult:
    """What is heard after the greeting's end is not the greeting."""
    stage, arrived, heard = SyntheticStage.GREETING, _at(seen, "arrived"), _at(seen, "heard")
    chose = _at(seen, "chose")
    if heard is None or (chose is not None and heard > chose):
        return StageResult(stage=stage, fault=SyntheticFault.NOT_GREETED)
    if seen.unplayed:
        detail = ", ".join(dict.fromkeys(seen.unplayed))
        return StageResult(stage=stage, fault=SyntheticFault.PROMPT_MISSING, detail=detail)
    if chose is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_LED_ON)
    return StageResult(stage=stage, took_s=_since(arrived, chose))


def _queue(seen: Seen) -> StageResult:
    stage, queued, rang = SyntheticStage.QUEUE, _at(seen, "queued"), _at(seen, "rang")
    if queued is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_QUEUED)
    if rang is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_RUNG)
    return StageResult(stage=stage, took_s=_since(queued, rang))


def _answer(seen: Seen) -> StageResult:
    stage, took, spoke = SyntheticStage.ANSWER, _at(seen, "agent-took"), _at(seen, "spoke")
    if took is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_CONNECTED)
    if spoke is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_HEARD)
    if _at(seen, "caller-gone") is None:
        return StageResult(stage=stage, fault=SyntheticFault.NOT_ENDED)
    return StageResult(stage=stage, took_s=_since(_at(seen, "rang"), spoke))


def _recording(seen: Seen) -> StageResult:
    stage, started = SyntheticStage.RECORDING, _at(seen, "recording")
    if started is None:
        return StageResult(stage=stage, fault=SyntheticFault.NO_RECORDER)
    if seen.recorded_s is None:
        return StageResult(stage=stage, fault=SyntheticFault.NO_FILE)
    lasted = _since(started, _at(seen, "caller-gone")) or 0.0
    if seen.recorded_s < lasted - LACKS_S:
        detail = f"{seen.recorded_s:.1f} of {lasted:.1f} s"
        return StageResult(stage=stage, fault=SyntheticFault.TOO_SHORT, detail=detail)
    return StageResult(stage=stage, took_s=seen.recorded_s)


def _at(seen: Seen, word: str) -> datetime | None:
    return next((sign.at for sign in seen.signs if sign.word == word), None)


def _since(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())

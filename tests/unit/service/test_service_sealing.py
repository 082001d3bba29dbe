"""Recordings that nobody finalised are found and told of."""

from collections.abc import Sequence

from cc110.core.ids import CallId
from cc110.journal.memory import MemoryJournal
from cc110.ports import Erased, NotSealed, Sealed
from cc110.service.clock import SystemClock
from cc110.service.outbox import Outbox
from cc110.service.sealing import Sweeper

GOOD, FULL, EMPTY, LIVE = (CallId(f"20260817-030405-{n}-5f3a9c") for n in range(4))


class Folder:
    """Four files: a good one, one that can't be sealed yet, one that is none, one of a live call."""

    def __init__(self) -> None:
        self.is_full = True
        self.tried: list[CallId] = []
        self.final: set[CallId] = set()

    async def unsealed(self, *, days: int | None) -> Sequence[tuple[CallId, str]]:
        return [(one, f"{one}.wav") for one in (GOOD, FULL, EMPTY, LIVE) if one not in self.final]

    async def finalise(self, call_id: CallId, path: str) -> Sealed:
        self.tried.append(call_id)
        if call_id == EMPTY:
            raise ValueError("not a WAV file")
        if call_id == FULL and self.is_full:
            raise NotSealed("No space left on device")
        self.final.add(call_id)
        return Sealed(seconds=3.5, sha256="a7" * 32)

    async def sizes(self, paths: Sequence[str]) -> Sequence[int]:
        return [-1 for _ in paths]

    async def free_bytes(self) -> int:
        return -1

    async def erase(self, call_id: CallId, path: str, *, by: str, reason: str) -> Erased:
        raise NotSealed(path)


async def test_r2_what_a_full_disk_held_up_is_final_when_there_is_space_again() -> None:
    """A live call's file is left alone; what is no recording is named once and not tried again."""
    folder, journal = Folder(), MemoryJournal()
    outbox = Outbox(journal)
    sweeper = Sweeper(folder, outbox, SystemClock())

    assert 1 == await sweeper.sweep({LIVE}, days=None)
    folder.is_full = False
    assert 1 == await sweeper.sweep({LIVE}, days=2)
    assert 0 == await sweeper.sweep({LIVE}, days=2)

    assert [GOOD, FULL, EMPTY, FULL] == folder.tried
    assert 2 == len(outbox)

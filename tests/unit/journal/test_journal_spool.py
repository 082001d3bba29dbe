"""The spool's files: nothing that was taken is lost, nothing is given twice."""

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cc110.core.events import Event, PbxLost
from cc110.journal.lock import JournalInUse
from cc110.journal.samples import sample_event, samples
from cc110.journal.spool import SpoolFolder
from cc110.ports import SpoolFull, SpoolMark

SOME = 64 << 10


def event(number: int) -> Event:
    """An event that says its number."""
    return replace(sample_event("PbxLost"), data=PbxLost(reason=str(number)))


def said(events: Sequence[Event]) -> list[int]:
    """The numbers of events."""
    return [int(one.data.reason) for one in events if isinstance(one.data, PbxLost)]


def put(spool: SpoolFolder, *numbers: int) -> None:
    """Write events one by one."""
    for number in numbers:
        spool.write([event(number)], to_disk=False)


def take(spool: SpoolFolder, most: int = 1000) -> list[int]:
    """Bring what is owed to a journal that takes all."""
    taken: list[int] = []
    while owed := spool.owed(most):
        taken += said(owed.events)
        spool.settle(owed.mark)
    return taken


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the spool is."""
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[SpoolFolder]:
    """A spool of 64 KB."""
    spool = SpoolFolder(folder, most_bytes=SOME)
    yield spool
    spool.close()


def killed(spool: SpoolFolder) -> None:
    """The end of the process, as the files see it: nothing more is written, the lock is gone."""
    os.close(spool._lock)
    for file in spool._files():
        os.close(file._descriptor)


def test_every_kind_of_event_comes_back_as_it_was(spool: SpoolFolder) -> None:
    """In order, each equal to what was taken."""
    every = [recorded.event for recorded in samples().values()]
    spool.write(every, to_disk=True)

    owed = spool.owed(1000)

    assert owed is not None
    assert every == list(owed.events)
    assert len(every) == len(spool)


def test_what_is_owed_stays_owed_until_it_is_settled(spool: SpoolFolder) -> None:
    """Asked twice, it is the same; settled in part, the rest."""
    put(spool, 1, 2, 3)
    first = spool.owed(2)
    assert first is not None
    assert first == spool.owed(2)

    spool.settle(first.mark)

    assert [3] == take(spool)
    assert spool.owed(2) is None
    assert 0 == len(spool)


def test_another_process_finds_what_was_left_and_asks_the_journal_how_far_it_is(
    folder: Path,
) -> None:
    """The mark of a part that was settled in part only by the journal, not by us."""
    first = SpoolFolder(folder, most_bytes=SOME)
    put(first, 1, 2, 3, 4)
    killed(first)

    second = SpoolFolder(folder, most_bytes=SOME)
    put(second, 5)
    (part,) = second.left()
    assert 5 == len(second)
    second.settle(SpoolMark(part=part, number=2))

    assert [3, 4, 5] == take(second)
    second.close()


def test_a_part_is_forgotten_only_after_its_files_are_gone(folder: Path) -> None:
    """The mark after it names it, until a mark that does so is settled."""
    first = SpoolFolder(folder, most_bytes=SOME)
    put(first, 1)
    killed(first)
    second = SpoolFolder(folder, most_bytes=SOME)
    (part,) = second.left()
    owed = second.owed(10)
    assert owed is not None
    assert () == owed.mark.gone

    second.settle(owed.mark)
    assert not list(folder.glob(f"{part}*"))
    put(second, 2)
    next_ = second.owed(10)
    assert next_ is not None
    assert (part,) == next_.mark.gone
    second.settle(next_.mark)
    put(second, 3)
    last = second.owed(10)
    assert last is not None
    assert () == last.mark.gone
    second.close()


def test_a_process_that_left_nothing_is_forgotten_too(folder: Path) -> None:
    """One row for each start would add up over the years."""
    for number in range(5):
        spool = SpoolFolder(folder, most_bytes=SOME)
        put(spool, number)
        owed = spool.owed(10)
        assert owed is not None
        assert (0 if number == 0 else 1) == len(owed.mark.gone)
        spool.settle(owed.mark)
        spool.close()

    assert 2 == len(list(folder.glob("*.spool")))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, 10_000), flip=st.integers(0, 7), how=st.sampled_from(["cut", "flip", "fill"])
)
def test_a_torn_tail_costs_what_is_torn_and_nothing_before(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int, how: str
) -> None:
    """Cut at any byte, a bit flipped, or filled with rubbish: what stands before it comes back in order."""
    folder = tmp_path_factory.mktemp("torn")
    first = SpoolFolder(folder, most_bytes=SOME)
    put(first, *range(1, 21))
    (used,) = {file.used for file in first._files() if file.used}
    killed(first)
    path = max(folder.glob("*.spool"), key=lambda file: file.read_bytes().count(b"PbxLost"))
    data = bytearray(path.read_bytes())
    at = cut % used
    if how == "cut":
        del data[at:]
    elif how == "flip":
        data[at] ^= 1 << flip
    else:
        data[at:] = os.urandom(len(data) - at)
    path.write_bytes(data)

    second = SpoolFolder(folder, most_bytes=SOME)
    found = take(second)
    second.close()

    whole = at * 20 // used
    assert list(range(1, len(found) + 1)) == found
    assert whole - 1 <= len(found) <= 20


def test_the_bound_holds_and_nothing_is_half_taken(spool: SpoolFolder, folder: Path) -> None:
    """Full is told; what was taken before stays whole, and room comes back with the journal."""
    taken: list[int] = []

    def fill() -> None:
        for number in range(0, 10_000, 2):
            spool.write([event(number), event(number + 1)], to_disk=False)
            taken.extend((number, number + 1))

    with pytest.raises(SpoolFull):
        fill()

    assert len(taken) > 100
    assert taken == take(spool)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= SOME
    put(spool, 1)
    assert [1] == take(spool)


def test_a_journal_that_is_always_a_little_behind_never_fills_it(spool: SpoolFolder) -> None:
    """The files change places: nobody has to wait for a moment in which nothing is owed."""
    taken: list[int] = []
    put(spool, 0)
    for number in range(1, 2000):
        put(spool, number)
        owed = spool.owed(1)
        assert owed is not None
        taken += said(owed.events)
        spool.settle(owed.mark)

    assert list(range(1999)) == taken
    assert [1999] == take(spool)


def test_both_files_of_a_part_come_back_in_order(folder: Path) -> None:
    """Killed with one file full and the other begun; what was settled by the journal is passed over."""
    first = SpoolFolder(folder, most_bytes=4096)
    number = 0
    while not all(file.used for file in first._files()):
        put(first, number)
        number += 1
    killed(first)
    second = SpoolFolder(folder, most_bytes=SOME)
    (part,) = second.left()
    second.settle(SpoolMark(part=part, number=2))

    assert list(range(2, number)) == take(second)
    second.close()


def test_a_file_written_again_from_its_beginning_never_shows_older_events(folder: Path) -> None:
    """What stands behind the new end was settled; its numbers do not follow."""
    first = SpoolFolder(folder, most_bytes=SOME)
    put(first, *range(10, 20))
    take(first)
    put(first, 20, 21)
    killed(first)

    second = SpoolFolder(folder, most_bytes=SOME)
    assert [20, 21] == take(second)
    second.close()


def test_a_full_disk_cannot_take_the_reserved_room(spool: SpoolFolder, folder: Path) -> None:
    """The disk has set aside every byte at the start."""
    for file in folder.glob("*.spool"):
        assert file.stat().st_blocks * 512 >= SOME // 2


def test_a_write_that_the_disk_breaks_off_is_not_taken(
    spool: SpoolFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one goes over it."""
    put(spool, 1)
    real = os.pwrite
    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[: len(data) // 2], at))
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            put(spool, 2)
    put(spool, 3)

    assert [1, 3] == take(spool)


def test_an_event_of_another_version_is_kept_aside_and_holds_up_nobody(folder: Path) -> None:
    """After a downgrade: it is told, and stands in a file of its own."""
    first = SpoolFolder(folder, most_bytes=SOME)
    put(first, 1)
    first._now.write([b'{"type":"CallTeleported"}'])
    put(first, 2)
    killed(first)

    second = SpoolFolder(folder, most_bytes=SOME)
    assert [1, 2] == take(second)
    assert "CallTeleported" in (folder / "unreadable.jsonl").read_text()
    second.close()


def test_only_one_process_has_it_and_only_its_owner_reads_it(
    spool: SpoolFolder, folder: Path
) -> None:
    """Callers' numbers are in it."""
    with pytest.raises(JournalInUse, match="already written"):
        SpoolFolder(folder, most_bytes=SOME)
    assert 0o700 == folder.stat().st_mode & 0o777
    assert {0o600} == {file.stat().st_mode & 0o777 for file in folder.iterdir()}

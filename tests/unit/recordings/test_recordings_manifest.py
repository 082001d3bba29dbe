"""The manifest in little memory: where each call's newest row is, also after a restart and beside damage."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc110.recordings import manifest as manifests
from cc110.recordings.manifest import Entry, Kind, Manifest, Row, last_hash, lines, manifest_of
from cc110.recordings.seal import now_text

MONTH = "2026/08"
DAYS = tuple(f"{MONTH}/{day:02}" for day in range(1, 7))


def entry(day: str, number: int, kind: Kind = "stored") -> Entry:
    call = f"{day.replace('/', '')}-120000-{number:06}"
    text = f"{number:064}"
    return Entry(
        kind=kind,
        call_id=call,
        path=f"{day}/{call}.wav",
        bytes=number,
        sha256=text,
        audio_sha256=text,
        seconds=1.0,
    )


def found(manifest: Manifest, one: Entry) -> Row | None:
    return manifest.find(one.call_id, one.path)


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(("stored", "erased"))),
        max_size=30,
    ),
    damage=st.sets(st.integers(0, 29), max_size=3),
    cut_off=st.binary(max_size=40).filter(lambda text: b"\n" not in text),
    piece=st.integers(1, 2000),
)
def test_after_a_restart_every_call_s_newest_sound_row_is_found_and_the_chain_goes_on(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, int, Kind]],
    damage: set[int],
    cut_off: bytes,
    piece: int,
) -> None:
    """Whatever is between the rows, and whatever a crash left behind the last one."""
    root = tmp_path_factory.mktemp("manifest")
    (root / MONTH).mkdir(parents=True)
    living, newest = Manifest(root), dict[str, Row]()
    made: list[Row] = []
    for day, number, kind in rows:
        made.append(living.add(entry(DAYS[day], number, kind), now_text()))
        newest[made[-1].entry.call_id] = made[-1]
        assert found(living, made[-1].entry) == made[-1]
    for day, number, _ in rows:
        one = entry(DAYS[day], number)
        assert found(living, one) == newest[one.call_id]

    file = manifest_of(root, MONTH)
    written = [*lines(file)] if rows else []
    broken = {at for at in damage if at < len(written)}
    for at in broken:
        written[at] = written[at].replace(b'"seconds":1.0', b'"seconds":9.0')
    file.write_bytes(b"".join(written) + cut_off)
    sound = [row for at, row in enumerate(made) if at not in broken]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifests, "_PIECE", piece)
        again = Manifest(root)
        for day, number, _ in rows:
            one = entry(DAYS[day], number)
            known = [row for row in sound if row.entry.call_id == one.call_id]
            assert found(again, one) == (known[-1] if known else None)
        row = again.add(entry(DAYS[0], 99), now_text())
        assert row.prev == (sound[-1].hash if sound else manifests.START)
        assert last_hash(file) == row.hash
    assert len([*lines(file)]) == len(made) + 1


def test_a_call_that_is_final_costs_the_daemon_some_bytes_not_its_whole_row(tmp_path: Path) -> None:
    """Calls come for months, and it is not started anew for that."""
    (tmp_path / MONTH).mkdir(parents=True)
    manifest, calls = Manifest(tmp_path), 2000
    manifest.add(entry(DAYS[0], 0), now_text())
    assert manifest.find("nobody", DAYS[0] + "/nobody.wav") is None
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, calls):
            manifest.add(entry(DAYS[0], number), now_text())
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / calls < 200
    for day in DAYS:
        assert manifest.find("nobody", day + "/nobody.wav") is None
    assert found(manifest, entry(DAYS[0], calls // 2)) is not None

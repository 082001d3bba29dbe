"""Two years of recordings over a real journal and a real folder: what is due goes with a proof (R7)."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from cc110.core import events as e
from cc110.core.events import Data, Event
from cc110.core.ids import AgentId, CallId, Number, QueueName, case_id_of
from cc110.core.retention import Retention
from cc110.core.words import EndedBy, NumberSource, Verdict
from cc110.journal.engine import Database, sqlite_url
from cc110.journal.lookups import Lookups
from cc110.journal.readers import Readers
from cc110.journal.tables import all_tables
from cc110.journal.writer import JournalWriter
from cc110.recordings.archive import Archive
from cc110.recordings.manifest import lines, manifest_of, row_of
from cc110.recordings.verify import verify
from cc110.service.keeping import BY_CALENDAR, Keeping
from cc110.service.usecases import Refused
from tests.unit.recordings.made import call, path_of, record

START = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
DAYS = {Verdict.VALID: 0, Verdict.NOT_VALID: 365, Verdict.PRANK: 730, Verdict.SILENT: 90, None: 365}
NOT_VALID, PRANK, VALID, UNJUDGED = (call(number) for number in range(4))


class Years:
    """A clock that is turned on by hand."""

    def __init__(self) -> None:
        self.days = 0.0

    def now(self) -> datetime:
        return START + timedelta(days=self.days)


class Cellar:
    """Recordings, their journal, and time."""

    def __init__(self, database: Database, journal: JournalWriter, root: Path) -> None:
        self.root = root
        self.clock = Years()
        self.journal = journal
        self.tables = Readers(database, journal.progress, all_tables())
        self.archive = Archive(root)
        self.lookups = Lookups(database)
        self.keeping = Keeping(
            journal=journal,
            records=self.lookups,
            recordings=self.archive,
            clock=self.clock,
            retention=Retention(days=DAYS),
            settled=self.tables.reached,
        )

    async def say(self, call_id: CallId, *told: Data) -> None:
        """Journal events of a call; the tables have them when this returns."""
        await self.append(call_id, *told)
        await self.tables.reached(self.journal.progress.seq)

    async def append(self, call_id: CallId, *told: Data) -> None:
        cases = (
            case_id_of(call_id) if isinstance(data, e.CaseOpened | e.CaseClosed) else None
            for data in told
        )
        await self.journal.append(
            [
                Event(at=self.clock.now(), call_id=call_id, case_id=case, data=data)
                for case, data in zip(cases, told, strict=True)
            ]
        )

    async def store(self, call_id: CallId, verdict: Verdict | None) -> None:
        """A call with its recording."""
        path = path_of(call_id)
        record(self.root / path, 0.2)
        kept = await self.archive.finalise(call_id, path)
        judged = [e.VerdictGiven(agent=AgentId("1101"), verdict=verdict)] if verdict else []
        final = e.RecordingFinalised(path=path, seconds=kept.seconds, sha256=kept.sha256)
        ended = e.CallEnded(by=EndedBy.CALLER, duration_s=0.2)
        await self.append(call_id, arrived(), *judged, ended, final)

    async def purge(self, days: float, by: str = "Padal Contoh") -> dict[str, object]:
        """So many days after the start."""
        self.clock.days = days
        told: dict[str, object] = json.loads(await self.keeping.purge(by=by))
        return told

    @property
    def there(self) -> set[str]:
        """The calls whose recordings can be heard."""
        return {file.stem for file in self.root.rglob("*.wav")}

    async def told(self, kind: type[Data]) -> list[Event]:
        """The events of a kind."""
        return [one.event async for one in self.journal.read() if isinstance(one.event.data, kind)]


def arrived() -> e.CallArrived:
    return e.CallArrived(
        channel="1.17",
        number=Number("6284000000001"),
        source=NumberSource.ASSERTED,
        dialled="110",
        trunk="demo",
        queue=QueueName("polda-metro-jaya"),
    )


@pytest_asyncio.fixture
async def cellar(tmp_path: Path) -> AsyncIterator[Cellar]:
    """Four calls of one day: not valid, prank, valid, not judged."""
    database = await Database.open(sqlite_url(tmp_path / "journal.db"))
    journal = await JournalWriter.open(database, site="sample")
    cellar = Cellar(database, journal, tmp_path / "recordings")
    running = asyncio.create_task(cellar.tables.run())
    for call_id, verdict in (
        (NOT_VALID, Verdict.NOT_VALID),
        (PRANK, Verdict.PRANK),
        (VALID, Verdict.VALID),
        (UNJUDGED, None),
    ):
        await cellar.store(call_id, verdict)
    await cellar.tables.reached(journal.progress.seq)
    yield cellar
    running.cancel()
    await asyncio.wait([running])
    await journal.aclose()
    await database.aclose()


async def test_r7_over_two_years_each_recording_goes_when_its_time_is_over(cellar: Cellar) -> None:
    """By verdict; what has no end stays."""
    assert 0 == (await cellar.purge(364.9))["erased"]
    assert 2 == (await cellar.purge(365.1))["erased"]
    assert {PRANK, VALID} == cellar.there
    assert 0 == (await cellar.purge(729.9))["erased"]
    assert 1 == (await cellar.purge(730.1))["erased"]
    assert {VALID} == cellar.there
    assert 0 == (await cellar.purge(3000))["erased"]


async def test_r7_what_is_erased_is_proved_in_journal_and_manifest(cellar: Cellar) -> None:
    """Hash of the audio, doer and reason; `verify` finds nothing wrong."""
    await cellar.purge(365.1, by=BY_CALENDAR)

    erased = {event.call_id: event.data for event in await cellar.told(e.RecordingErased)}
    rows = [row_of(line) for line in lines(manifest_of(cellar.root, "2026/08"))]
    proofs = {row.hash: row.entry for row in rows if row.entry.kind == "erased"}
    assert {NOT_VALID, UNJUDGED} == set(erased)
    for call_id, data in erased.items():
        assert isinstance(data, e.RecordingErased)
        proof = proofs[data.row]
        assert (call_id, data.sha256) == (proof.call_id, proof.audio_sha256)
        assert (BY_CALENDAR, data.reason) == (proof.by, proof.reason)
    assert [] == list(verify(cellar.root, {}))


async def test_r7_a_held_recording_stays_until_it_is_released(cellar: Cellar) -> None:
    """Legal hold comes before every period."""
    await cellar.keeping.hold(NOT_VALID, reason="LP/B/17", by="Padal Contoh")
    await cellar.keeping.hold(NOT_VALID, reason="again", by="somebody")
    await cellar.purge(800)
    assert {NOT_VALID, VALID} == cellar.there

    await cellar.keeping.release(NOT_VALID, reason="perkara selesai", by="Padal Contoh")
    await cellar.purge(800)

    assert {VALID} == cellar.there
    (held,) = await cellar.told(e.RecordingHeld)
    assert e.RecordingHeld(reason="LP/B/17", by="Padal Contoh") == held.data


async def test_r7_the_recording_of_an_open_case_stays(cellar: Cellar) -> None:
    """Somebody still works on it."""
    opened = e.CaseOpened(owner="polda-metro-jaya", agent=AgentId("1101"), number=None)
    await cellar.say(NOT_VALID, opened)
    await cellar.purge(800)
    assert NOT_VALID in cellar.there

    await cellar.say(NOT_VALID, e.CaseClosed(by="1101"))
    await cellar.purge(800)
    assert NOT_VALID not in cellar.there


async def test_a_purge_that_was_cut_off_before_the_journal_is_finished(cellar: Cellar) -> None:
    """The file is gone and the manifest says so; the journal hears of it with the next purge."""
    await cellar.archive.erase(NOT_VALID, path_of(NOT_VALID), by="first", reason="first")

    assert 2 == (await cellar.purge(365.1))["erased"]
    assert 2 == len(await cellar.told(e.RecordingErased))
    assert [] == list(verify(cellar.root, {}))


@pytest.mark.parametrize(("reason", "by"), [("", "Padal"), ("LP/B/17", " ")])
async def test_nobody_holds_or_takes_a_recording_without_name_and_reason(
    cellar: Cellar, reason: str, by: str
) -> None:
    """And nothing is written."""
    for deed in (cellar.keeping.hold, cellar.keeping.release, cellar.keeping.exporting):
        with pytest.raises(Refused, match="needs a reason and the name"):
            await deed(NOT_VALID, reason=reason, by=by)
    with pytest.raises(Refused, match="there is no call"):
        await cellar.keeping.hold("20260817-030405-000099-000000", reason="LP/B/17", by="Padal")
    with pytest.raises(Refused, match="is not held"):
        await cellar.keeping.release(NOT_VALID, reason="LP/B/17", by="Padal")
    assert [] == await cellar.told(e.RecordingHeld)


async def test_the_daemon_erases_once_a_day(cellar: Cellar) -> None:
    """At its start, and again when a day has gone."""
    cellar.clock.days = 365.1
    running = asyncio.create_task(cellar.keeping.run(look_s=0.01))
    try:
        async with asyncio.timeout(10):
            while {PRANK, VALID} != cellar.there:
                await asyncio.sleep(0.01)
            cellar.clock.days = 730.2
            while {VALID} != cellar.there:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.wait([running])

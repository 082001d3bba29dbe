"""Events in sentences, Indonesian and English."""

import re
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from cc110.cli.sentences import CATALOGUE, REASONS
from cc110.cli.timeline import Timeline, colour_of, render_timeline, variant_of
from cc110.core import events as e
from cc110.core.events import Data, Event, Recorded
from cc110.core.ids import AgentId, Number, QueueName
from cc110.core.words import (
    Language,
    LeaveCause,
    NumberSource,
    OffShift,
    OriginBy,
    ShiftGap,
    Supervision,
    SupervisionStep,
    SyntheticFault,
    SyntheticStage,
    TransferFailure,
    TransferKind,
)
from cc110.journal.samples import samples
from tests.unit.cli.stories import (
    AGENT,
    CALL,
    CASE,
    NUMBER,
    POLRES,
    QUEUE,
    RETURNED,
    START,
)

JAKARTA = ZoneInfo("Asia/Jakarta")
ID, EN = Language.INDONESIAN, Language.ENGLISH
KINDS: list[type[Any]] = list(get_args(Data))


def recorded(event: Event) -> Recorded:
    return Recorded(id="0" * 26, seq=1, site="demo", event=event)


def said(data: Data, lang: Language = ID, *before: Data) -> str:
    """The sentence about the last of several events of one call."""
    timeline = Timeline(lang, JAKARTA)
    for each in before:
        timeline.line(recorded(Event(at=START, call_id=CALL, case_id=CASE, data=each)))
    return timeline.line(recorded(Event(at=START, call_id=CALL, case_id=CASE, data=data))).sentence


def back(reason: TransferFailure, agent: AgentId | None = AGENT) -> e.TransferReturned:
    return e.TransferReturned(polres=POLRES, reason=reason, agent=agent)


def supervised(step: SupervisionStep) -> e.CallSupervised:
    return e.CallSupervised(
        supervisor=AgentId("1901"), agent=AGENT, mode=Supervision.LISTEN, step=step
    )


def started(kind: TransferKind) -> e.TransferStarted:
    return e.TransferStarted(agent=AGENT, polres=POLRES, kind=kind, ring_s=5.0)


def sample_arrival() -> e.CallArrived:
    """Somebody calls."""
    arrived = samples()["CallArrived"].event.data
    assert isinstance(arrived, e.CallArrived)
    return arrived


def sample_gap() -> e.ShiftEmpty:
    """A shift with nobody."""
    gap = samples()["ShiftEmpty"].event.data
    assert isinstance(gap, e.ShiftEmpty)
    return gap


def every_variant() -> list[Data]:
    """Events that take every way through the choice of sentences."""
    return [
        *(sample.event.data for sample in samples().values()),
        *(started(kind) for kind in TransferKind),
        *(back(reason) for reason in TransferFailure),
        back(TransferFailure.BUSY, None),
        e.CaseUpdated(owner="polres:7101", reason="answered"),
        e.CaseUpdated(owner="polres:7101", reason="returned:busy"),
        *(e.AgentLeft(agent=AGENT, cause=cause) for cause in LeaveCause),
        *(e.PolresLeft(polres=POLRES, cause=cause) for cause in LeaveCause),
        e.AgentPaused(agent=AGENT, queue=QUEUE, reason=""),
        replace(sample_arrival(), callback_of=CALL),
        *(
            replace(sample_arrival(), origin=origin, place="Kota Medan")
            for origin in (None, *OriginBy)
        ),
        replace(sample_arrival(), origin=OriginBy.TRUNK),
        *(supervised(step) for step in SupervisionStep),
        *(e.AgentOffShift(agent=AGENT, what=what) for what in OffShift),
        *(replace(sample_gap(), gap=gap) for gap in ShiftGap),
        e.RecordingFinalised(path="a.wav", seconds=3.0, missing_s=2.5),
        e.RecordingMissing(path="", reason="no recording was started"),
        e.SyntheticCallFailed(
            stage=SyntheticStage.TRUNK, reason=SyntheticFault.NOT_LET_IN, detail=""
        ),
    ]


@pytest.mark.parametrize("lang", Language)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_has_a_sentence(kind: type[Any], lang: Language) -> None:
    """No event of the vocabulary is without words in either language."""
    sentence = Timeline(lang, JAKARTA).line(samples()[kind.__name__]).sentence

    assert re.match(r"[A-Z]", sentence)
    assert not re.search(r"[{}]|None|True|False", sentence)


def test_the_catalogue_has_no_sentence_that_nobody_says() -> None:
    """Every key belongs to an event or to one of its variants."""
    ways: list[dict[Any, TransferKind]] = [{}, {POLRES: TransferKind.JOIN}]
    used = {variant_of(data, kinds) for data in every_variant() for kinds in ways}

    assert used == set(CATALOGUE)


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_tell_the_same_facts(key: str) -> None:
    """What the Indonesian sentence names, the English one names too."""
    indonesian, english = (
        sorted(field for _, field, _, _ in Formatter().parse(text) if field)
        for text in CATALOGUE[key]
    )
    assert indonesian == english
    assert CATALOGUE[key][0] != CATALOGUE[key][1]


def test_a_whole_call_reads_as_a_story() -> None:
    """Local time with tenths, seconds since the arrival, the call, and what happened."""
    lines = render_timeline(map(recorded, RETURNED), ID, JAKARTA)

    assert lines[0] == (
        "10:04:05,6     +0,0 s  17-4821   "
        "Penelepon 0840-1234-5678 menghubungi 110 lewat demo, untuk polda-metro-jaya"
    )
    assert lines[3].endswith(
        "Penelepon 0840-1234-5678 masuk ke antrean polda-metro-jaya, prioritas 5"
    )
    assert lines[5] == "10:04:14,2     +8,6 s  17-4821   Operator 1101 menjawab setelah 3,2 s"
    assert "    +36,2 s  17-4821   Polres 7101 tidak menjawab; " in lines[10]
    assert lines[10].endswith("penelepon tetap bersama operator 1101")
    assert len(lines) == len(RETURNED)


def test_english_has_points_and_its_own_words() -> None:
    """`--lang en` changes words and decimals."""
    lines = render_timeline(map(recorded, RETURNED), EN, JAKARTA)

    assert lines[5] == "10:04:14.2     +8.6 s  17-4821   Operator 1101 answers after 3.2 s"


def test_the_operator_of_a_blind_transfer_gets_the_caller_back() -> None:
    """With `*75` the operator never left the caller, else he did."""
    failed = back(TransferFailure.NO_ANSWER)

    assert "tetap bersama operator 1101" in said(failed, ID, started(TransferKind.JOIN))
    assert "kembali ke operator 1101" in said(failed, ID, started(TransferKind.BLIND))


def test_the_offset_counts_from_the_arrival_even_if_that_was_missed() -> None:
    """Who begins to follow in the middle of a call has the second of its id."""
    later = Event(at=START + timedelta(seconds=9), call_id=CALL, data=e.AgentRang(agent=AGENT))

    assert Timeline(ID, JAKARTA).line(recorded(later)).since == "+9,6 s"


def test_an_event_without_a_call_has_no_offset() -> None:
    """Operators and the PBX belong to no call."""
    line = Timeline(ID, JAKARTA).line(recorded(Event(at=START, data=e.PbxLost(reason="EOF"))))

    assert (line.since, line.call, line.colour) == ("", "", "")
    assert line.sentence == "Hubungan ke PBX putus; panggilan tetap berjalan: EOF"


def test_a_call_has_the_same_colour_at_every_time() -> None:
    """The colour comes from the id alone, and calls differ."""
    assert colour_of(CALL) == colour_of(str(CALL))
    assert len({colour_of(f"{CALL}{n}") for n in range(50)}) > 3


def test_what_was_concluded_or_only_claimed_is_marked() -> None:
    """Nobody takes a conclusion for something that was seen."""
    assert said(replace(sample_arrival(), recovered=True)).endswith("(disimpulkan dari daftar PBX)")
    assert said(replace(sample_arrival(), source=NumberSource.CLAIMED)).endswith(
        "(nomor tidak dijamin)"
    )
    assert said(e.PbxBack(calls=2, restarted=True)).endswith("2 (PBX baru dimulai ulang)")


def test_the_core_s_reasons_are_translated_and_people_s_are_not() -> None:
    """A person who writes `return` as a reason is quoted."""
    queue = QueueName("q")
    rescued = e.CallRescued(queue=queue, reason="return", attempt=1)
    blocked = e.NumberBlocked(number=NUMBER, until=0, reason="return", by="sari")

    assert REASONS["return"][0] in said(rescued)
    assert said(blocked) == "Nomor 0840-1234-5678 diblokir selamanya oleh sari: return"


def test_x9_text_from_outside_does_not_steer_the_terminal() -> None:
    """Escape sequences and line feeds in a reason are made harmless."""
    evil = e.NumberBlocked(number=NUMBER, until=0, reason="\x1b[2J\nforged", by="x")

    assert said(evil).endswith("x: ?[2J?forged")


def test_a_block_tells_its_end_in_the_site_s_time() -> None:
    """Unix time becomes day, time and zone."""
    rejected = e.CallRejected(
        number=Number("442071234567"), source=NumberSource.ASSERTED, until=1798736400
    )
    assert said(rejected, ID, rejected) == (
        "Penelepon +44 207-1234-567 ditolak: nomornya diblokir sampai 1 Jan 2027 00:00 WIB"
    )

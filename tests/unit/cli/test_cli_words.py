"""Values, numbers and times in words, and back from what people type."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from cc110.cli import spoken
from cc110.cli.times import length, moment, past
from cc110.cli.words import WORDS, word
from cc110.core import words
from cc110.core.words import Language
from cc110.journal.rows import Outcome

JAKARTA = ZoneInfo("Asia/Jakarta")
SHOWN: list[type[StrEnum]] = [
    Outcome,
    words.AgentState,
    words.EndedBy,
    words.Language,
    words.LeaveCause,
    words.MenuChoice,
    words.NumberSource,
    words.TransferFailure,
    words.TransferKind,
    words.Verdict,
]


@pytest.mark.parametrize(
    "value", [one for kind in SHOWN for one in kind], ids=lambda one: f"{type(one).__name__}-{one}"
)
def test_every_value_has_words(value: StrEnum) -> None:
    """Nothing that people see is shown as the program spells it."""
    pair = WORDS[type(value)][value]

    assert all(pair)
    assert (word(value, Language.INDONESIAN), word(value, Language.ENGLISH)) == pair


def test_values_that_are_spelled_alike_keep_their_own_words() -> None:
    """`lost` is a cause of leaving, an end and an outcome."""
    lost = (words.LeaveCause.LOST, words.EndedBy.LOST, Outcome.LOST)

    assert [word(one, Language.INDONESIAN) for one in lost] == [
        "terputus",
        "gangguan sambungan",
        "terputus",
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [("6281234567890", "0812-3456-7890"), ("442071234567", "+44 207-1234-567")],
)
def test_numbers_are_shown_in_full_as_people_dial_them(number: str, shown: str) -> None:
    """At home with the 0, abroad with the country code."""
    assert spoken.number_text(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0,0 s"), (3.25, "3,2 s"), (59.99, "59,9 s"), (93.5, "1:33"), (3723, "1:02:03")],
)
def test_lengths_of_time_are_cut_as_a_clock_does(seconds: float, shown: str) -> None:
    """59.99 s is not a minute yet."""
    assert spoken.seconds_text(seconds, Language.INDONESIAN) == shown


@pytest.mark.parametrize(
    ("text", "is_"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_lengths_are_typed_with_a_unit(text: str, is_: timedelta) -> None:
    """Seconds, minutes, hours, days, weeks."""
    assert length(text) == is_


@pytest.mark.parametrize("text", ["", "30", "0d", "-1d", "1y", "1.5h", "d"])
def test_what_is_no_length_is_refused(text: str) -> None:
    """A bare number could be anything."""
    with pytest.raises(ValueError, match="no length of time"):
        length(text)


def test_a_time_without_a_zone_is_the_site_s() -> None:
    """An administrator in Jakarta types Jakarta's time."""
    assert moment("2026-08-17T10:04", JAKARTA) == datetime(2026, 8, 17, 3, 4, tzinfo=UTC)
    assert moment("2026-08-17T03:04Z", JAKARTA) == datetime(2026, 8, 17, 3, 4, tzinfo=UTC)


def test_a_length_as_a_start_means_ago() -> None:
    """`--since 10m` is ten minutes back."""
    now = datetime(2026, 8, 17, tzinfo=UTC)

    assert past("10m", JAKARTA, now) == now - timedelta(minutes=10)


def test_short_ids_keep_what_tells_calls_apart() -> None:
    """The time in front is the same for calls of one second."""
    assert spoken.short_id("20260817-030405-17-4821") == "17-4821"
    assert spoken.short_case("K-20260817-030405-17-4821") == "K-17-4821"

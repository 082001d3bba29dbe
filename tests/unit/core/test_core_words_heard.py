"""What a caller hears, presses and is worth: greeting, menu, and what follows a talk."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc110.core.after_talk import AfterTalk, Party, after_talk
from cc110.core.greeting import ZONES, TimeOfDay, greeting_keys, time_of_day
from cc110.core.menu import (
    CHOICES,
    RETURNED_PRIORITY,
    Chosen,
    NeedMore,
    Unknown,
    priority_of,
    read_keys,
    settled,
)
from cc110.core.policy import Policy
from cc110.core.words import Language, LeaveCause, MenuChoice

CORE = settings.get_profile("core")
NORMAL, LOST = LeaveCause.NORMAL, LeaveCause.LOST
OPERATOR, POLRES = Party.OPERATOR, Party.POLRES


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("00:00", "malam"),
        ("03:59", "malam"),
        ("04:00", "pagi"),
        ("10:59", "pagi"),
        ("11:00", "siang"),
        ("14:59", "siang"),
        ("15:00", "sore"),
        ("17:59", "sore"),
        ("18:00", "malam"),
        ("23:59", "malam"),
    ],
)
def test_a_greeting_names_the_part_of_the_day(clock: str, part: str) -> None:
    """S2 VI: selamat pagi, siang, sore, malam."""
    local = datetime.fromisoformat(f"2026-03-01T{clock}")

    assert part == time_of_day(local)


def test_the_part_of_the_day_is_the_sites_own() -> None:
    """At one moment it is morning in Jakarta and noon in Jayapura."""
    moment = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    parts = {name: time_of_day(moment.astimezone(ZoneInfo(zone))) for name, zone in ZONES.items()}

    assert {"WIB": TimeOfDay.PAGI, "WITA": TimeOfDay.SIANG, "WIT": TimeOfDay.SIANG} == parts


@pytest.mark.parametrize(("zone", "hours"), [("WIB", 7), ("WITA", 8), ("WIT", 9)])
def test_the_zones_are_indonesias(zone: str, hours: int) -> None:
    """UTC+7, +8 and +9, all year."""
    for month in (1, 7):
        local = datetime(2026, month, 1, tzinfo=ZoneInfo(ZONES[zone]))
        assert timedelta(hours=hours) == local.utcoffset()


def test_a_greeting_warns_and_a_menu_follows_if_there_is_one() -> None:
    """S2 VI: the time of day, the notice of recording, the warning against prank calls."""
    local = datetime(2026, 3, 1, 16)
    spoken = ("greeting-sore", "notice-recorded", "warning-prank")

    assert spoken == greeting_keys(local)
    assert (*spoken, "menu") == greeting_keys(local, menu=True)


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("", NeedMore()),
        ("1", Chosen(choice=MenuChoice.EMERGENCY)),
        ("2", Chosen(choice=MenuChoice.COMPLAINT)),
        ("3", Chosen(choice=MenuChoice.INFORMATION)),
        ("5", NeedMore()),
        ("55", Chosen(choice=MenuChoice.CANNOT_SPEAK)),
        ("51", Unknown()),
        ("4", Unknown()),
        ("*", Unknown()),
        ("9", NeedMore(language=Language.ENGLISH)),
        ("92", Chosen(choice=MenuChoice.COMPLAINT, language=Language.ENGLISH)),
        ("955", Chosen(choice=MenuChoice.CANNOT_SPEAK, language=Language.ENGLISH)),
        ("99", Unknown(language=Language.ENGLISH)),
    ],
)
def test_keys_are_read_as_they_come(keys: str, read: Chosen | NeedMore | Unknown) -> None:
    """A choice as soon as it is one, and no sooner."""
    assert read == read_keys(keys)


@CORE
@given(st.text(alphabet="0123456789*#", max_size=5))
def test_no_key_is_ever_needed_and_none_does_harm(keys: str) -> None:
    """What is not understood is an emergency, in the language that was chosen."""
    choice = settled(keys)

    assert isinstance(choice, Chosen)
    if not isinstance(read_keys(keys), Chosen):
        assert MenuChoice.EMERGENCY is choice.choice
        assert choice.language == read_keys(keys).language


@CORE
@given(st.sampled_from(sorted(CHOICES)), st.sampled_from(["", "9"]))
def test_every_choice_is_reached_through_more(keys: str, before: str) -> None:
    """No choice is the beginning of another one."""
    whole = before + keys

    assert all(isinstance(read_keys(whole[:n]), NeedMore) for n in range(len(whole)))


def test_a_returned_caller_goes_before_emergencies_and_they_before_all_others() -> None:
    """Higher goes first."""
    order = [
        RETURNED_PRIORITY,
        priority_of(MenuChoice.EMERGENCY),
        priority_of(MenuChoice.COMPLAINT),
        priority_of(MenuChoice.INFORMATION),
    ]

    assert [10, 5, 3, 1] == order
    assert priority_of(MenuChoice.EMERGENCY) == priority_of(MenuChoice.CANNOT_SPEAK)


@pytest.mark.parametrize(
    ("left", "cause", "talk_s", "then"),
    [
        (OPERATOR, NORMAL, 60.0, AfterTalk.HANG_UP),
        (OPERATOR, LOST, 60.0, AfterTalk.FRONT_OF_QUEUE),
        (POLRES, NORMAL, 9.9, AfterTalk.FRONT_OF_QUEUE),
        (POLRES, NORMAL, 10.0, AfterTalk.CLOSING_THEN_QUEUE),
        (POLRES, LOST, 60.0, AfterTalk.FRONT_OF_QUEUE),
    ],
)
def test_a_caller_who_is_left_alone_has_a_next_step(
    left: Party, cause: LeaveCause, talk_s: float, then: AfterTalk
) -> None:
    """The table's last four rows."""
    assert then is after_talk(
        left=left,
        cause=cause,
        others_in=False,
        polres_rings=False,
        talk_s=talk_s,
        policy=Policy(),
    )


def test_a_talk_goes_on_and_a_ringing_polres_is_waited_for() -> None:
    """The table's first two rows, whoever left and however."""
    for left, cause, rings in product(Party, LeaveCause, (True, False)):
        said = {"left": left, "cause": cause, "talk_s": 60.0, "policy": Policy()}
        goes_on = after_talk(others_in=True, polres_rings=rings, **said)
        waits = after_talk(others_in=False, polres_rings=True, **said)

        assert AfterTalk.TALK_GOES_ON is goes_on
        assert AfterTalk.WAIT_FOR_POLRES is waits

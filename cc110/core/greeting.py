"""What a caller hears first: the time of day, the notice of recording, the warning (SOP S2 VI).

The times of day follow Indonesian custom: *pagi* from 04:00, *siang* from 11:00, *sore* from 15:00,
*malam* from 18:00, in the site's own time zone.
"""

from datetime import datetime, time
from enum import StrEnum


class TimeOfDay(StrEnum):
    """The part of the day that a greeting names."""

    PAGI = "pagi"
    SIANG = "siang"
    SORE = "sore"
    MALAM = "malam"


STARTS = (
    (time(4), TimeOfDay.PAGI),
    (time(11), TimeOfDay.SIANG),
    (time(15), TimeOfDay.SORE),
    (time(18), TimeOfDay.MALAM),
)
"""When each part begins, in the order of the day; before the first it is still night."""

ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
"""Indonesia's zones by their own names, as IANA names. None of them has summer time."""

NOTICE_RECORDED = "notice-recorded"
WARNING_PRANK = "warning-prank"
MENU = "menu"


def time_of_day(local: datetime) -> TimeOfDay:
    """The part of the day at that local time."""
    begun = [part for start, part in STARTS if start <= local.time()]
    return begun[-1] if begun else TimeOfDay.MALAM


def greeting_keys(local: datetime, *, menu: bool = False) -> tuple[str, ...]:
    """The prompts that a caller hears at that local time, in order, by their keys."""
    keys = (f"greeting-{time_of_day(local)}", NOTICE_RECORDED, WARNING_PRANK)
    return (*keys, MENU) if menu else keys

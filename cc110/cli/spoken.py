"""Numbers, times and lengths of time as people read them, in Indonesian or English."""

from datetime import UTC, datetime, tzinfo
from typing import Final

from cc110.core.ids import Number
from cc110.core.numbers import display
from cc110.core.words import Language

NOTHING: Final = "-"
"""What a table shows where there is nothing to show."""
_COUNTRY: Final = "+62 "
_MONTHS: Final = {
    Language.INDONESIAN: "JanFebMarAprMeiJunJulAguSepOktNovDes",
    Language.ENGLISH: "JanFebMarAprMayJunJulAugSepOctNovDec",
}
_LETTERS: Final = 3
_UNTIL: Final = {
    Language.INDONESIAN: ("selamanya", "sampai {}"),
    Language.ENGLISH: ("for ever", "until {}"),
}


def harmless(text: str) -> str:
    """Text from outside, without what would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def number_text(number: str) -> str:
    """A number in normal form as it is dialled: ``0812-3456-7890``, abroad ``+44 207-...``."""
    shown = display(Number(number))
    return "0" + shown.removeprefix(_COUNTRY) if shown.startswith(_COUNTRY) else shown


def seconds_text(seconds: float, lang: Language) -> str:
    """``3,2 s``; from a minute on ``1:33``, from an hour on ``1:02:03``."""
    if seconds < 60:
        return f"{decimal(seconds, lang)} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def decimal(value: float, lang: Language) -> str:
    """One digit after the comma (Indonesian) or point (English), cut off as a clock does."""
    text = f"{int(value * 10 + 1e-6) / 10:.1f}"
    return text.replace(".", ",") if lang is Language.INDONESIAN else text


def clock_text(at: datetime, tz: tzinfo, lang: Language) -> str:
    """The time of day with tenths: ``10:04:05,6``."""
    local = at.astimezone(tz)
    comma = "," if lang is Language.INDONESIAN else "."
    return f"{local:%H:%M:%S}{comma}{local.microsecond // 100_000}"


def date_text(at: datetime, tz: tzinfo, lang: Language) -> str:
    """The day: ``17 Agu 2026``."""
    local = at.astimezone(tz)
    first = (local.month - 1) * _LETTERS
    return f"{local.day} {_MONTHS[lang][first : first + _LETTERS]} {local.year}"


def moment_text(at: datetime | None, tz: tzinfo, lang: Language) -> str:
    """Day and time: ``17 Agu 2026 10:04:05``."""
    return f"{date_text(at, tz, lang)} {at.astimezone(tz):%H:%M:%S}" if at else NOTHING


def minute_text(at: datetime | None, tz: tzinfo, lang: Language) -> str:
    """Day and time for tables, to the minute: ``17 Agu 2026 10:04``."""
    return f"{date_text(at, tz, lang)} {at.astimezone(tz):%H:%M}" if at else NOTHING


def until_text(until: int, tz: tzinfo, lang: Language) -> str:
    """The end of a block, given as Unix time, 0 = for ever."""
    forever, until_then = _UNTIL[lang]
    if until == 0:
        return forever
    end = datetime.fromtimestamp(until, UTC)
    return until_then.format(f"{date_text(end, tz, lang)} {end.astimezone(tz):%H:%M %Z}")


def short_id(call_id: str) -> str:
    """What tells calls on one screen apart: all after the time in ``20260817-030405-17-4821``."""
    parts = call_id.split("-", 2)
    return parts[-1]


def short_case(case_id: str) -> str:
    """A case's short id: ``K-17-4821``."""
    return "K-" + short_id(case_id.removeprefix("K-"))

"""Times as people type them."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

_LENGTH: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def length(text: str) -> timedelta:
    """A length of time: ``30s``, ``10m``, ``12h``, ``30d``, ``2w``.

    Raises:
        ValueError: it is none, or zero.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no length of time; write 90s, 10m, 12h, 30d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(text: str, tz: tzinfo) -> datetime:
    """A time in ISO 8601; without a zone it is the site's.

    Raises:
        ValueError: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2026-08-17 or 2026-08-17T10:04") from None
    return found if found.tzinfo else found.replace(tzinfo=tz)


def past(text: str, tz: tzinfo, now: datetime) -> datetime:
    """A time, or how long ago: ``10m`` is ten minutes before now.

    Raises:
        ValueError: it is neither.
    """
    return now - length(text) if _LENGTH.fullmatch(text.strip()) else moment(text, tz)

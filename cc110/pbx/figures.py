"""Figures in the PBX's words, read strictly: what a clock or a deadline can't use raises ValueError, and nothing else.

Python alone reads more than Asterisk writes: ``nan``, ``1e17`` (a year that no calendar has, an OSError), and
digits of other scripts.
"""

import math
import re
from datetime import UTC, datetime
from typing import Final

_WHOLE: Final = re.compile(r"-?[0-9]{1,11}")


def whole(text: str) -> int:
    """A whole number of at most 11 digits, as times have until the year 5138.

    Raises:
        ValueError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"no whole number: {text[:40]!r}")
    return int(text)


def seconds(text: str) -> float:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"no finite number: {text[:40]!r}")
    return found


def moment(text: str) -> datetime:
    """A time in seconds since 1970.

    Raises:
        ValueError: it is none, or lies beyond the calendar.
    """
    try:
        return datetime.fromtimestamp(seconds(text), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"no time: {text[:40]!r}") from error

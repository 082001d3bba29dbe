"""Numbers in normal form that belong to no subscriber: services, emergency lines, made-up test numbers.

They come as caller numbers from call centres, from exchanges that put a service's number in place of the
caller's, and from test equipment. Whoever calls with one is unidentified: a block of it would hit nobody
or everybody, so there is none.

What is listed is impossible as a subscriber's number by the numbering plan itself. Numbers that only
look made up are not listed: such as 0811-1111-1111 are sold as "nomor cantik", and somebody has them. No
carrier's range for tests is known to us.

`dialplan/special.conf` holds the same patterns, and a test compares them. ``X`` is any digit, ``[01]`` one of
these. A pattern of six places is of how a number begins; a longer one of a whole number.

Sources: KM 28/2004, the numbering table of the Fundamental Technical Plan 2000 (KM 4/2001), since followed
by PM Kominfo 14/2018: emergency 11X; services 1XY...; subscriber's numbers begin with
2 to 9; area codes with 2 to 7 and 9; national services 080X. Lengths of service numbers:
google/libphonenumber's metadata of ID. ITU-T E.164 and the North American plan for country code 1.
"""

import re
from collections.abc import Mapping
from typing import Final

BEGINNING: Final = 6
"""How many digits a pattern of a beginning has; every number in normal form has more."""

_SERVICES = "a service called with its area code: 021-110, 021-1500123, 0622-14045"

SPECIAL: Final[Mapping[str, str]] = {
    "621XXX": "110, 112, 119, 14045, 1500123, 0177 and 123456789 after 62: no area code begins with 1",
    "622[124][01]X": _SERVICES,
    "62[36]1[01]X": _SERVICES,
    "622[0356789]X[01]": _SERVICES,
    "62[36][023456789]X[01]": _SERVICES,
    "62[4579]XX[01]": _SERVICES,
    "6221500XXX": "021-500123: call centres of before 1500, in Jakarta, where subscribers have 7 or 8 digits",
    "6280XXXXXXX": "0800 free, 0804 shared cost, 0807 one number for all branches, 0809 premium; short form",
    "6280XXXXXXXX": "the same, with ten digits after the country code",
    "1[01]XXXX": "country code 1: no area code begins with 0 or 1",
    "1XXX[01]X": "country code 1: no exchange begins with 0 or 1",
}
"""Each pattern and what it is. The area codes of two digits are 21, 22, 24, 31 and 61; all others have three."""


def _expression(pattern: str) -> str:
    """The pattern as a regular expression for whole numbers."""
    places = pattern.replace("X", "[0-9]")
    length = len(re.sub(r"\[[0-9]+\]", "X", pattern))
    return f"{places}[0-9]*" if length == BEGINNING else places


_ANY: Final = re.compile("|".join(map(_expression, SPECIAL)), re.ASCII)


def is_special(number: str) -> bool:
    """True when that number, in normal form, can be no subscriber's."""
    return _ANY.fullmatch(number) is not None

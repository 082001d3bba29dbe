"""Telephone numbers in one normal form: digits with country code, ``62812...`` (E.164, no ``+``).

This list is the specification, for this module and for the dialplan alike. It uses nothing that a
dialplan's ``FILTER``, ``LEN`` and substrings can't do. Every length counts digits only.

1. Visual separators are dropped wherever they stand: ``-`` ``.`` ``(`` ``)`` (RFC 3966) and blanks.
2. What is left must be ASCII digits after at most one leading ``+``; anything else is
   unidentified. So is what has more than 40 characters with its separators.
3. A leading ``+`` is dropped, or else a leading ``00``: the number is *international*.
4. The first row that fits decides. *National* is what stands after 62 in the normal form.

   | digits | length | international | result | because |
   |---|---|---|---|---|
   | ``62...`` | any | yes | the rest is national | the country code |
   | any | any | yes | as it is: foreign | |
   | ``0...`` | any | no | the rest is national | the trunk prefix; no number abroad begins with 0 |
   | ``8...`` | 9 to 12 | no | all of it is national | a mobile number without its 0. China and Japan |
   | | | | | begin so as well, but a trunk here sends foreign numbers with ``+`` or ``00`` |
   | any | 10 or more | no | as if international | E.164 without ``+`` |
   | any | 9 or less | no | unidentified | local and service numbers: 5551234, 110, 14045 |

5. A national number loses what the trunk has put before it, twice at most:

   | national | length | loses | because |
   |---|---|---|---|
   | ``0...`` | any | the 0 | ``+62 (0)812...``: no area or mobile code begins with 0 |
   | ``62...`` | 12 or more | the 62 | ``6262812...``, ``062812...``, ``626221...``: 62x are area codes |
   | | | | (0620 to 0629), but no number there is that long |
   | ``628...`` | 11 | the 62 | a mobile number of nine digits; numbers of area 0628 have seven at most |
   | ``62x0..``, ``62x1..`` | 11 | the 62 | areas 21, 31, 61 and such: after an area code 062x, no |
   | | | | subscriber's number begins with 0 or 1 |
   | ``62x...`` | 11 | nothing | both readings are possible: ``6262 22 5551234``. No digit is taken |
   | | | | from a number that can be one, for the block would be another's |

6. A national number must then have 8 to 13 digits, 9 to 13 if it begins with 8, and neither begin with 0 nor
   be one of those that rule 5 shortens. A foreign number must have 8 to 15 digits, exactly 11 if it begins
   with 1, and not begin with 0. Neither may be one of `cc110.core.special`, which no subscriber has.
   Everything else is unidentified.

The first two rows of rule 5 undo what carriers and software are known to do
(google/libphonenumber#1995: a number with 62 but without ``+`` is taken for one of area 062x, and gets
a second 62). Where `phonenumbers` reads a form otherwise, the tests name it.
"""

import re
from typing import Final

from cc110.core.ids import Number
from cc110.core.special import is_special

SEPARATORS = "-.() "
COUNTRY: Final = "62"
MIN_DIGITS = 8
MIN_INDONESIAN = 10
MIN_MOBILE = 11
MAX_DIGITS = 15
MAX_CHARACTERS = 40
NORTH_AMERICAN = 11

_WITHOUT_SEPARATORS = str.maketrans("", "", SEPARATORS)

_ONE_DIGIT_CODES = ("1", "7")
_THREE_DIGIT_CODES = tuple(
    "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 83 85 87 88 89 96 97 99".split()  # noqa: SIM905
)
"""How ITU-T E.164's country codes of one and of three digits begin; all others have two."""


_MOBILE: Final = re.compile(r"(?:\+?62|0)(8[0-9]{8,12})", re.ASCII)
_NORMAL_MOBILE: Final = re.compile(r"628[0-9]{8,12}", re.ASCII)
"""What nearly all numbers are: a list has a million of them. The rules say the same, at three times the cost."""


def normalise(raw: str) -> Number | None:
    """A number in normal form; None when it identifies nobody (see the module's rules)."""
    if usual := _MOBILE.fullmatch(raw):
        found = COUNTRY + usual[1]
        return None if is_special(found) else Number(found)
    return by_rules(raw)


def by_rules(raw: str) -> Number | None:
    """The same, by the rules alone."""
    dialled = raw.translate(_WITHOUT_SEPARATORS)
    digits = dialled.removeprefix("+")
    if len(raw) > MAX_CHARACTERS or not (digits.isascii() and digits.isdigit()):
        return None
    if digits == dialled:
        found = _abroad(digits[2:]) if digits.startswith("00") else _here(digits)
    else:
        found = _abroad(digits)
    return Number(found) if is_result(found) else None


def _abroad(digits: str) -> str:
    """Rule 4, international: with a country code."""
    return _indonesian(digits[2:]) if digits.startswith(COUNTRY) else digits


def _here(digits: str) -> str:
    """Rule 4, not international: as somebody in Indonesia would dial it, or with a country code."""
    if digits.startswith("0"):
        return _indonesian(digits[1:])
    if digits.startswith("8") and 9 <= len(digits) <= 12:
        return _indonesian(digits)
    return _abroad(digits) if len(digits) >= 10 else ""


def _indonesian(national: str) -> str:
    """Rule 5: with one country code and no trunk prefix."""
    return COUNTRY + _shortened(_shortened(national))


def _shortened(national: str) -> str:
    if national.startswith("0"):
        return national[1:]
    return national[2:] if _is_doubled(national) else national


def _is_doubled(national: str) -> bool:
    """True when the 62 that it begins with can be no part of an area code."""
    if not national.startswith(COUNTRY) or len(national) < 11:
        return False
    return len(national) > 11 or national[2] == "8" or national[3] in "01"


def is_number(text: str) -> bool:
    """True when the text could be a result of ``normalise``: rule 6."""
    if _NORMAL_MOBILE.fullmatch(text):
        return not is_special(text)
    return is_result(text)


def is_result(text: str) -> bool:
    """The same, by the rule alone."""
    if not (text.isascii() and text.isdigit()):
        return False
    fits = _fits_indonesia if text.startswith(COUNTRY) else _fits_abroad
    return fits(text) and len(text) <= MAX_DIGITS and not is_special(text)


def _fits_indonesia(number: str) -> bool:
    least = MIN_MOBILE if number.startswith("628") else MIN_INDONESIAN
    national = number[2:]
    return len(number) >= least and _shortened(national) == national


def _fits_abroad(number: str) -> bool:
    if number.startswith("1"):
        return len(number) == NORTH_AMERICAN
    return len(number) >= MIN_DIGITS and not number.startswith("0")


def display(number: Number) -> str:
    """For people: ``+62 812-3456-7890``, country code, then groups of three and four digits."""
    code = _country_code(number)
    rest = number[len(code) :]
    groups = [rest[:3], *(rest[i : i + 4] for i in range(3, len(rest), 4))]
    return f"+{code} {'-'.join(groups)}"


def mask(number: Number) -> str:
    """For logs: ``62********890``, the country code and the last three digits."""
    code = _country_code(number)
    hidden = len(number) - len(code) - 3
    return f"{code}{'*' * hidden}{number[-3:]}"


def _country_code(number: Number) -> str:
    if number.startswith(_ONE_DIGIT_CODES):
        return number[:1]
    return number[:3] if number.startswith(_THREE_DIGIT_CODES) else number[:2]


def dialled_form(number: Number, prefix: str) -> str:
    """A number in normal form as a trunk wants it dialled.

    Args:
        number: digits with country code.
        prefix: ``+``, ``00`` or nothing, put before it; ``0``: ``0812...`` at home and ``00...`` abroad.
    """
    if prefix != "0":
        return prefix + number
    home = number.startswith("62")
    return "0" + number.removeprefix("62") if home else "00" + number

"""Telephone numbers in one normal form: digits with country code, ``62812...`` (E.164, no ``+``).

This list is the specification, for this module and for the dialplan alike. It uses nothing that a
dialplan's ``FILTER``, ``LEN`` and substrings can't do. Every length counts digits only.

1. Visual separators are dropped wherever they stand: ``-`` ``.`` ``(`` ``)`` (RFC 3966) and blanks.
2. What is left must be ASCII digits after at most one leading ``+``; anything else is
   unidentified. So is what has more than 40 characters with its separators.
3. A leading ``+`` is dropped, or else a leading ``00``: the number is *international*.
4. The first row that fits decides:

   | digits | length | international | result |
   |---|---|---|---|
   | ``62628...`` | 13 or more | any | the first ``62`` dropped: the trunk said it twice |
   | any | any | yes | as it is |
   | ``0628...`` | 12 or more | no | the ``0`` dropped: ``0`` before a complete number |
   | ``0...`` | any | no | ``62`` instead of the ``0`` |
   | ``8...`` | 9 to 12 | no | ``62`` before it: a mobile number without its ``0`` |
   | any | 10 or more | no | as it is: E.164 without ``+`` |
   | any | 9 or less | no | unidentified, as are service numbers: 110, 14045 |

5. The result must have 8 to 15 digits (10 to 15 if it begins with ``62``) and not begin with
   ``0``; else it is unidentified.

The rows of ``62628`` and ``0628`` undo what carriers are known to send
(google/libphonenumber#1995); their lengths keep the area code 0628 apart from ``0`` before
``628...``.
"""

from cc110.core.ids import Number

SEPARATORS = "-.() "
MIN_DIGITS = 8
MIN_INDONESIAN = 10
MAX_DIGITS = 15
MAX_CHARACTERS = 40

_WITHOUT_SEPARATORS = str.maketrans("", "", SEPARATORS)

_ONE_DIGIT_CODES = ("1", "7")
_THREE_DIGIT_CODES = tuple(
    "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 83 85 87 88 89 96 97 99".split()  # noqa: SIM905
)
"""How ITU-T E.164's country codes of one and of three digits begin; all others have two."""


def normalise(raw: str) -> Number | None:
    """A number in normal form; None when it identifies nobody (see the module's rules)."""
    dialled = raw.translate(_WITHOUT_SEPARATORS)
    digits = dialled.removeprefix("+")
    if len(raw) > MAX_CHARACTERS or not digits.isdigit():
        return None
    if digits == dialled and digits.startswith("00"):
        return _checked(_with_country(digits[2:], international=True))
    return _checked(_with_country(digits, international=digits != dialled))


def _with_country(digits: str, *, international: bool) -> str:
    """Rule 4: one branch for each row of its table."""
    length = len(digits)
    if digits.startswith("62628") and length >= 13:
        return digits[2:]
    if international:
        return digits
    if digits.startswith("0628") and length >= 12:
        return digits[1:]
    if digits.startswith("0"):
        return "62" + digits[1:]
    if digits.startswith("8") and 9 <= length <= 12:
        return "62" + digits
    return digits if length >= 10 else ""


def _checked(digits: str) -> Number | None:
    return Number(digits) if is_number(digits) else None


def is_number(text: str) -> bool:
    """True when the text could be a result of ``normalise``: rule 5."""
    least = MIN_INDONESIAN if text.startswith("62") else MIN_DIGITS
    plain = text.isascii() and text.isdigit() and not text.startswith("0")
    return plain and least <= len(text) <= MAX_DIGITS


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

"""Numbers in one normal form."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cc110.core.ids import Number
from cc110.core.numbers import display, is_number, mask, normalise

CORE = settings.get_profile("core")

FORMS = ("0{}", "62{}", "+62{}", "0062{}", "062{}", "6262{}", "{}", "+6262{}", "006262{}")
"""How a trunk may write one Indonesian mobile number."""

MOBILES = st.from_regex(r"8[1-9][0-9]{7,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("081234567890", "6281234567890"),
        ("+62 812-3456-7890", "6281234567890"),
        ("(021) 555.1234", "62215551234"),
        ("0622 12345", "6262212345"),
        ("0628 91234", "6262891234"),
        ("0628 123456", "62628123456"),
        ("+62 628 123456", "62628123456"),
        ("061 123456", "6261123456"),
        ("+6731234567", "6731234567"),
        ("0019723318", "19723318"),
        ("+14155550123", "14155550123"),
        ("14155550123", "14155550123"),
        ("8612345678", "628612345678"),
        ("8612345678901", "8612345678901"),
        ("123456789012345", "123456789012345"),
    ],
)
def test_what_identifies_somebody_has_one_form(raw: str, form: str) -> None:
    """Mobile and fixed, local and foreign, with and without separators."""
    assert form == normalise(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "+",
        "++6281234567890",
        "62+81234567890",
        "anonymous",
        "Anonim",
        "6281234567890\n",
        "62812%0d%0a34567890",
        '62812"34567890',
        "${EXTEN}",
        "6281234567890;ext=1",
        "6281234567890\x00",
        "٠٨١٢٣٤٥٦٧٨٩٠",
        "²8123456789",
        "110",
        "112",
        "117",
        "118",
        "14045",
        "1500123",
        "021110",
        "812345678901234567",
        "1234567890123456",
        "123456789",
        "81234567",
        "+1234567",
        "0812345",
        "+628123456",
        "+0812345678901",
        "000812345678901",
        "0" * 12,
        "0 8 1 2 3 4 5 6 7 8 9 0" + " " * 20,
    ],
)
def test_what_identifies_nobody_is_none(raw: str) -> None:
    """Never counted, never blocked: empty, withheld, service numbers, and text that means harm."""
    assert normalise(raw) is None


@CORE
@given(MOBILES)
def test_each_form_of_a_mobile_number_is_the_same_number(national: str) -> None:
    """As google/libphonenumber has it, wherever it calls the number a valid one."""
    known = phonenumbers.parse(f"+62{national}")
    if not phonenumbers.is_valid_number(known):
        return
    e164 = phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.E164).lstrip("+")

    assert {e164} == {normalise(form.format(national)) for form in FORMS}


@CORE
@given(st.from_regex(r"[2-79][0-9]{7,10}", fullmatch=True))
def test_a_fixed_line_is_the_same_number_in_local_and_foreign_form(national: str) -> None:
    """Whatever its area code."""
    known = phonenumbers.parse(f"+62{national}")
    if not phonenumbers.is_valid_number(known):
        return

    assert {normalise(f"0{national}")} == {
        normalise(f"{form}{national}") for form in ("+62", "0062")
    }


@CORE
@given(st.text(alphabet="0123456789+-.() a%$\"'\n\x00٣", max_size=45))
@example("+0062812345678")
@example("0062628123456789")
def test_a_normal_form_is_a_number_and_its_own_form(raw: str) -> None:
    """Digits only, in the limits of E.164; in its foreign form it is itself."""
    form = normalise(raw)

    assert form is None or ((is_number(form) and form == normalise(f"+{form}")) or _twice(form))


def _twice(form: Number) -> bool:
    """The one exception: what still looks like 62 said twice."""
    return form.startswith("62628") and len(form) >= 13


@pytest.mark.parametrize("text", ["", "0812345678", "+6281234567", "62812345", "1234567", "x" * 10])
def test_what_is_no_normal_form_is_not_taken_for_one(text: str) -> None:
    """A blocklist entry must have one."""
    assert not is_number(text)


@pytest.mark.parametrize(
    ("number", "shown", "masked"),
    [
        ("6281234567890", "+62 812-3456-7890", "62********890"),
        ("62215551234", "+62 215-5512-34", "62******234"),
        ("14155550123", "+1 415-5550-123", "1*******123"),
        ("6731234567", "+673 123-4567", "673****567"),
        ("79123456789", "+7 912-3456-789", "7*******789"),
    ],
)
def test_a_number_is_shown_in_groups_and_masked_in_logs(
    number: str, shown: str, masked: str
) -> None:
    """People read groups; a log keeps the country and the last three digits."""
    assert shown == display(Number(number))
    assert masked == mask(Number(number))


def test_country_codes_are_those_of_the_world() -> None:
    """As google/libphonenumber knows them."""
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        assert display(Number(f"{code}123456789")).startswith(f"+{code} "), code

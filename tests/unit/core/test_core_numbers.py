"""Numbers in one normal form."""

import re
from random import Random

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cc110.core.ids import Number
from cc110.core.numbers import (
    by_rules,
    dialled_form,
    display,
    is_number,
    is_result,
    mask,
    normalise,
)
from cc110.core.special import SPECIAL, is_special

SIGNS = re.compile(r"\[\d+\]")
CORE = settings.get_profile("core")

FORMS = (
    "0{}", "62{}", "+62{}", "0062{}", "062{}", "6262{}", "+6262{}", "006262{}", "{}",
    "+62 (0){}", "620{}", "+620{}", "00620{}", "0620{}", "62620{}", "+62620{}", "62062{}", "06262{}",
)  # fmt: skip
"""How a trunk may write one Indonesian mobile number."""

LANDLINE_FORMS = ("0{}", "62{}", "+62{}", "0062{}", "+62 (0){}", "620{}", "+620{}", "00620{}")
"""How it may write a landline's: for 62 said twice, see the table."""

THREE_DIGIT_AREAS = (
    "251 274 341 361 370 401 411 451 511 542 561 620 622 628 629 711 751 901 911 967"
)

MOBILES = st.from_regex(r"8[1-35-9][0-9]{7,10}", fullmatch=True)
LANDLINES = st.one_of(
    st.from_regex(r"(2[124]|[36]1)[2-9][0-9]{6,7}", fullmatch=True),
    st.from_regex(rf"({'|'.join(THREE_DIGIT_AREAS.split())})[2-9][0-9]{{4,6}}", fullmatch=True),
)
"""As the numbering plan has them: subscribers of big cities have 7 or 8 digits, all others up to 7."""


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        # Rules 1 to 4.
        ("081234567890", "6281234567890"),
        ("+62 812-3456-7890", "6281234567890"),
        ("(021) 555.1234", "62215551234"),
        ("0622 21234", "6262221234"),
        ("061 4123456", "62614123456"),
        ("0811123456", "62811123456"),
        ("+6731234567", "6731234567"),
        ("0033123456789", "33123456789"),
        ("+14155550123", "14155550123"),
        ("14155550123", "14155550123"),
        ("8612345678", "628612345678"),
        ("8612345678901", "8612345678901"),
        ("333333333333333", "333333333333333"),
        # Rule 5: a trunk zero kept after the country code.
        ("+62 (0)812-3456-7890", "6281234567890"),
        ("620812345678", "62812345678"),
        ("+62021 5551234", "62215551234"),
        ("0062 0361 234567", "62361234567"),
        ("+62 0628 234567", "62628234567"),
        # 62 said twice, before a landline's number.
        ("6262 21 5551234", "62215551234"),
        ("+6262 31 55512345", "623155512345"),
        ("062 61 4123456", "62614123456"),
        ("62 62 274 5551234", "622745551234"),
        ("6262 401 234567", "62401234567"),
        ("062 62 622 2345678", "626222345678"),
        ("6262 0 21 5551234", "62215551234"),
        ("62 0 62 81234567890", "6281234567890"),
        # 62 that can be an area code's beginning stays.
        ("0628 91234", "6262891234"),
        ("0628 2345678", "626282345678"),
        ("+62 628 2345678", "626282345678"),
        ("+62 628 12345678", "62812345678"),
        ("6262 22 5551234", "6262225551234"),
        ("0620 2345678", "626202345678"),
    ],
)
def test_what_identifies_somebody_has_one_form(raw: str, form: str) -> None:
    """Mobile and fixed, local and foreign, with and without separators: each row of the rules."""
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
        "812345678901234567",
        "2234567890123456",
        "234567890",
        "81234567",
        "+2234567",
        "0812345",
        "081234567",
        "+628123456",
        "+6281234567",
        "+62 21 23456",
        "+0812345678901",
        "000812345678901",
        "0" * 12,
        "0 8 1 2 3 4 5 6 7 8 9 0" + " " * 20,
        # What is said three times: nobody knows what was meant.
        "62000812345678",
        "62626262812345678",
        "620620812345678",
        # Country code 1 has eleven digits, and always these.
        "0019723318",
        "1234567890",
        "123456789012345",
        "+10234567890",
        "+11234567890",
        "+14150550123",
        "+14151550123",
    ],
)
def test_what_identifies_nobody_is_none(raw: str) -> None:
    """Never counted, never blocked: empty, withheld, too short, too long, and text that means harm."""
    assert normalise(raw) is None


@pytest.mark.parametrize(
    "service",
    [
        *("110", "112", "113", "115", "117", "118", "119", "129"),
        *("14045", "14000", "147", "1500123", "15001234", "500123"),
    ],
)
@pytest.mark.parametrize(
    "form", ["{}", "+62{}", "62{}", "0062{}", "0{}", "021{}", "+6221{}", "62021{}"]
)
def test_a_service_calls_for_nobody(service: str, form: str) -> None:
    """By itself, with the country code, with Jakarta's area code, and with both."""
    assert normalise(form.format(service)) is None


@pytest.mark.parametrize(
    "raw",
    [
        *("0800 1234567", "0800 123456", "+62 804 1234567", "62 807 1234567", "0809 1234567"),
        *("0622 14045", "+62 361 1500123", "0274 110123", "0451 012345", "0967 1234567"),
        *("0251 112345", "031 1500123", "024 012345678", "061 123456", "0177 1234567"),
        *("+62123456789", "0123456789", "011111111111", "0350 0123456", "0600 1234567"),
    ],
)
def test_what_no_subscriber_can_have_is_none(raw: str) -> None:
    """Free and premium numbers, services of other areas, and sequences that begin as no number does."""
    assert normalise(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        *("0811-1111-1111", "0812-3456-7890", "0888-8888-8888", "022-22222222", "0840-1234-5678"),
        *("021-5001234", "0361-500123", "031-500-1234", "021-2110-1234", "+1 212 555 0100"),
    ],
)
def test_what_looks_made_up_may_be_somebody_s(raw: str) -> None:
    """Such numbers are sold; a caller is not told apart by how pretty his number is."""
    assert normalise(raw) is not None


SAMPLES = {
    "621XXX": ("6211234567", "6221234567"),
    "622[124][01]X": ("622412345678", "622422345678"),
    "62[36]1[01]X": ("62310123456", "62313123456"),
    "622[0356789]X[01]": ("622741234567", "622742234567"),
    "62[36][023456789]X[01]": ("62361012345", "62361212345"),
    "62[4579]XX[01]": ("62967112345", "62967212345"),
    "6221500XXX": ("6221500123", "6221501123"),
    "6280XXXXXXX": ("62800123456", "62810123456"),
    "6280XXXXXXXX": ("628001234567", "628401234567"),
    "1[01]XXXX": ("11234567890", "12234567890"),
    "1XXX[01]X": ("12221234567", "12222234567"),
}
"""For each pattern a number that is special by it, and one beside it that is somebody's."""


@pytest.mark.parametrize(("pattern", "numbers"), SAMPLES.items())
def test_each_pattern_takes_its_own_numbers_and_not_those_beside(
    pattern: str, numbers: tuple[str, str]
) -> None:
    """None is there in vain, and none takes a subscriber's number."""
    special, beside = numbers
    as_regex = pattern.replace("X", "[0-9]") + ("$" if len(SIGNS.sub("X", pattern)) > 6 else "")

    assert re.match(as_regex, special)
    assert is_special(special)
    assert not is_number(special)
    assert is_number(beside)


def test_every_pattern_has_its_samples() -> None:
    """One that is added comes with its own."""
    assert set(SPECIAL) == set(SAMPLES)


@CORE
@given(MOBILES, st.randoms(use_true_random=False))
def test_each_form_of_a_mobile_number_is_the_same_number(national: str, chance: Random) -> None:
    """With separators anywhere."""
    forms = [_spaced(form.format(national), chance) for form in FORMS]

    assert {f"62{national}"} == {normalise(form) for form in forms}


@CORE
@given(LANDLINES, st.randoms(use_true_random=False))
def test_each_form_of_a_landline_is_the_same_number(national: str, chance: Random) -> None:
    """Whatever its area code, also those that begin with 62 themselves."""
    forms = [_spaced(form.format(national), chance) for form in LANDLINE_FORMS]

    assert {f"62{national}"} == {normalise(form) for form in forms}


def _spaced(number: str, chance: Random) -> str:
    """As people write it."""
    return "".join(sign + chance.choice(["", "", "", "-", " ", "."]) for sign in number)


@CORE
@given(LANDLINES.filter(lambda national: len(national) > 9))
def test_a_doubled_62_is_dropped_only_where_it_can_be_no_area_code(national: str) -> None:
    """Ten digits and more always; what could be a number of area 062x is one."""
    assert {f"62{national}"} == {normalise(f"{twice}{national}") for twice in ("6262", "062")}


@CORE
@given(st.text(alphabet="0123456789+-.() a%$\"'\n\x00٣", max_size=45))
@example("+0062812345678")
@example("0062628123456789")
@example("62062812345678")
@example("6262628123456789")
@example("620620812345678")
def test_a_normal_form_is_a_number_and_its_own_form(raw: str) -> None:
    """Digits only, in the limits of E.164; in its foreign form it is itself."""
    form = normalise(raw)

    assert form is None or (
        is_number(form) and form == normalise(f"+{form}") == normalise(f"00{form}")
    )


@CORE
@given(st.from_regex(r"(62|620|6262|1|[2-9])[0-9]{6,13}", fullmatch=True))
def test_whatever_is_a_number_is_its_own_form(text: str) -> None:
    """What the blocklist takes for a number is one that a caller can have."""
    assert is_number(text) == (normalise(f"+{text}") == text)


@CORE
@given(
    st.one_of(
        st.from_regex(r"(\+|00|0|62|\+62|062|6262)?[0-9٣]{7,15}", fullmatch=True),
        st.from_regex(r"(\+?62|0|\+0|)8[0-9]{7,13}\n?", fullmatch=True),
        st.text(alphabet="0268+-. ", max_size=20),
    )
)
@example("62800123456")
@example("0812345678")
@example("081234567890\n")
@example("+62812345678901234")
def test_the_short_way_for_mobile_numbers_says_what_the_rules_say(raw: str) -> None:
    """A list's million numbers take it; no form may come out otherwise by it."""
    assert normalise(raw) == by_rules(raw)
    assert is_number(raw) == is_result(raw)


# --- against google/libphonenumber --------------------------------------------------------------------


@CORE
@given(st.one_of(MOBILES, LANDLINES))
def test_libphonenumber_reads_the_same_number(national: str) -> None:
    """In the forms that it knows: national, international, and with the trunk zero kept."""
    known = phonenumbers.parse(f"+62{national}")
    assert phonenumbers.is_possible_number(known)
    for form in ("0{}", "+62{}", "+620{}", "+62 (0){}"):
        said = form.format(national)
        read = phonenumbers.parse(said, "ID")
        assert _e164(read) == normalise(said), said


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_number_of_every_country_is_what_libphonenumber_calls_it(region: str) -> None:
    """Its own examples of fixed and mobile numbers, with ``+``, with ``00``, and apart."""
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    for kind in kinds:
        known = phonenumbers.example_number_for_type(region, kind)
        if known is None or (number := _e164(known)) in TOO_SHORT:
            continue
        assert number == normalise(f"+{number}") == normalise(f"00{number}")
        spaced = phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        assert number == normalise(spaced)


TOO_SHORT = {"2908999", "6837012", "6907290", "6903101"}
"""Numbers of Tristan da Cunha, Niue and Tokelau: with seven digits, too short to be told from local ones."""


@pytest.mark.parametrize(
    ("raw", "ours", "theirs"),
    [
        # It takes 62 without "+" for an area code (google/libphonenumber#1995); a trunk sends E.164 like that.
        ("62811123456", "62811123456", "6262811123456"),
        ("62215551234", "62215551234", "6262215551234"),
        # So it says 62 twice, and believes it when it is said.
        ("+6262811123456", "62811123456", "6262811123456"),
        ("6262811123456", "62811123456", "6262811123456"),
        # It knows the prefixes 008 and 009 for calls abroad, and not the 00 that trunks use (ITU-T E.164).
        ("0062812345678", "62812345678", "620062812345678"),
        # Services are numbers to it, as they are for a telephone that calls them.
        ("0800 1234567", None, "628001234567"),
        ("021 1500123", None, "62211500123"),
        # Up to eight digits are possible in an area of three, to it; the plan has seven.
        ("0628 12345678", "62812345678", "6262812345678"),
    ],
)
def test_where_we_differ_from_libphonenumber_it_is_on_purpose(
    raw: str, ours: str | None, theirs: str | None
) -> None:
    """Each difference has its reason."""
    try:
        read = phonenumbers.parse(raw, "ID")
    except phonenumbers.NumberParseException:
        read = None

    assert ours == normalise(raw)
    assert theirs == (_e164(read) if read and phonenumbers.is_possible_number(read) else None)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0812345678",
        "+6281234567",
        "+62 21 23456",
        "62812345",
        "2234567",
        "x" * 10,
        "6281234567",
        "6262811123456",
        "62081234567",
    ],
)
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


def test_a_number_is_dialled_as_the_trunk_wants_it() -> None:
    """A prefix before the country code, or as people at home dial."""
    home, abroad = Number("6281200000801"), Number("442071838750")
    assert [dialled_form(home, prefix) for prefix in ("+", "00", "", "0")] == [
        "+6281200000801",
        "006281200000801",
        "6281200000801",
        "081200000801",
    ]
    assert dialled_form(abroad, "0") == "00442071838750"


def test_country_codes_are_those_of_the_world() -> None:
    """As google/libphonenumber knows them."""
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        assert display(Number(f"{code}123456789")).startswith(f"+{code} "), code

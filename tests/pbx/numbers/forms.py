"""Some thousand headers as trunks send them, and as they should not: the same ones at every run.

The numbers are put together by chance from the areas and networks that exist; they belong to nobody known.
"""

import random
from collections.abc import Iterator
from itertools import product
from typing import Final

SEED: Final = 1100
MOBILES: Final = 110
FOREIGNERS: Final = 120
CHANCE: Final = 400

MOBILE_FORMS: Final = (
    "0{}", "62{}", "+62{}", "0062{}", "062{}", "6262{}", "+6262{}", "006262{}", "{}",
    "+62(0){}", "620{}", "+620{}", "00620{}", "0620{}", "62620{}", "62062{}", "06262{}", "+0{}", "000{}",
)  # fmt: skip
LANDLINE_FORMS: Final = (
    "0{}", "62{}", "+62{}", "0062{}", "062{}", "6262{}", "+6262{}", "{}", "+62 (0){}", "620{}", "0620{}",
)  # fmt: skip
AREAS: Final = (
    "21", "22", "24", "31", "61",
    "251", "274", "341", "361", "370", "401", "411", "451", "511", "542", "561", "711", "751", "911", "967",
    "620", "621", "622", "623", "624", "625", "626", "627", "628", "629",
)  # fmt: skip
"""Of two and of three digits, and all that begin like the country code."""
COUNTRIES: Final = {
    "1": 10, "7": 10, "20": 10, "31": 9, "33": 9, "44": 10, "49": 11, "60": 9, "61": 9, "65": 8, "66": 9,
    "81": 10, "82": 10, "86": 11, "91": 10, "353": 9, "590": 9, "670": 8, "673": 7, "675": 8, "852": 8, "966": 9,
}  # fmt: skip
"""Country codes and how many digits follow."""
SERVICES: Final = (
    "110", "112", "113", "115", "117", "118", "119", "129", "14045", "14000", "147", "1500123", "15001234",
    "500123", "08001234567", "0800123456", "08041234567", "08071234567", "08091234567", "01771234567",
    "123456789", "0123456789", "1234567890", "123456789012345", "000000000000", "011111111111",
    "081111111111", "0811111111111", "022222222222", "+99999999999", "911", "+911", "",
)  # fmt: skip
SERVICE_FORMS: Final = (
    "{}",
    "+62{}",
    "62{}",
    "021{}",
    "+6221{}",
    "0622{}",
    "+62622{}",
    "0062{}",
    "062{}",
)
DRESSES: Final = (
    "<sip:{}@127.0.0.2>", "sip:{}@127.0.0.2", '"0812" <sip:{}@ims.example;user=phone>', "<sips:{}@x>",
    "<sip:{};phone-context=+62@x>", "<sip:{};ext=1;isub=2@x;user=phone>", "<tel:{}>", "tel:{}",
    "<tel:{};phone-context=ims.example>", "<SIP:{}@x:5060;transport=udp>", '"A, B" <sip:{}@x>;tag=1',
)  # fmt: skip
HOSTILE: Final = (
    "anonymous", "Anonim", "unknown", "0812a3456789", "O81234567890", "+", "++6281234567890", "62+81234567890",
    "6281234567890+", "${HANGUP}", "$[1+1]", "${EXTEN}0812", "0812%0d%0aX-Forged:yes", "0812|3456789",
    "0812,3456789", "0812&3456789", "0812\\,3456", "0812'3456789", '0812"3456789', "0812)3456(789", "0812[3456]789",
    "0812~3456789", "0812/3456789", "0812#", "*110#", "8" * 60, "9" * 300, "+" + "9" * 15, "+" + "9" * 16,
    "0" * 12, "0 8 1 2 3 4 5 6 7 8 9 0" + " " * 20, "x" * 41, "081234567890" + "-" * 28,
    "081234567890" + "-" * 29, "NULL", "nan", "1e11", "-6281234567890",
    "6281234567890-", "\u0660\u0668\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660", "\u00b2081234567",
)  # fmt: skip


def headers() -> tuple[str, ...]:
    """Every one once."""
    chance = random.Random(SEED)
    made = (
        *_mobiles(chance),
        *_landlines(chance),
        *_foreigners(chance),
        *_services(),
        *_noise(chance),
    )
    dressed = [chance.choice(DRESSES).format(_spaced(chance, number)) for number in made]
    hostile = [dress.format(text) for text in HOSTILE for dress in DRESSES]
    return tuple(dict.fromkeys([*dressed, *hostile]))


def _mobiles(chance: random.Random) -> Iterator[str]:
    for _ in range(MOBILES):
        national = "8" + chance.choice("123456789") + _digits(chance, chance.randint(7, 10))
        yield from (form.format(national) for form in MOBILE_FORMS)


def _landlines(chance: random.Random) -> Iterator[str]:
    for area, length in product(AREAS, range(4, 9)):
        national = area + chance.choice("2345678901") + _digits(chance, length - 1)
        yield from (form.format(national) for form in LANDLINE_FORMS)


def _foreigners(chance: random.Random) -> Iterator[str]:
    for turn in range(FOREIGNERS):
        code = list(COUNTRIES)[turn % len(COUNTRIES)]
        number = code + _digits(chance, COUNTRIES[code])
        yield from (f"{prefix}{number}" for prefix in ("+", "00", "", "0"))


def _services() -> Iterator[str]:
    for service in SERVICES:
        yield from (form.format(service) for form in SERVICE_FORMS)


def _noise(chance: random.Random) -> Iterator[str]:
    """What numbers begin with, and then anything of any length: also what nobody has thought of."""
    starts = (
        "",
        "+",
        "00",
        "0",
        "62",
        "+62",
        "062",
        "6262",
        "620",
        "628",
        "6280",
        "621",
        "6221",
        "1",
        "+1",
    )
    for _ in range(CHANCE):
        yield chance.choice(starts) + _digits(chance, chance.randint(0, 14))


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _spaced(chance: random.Random, number: str) -> str:
    """As people write numbers, one time in three: with separators between some of the digits."""
    if chance.random() > 1 / 3:
        return number
    return "".join(sign + chance.choice(("", "", "-", ".", " ")) for sign in number)

"""The kinds of value that a site may write. None can break out of a line of PBX configuration.

Strict: a port is ``5060``, not ``"5060"``. Messages finish the sentence "`key` in [section] ...".
"""

import re
from collections.abc import Callable
from datetime import time
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr

from cc110.config.problem import hint
from cc110.core.ids import AgentId, PolresExt, QueueName, UnitId

T = TypeVar("T")
Network = IPv4Network | IPv6Network

INDONESIAN_ZONES: Final = {
    "WIB": "Asia/Jakarta",
    "WITA": "Asia/Makassar",
    "WIT": "Asia/Jayapura",
}
LONGEST_TEXT: Final = 80
_SHARP: Final = re.compile(r"[;,&|$\"`\\{}\[\]<>#%=\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHARP_IN_PATH: Final = re.compile(r"[;,&|$\"'`\\{}\[\]()<>#%=?*!\x00-\x1f\x7f-\x9f]")
_SHARP_IN_LIST: Final = re.compile(r"[;<>|\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would break a list of names in one cell of a spreadsheet."""
_PLACEHOLDER: Final = re.compile(r"@[A-Z]+@")


def plain(value: str) -> str:
    """A name for people."""
    if found := _SHARP.search(value):
        raise ValueError(f"may not contain {found[0]!r}")
    if not value.strip() or len(value) > LONGEST_TEXT:
        raise ValueError(f"must have 1 to {LONGEST_TEXT} characters")
    return value


def path_text(value: str) -> str:
    """A path that Asterisk can read in a configuration line and in an application's arguments."""
    if found := _SHARP_IN_PATH.search(value) or _PLACEHOLDER.search(value):
        raise ValueError(f"may not contain {found[0]!r}")
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def network(value: str) -> Network:
    """The addresses of ``192.0.2.1`` or ``192.0.2.0/28``.

    Raises:
        ValueError: it is neither.
    """
    try:
        return ip_network(value, strict=True)
    except ValueError:
        raise ValueError(
            f'must be an IP address or network such as "192.0.2.1" or "192.0.2.0/28", not "{value}"'
        ) from None


def zone_name(value: str) -> str:
    """The IANA name of a time zone."""
    return INDONESIAN_ZONES.get(value, value)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) | INDONESIAN_ZONES.keys()


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(zone_name(value))
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        close = hint(value, _zone_names())
        raise ValueError(f'must be WIB, WITA, WIT or an IANA zone, not "{value}"{close}') from None
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        raise ValueError(
            f'must be an IP address, not "{value}": a name needs a DNS answer'
        ) from None
    return value


def _address(value: str) -> str:
    network(value)
    return value


def person(value: str) -> str:
    """A name with titles, for people and lists: it never reaches the PBX's configuration."""
    if found := _SHARP_IN_LIST.search(value):
        raise ValueError(f"may not contain {found[0]!r}")
    if value != value.strip() or not 1 <= len(value) <= LONGEST_TEXT:
        raise ValueError(f"must have 1 to {LONGEST_TEXT} characters, without spaces around them")
    return value


def clock(value: str) -> time:
    """The time of day of ``07:00``.

    Raises:
        ValueError: it is none.
    """
    return time.fromisoformat(_clock(value))


def _url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise ValueError("must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")
    return value


def _extension(value: str) -> str:
    if value.startswith("*"):
        raise ValueError(f'may not be "{value}": "*" begins the codes on an operator\'s phone')
    return _like(r"[0-9]{3,6}", "must be 3 to 6 digits")(value)


def _area(value: str) -> str:
    if value.startswith("08"):
        raise ValueError(f'may not be "{value}": 08 begins mobile numbers, which have no place')
    return _like(r"0[2-9][0-9]{1,2}", 'must be an area code such as "061" or "0622"')(value)


def _like(pattern: str, sentence: str) -> Callable[[str], str]:
    shape = re.compile(pattern)

    def checked(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(f'{sentence}, not "{value}"')
        return value

    return checked


_code = _like(r"[a-z0-9]+(-[a-z0-9]+)*", "must be small letters, digits and single hyphens")
_host_name = _like(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?", "must be a host's name or address")
_dialled = _like(r"\+?[0-9]{3,15}", "must be digits, with or without a + in front")

_clock = _like(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'must be a time of day such as "07:00"')
_phone = _like(r"\+?[0-9]{3,15}", "must be a telephone number of digits, with or without a +")
_sip = _like(
    r"sips?:[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.:-]{1,253}|sips?:[A-Za-z0-9_.+-]{1,64}@\[[0-9a-f:]+\](:[0-9]+)?",
    'must be an address such as "sip:spkt@192.0.2.7"',
)
_outbound = _like(
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?",
    'must be an address such as "192.0.2.7" or "192.0.2.7:5060"',
)
_geojson = _like(
    r"([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(geo)?json",
    'must be a file below the site\'s folder such as "areas/polda.geojson"',
)

Plain = Annotated[str, AfterValidator(plain)]
PathText = Annotated[str, AfterValidator(path_text)]
Code = Annotated[str, Field(max_length=40), AfterValidator(_code)]
UnitCode = Annotated[UnitId, Field(max_length=40), AfterValidator(_code)]
Queue = Annotated[QueueName, Field(max_length=40), AfterValidator(_code)]
OperatorId = Annotated[AgentId, AfterValidator(_extension)]
PolresExtension = Annotated[PolresExt, AfterValidator(_extension)]
AreaCode = Annotated[str, AfterValidator(_area)]
Dialled = Annotated[str, AfterValidator(_dialled)]
Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
HostName = Annotated[str, Field(max_length=253), AfterValidator(_host_name)]
"""An address, or a name that is looked up."""
TimeZone = Annotated[str, AfterValidator(_time_zone)]
JournalUrl = Annotated[SecretStr, AfterValidator(_url)]
SecretText = Annotated[SecretStr, Field(strict=False, min_length=1, max_length=200)]
Person = Annotated[str, AfterValidator(person)]
Phone = Annotated[str, AfterValidator(_phone)]
"""A number of the public network, as it is dialled."""
Outbound = Annotated[str, AfterValidator(_outbound)]
SipUri = Annotated[str, AfterValidator(_sip)]
Clock = Annotated[str, AfterValidator(_clock)]
GeoJsonFile = Annotated[str, Field(max_length=200), AfterValidator(_geojson)]
Port = Annotated[int, Field(ge=1, le=65535)]
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A list in TOML, a tuple here."""

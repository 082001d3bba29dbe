"""Which Polda a call belongs to, and by what: the rules of ``dialplan/origin.conf``, for those who explain them.

A test holds both against each other. What a location in the SIP message says (RFC 6442) is compared by names
of regencies and provinces (RFC 5139), or is a point on the map.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cc110.core.ids import Number, QueueName, UnitId
from cc110.core.places import Point, regency_key
from cc110.core.words import OriginBy

COUNTRY: Final = "62"
LONGEST_KEY: Final = 80
"""Letters of a name that are compared."""
SHORTEST_KEY: Final = 3
LONGEST_SHOWN: Final = 40
MOST_POINTS: Final = 50
FARTHEST_KM: Final = 300.0
"""An office farther away than that says nothing of where a call belongs."""
_SHOWN: Final = re.compile(r"[^A-Za-z0-9 .'-]+")
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kota ": ("kota", "kotaadministrasi", "kotaadm", "kodya"),
    "kabupaten ": ("kabupaten", "kabupatenadministrasi", "kabadm", "kab"),
}


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What a location came to."""

    queue: QueueName
    name: str
    """For the operator's display: letters, digits and blanks."""
    unit: UnitId | None = None
    """The Polres, where it is only one."""
    polsek: UnitId | None = None
    """Of that Polres, for a point on the map; told only where the climb rings Polseks."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A regency or province and who has it."""

    name: str
    queue: QueueName
    unit: UnitId | None = None


@dataclass(frozen=True, kw_only=True)
class Origins:
    """A site's evidence for origins, and the order in which it counts."""

    order: tuple[OriginBy, ...]
    default: QueueName
    dialled: Mapping[str, QueueName] = field(default_factory=dict)
    trunks: Mapping[str, QueueName] = field(default_factory=dict)
    areas: Mapping[str, QueueName] = field(default_factory=dict)
    """By area code, such as ``061``."""
    places: Mapping[str, Placed] = field(default_factory=dict)
    """By `civic_key`."""
    desks: Mapping[str, UnitId] = field(default_factory=dict)
    """The Polres or Polsek of a trunk's calls."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a call belongs, and why."""

    queue: QueueName
    by: OriginBy
    of: str = ""
    """What decided: the number dialled, the area code, the trunk, the place."""


def origin_of(
    origins: Origins,
    *,
    number: Number | None = None,
    dialled: str = "",
    trunk: str = "",
    place: Placed | None = None,
) -> Origin:
    """The first evidence that knows a Polda decides; else the default."""
    for by in origins.order:
        queue, of = _by(by, origins, number=number, dialled=dialled, trunk=trunk, place=place)
        if queue is not None:
            return Origin(queue=queue, by=by, of=of)
    return Origin(queue=origins.default, by=OriginBy.DEFAULT)


def _by(
    by: OriginBy,
    origins: Origins,
    *,
    number: Number | None,
    dialled: str,
    trunk: str,
    place: Placed | None,
) -> tuple[QueueName | None, str]:
    match by:
        case OriginBy.DIALLED:
            return origins.dialled.get(dialled), dialled
        case OriginBy.LOCATION:
            return (place.queue, place.name) if place else (None, "")
        case OriginBy.AREA_CODE:
            code = area_code(origins.areas, number)
            return (origins.areas[code], code) if code else (None, "")
        case OriginBy.TRUNK:
            return origins.trunks.get(trunk), trunk
        case _:
            return None, ""


def area_code(areas: Mapping[str, QueueName], number: Number | None) -> str:
    """The longest area code of these that a number has; empty if none."""
    if number is None or not number.startswith(COUNTRY):
        return ""
    national = "0" + number.removeprefix(COUNTRY)
    return next((national[:length] for length in (4, 3) if national[:length] in areas), "")


def civic_key(text: str) -> str:
    """A name as it is compared: its letters, small, the first eighty characters of it."""
    short = text.encode()[:LONGEST_KEY].decode(errors="ignore")
    return "".join(char for char in short if char.isascii() and char.isalpha()).lower()


def desk_of(origins: Origins, *, trunk: str, place: Placed | None) -> UnitId | None:
    """The unit whose desk is the caller's own, where the climb rings desks: of his place, else of his trunk."""
    located = (place.polsek or place.unit) if place else None
    return located or origins.desks.get(trunk)


def place_table(regencies: Iterable[Claim], provinces: Iterable[Claim]) -> Mapping[str, Placed]:
    """Every form of each name, with its Polda; a name that two Poldas have says nothing."""
    found: dict[str, list[Claim]] = {}
    for claim in regencies:
        for key in _regency_forms(claim.name):
            found.setdefault(key, []).append(claim)
    for claim in provinces:
        for key in (civic_key(claim.name), civic_key("provinsi" + claim.name)):
            found.setdefault(key, []).append(claim)
    placed = ((key, _agreed(claims)) for key, claims in found.items() if len(key) >= SHORTEST_KEY)
    return {key: one for key, one in placed if one}


def _regency_forms(name: str) -> set[str]:
    key = regency_key(name)
    for kind, forms in _KINDS.items():
        if key.startswith(kind):
            bare = civic_key(key.removeprefix(kind))
            return {bare, *(form + bare for form in forms)}
    return {civic_key(key)}


def _agreed(claims: list[Claim]) -> Placed | None:
    first, *_ = claims
    if any(claim.queue != first.queue for claim in claims):
        return None
    units = {claim.unit for claim in claims}
    unit = units.pop() if len(units) == 1 else None
    alike = len({claim.name for claim in claims}) == 1
    name = first.name if alike else first.name.partition(" ")[2] or first.name
    return Placed(queue=first.queue, name=shown(name), unit=unit)


def shown(name: str) -> str:
    """A name for a telephone's display, without what would steer the dialplan."""
    return _SHOWN.sub(" ", name.partition("(")[0]).strip()[:LONGEST_SHOWN].strip()


def middle(text: str) -> Point | None:
    """The middle of the points in ``-6.2615 106.8106:500``, as the dialplan hands them on.

    What is no pair (such as a radius) is left out; a third figure is a height. None if no point is left.
    """
    points = [point for part in text.split(":")[:MOST_POINTS] if (point := _point(part))]
    if not points:
        return None
    count = len(points)
    return Point(lat=sum(p.lat for p in points) / count, lon=sum(p.lon for p in points) / count)


def _point(text: str) -> Point | None:
    figures = text.split()
    if not 2 <= len(figures) <= 3:
        return None
    try:
        lat, lon = (float(figure) for figure in figures[:2])
    except ValueError:
        return None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Point(lat=lat, lon=lon)

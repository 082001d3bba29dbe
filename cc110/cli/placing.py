"""From a place to units. Importing this brings pydantic in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cc110.config.areas import atlas
from cc110.config.directory import Unit
from cc110.config.model import Config
from cc110.config.problem import hint
from cc110.core.places import Found, Point, units_of_regency
from cc110.ports import Cc110Error

PAIR: Final = re.compile(r"\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*[,;]\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*")


class NoPlace(Cc110Error):
    """No unit has that place."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A unit that has a place."""

    unit: Unit
    found: Found | None
    """How a point was found; None for a regency's name."""
    polsek: Unit | None
    polsek_km: float | None
    polda: Unit | None
    texts: dict[str, str]


def place(config: Config, text: str) -> tuple[Placed, ...]:
    """The Polres of a place; several for the name of a regency that several have.

    Raises:
        NoPlace: nobody has it.
    """
    if pair := PAIR.fullmatch(text):
        return (_at(config, Point(lat=float(pair[1]), lon=float(pair[2]))),)
    claims = [
        (name, unit.code)
        for unit in config.directory.units
        if unit.kind == "polres"
        for name in unit.area.regencies
    ]
    codes = units_of_regency(claims, text)
    if not codes:
        close = hint(text, dict.fromkeys(name for name, _ in claims)).rstrip("?")
        raise NoPlace(f"no Polres has the regency `{text}`{close}; or give `latitude,longitude`")
    units = (config.unit(code) for code in codes)
    return tuple(_placed(config, unit, None, None) for unit in units if unit)


def require_point(point: Point) -> None:
    """Refuse degrees that are none.

    Raises:
        NoPlace: they are.
    """
    if abs(point.lat) > 90 or abs(point.lon) > 180:
        raise NoPlace(f"{point.lat:g},{point.lon:g} is no place; latitude comes first")


def _at(config: Config, point: Point) -> Placed:
    require_point(point)
    found = atlas(config, "polres").unit_at(point)
    unit = config.unit(found.unit) if found else None
    if unit is None:
        raise NoPlace("no Polres of this directory has a border or a centre")
    return _placed(config, unit, found, point)


def _placed(config: Config, unit: Unit, found: Found | None, point: Point | None) -> Placed:
    polsek, km = _polsek(config, point)
    polda = config.unit(unit.parent) if unit.parent else None
    texts = {
        "name": unit.name,
        "reached": unit.extension or unit.phone or unit.sip or "",
        "officers": officers(unit),
        "polda": f"{polda.name} ({polda.code})" if polda else "",
        "polsek": "; ".join(filter(None, (_reached(polsek), officers(polsek)))) if polsek else "",
    }
    return Placed(unit=unit, found=found, polsek=polsek, polsek_km=km, polda=polda, texts=texts)


def _polsek(config: Config, point: Point | None) -> tuple[Unit | None, float | None]:
    found = atlas(config, "polsek").unit_at(point) if point else None
    return (config.unit(found.unit), found.distance_km) if found else (None, None)


def _reached(unit: Unit) -> str:
    return " ".join(filter(None, (unit.name, unit.extension or unit.phone or unit.sip)))


def officers(unit: Unit) -> str:
    """Names with their roles, for people."""
    every = (" ".join(filter(None, (o.role.upper(), o.name, o.phone))) for o in unit.officers)
    return "; ".join(every)


def as_json(one: Placed) -> Mapping[str, Any]:
    """The unit and why, for programs."""
    found = one.found
    return {
        "unit": one.unit.code,
        "extension": one.unit.extension,
        "polda": one.polda.code if one.polda else None,
        "by": "regency" if found is None else "border" if found.by_border else "centre",
        "distance_km": found.distance_km if found else None,
        "also": list(found.also) if found else [],
        "polsek": one.polsek.code if one.polsek else None,
        "polsek_km": one.polsek_km,
    }

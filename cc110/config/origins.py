"""From a site's data to what its calls' origins are told by."""

from collections.abc import Callable, Iterator

from cc110.config.areas import atlas
from cc110.config.directory import Unit
from cc110.config.model import Config
from cc110.core.ids import QueueName, UnitId
from cc110.core.origin import FARTHEST_KM, Claim, Origins, Placed, place_table, shown
from cc110.core.places import Found, Point
from cc110.core.words import OriginBy


def origins(config: Config) -> Origins:
    """All evidence that the directory names."""
    said = config.directory.origin
    return Origins(
        order=tuple(OriginBy(word) for word in said.order),
        default=said.default,
        dialled={number: one.queue for one in said.dialled for number in one.numbers},
        trunks={f"trunk-{one.id}": one.queue for one in config.directory.trunks if one.queue},
        areas=dict(config.area_codes),
        desks={f"trunk-{one.id}": one.unit for one in config.directory.trunks if one.unit},
        places=place_table(_regencies(config), _provinces(config)),
    )


def _regencies(config: Config) -> Iterator[Claim]:
    for unit in config.directory.units:
        if (queue := queue_of(config, unit)) and unit.kind in {"polda", "polres"}:
            code = unit.code if unit.kind == "polres" else None
            for name in unit.area.regencies:
                yield Claim(name=name, queue=queue, unit=code)


def _provinces(config: Config) -> Iterator[Claim]:
    for polda in config.poldas:
        for name in polda.area.provinces:
            yield Claim(name=name, queue=QueueName(polda.code))


def queue_of(config: Config, unit: Unit) -> QueueName | None:
    """The queue of the Polda that a unit is, or is below."""
    above: Unit | None = unit
    while above is not None and above.kind != "polda":
        above = config.unit(above.parent) if above.parent else None
    return QueueName(above.code) if above else None


def locator(config: Config) -> Callable[[Point], Placed | None]:
    """A function from a point to its Polda: by the Polres around it, or the nearest office.

    Reads the borders, so it is slow to make; asking it takes a millisecond at most.
    """
    maps = [atlas(config, kind) for kind in ("polres", "polda")]
    rings = any(who == "polsek" for _, who in config.desk_levels)
    polseks = atlas(config, "polsek") if rings else None

    def find(point: Point) -> Placed | None:
        for known in maps:
            found = known.unit_at(point)
            unit = config.unit(found.unit) if found else None
            queue = queue_of(config, unit) if unit else None
            if found is None or unit is None or queue is None:
                continue
            if not found.by_border and (found.distance_km or 0.0) > FARTHEST_KM:
                return None
            code = unit.code if unit.kind == "polres" else None
            polsek = _polsek(config, polseks.unit_at(point), code) if polseks and code else None
            return Placed(queue=queue, name=shown(unit.name), unit=code, polsek=polsek)
        return None

    return find


def _polsek(config: Config, found: Found | None, polres: UnitId) -> UnitId | None:
    """The Polsek around a point or nearest to it, if it is one of the Polres around that point."""
    unit = config.unit(found.unit) if found else None
    return unit.code if unit and unit.parent == polres else None

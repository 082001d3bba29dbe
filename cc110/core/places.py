"""Which unit a place belongs to: the border around it, else the nearest office.

Degrees of WGS 84. Within a regency the earth is flat enough to draw a border with straight lines between
longitudes and latitudes, as GeoJSON does (RFC 7946, 3.1.1); distances are along the great circle.
Indonesia lies far from the antimeridian, so no border crosses it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final, NamedTuple

from cc110.core.ids import UnitId

EARTH_KM: Final = 6371.0088
"""Mean radius."""
_STEP: Final = 0.005
"""Degrees between two lines along which overlaps are measured: half a kilometre."""
_KM: Final = math.radians(EARTH_KM)
"""A degree of latitude."""


class Point(NamedTuple):
    """Degrees, latitude first, as people say it."""

    lat: float
    lon: float


Ring = tuple[Point, ...]
"""The last point is the first again."""


@dataclass(frozen=True, kw_only=True)
class Polygon:
    """An outline with holes; what lies on a line belongs to it."""

    outline: Ring
    holes: tuple[Ring, ...] = ()

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it or on one of its lines."""
        side = _side(self.outline, point)
        if side <= 0:
            return side == 0
        return all(_side(hole, point) <= 0 for hole in self.holes)


@dataclass(frozen=True, kw_only=True)
class Area:
    """What a unit is responsible for, as far as that is known."""

    unit: UnitId
    polygons: tuple[Polygon, ...] = ()
    centre: Point | None = None

    @property
    def size_km2(self) -> float:
        """The size within its border; 0 without one."""
        return sum(
            _size(polygon.outline) - sum(_size(hole) for hole in polygon.holes)
            for polygon in self.polygons
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """The unit of a place, and how it was found."""

    unit: UnitId
    by_border: bool
    """False: its centre is the nearest."""
    distance_km: float | None
    """To its centre; None if that is not known."""
    also: tuple[UnitId, ...] = ()
    """Other units whose borders hold the place: the smallest counts."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two units that claim the same land."""

    one: UnitId
    other: UnitId
    share: float
    """Of the smaller of both, about."""


class Atlas:
    """Areas, ready to be asked often."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = tuple(areas)
        self._borders = sorted(
            ((area.size_km2, area.unit, area, _box(area)) for area in self._areas if area.polygons),
            key=lambda one: one[:2],
        )

    def unit_at(self, point: Point) -> Found | None:
        """The unit of a place: of the borders around it the smallest, else the nearest centre.

        Equally small or near ones: the first by code. None if there is neither border nor centre.
        """
        holding = [
            area
            for _, _, area, box in self._borders
            if _in_box(box, point) and any(polygon.holds(point) for polygon in area.polygons)
        ]
        if holding:
            first = holding[0]
            distance = distance_km(first.centre, point) if first.centre else None
            also = tuple(area.unit for area in holding[1:])
            return Found(unit=first.unit, by_border=True, distance_km=distance, also=also)
        near = [(distance_km(area.centre, point), area.unit) for area in self._areas if area.centre]
        if not near:
            return None
        distance, unit = min(near)
        return Found(unit=unit, by_border=False, distance_km=distance)


def distance_km(one: Point, other: Point) -> float:
    """Along the great circle (haversine)."""
    north, south = math.radians(one.lat), math.radians(other.lat)
    turn = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * (
        math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(turn)))


def overlaps(areas: Sequence[Area], *, at_least: float = 0.01) -> Iterator[Overlap]:
    """Pairs that share land, measured along lines of latitude; slivers of touching borders are none.

    Args:
        areas: Of units of one kind: a Polsek lies within its Polres.
        at_least: The share of the smaller one from which on it is told.
    """
    sizes = [0.0] * len(areas)
    common: dict[tuple[int, int], float] = {}
    for line, spans in sorted(_lines(areas).items()):
        width = math.cos(math.radians((line + 0.5) * _STEP))
        spans.sort()
        for at, (west, east, one) in enumerate(spans):
            sizes[one] += (east - west) * width
            for begins, ends, other in islice(spans, at + 1, None):
                if begins >= east:
                    break
                if one != other:
                    pair = (min(one, other), max(one, other))
                    shared = (min(east, ends) - begins) * width
                    common[pair] = common.get(pair, 0.0) + shared
    for (one, other), shared in sorted(common.items()):
        share = shared / min(sizes[one], sizes[other])
        if share >= at_least:
            yield Overlap(one=areas[one].unit, other=areas[other].unit, share=min(1.0, share))


def _lines(areas: Sequence[Area]) -> Mapping[int, list[tuple[float, float, int]]]:
    """Along each line, from where to where which area goes."""
    found: dict[int, list[tuple[float, float, int]]] = {}
    for at, area in enumerate(areas):
        for line, crossings in _crossings(area).items():
            crossings.sort()
            spans = zip(crossings[::2], crossings[1::2], strict=True)
            found.setdefault(line, []).extend((west, east, at) for west, east in spans)
    return found


def _crossings(area: Area) -> Mapping[int, list[float]]:
    """Longitudes at which an area's borders cross each line."""
    found: dict[int, list[float]] = {}
    for polygon in area.polygons:
        for ring in (polygon.outline, *polygon.holes):
            for start, end in _edges(ring):
                low, high = (start, end) if start.lat <= end.lat else (end, start)
                first, last = (math.ceil(one.lat / _STEP - 0.5) for one in (low, high))
                for line in range(first, last):
                    part = ((line + 0.5) * _STEP - low.lat) / (high.lat - low.lat)
                    found.setdefault(line, []).append(low.lon + part * (high.lon - low.lon))
    return found


def _edges(ring: Ring) -> Iterator[tuple[Point, Point]]:
    return pairwise(ring)


def _side(ring: Ring, point: Point) -> int:
    """1 inside, 0 on the line, -1 outside: a ray to the east crosses an odd number of edges."""
    lat, lon = point
    inside = False
    for start, end in _edges(ring):
        turn = (end.lon - start.lon) * (lat - start.lat) - (end.lat - start.lat) * (lon - start.lon)
        if turn == 0 and _between(start, end, point):
            return 0
        if (start.lat > lat) != (end.lat > lat) and (turn > 0) == (end.lat > start.lat):
            inside = not inside
    return 1 if inside else -1


def _between(start: Point, end: Point, point: Point) -> bool:
    return min(start.lat, end.lat) <= point.lat <= max(start.lat, end.lat) and (
        min(start.lon, end.lon) <= point.lon <= max(start.lon, end.lon)
    )


def _size(ring: Ring) -> float:
    """Square kilometres: the shoelace formula, with degrees of longitude as wide as in the middle."""
    middle = (min(one.lat for one in ring) + max(one.lat for one in ring)) / 2
    first = ring[0]
    twice = sum(
        (a.lon - first.lon) * (b.lat - first.lat) - (b.lon - first.lon) * (a.lat - first.lat)
        for a, b in _edges(ring)
    )
    return abs(twice) / 2 * math.cos(math.radians(middle)) * _KM**2


Box = tuple[float, float, float, float]


def _box(area: Area) -> Box:
    points = [point for polygon in area.polygons for point in polygon.outline]
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    return min(lats), max(lats), min(lons), max(lons)


def _in_box(box: Box, point: Point) -> bool:
    return box[0] <= point.lat <= box[1] and box[2] <= point.lon <= box[3]


_SHORT: Final = (
    ("kab. ", "kabupaten "),
    ("kab ", "kabupaten "),
    ("kota administrasi ", "kota "),
    ("kabupaten administrasi ", "kabupaten "),
)
_KINDS: Final = ("kabupaten ", "kota ")


def regency_key(name: str) -> str:
    """A regency's name as it is compared: ``Kab. Bekasi`` is ``kabupaten bekasi``."""
    key = " ".join(name.casefold().split())
    for short, long in _SHORT:
        if key.startswith(short):
            return long + key.removeprefix(short)
    return key


def units_of_regency(claims: Iterable[tuple[str, UnitId]], name: str) -> tuple[UnitId, ...]:
    """The units that claim a regency or city, in the claims' order; ``Bekasi`` is both of that name."""
    wanted = regency_key(name)
    keyed = [(regency_key(regency), unit) for regency, unit in claims]
    exact = [unit for key, unit in keyed if key == wanted]
    bare = [unit for key, unit in keyed if any(key == kind + wanted for kind in _KINDS)]
    return tuple(dict.fromkeys(exact or bare))

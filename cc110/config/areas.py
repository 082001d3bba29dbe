"""Borders of units, from GeoJSON (RFC 7946), and what is wrong with them.

No border carries a call, so nothing here keeps a site from starting: what can't be read is a warning, and
the nearest centre decides. Own code and no geometry library: shapely brings GEOS and numpy, 25 MB and more,
for one question about a point, and the core stays free of both.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from cc110.config.directory import Directory, Unit
from cc110.config.load import Examined
from cc110.config.model import Config, Paths
from cc110.config.problem import Problem, Severity
from cc110.core.places import Area, Atlas, Point, Polygon, Ring, overlaps

LARGEST: Final = 64_000_000
"""Bytes of a file; a border needs no house numbers."""
_SHORTEST_RING: Final = 4


def atlas(config: Config, kind: str) -> Atlas:
    """The areas of all units of a kind; a border that can't be read is left out."""
    return Atlas(area for area, _ in _areas(config.paths, config.directory, kind))


def look_at_areas(found: Examined) -> Iterator[Problem]:
    """What is wrong with the borders of a site."""
    if found.directory is not None:
        yield from border_problems(found.paths, found.directory)


def border_problems(paths: Paths, directory: Directory) -> Iterator[Problem]:
    """The same of a directory that is valid; warnings only."""
    for kind in ("mabes", "polda", "polres", "polsek"):
        read = [*_areas(paths, directory, kind)]
        yield from (problem for _, problems in read for problem in problems)
        yield from _overlapping(paths, directory, [area for area, _ in read])


def _overlapping(paths: Paths, directory: Directory, areas: Sequence[Area]) -> Iterator[Problem]:
    files = {unit.code: unit.area.geojson for unit in directory.units}
    for one in overlaps([area for area in areas if area.polygons]):
        shown = paths.shown(paths.site / (files[one.other] or ""))
        message = (
            f"the border of `{one.other}` overlaps that of `{one.one}` by "
            f"{one.share:.0%} of the smaller one, which counts there"
        )
        yield Problem(file=shown, line=None, message=message, severity=Severity.WARNING)


def _areas(
    paths: Paths, directory: Directory, kind: str
) -> Iterator[tuple[Area, tuple[Problem, ...]]]:
    read = cache(_document)
    for unit in directory.units:
        if unit.kind == kind:
            yield _area(unit, paths, read)


def _area(unit: Unit, paths: Paths, read: Any) -> tuple[Area, tuple[Problem, ...]]:
    centre = Point(*unit.area.centre) if unit.area.centre else None
    if unit.area.geojson is None:
        return Area(unit=unit.code, centre=centre), ()
    path = paths.site / unit.area.geojson
    shown = paths.shown(path)
    try:
        polygons = tuple(_polygons(read(path), unit.code))
    except Unreadable as fault:
        message = f"{fault.args[0]}; `{unit.code}` is found by its centre alone"
        problem = Problem(file=shown, line=fault.line, message=message, severity=Severity.WARNING)
        return Area(unit=unit.code, centre=centre), (problem,)
    return Area(unit=unit.code, polygons=polygons, centre=centre), ()


class Unreadable(Exception):
    """A file is no GeoJSON, or not of this unit."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _document(path: Path) -> object:
    """The file's content; a fault is kept as well, to be told for each unit that needs it."""
    try:
        if path.stat().st_size > LARGEST:
            return Unreadable(f"is larger than {LARGEST // 1_000_000} MB")
        return json.loads(path.read_bytes())
    except OSError as error:
        return Unreadable(f"can't be read: {error.strerror}")
    except json.JSONDecodeError as error:
        return Unreadable(f"is no JSON: {error.msg}", error.lineno)
    except (UnicodeDecodeError, RecursionError):
        return Unreadable("is no JSON")


def _polygons(document: object, code: str) -> Iterator[Polygon]:
    if isinstance(document, Unreadable):
        raise Unreadable(document.args[0], document.line)
    geometries = [*_geometries(document, code)]
    if not geometries:
        raise Unreadable(f"has no feature with the property `unit` = `{code}`")
    for geometry in geometries:
        yield from _of_geometry(geometry)


def _geometries(document: object, code: str) -> Iterator[object]:
    """A whole file with one geometry is the unit's; of a collection, what is marked with its code."""
    match document:
        case {"type": "FeatureCollection", "features": list(features)}:
            for feature in features:
                match feature:
                    case {"properties": {"unit": str(unit)}} if unit == code:
                        yield from _geometries(feature, code)
        case {"type": "Feature", "geometry": geometry}:
            yield geometry
        case _:
            yield document


def _of_geometry(geometry: object) -> Iterator[Polygon]:
    match geometry:
        case {"type": "Polygon", "coordinates": list(rings)}:
            yield _polygon(rings)
        case {"type": "MultiPolygon", "coordinates": list(several)}:
            for rings in several:
                yield _polygon(rings)
        case {"type": str(kind)}:
            raise Unreadable(f"has a {kind[:40]}; a border is a Polygon or MultiPolygon")
        case _:
            raise Unreadable("is no GeoJSON")


def _polygon(rings: object) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise Unreadable("has a Polygon without an outline")
    outline, *holes = (_ring(ring) for ring in rings)
    return Polygon(outline=outline, holes=tuple(holes))


def _ring(ring: object) -> Ring:
    points = tuple(_points(ring if isinstance(ring, list) else []))
    if len(points) < _SHORTEST_RING or points[0] != points[-1]:
        raise Unreadable(
            "has a ring of fewer than four points, or that does not end where it begins"
        )
    return points


def _points(positions: Iterable[object]) -> Iterator[Point]:
    for position in positions:
        match position:
            case [int() | float() as lon, int() | float() as lat, *_] if (
                -180 <= lon <= 180 and -90 <= lat <= 90
            ):
                yield Point(lat=float(lat), lon=float(lon))
            case _:
                raise Unreadable(f"has a position that is none: {str(position)[:40]}")

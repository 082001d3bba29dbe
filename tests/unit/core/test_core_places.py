"""Which unit a place belongs to."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cc110.core.ids import UnitId
from cc110.core.places import (
    Area,
    Atlas,
    Found,
    Point,
    Polygon,
    Ring,
    distance_km,
    overlaps,
    regency_key,
    units_of_regency,
)


def ring(*corners: tuple[float, float]) -> Ring:
    """A closed ring of latitude and longitude."""
    return tuple(Point(*corner) for corner in (*corners, corners[0]))


def box(south: float, west: float, north: float, east: float) -> Ring:
    return ring((south, west), (south, east), (north, east), (north, west))


def area(code: str, *outlines: Ring, centre: tuple[float, float] | None = None) -> Area:
    return Area(
        unit=UnitId(code),
        polygons=tuple(Polygon(outline=one) for one in outlines),
        centre=Point(*centre) if centre else None,
    )


SQUARE = box(0, 100, 1, 101)
HOLED = Polygon(outline=box(0, 100, 10, 110), holes=(box(4, 104, 6, 106),))


@pytest.mark.parametrize(
    "point",
    [(0, 100), (1, 101), (0, 100.5), (0.5, 100), (1, 100.3), (0.7, 101), (0.5, 100.5)],
    ids=str,
)
def test_what_lies_on_a_line_or_corner_is_inside(point: tuple[float, float]) -> None:
    """So no place between two neighbours is nobody's."""
    assert Polygon(outline=SQUARE).holds(Point(*point))
    assert Polygon(outline=SQUARE[::-1]).holds(Point(*point))


@pytest.mark.parametrize("point", [(0, 99.999), (1.001, 100), (-0.001, 100.5), (0.5, 102), (1, 99)])
def test_what_lies_beyond_is_outside(point: tuple[float, float]) -> None:
    """Also in line with an edge or a corner."""
    assert not Polygon(outline=SQUARE).holds(Point(*point))


def test_a_hole_is_outside_but_its_line_is_not() -> None:
    """A city within a regency, each with its own border."""
    assert HOLED.holds(Point(2, 102))
    assert not HOLED.holds(Point(5, 105))
    assert HOLED.holds(Point(4, 105))
    assert HOLED.holds(Point(4, 104))


def test_a_ray_through_a_corner_counts_once() -> None:
    """Spikes to the east of the point, at its very latitude."""
    spiked = ring((0, 0), (0, 4), (1, 3), (2, 4), (2, 0))

    assert Polygon(outline=spiked).holds(Point(1, 1))
    assert not Polygon(outline=spiked).holds(Point(1, -1))
    assert not Polygon(outline=spiked).holds(Point(1, 3.5))


def test_islands_are_one_area() -> None:
    """A multipolygon; between them is somebody else's, or the sea."""
    atlas = Atlas([area("a", SQUARE, box(0, 103, 1, 104)), area("b", centre=(0.5, 102.4))])

    assert atlas.unit_at(Point(0.5, 103.5)) == Found(
        unit=UnitId("a"), by_border=True, distance_km=None
    )
    found = atlas.unit_at(Point(0.5, 102))
    assert found
    assert (found.unit, found.by_border) == ("b", False)
    assert found.distance_km == pytest.approx(44.5, abs=0.1)


def test_of_several_borders_the_smallest_counts() -> None:
    """Whatever order they come in; equally large ones by code."""
    areas = [area("0-whole", box(0, 100, 4, 104)), area("b", SQUARE), area("a", SQUARE)]

    for order in (areas, areas[::-1]):
        found = Atlas(order).unit_at(Point(0.5, 100.5))
        assert found
        assert (found.unit, found.also) == ("a", ("b", "0-whole"))


def test_where_nothing_is_known_nothing_is_found() -> None:
    """No areas, or areas with neither border nor centre."""
    assert Atlas([]).unit_at(Point(0, 100)) is None
    assert Atlas([area("a")]).unit_at(Point(0, 100)) is None
    assert Atlas([area("a", SQUARE)]).unit_at(Point(5, 100)) is None


def test_distances_are_those_of_the_globe() -> None:
    """A degree of the equator; a quarter of a meridian; the poles; 0 to itself."""
    assert distance_km(Point(0, 106), Point(0, 107)) == pytest.approx(111.195, abs=0.001)
    assert distance_km(Point(0, 106), Point(90, 12)) == pytest.approx(10007.557, abs=0.001)
    assert distance_km(Point(90, 0), Point(-90, 77)) == pytest.approx(20015.114, abs=0.001)
    assert distance_km(Point(3.6, 98.7), Point(3.6, 98.7)) == 0


LATS = st.floats(-11, 6)
LONS = st.floats(95, 141)
POINTS = st.builds(Point, lat=LATS, lon=LONS)


@given(st.lists(POINTS, min_size=1, max_size=12), POINTS)
def test_without_borders_the_nearest_centre_is_found(centres: list[Point], point: Point) -> None:
    """None is nearer."""
    areas = [Area(unit=UnitId(str(at)), centre=one) for at, one in enumerate(centres)]
    found = Atlas(areas).unit_at(point)

    assert found
    assert found.distance_km == min(distance_km(one, point) for one in centres)


@given(
    POINTS,
    st.lists(st.floats(0.1, 2.0), min_size=3, max_size=12),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 3),
    st.integers(0, 11),
    st.booleans(),
)
def test_a_star_holds_what_is_nearer_than_its_border(
    middle: Point, radii: list[float], turn: float, share: float, start: int, clockwise: bool
) -> None:
    """Known by angle and radius, for any corners, starting corner and direction."""
    angles = [2 * math.pi * at / len(radii) for at in range(len(radii))]
    corners = [
        (middle.lat + r * math.sin(a), middle.lon + r * math.cos(a))
        for r, a in zip(radii, angles, strict=True)
    ]
    sector = min(int(turn * len(radii)), len(radii) - 1)
    one, other = radii[sector], radii[(sector + 1) % len(radii)]
    width = 2 * math.pi / len(radii)
    within = turn * 2 * math.pi - sector * width
    # The radius of the edge between both corners, at that angle.
    border = one * other * math.sin(width)
    border /= one * math.sin(within) + other * math.sin(width - within)
    assume(abs(share - 1) > 1e-6)
    angle = turn * 2 * math.pi
    point = Point(
        middle.lat + share * border * math.sin(angle), middle.lon + share * border * math.cos(angle)
    )
    turned = corners[start % len(corners) :] + corners[: start % len(corners)]
    outline = ring(*(turned[::-1] if clockwise else turned))

    assert Polygon(outline=outline).holds(point) == (share < 1)


@given(st.floats(0, 0.4), st.sampled_from([0.1, 0.25, 0.4]))
def test_overlaps_are_measured(shift: float, size: float) -> None:
    """Two squares, one moved to the east: their common part is a strip."""
    first, second = (
        box(1, 100, 1 + size, 100 + size),
        box(1, 100 + shift, 1 + size, 100 + shift + size),
    )
    found = [*overlaps([area("a", first), area("b", second)])]
    truth = max(0.0, (size - shift) / size)
    assume(abs(truth - 0.01) > 1e-6)

    assert [(one.one, one.other) for one in found] == ([("a", "b")] if truth > 0.01 else [])
    assert all(one.share == pytest.approx(truth, abs=1e-6) for one in found)


def test_neighbours_and_holes_do_not_overlap() -> None:
    """Touching borders, slivers of careless drawing, and a city in its regency's hole."""
    west, east = box(1, 100, 2, 101), box(1, 100.9995, 2, 102)
    city = area("city", box(4, 104, 6, 106))
    regency = Area(unit=UnitId("regency"), polygons=(HOLED,))

    assert [*overlaps([area("w", west), area("e", east)])] == []
    assert [*overlaps([city, regency])] == []
    filled = area("filled", HOLED.outline)
    assert [one.share for one in overlaps([city, filled])] == [pytest.approx(1)]


def test_sizes_are_square_kilometres() -> None:
    """A degree by a degree at the equator is 12,364; a hole is taken away."""
    assert area("a", box(-0.5, 100, 0.5, 101)).size_km2 == pytest.approx(12364, abs=1)
    whole = area("a", HOLED.outline).size_km2
    assert Area(unit=UnitId("a"), polygons=(HOLED,)).size_km2 < whole * 0.97


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("Kota Bekasi", ("a",)),
        ("kab.  BEKASI", ("b",)),
        ("Bekasi", ("a", "b")),
        ("Kota Administrasi Jakarta Pusat", ("c",)),
        ("Medan", ("d", "e")),
        ("Nowhere", ()),
    ],
)
def test_regencies_are_found_as_people_write_them(name: str, units: tuple[str, ...]) -> None:
    """With and without what kind it is."""
    claims = [
        ("Kota Bekasi", UnitId("a")),
        ("Kabupaten Bekasi", UnitId("b")),
        ("Kota Jakarta Pusat", UnitId("c")),
        ("Kota Medan", UnitId("d")),
        ("Kota Medan", UnitId("e")),
    ]

    assert units_of_regency(claims, name) == units
    assert regency_key(" Kab Karo ") == "kabupaten karo"

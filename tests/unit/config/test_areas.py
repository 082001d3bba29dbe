"""Borders from GeoJSON, and what `cc110 check` says about them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cc110.config.areas import atlas, look_at_areas
from cc110.core.places import Point
from tests.unit.config.site_copy import SiteCopy

FILE = "site/areas/demo.geojson"
SQUARE = [[[106.0, -6.0], [106.5, -6.0], [106.5, -5.5], [106.0, -5.5], [106.0, -6.0]]]


@pytest.fixture
def warnings(site: SiteCopy) -> Callable[[], list[str]]:
    """What is said of the borders now."""
    return lambda: [str(problem) for problem in look_at_areas(site.examine())]


def put(site: SiteCopy, document: object) -> None:
    site.file(FILE).write_text(json.dumps(document))


def test_the_demo_sites_borders_are_right(site: SiteCopy, warnings: Any) -> None:
    """A place within is its unit's, whatever centre is nearer."""
    found = atlas(site.load(), "polres").unit_at(Point(-6.2, 106.805))

    assert warnings() == []
    assert found
    assert (found.unit, found.by_border) == ("polres-jakarta-pusat", True)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Polygon", "coordinates": SQUARE},
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": SQUARE}},
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": None, "geometry": None},
                {
                    "type": "Feature",
                    "properties": {"unit": "polres-binjai"},
                    "geometry": {"type": "Polygon", "coordinates": SQUARE},
                },
            ],
        },
    ],
)
def test_every_usual_form_is_read(site: SiteCopy, document: object, warnings: Any) -> None:
    """A file for one unit, or one with all units marked by their codes."""
    site.file("site/areas/x.json").write_text(json.dumps(document))
    site.edit("site/directory.toml", '["Kota Binjai"]', '["Kota Binjai"], geojson = "areas/x.json"')
    found = atlas(site.load(), "polres").unit_at(Point(-5.6, 106.2))

    assert warnings() == []
    assert found
    assert (found.unit, found.by_border) == ("polres-binjai", True)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"type": "FeatureCollection", "features": []}, "has no feature with the property `unit`"),
        ({"type": "Point", "coordinates": [1, 2]}, "has a Point; a border is a Polygon or"),
        ([], "is no GeoJSON"),
        ({"type": "Polygon", "coordinates": []}, "has a Polygon without an outline"),
        ({"type": "Polygon", "coordinates": [SQUARE[0][:3]]}, "has a ring of fewer than four"),
        ({"type": "Polygon", "coordinates": [SQUARE[0][:4]]}, "that does not end where it begins"),
        ({"type": "Polygon", "coordinates": [[["1", 2]]]}, "has a position that is none: ['1', 2]"),
        ({"type": "Polygon", "coordinates": [[[6, 106]]]}, "has a position that is none: [6, 106]"),
    ],
)
def test_a_border_that_is_none_warns_and_the_centre_decides(
    site: SiteCopy, document: object, said: str, warnings: Any
) -> None:
    """No border keeps a site from starting."""
    put(site, document)
    config = site.load()
    found = atlas(config, "polres").unit_at(Point(-6.2, 106.83))

    assert [one.split(": ", 2)[:2] for one in warnings()] == [[FILE, "warning"]] * 2
    assert all(said in one for one in warnings())
    assert "`polres-jakarta-pusat` is found by its centre alone" in warnings()[1]
    assert found
    assert not found.by_border


def test_files_that_are_missing_or_broken_are_named(site: SiteCopy, warnings: Any) -> None:
    """With the line of the fault."""
    site.file(FILE).write_text('{\n"type": x}')
    assert all(one.startswith(f"{FILE}:2: warning: is no JSON: Expecting") for one in warnings())

    site.file(FILE).write_bytes(b"[" * 100_000)
    assert len(warnings()) == 2

    site.file(FILE).unlink()
    assert all("can't be read: No such file or directory" in one for one in warnings())


def test_overlapping_borders_warn_with_their_share(site: SiteCopy, warnings: Any) -> None:
    """The smaller one counts there; that is said."""
    document = json.loads(Path(site.file(FILE)).read_text())
    document["features"][0]["geometry"]["coordinates"][0][0] = [106.8, -6.26]
    document["features"][0]["geometry"]["coordinates"][0][-1] = [106.8, -6.26]
    put(site, document)

    (warning,) = warnings()

    assert warning.startswith(
        f"{FILE}: warning: the border of `polres-jakarta-pusat` overlaps that of "
        "`polres-jakarta-selatan` by "
    )
    assert warning.endswith("% of the smaller one, which counts there")


def test_borders_are_looked_at_even_if_references_are_wrong(site: SiteCopy, warnings: Any) -> None:
    """All faults come at once."""
    site.edit("site/directory.toml", 'parent = "polda-sumut"', 'parent = "polda-x"')
    site.file(FILE).unlink()

    assert site.examine().config is None
    assert len(warnings()) == 2

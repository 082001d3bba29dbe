"""What a directory says of origins, and what `check` finds wrong with it."""

from dataclasses import replace

from cc110.config.origins import locator, origins
from cc110.core.ids import QueueName, UnitId
from cc110.core.origin import Placed, desk_of
from cc110.core.places import Point
from cc110.core.words import OriginBy
from tests.unit.config.site_copy import SiteCopy

DIRECTORY = "site/directory.toml"
SUMUT = QueueName("polda-sumut")


def test_a_directory_names_all_kinds_of_evidence(site: SiteCopy) -> None:
    """Numbers, trunks, area codes, regencies, provinces, and their order."""
    site.edit(DIRECTORY, 'dialled = ["110"', 'queue = "polda-sumut"\ndialled = ["110"')
    site.edit(
        DIRECTORY,
        "area = { centre = [3.5449",
        'area = { provinces = ["Sumatera Utara"], centre = [3.5449',
    )
    site.edit(DIRECTORY, '["dialled", "location", "area-code", "trunk"]', '["trunk", "location"]')
    site.append(DIRECTORY, '\n[[origin.dialled]]\nnumbers = ["021110"]\nqueue = "polda-sumut"\n')

    found = origins(site.load())

    assert found.order == (OriginBy.TRUNK, OriginBy.LOCATION)
    assert found.trunks == {"trunk-demo": SUMUT}
    assert found.dialled == {"021110": SUMUT}
    assert found.areas["0622"] == SUMUT
    assert found.places["sumaterautara"].queue == SUMUT


def test_an_old_directory_has_the_default_order(site: SiteCopy) -> None:
    """Files of before stay valid."""
    site.edit(DIRECTORY, 'order = ["dialled", "location", "area-code", "trunk"]\n', "")

    assert [one.value for one in origins(site.load()).order] == [
        "dialled",
        "location",
        "area-code",
        "trunk",
    ]


def test_a_point_is_of_the_polres_around_it_or_of_the_nearest_office(site: SiteCopy) -> None:
    """Far from every office it says nothing."""
    find = locator(site.load())

    medan, abroad = find(Point(3.5952, 98.6722)), find(Point(51.5, -0.1))

    assert medan
    assert (medan.queue, medan.name, medan.unit) == (SUMUT, "Polrestabes Medan", "polres-medan")
    assert abroad is None


def test_a_point_names_the_polsek_of_that_polres_where_the_climb_rings_polseks(
    site: SiteCopy,
) -> None:
    """The nearest of another Polres does not count; without such a level nobody looks."""
    polsek = '\n[[unit]]\ncode = "{0}"\nname = "{0}"\nkind = "polsek"\nparent = "polres-{1}"\n'
    site.append(
        DIRECTORY,
        polsek.format("polsek-x", "medan")
        + "area = { centre = [3.60, 98.67] }\nextension = '7300'\n"
        + polsek.format("polsek-y", "deli-serdang")
        + "area = { centre = [3.59, 98.70] }\nextension = '7301'\n",
    )
    here, beside = Point(3.5952, 98.6722), Point(3.59, 98.695)
    assert (placed := locator(site.load())(here))
    assert placed.polsek is None

    level = '\n[[climb.level]]\nafter_s = {}\nwho = "{}"\n'
    site.append(DIRECTORY, level.format(0, "polsek") + level.format(9, "polda"))
    find = locator(site.load())

    assert (placed := find(here))
    assert (placed.unit, placed.polsek) == ("polres-medan", "polsek-x")
    assert (placed := find(beside))
    assert (placed.unit, placed.polsek) == ("polres-medan", None)


def test_a_desk_is_that_of_the_place_or_else_of_the_trunk(site: SiteCopy) -> None:
    """The Polsek before its Polres."""
    site.edit(DIRECTORY, 'id = "demo"', 'id = "demo"\nunit = "polres-binjai"')
    known = origins(site.load())
    medan = Placed(queue=SUMUT, name="Medan", unit=UnitId("polres-medan"))
    polsek = replace(medan, polsek=UnitId("polsek-x"))

    found = [desk_of(known, trunk="trunk-demo", place=one) for one in (None, medan, polsek)]

    assert found == ["polres-binjai", "polres-medan", "polsek-x"]
    assert desk_of(known, trunk="trunk-other", place=replace(medan, unit=None)) is None


def test_evidence_for_nobody_is_named(site: SiteCopy) -> None:
    """A Polda that is none; a number twice; evidence that is not looked at."""
    site.edit(DIRECTORY, 'dialled = ["110"', 'queue = "polda-sumt"\ndialled = ["110"')
    site.append(
        DIRECTORY,
        '\n[[origin.dialled]]\nnumbers = ["021110", "021110"]\nqueue = "polda-x"\n'
        '\n[[origin.dialled]]\nnumbers = ["0999110"]\nqueue = "polda-sumut"\n',
    )
    site.edit(
        DIRECTORY,
        'order = ["dialled", "location", "area-code", "trunk"]',
        'order = ["trunk", "trunk"]',
    )
    site.edit(
        DIRECTORY, 'regencies = ["Kota Medan"]', 'regencies = ["Kota Medan"], provinces = ["Sumut"]'
    )

    said = "\n".join(site.problems())

    for part in (
        "`polda-sumt` is no Polda of this directory; did you mean `polda-sumut`?",
        "`polda-x` is no Polda of this directory",
        "021110 is given to a Polda twice",
        "no trunk dials 0999110",
        "`order` in [origin] has trunk twice",
        "this decides nothing: `order` in [origin] leaves out dialled",
        "this decides nothing: `order` in [origin] leaves out area-code",
        "only Poldas have provinces",
    ):
        assert part in said, part

"""Polseks, officers, areas, shifts and the climb: what may be written, and what is named as wrong."""

from typing import NamedTuple

import pytest

from cc110.core.ids import AgentId, PolresExt, QueueName, UnitId
from tests.unit.config.site_copy import SiteCopy

DIRECTORY = "site/directory.toml"
POLSEK = '[[unit]]\ncode = "polsek-x"\nname = "Polsek X"\nkind = "polsek"\n'
CLIMB = "[[climb.level]]\nafter_s = {}\nwho = {}\n"


class Added(NamedTuple):
    """Text at the file's end, and its one problem."""

    text: str
    message: str
    warning: bool = False


WRONG = [
    Added(POLSEK + 'phone = "110110"\n', "Polsek `polsek-x` needs `parent`, its Polres"),
    Added(POLSEK + 'parent = "polda-sumut"\nphone = "110110"\n',
          "Polsek `polsek-x`: `polda-sumut` is no Polres of this directory"),
    Added(POLSEK + 'parent = "polres-medan"\n',
          "nobody can call Polsek `polsek-x`: no `extension`, `sip` or `phone`", True),
    Added('[[unit]]\ncode = "polres-x"\nname = "X"\nkind = "polres"\nparent = "polda-sumut"\n'
          'sip = "sip:spkt@192.0.2.7"\n',
          "operators can't key Polres `polres-x`: it has no `extension`", True),
    Added('[[unit]]\ncode = "polres-x"\nname = "X"\nkind = "polres"\nparent = "polda-sumut"\n'
          'more_extensions = ["7300"]\n', "Polres `polres-x` needs `extension` before more of them"),
    Added(POLSEK + 'parent = "polres-medan"\nextension = "7201"\n',
          "extension 7201 is there twice, first in line {extension = \"7201\"}"),
    Added(POLSEK + 'parent = "polres-medan"\nextension = "7300"\nmore_extensions = ["1101"]\n',
          "extension 1101 is there twice, first in line {id = \"1101\"}"),
    Added(POLSEK + 'parent = "polres-medan"\nsip = "spkt@192.0.2.7"\n',
          '`sip` in [[unit]] must be an address such as "sip:spkt@192.0.2.7", '
          'not "spkt@192.0.2.7"'),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "0812 3456"\n',
          "`phone` in [[unit]] must be a telephone number of digits, with or without a +, "
          'not "0812 3456"'),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "110110"\n'
          'officers = [{ role = "spkt", name = "A; B" }]\n',
          "`name` in [[unit.officers]] may not contain ';'"),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "110110"\n'
          'officers = [{ role = "kapolse", name = "A" }]\n',
          '`role` in [[unit.officers]] must be "spkt", "kapolsek", "kapolres" or "padal", '
          'not "kapolse"; did you mean `kapolsek`?'),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "061110"\narea = { centre = [98.67, 3.59] }\n',
          "`centre` of Polsek `polsek-x` lies outside Indonesia: latitude comes first, then "
          "longitude", True),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "110110"\narea = { geojson = "../x.json" }\n',
          "`geojson` in [unit.area] must be a file below the site's folder such as "
          '"areas/polda.geojson", not "../x.json"'),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "110110"\nseats = 0\n',
          "`seats` in [[unit]] must be at least 1, not 0"),
    Added(POLSEK + 'parent = "polres-medan"\nphone = "110110"\nneighbours = ["polda-sumut"]\n',
          "Polsek `polsek-x`: only Poldas have neighbours"),
    Added('[[shift]]\nid = "pagi"\nbegins = "7"\nends = "15:00"\nunit = "polda-sumut"\n',
          '`begins` in [[shift]] must be a time of day such as "07:00", not "7"'),
    Added('[[shift]]\nid = "pagi"\nbegins = "07:00"\nends = "15:00"\n',
          'shift `pagi` is there twice, first in line {[[shift]]}'),
    Added('[[shift]]\nid = "pagi"\nbegins = "07:00"\nends = "15:00"\nunit = "polda-sumutt"\n',
          "`polda-sumutt` is no unit of this directory; did you mean `polda-sumut`?"),
    Added('[[roster]]\nunit = "polda-sumut"\nshift = "sore"\nfrom = 2026-01-01\n',
          "`sore` is no shift of `polda-sumut`"),
    Added('[[roster]]\nunit = "polda-sumut"\nshift = "pagi"\nfrom = 2026-01-01\n'
          'operators = ["1101"]\n',
          "operator 1101 sits at `polda-metro-jaya`, not at `polda-sumut`"),
    Added('[[roster]]\nunit = "polda-sumut"\nshift = "pagi"\nfrom = 2026-01-01\n'
          'operators = ["1209"]\n', "1209 is no operator of this directory"),
    Added('[[roster]]\nunit = "polda-sumut"\nshift = "pagi"\nfrom = 2026-02-01\n'
          "until = 2026-01-31\n", "the roster ends on 2026-01-31, before it begins"),
    Added('[[roster]]\nunit = "polda-sumut"\nshift = "pagi"\nfrom = "2026-02-01"\n',
          "`from` in [[roster]] must be a date such as 2026-12-25, without quotes, "
          'not "2026-02-01"'),
    Added('[[holiday]]\ndate = 2026-12-25\nname = "Natal"\nunits = ["polda-x"]\n',
          "`polda-x` is no unit of this directory; did you mean `polda-sumut`?"),
]  # fmt: skip

NUMBERS = 'numbers = ["+6280000000390"]\n'

CLIMBS = [
    (CLIMB.format(5, '"polda"'), "the first level of the climb rings at once: `after_s` is 0, not 5"),
    (CLIMB.format(0, '"polda"') + CLIMB.format(0, '"mabes"'),
     "levels stand in their order: 0 s is not after 0 s"),
    (CLIMB.format(0, '"polda"') + CLIMB.format(9, '"polda"'), "`polda` is a level already (line "),
    (CLIMB.format(0, '"polda"') + CLIMB.format(9, '"number"'), "a level `number` needs `numbers`"),
    (CLIMB.format(0, '"polda"') + 'numbers = ["0611234"]\n', "a level `polda` has no `numbers`"),
    (CLIMB.format(0, '"polda"') + CLIMB.format(9, '"neighbours"'),
     "Polda `polda-sumut` has no `neighbours` to climb to"),
    (CLIMB.format(0, '"mabes"'), "there is no level `polda`: the Polda's own operators would"),
    (CLIMB.format(0, '"polsek"') + CLIMB.format(9, '"polda"'),
     "no Polsek of this directory has an `extension` that could ring"),
]  # fmt: skip


@pytest.mark.parametrize("added", WRONG, ids=lambda one: one.message[:50])
def test_what_is_wrong_is_one_problem_in_the_added_lines(site: SiteCopy, added: Added) -> None:
    """Each with its line; a warning lets the site load."""
    before = len(site.file(DIRECTORY).read_text().splitlines())
    site.append(DIRECTORY, added.text)
    message = added.message
    if "{" in message:
        inner = message[message.index("{") + 1 : message.rindex("}")]
        message = message.replace(f"{{{inner}}}", str(site.line(DIRECTORY, inner)))

    (problem,) = site.examine().problems

    assert (problem.message, problem.severity) == (message, "warning" if added.warning else "error")
    assert problem.line
    assert problem.line > before
    assert (site.examine().config is not None) == added.warning


@pytest.mark.parametrize(("text", "message"), CLIMBS)
def test_levels_of_the_climb_are_checked(site: SiteCopy, text: str, message: str) -> None:
    """Times in their order, each level once, numbers where they belong."""
    site.append(DIRECTORY, text)

    assert any(message in problem for problem in site.problems())


def test_a_trunk_s_unit_is_a_desk_that_the_climb_rings(site: SiteCopy) -> None:
    """Else it is an error, or does nothing."""
    site.edit(DIRECTORY, 'id = "demo"', 'id = "demo"\nunit = "polres-medan"')
    (problem,) = site.problems()
    assert "warning: `unit` does nothing: the climb has neither a level" in problem

    site.append(DIRECTORY, CLIMB.format(0, '"polres"') + CLIMB.format(9, '"polda"'))
    assert site.problems() == []

    site.edit(DIRECTORY, 'id = "demo"\nunit = "polres-medan"', 'id = "demo"\nunit = "polda-sumut"')
    (problem,) = site.problems()
    assert "`polda-sumut` is a Polda: `unit` is the Polres or Polsek whose desk rings" in problem

    site.edit(DIRECTORY, 'id = "demo"\nunit = "polda-sumut"', 'id = "demo"\nunit = "polres-medn"')
    (problem,) = site.problems()
    assert "`polres-medn` is no unit of this directory; did you mean `polres-medan`?" in problem


def test_a_level_of_desks_has_the_phones_of_the_caller_s_own_unit(site: SiteCopy) -> None:
    """His Polsek's, and those of the Polres above it; a caller from nowhere has none."""
    site.append(
        DIRECTORY,
        POLSEK
        + 'parent = "polres-medan"\nextension = "7300"\nmore_extensions = ["7301"]\n'
        + "".join(
            CLIMB.format(9 * at, f'"{who}"') for at, who in enumerate(("polsek", "polres", "polda"))
        ),
    )
    config = site.load()
    sumut = QueueName("polda-sumut")

    for unit, desks in (
        ("polsek-x", (("7300", "7301"), ("7201",))),
        ("polres-medan", ((), ("7201",))),
        ("polda-sumut", ((), ())),
    ):
        assert config.level_members(sumut, config.unit(UnitId(unit)))[:2] == desks
    assert config.level_members(sumut)[:2] == ((), ())
    assert "7300" in config.policy().desks


def test_a_climb_of_one_s_own_is_no_problem(site: SiteCopy) -> None:
    """Neighbours at the second level, Mabes at the third: each operator's penalty follows."""
    site.edit(
        DIRECTORY, 'code = "polda-sumut"', 'code = "polda-sumut"\nneighbours = ["polda-metro-jaya"]'
    )
    site.edit(
        DIRECTORY,
        'code = "polda-metro-jaya"',
        'code = "polda-metro-jaya"\nneighbours = ["polda-sumut"]',
    )
    levels = ((0, '"polda"'), (10, '"neighbours"'), (20, '"mabes"'))
    site.append(DIRECTORY, "".join(CLIMB.format(*level) for level in levels))

    assert site.problems() == []
    config = site.load()
    metro, sumut = config.queues
    assert config.queues_of(AgentId("1101")) == ((metro, 0), (sumut, 10))
    assert config.queues_of(AgentId("1901")) == ((metro, 20), (sumut, 20))
    assert config.level_members(sumut)[:2] == (
        ("1201", "1202", "1203"),
        ("1101", "1102", "1103", "1104", "1105"),
    )


def test_numbers_of_the_climb_are_called_through_a_trunk_that_says_where(site: SiteCopy) -> None:
    """Without one, nothing could ever be called."""
    site.append(DIRECTORY, CLIMB.format(0, '"polda"') + CLIMB.format(9, '"number"') + NUMBERS)
    (problem,) = site.problems()
    assert "a level `number` needs a [[trunk]] with `outbound`" in problem

    site.edit(DIRECTORY, 'id = "demo"', 'id = "demo"\noutbound = "127.0.0.2:5070"')
    config = site.load()
    assert config.outside == (("+6280000000390", 10),)
    assert config.gateway
    assert config.gateway.outbound == "127.0.0.2:5070"


def test_a_polsek_with_an_extension_is_rung_like_a_polres(site: SiteCopy) -> None:
    """So is each further phone of a unit."""
    site.append(
        DIRECTORY,
        POLSEK + 'parent = "polres-medan"\nextension = "7300"\nmore_extensions = ["7301"]\n',
    )
    config = site.load()

    for extension in ("7300", "7301"):
        found = config.polres(PolresExt(extension))
        assert found
        assert found.code == "polsek-x"


def test_a_poldas_own_area_codes_bring_its_callers(site: SiteCopy) -> None:
    """As those of [[origin.area]] do; one code has one owner."""
    site.edit(DIRECTORY, "centre = [3.5449", 'codes = ["0634"], centre = [3.5449')
    assert site.load().queue_of_area("0634") == QueueName("polda-sumut")

    site.edit(DIRECTORY, 'codes = ["0634"]', 'codes = ["061"]')
    (problem,) = site.problems()
    assert "area code 061 is claimed twice" in problem


def test_a_polres_whose_callers_come_to_another_polda_is_named(site: SiteCopy) -> None:
    """Its area code goes to the default Polda because nobody claims it."""
    site.edit(DIRECTORY, '["Kota Padangsidimpuan"]', '["Kota X"], codes = ["0634"]')

    (problem,) = site.problems()

    assert "warning: calls from 0634 go to `polda-metro-jaya`, not to" in problem


def test_unit_and_zone_are_found_by_code(site: SiteCopy) -> None:
    """A unit may have a time zone of its own."""
    site.edit(DIRECTORY, 'code = "polres-binjai"', 'code = "polres-binjai"\ntime_zone = "WIT"')
    config = site.load()
    binjai, medan = (config.unit(UnitId(f"polres-{name}")) for name in ("binjai", "medan"))

    assert binjai
    assert medan
    assert config.zone_of(binjai).key == "Asia/Jayapura"
    assert config.zone_of(medan).key == "Asia/Jakarta"
    assert [one.code for one in config.below(medan.code)] == ["polsek-medan-baru"]
    assert config.queues_of(AgentId("7201")) == ()

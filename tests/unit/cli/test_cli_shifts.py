"""``cc110 shifts``: now, next, week; without a daemon and without a PBX."""

from pathlib import Path

import pytest

from tests.unit.cli.shell import Shell
from tests.unit.config.site_copy import SiteCopy

ROSTER = """
[[roster]]
unit = "mabes"
shift = "pagi"
from = 2026-08-17
until = 2026-08-17
operators = ["1901"]
people = ["Aiptu Contoh"]
""" + "".join(
    f'[[roster]]\nunit = "polda-sumut"\nshift = "{shift}"\nfrom = 2026-01-01\n'
    'operators = ["1201", "1202", "1203"]\n'
    for shift in ("pagi", "siang", "malam")
)


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    """The demo site with a roster at Mabes for one morning, and at a Polda for ever."""
    copy = SiteCopy.under(tmp_path)
    copy.append("site/directory.toml", ROSTER)
    return {"CC110_SITE": str(copy.file("site"))}


def test_the_week_has_every_shift_and_who_is_on(shell: Shell, site: dict[str, str]) -> None:
    """Shifts with nobody stand out; each unit's own time."""
    words = ("shifts", "week", "--unit", "mabes", "--at", "2026-08-17T06:00")
    listed = shell(*words, "--json", **site).objects
    assert len(listed) == 22, "three a day, and the night before"
    assert listed[1] == {
        "unit": "mabes",
        "shift": "pagi",
        "begins": "2026-08-17T00:00:00.000Z",
        "ends": "2026-08-17T08:00:00.000Z",
        "operators": ["1901"],
        "people": ["Aiptu Contoh"],
    }
    shown = shell(*words, "--lang", "id", **site).lines
    assert shown[0].split()[:2] == ["SATUAN", "MULAI"]
    assert "17 Agu 2026 07:00" in shown[2]
    assert shown[2].endswith("1901 Contoh Sembilan, Aiptu Contoh")
    assert shown[3].endswith("TIDAK ADA")


def test_the_next_shift_of_each_unit(shell: Shell, site: dict[str, str]) -> None:
    """At another time as well."""
    found = shell("shifts", "next", "--at", "2026-08-17T07:00", "--json", **site).objects
    assert {(one["unit"], one["shift"]) for one in found} == {
        ("mabes", "siang"),
        ("polda-sumut", "siang"),
    }
    wrong = shell("shifts", "next", "--unit", "polda-x", **site)
    assert (wrong.code, "no unit 'polda-x'" in wrong.err) == (2, True)
    assert shell("shifts", "next", "--at", "soon", **site).code == 2


def test_now_says_who_is_missing(shell: Shell, site: dict[str, str]) -> None:
    """Without a PBX the journal's word counts, and a note says so."""
    answer = shell("shifts", "now", "--unit", "polda-sumut", "--json", **site)
    (one,) = answer.objects
    assert one["empty"] is True
    assert one["missing"] == ["1201", "1202", "1203"]
    assert (one["there"], one["off_shift"]) == ([], [])
    assert "never started" in answer.err
    assert "NOBODY" in shell("shifts", "now", "--lang", "en", **site).out

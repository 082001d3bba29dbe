"""Who is on by the rosters at a time."""

from datetime import datetime

import pytest

from cc110.config.duty import on_duty
from cc110.core.ids import UnitId
from tests.unit.config.site_copy import SiteCopy

DIRECTORY = "site/directory.toml"


ROSTER = "".join(
    f'\n[[roster]]\nunit = "polda-sumut"\nshift = "{shift}"\nfrom = 2026-01-01\noperators = ["1201", "1202"]\n'
    for shift in ("pagi", "siang", "malam")
)


def names(site: SiteCopy, unit: str, text: str) -> list[tuple[str, tuple[str, ...]]]:
    config = site.load()
    found = config.unit(UnitId(unit))
    assert found
    at = datetime.fromisoformat(text).replace(tzinfo=config.time_zone)
    return [(one.shift, one.operators) for one in on_duty(config, found, at)]


@pytest.mark.parametrize(
    ("at", "shift", "operators"),
    [
        ("2026-08-17T07:00", "pagi", ("1201", "1202")),
        ("2026-08-17T14:59", "pagi", ("1201", "1202")),
        ("2026-08-17T15:00", "siang", ("1201", "1202")),
        ("2026-08-17T23:30", "malam", ("1201", "1202")),
        ("2026-08-18T06:59", "malam", ("1201", "1202")),
        ("2025-12-31T10:00", "pagi", ()),
    ],
)
def test_a_shift_runs_by_the_unit_s_clock(
    site: SiteCopy, at: str, shift: str, operators: tuple[str, ...]
) -> None:
    """Also past midnight; a roster counts from its first day on."""
    site.append(DIRECTORY, ROSTER)
    assert names(site, "polda-sumut", at) == [(shift, operators)]


def test_holidays_and_own_shifts(site: SiteCopy) -> None:
    """A shift that is off on holidays; one that is for them only; a unit's own instead of the common ones."""
    site.append(
        DIRECTORY,
        '\n[[shift]]\nid = "kantor"\nunit = "polda-metro-jaya"\nbegins = "08:00"\nends = "16:00"\nholidays = "off"\n'
        '\n[[shift]]\nid = "raya"\nunit = "polda-metro-jaya"\nbegins = "00:00"\nends = "00:00"\nholidays = "only"\n'
        '\n[[roster]]\nunit = "polda-metro-jaya"\nshift = "raya"\nfrom = 2026-12-01\noperators = ["1101"]\n',
    )

    assert names(site, "polda-metro-jaya", "2026-12-24T10:00") == [("kantor", ())]
    assert names(site, "polda-metro-jaya", "2026-12-25T10:00") == [("raya", ("1101",))]
    assert names(site, "polda-metro-jaya", "2026-12-24T20:00") == []

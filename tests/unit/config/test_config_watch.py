"""What may be wrong with how a site is watched."""

import pytest

from tests.unit.config.site_copy import SiteCopy

DIRECTORY, SETTINGS = "site/directory.toml", "site/settings.toml"
OPEN = {"CC110_SIP__HOST": "0.0.0.0", "CC110_SIP__REGISTRAR": "192.0.2.10"}


def test_the_demo_site_has_no_problem(site: SiteCopy) -> None:
    """Figures on loopback, synthetic calls off, or one a minute."""
    assert site.problems() == []
    assert site.problems(CC110_WATCH__SYNTHETIC_EVERY_S="60", **OPEN) == []
    assert site.problems(CC110_WATCH__METRICS_PORT="0") == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SYNTHETIC_EVERY_S", "10", "`synthetic_every_s` in [watch] is 10: a call takes up to 30"),
        ("METRICS_HOST", "0.0.0.0", "`metrics_host` in [watch] is 0.0.0.0: the figures have no"),
        ("METRICS_PORT", "5038", "are both 5038"),
        ("METRICS_PORT", "70000", "metrics_port"),
    ],
)
def test_a_fault_is_named(site: SiteCopy, name: str, value: str, said: str) -> None:
    """With the setting's name."""
    found = site.problems(**{f"CC110_WATCH__{name}": value})

    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(("every_s", "severity"), [("0", "warning"), ("60", "error")])
def test_a_trunk_on_the_pbx_s_own_address_is_named(
    site: SiteCopy, every_s: str, severity: str
) -> None:
    """There a synthetic call would be taken for the trunk's, and ring operators."""
    site.edit(DIRECTORY, '"127.0.0.2"', '"127.0.0.0/8"')
    examined = site.examine(CC110_WATCH__SYNTHETIC_EVERY_S=every_s, **OPEN)
    (found,) = examined.problems

    assert found.severity == severity
    assert "is the PBX's own: its synthetic calls would be real ones" in found.message

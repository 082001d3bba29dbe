"""render, diff, apply, rollback and history where no PBX runs: nothing is touched that should not be."""

import shutil
from pathlib import Path

import pytest

from cc110.app.generation import settle
from cc110.cli.applying import folders_of
from cc110.cli.health.finding import Health
from cc110.cli.health.site import look_at_configuration
from cc110.config.load import checkout, load
from cc110.config.secrets import ensure_secrets
from cc110.pbx.generations import Generations, Intent, State
from tests.unit.cli.shell import Shell


@pytest.fixture
def site(home: Path) -> Path:
    """A copy of the demo site."""
    return Path(shutil.copytree(checkout() / "site", home / "site"))


@pytest.fixture
def live(shell: Shell, site: Path) -> Generations:
    """What a start of the PBX would have made live."""
    config = load(environ={**shell.environ, "CC110_SITE": str(site)})
    settle(config, ensure_secrets(config), folders_of(config), installation_data=None)
    return Generations(config.paths.pbx)


def edit(site: Path, old: str, new: str, name: str = "settings.toml") -> None:
    text = (site / name).read_text()
    assert old in text
    (site / name).write_text(text.replace(old, new, 1))


def test_render_prints_all_and_no_password(shell: Shell, site: Path) -> None:
    """The same bytes twice; in a folder the passwords are there, and the folder is ours."""
    first, second = (shell("--site", str(site), "render") for _ in range(2))
    assert first.out == second.out
    assert "==> tables/pjsip-operators.conf <==" in first.out
    assert "password=<hidden" in first.out
    into = site.parent / "rendered"
    assert shell("--site", str(site), "render", "--to", str(into)).code == 0
    assert "<hidden" not in (into / "tables/pjsip-operators.conf").read_text()
    again = shell("--site", str(site), "render", "--to", str(into), "--json")
    assert again.object["changed"] == []


def test_a_site_with_errors_is_neither_shown_nor_applied(
    shell: Shell, site: Path, live: Generations
) -> None:
    """Broken in ten places: each is named with file and line, and nothing happens."""
    (site / "dialplan").mkdir()
    (site / "dialplan/mine.conf").write_text(
        "[site-arrived]\n"
        "exten => s,1,Playback(cc110/nothing)\n"
        " same => n,Goto(cc110-nowhere,s,1)\n"
        " same => n,Gosub(cc110-tel,s,1(x))\n"
        " same => n,Set(x=${CC110_NOTHING})\n"
        " same => n,Playbak(beep)\n"
        " same => n,Set(y=${NOFUNC(1)})\n"
        " same => n,Queue(no-queue)\n"
        ' same => n,GotoIf($["x${QUEUESTATUS}" = "xNO"]?missing)\n'
        " same => n,Wait(5\n"
        "exten => _X!,1,NoOp()\n"
    )
    said = shell("--site", str(site), "apply", "--reason", "ten mistakes")
    assert said.code == 1
    for line in range(2, 12):
        assert f"mine.conf:{line}: " in said.err, line
    assert "the site's data has" in said.err
    assert live.live == 1
    assert shell("--site", str(site), "diff").code == 1


def test_a_border_that_is_odd_is_told_and_holds_up_no_change(
    shell: Shell, site: Path, live: Generations
) -> None:
    """It is looked at when all is done; with an error it stands among what is wrong."""
    odd = "demo.geojson:1: warning: is no JSON: Expecting"
    (site / "areas/demo.geojson").write_text("{")
    edit(site, 'id = "demo"', 'id = "demo2"')
    done = shell("--site", str(site), "apply", "--reason", "borders")
    assert (done.code, live.live) == (0, 2)
    assert odd in done.err

    edit(site, 'id = "demo2"', 'id = "demo3"\nno_setting = 1')
    refused = shell("--site", str(site), "apply", "--reason", "a mistake")
    assert (refused.code, live.live) == (1, 2)
    assert odd in refused.err
    assert "no_setting" in refused.err


def test_diff_says_what_apply_would_do_and_apply_does_it(
    shell: Shell, site: Path, live: Generations
) -> None:
    """Without a PBX nobody is told, and nothing is tried."""
    assert shell("--site", str(site), "diff").code == 0
    edit(site, "\nring_s = 5", "\nring_s = 4")
    shown = shell("--site", str(site), "diff")
    assert shown.code == 1
    assert "+CC110_RING_S=4" in shown.out
    assert shell("--site", str(site), "apply", "--dry-run").code == 0
    assert live.live == 1

    done = shell("--site", str(site), "apply", "--by", "admin", "--reason", "why", "--json")
    assert (done.object["generation"], done.object["verified_s"]) == (2, None)
    assert (live.about(2).by, live.about(2).reason, live.about(2).state) == (
        "admin",
        "why",
        State.MADE,
    )
    assert shell("--site", str(site), "diff").code == 0
    assert shell("--site", str(site), "apply").out.startswith("Nothing to change")


def test_the_way_back_is_open_also_while_the_files_are_broken(
    shell: Shell, site: Path, live: Generations
) -> None:
    edit(site, "\nring_s = 5", "\nring_s = 4")
    assert shell("--site", str(site), "apply").code == 0
    edit(site, "\nring_s = 4", "\nring_s = x")
    back = shell("--site", str(site), "rollback", "--reason", "complaints", "--json")
    assert (back.code, back.object["generation"], live.live) == (0, 1, 1)
    rows = shell("--site", str(site), "history", "--json").object
    assert (rows[0]["number"], rows[0]["state"], rows[0]["live"]) == (2, "left", False)
    assert rows[0]["why"] == "complaints"
    assert live.refused(live.about(2).digest) == live.about(2), "a start does not bring it back"
    assert shell("--site", str(site), "rollback", "7").err == "cc110: there is no generation 7.\n"


def test_the_doctor_names_the_configuration_and_a_change_that_was_cut_off(
    shell: Shell, live: Generations
) -> None:
    fine = look_at_configuration(shell.config)
    assert (fine.health, fine.said) == (Health.OK, "generation 1 is live")
    live.begin(Intent(before=1, after=2))
    with live.alone():
        assert look_at_configuration(shell.config).health is Health.OK, "somebody sees to it"
    cut = look_at_configuration(shell.config)
    assert (cut.health, "cut off" in cut.said) == (Health.WARN, True)


def test_where_nothing_was_ever_started_nothing_is_applied(shell: Shell, site: Path) -> None:
    said = shell("--site", str(site), "apply")
    assert said.code == 1
    assert "no configuration is live" in said.err
    assert shell("--site", str(site), "history").code == 0

"""Every problem of the site at once, and no start with an error."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cc110.config.load import checkout
from tests.unit.cli.shell import Shell

Edit = Callable[[str, str, str], None]


@pytest.fixture
def site(home: Path) -> Path:
    """A copy of the demo site."""
    return Path(shutil.copytree(checkout() / "site", home / "site"))


@pytest.fixture
def edit(site: Path) -> Edit:
    """Replaces a text in one of its files."""

    def replace(name: str, old: str, new: str) -> None:
        text = (site / name).read_text()
        assert old in text
        (site / name).write_text(text.replace(old, new, 1))

    return replace


def test_a_good_site_has_no_errors(shell: Shell) -> None:
    """The demo site as it comes, with its dialplan and prompts."""
    answer = shell("check")

    assert (answer.code, answer.out, answer.err) == (0, "No errors, no warnings.\n", "")


def test_all_problems_are_named_with_their_lines(shell: Shell, site: Path, edit: Edit) -> None:
    """Of both files at once; the count stands on standard error."""
    edit("settings.toml", "port = 5060", 'port = "x"')
    edit("settings.toml", "ring_s = 5", "ring_s = 9")
    edit("directory.toml", 'parent = "mabes"', 'parent = "mabess"')
    del_port = {"CC110_SIP__PORT": ""}
    answer = shell("--site", str(site), "check", **del_port)

    assert answer.code == 1
    assert all(line.startswith(str(site)) for line in answer.lines if "CC110" not in line)
    wrong = (site / "directory.toml").read_text().splitlines().index('parent = "mabess"') + 1
    assert any(f"directory.toml:{wrong}: Polda" in line for line in answer.lines)
    assert any("warning: `ring_s` in [transfer] is 9" in line for line in answer.lines)
    assert answer.err == "cc110: 2 errors, 1 warning.\n"


def test_problems_are_json_lines(shell: Shell, site: Path, edit: Edit) -> None:
    """For editors and scripts."""
    edit("settings.toml", "ring_s = 5", "ring_s = 99")
    answer = shell("--site", str(site), "check", "--json")
    [problem] = answer.objects

    assert answer.code == 1
    assert (problem["file"], problem["severity"]) == (f"{site}/settings.toml", "error")
    assert isinstance(problem["line"], int)


def test_a_broken_dialplan_is_found_and_never_started(
    shell: Shell, home: Path, site: Path, edit: Edit
) -> None:
    """The look goes into the call logic as well, also at the start."""
    plan = Path(shutil.copytree(checkout() / "dialplan", home / "dialplan"))
    intake = plan / "intake.conf"
    intake.write_text(intake.read_text().replace("Gosub(cc110-number,", "Gosub(cc110-nummer,"))
    edit("settings.toml", 'dialplan = "dialplan"', f'dialplan = "{plan}"')
    answer = shell("--site", str(site), "check")

    assert answer.code == 1
    assert any("intake.conf:" in line and "cc110-nummer" in line for line in answer.lines)
    refused = shell.start("--site", str(site), "daemon")
    try:
        assert "cc110-nummer" in refused.communicate(timeout=20)[1]
    finally:
        refused.kill()
    assert not (home / "secrets.toml").exists()


@pytest.mark.parametrize("command", ["run", "daemon", "pbx start"])
def test_nothing_starts_with_an_error(
    command: str, shell: Shell, home: Path, site: Path, edit: Edit
) -> None:
    """The same check before anything starts: no password is made, no journal, no PBX."""
    edit("directory.toml", 'parent = "mabes"', 'parent = "mabess"')
    answer = shell("--site", str(site), *command.split())

    assert answer.code == 1
    assert answer.out == ""
    assert "`mabess` is no Mabes of this directory" in answer.err
    assert answer.err.splitlines()[-1] == (
        "cc110: the site's data has 1 error: mend what is named above."
    )
    assert [path.name for path in home.iterdir()] == ["site"]

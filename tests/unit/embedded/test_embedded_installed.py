"""An Asterisk that is already there: taken if it is new enough and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.installation import Installation
from cc110.pbx.embedded.installed import NotUsable, find_installed

if TYPE_CHECKING:
    from pathlib import Path

MODULES = "lib/x86_64-linux-gnu/asterisk/modules"


def machine(tmp_path: Path, says: str, *, modules: str = MODULES) -> str:
    """Make a machine with an Asterisk that prints `says`; return its search path."""
    program = tmp_path / "usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    (tmp_path / "usr/share/asterisk/sounds").mkdir(parents=True)
    (tmp_path / "usr" / modules).mkdir(parents=True)
    (tmp_path / "usr" / modules / "res_pjsip.so").touch()
    return str(program.parent)


@pytest.mark.parametrize(
    "version", ["22.10.1", "22.10.1~dfsg+~cs6.17-1", "22.11.0", "23.0.0", "22.10.12"]
)
def test_an_asterisk_from_the_floor_upwards_is_taken(tmp_path: Path, version: str) -> None:
    """Its command, version and directories come with it."""
    found = find_installed(machine(tmp_path, f"Asterisk {version}"))

    assert isinstance(found, Installation)
    assert (found.origin, found.version) == ("system", version)
    assert found.command == (str(tmp_path / "usr/sbin/asterisk"),)
    assert found.modules_dir == tmp_path / "usr" / MODULES
    assert found.data_dir == tmp_path / "usr/share/asterisk"


@pytest.mark.parametrize("version", ["22.10.0", "22.9.2", "20.99.99", "18.0.0"])
def test_an_older_asterisk_is_not_taken(tmp_path: Path, version: str) -> None:
    """The reason names both versions."""
    found = find_installed(machine(tmp_path, f"Asterisk {version}"))

    assert isinstance(found, NotUsable)
    assert f"is Asterisk {version}, and 22.10.1 or later is needed" in found.reason


@pytest.mark.parametrize(
    "says", ["Asterisk GIT-22-a1b2c3d", "Asterisk certified-22.8-cert1", "", "hello"]
)
def test_an_asterisk_without_a_release_number_is_not_taken(tmp_path: Path, says: str) -> None:
    """Whether it has the fixes cannot be told."""
    found = find_installed(machine(tmp_path, says))

    assert isinstance(found, NotUsable)
    assert "not a release of Asterisk" in found.reason


def test_no_asterisk_is_a_reason_too(tmp_path: Path) -> None:
    """A search path without one is no error."""
    assert find_installed(str(tmp_path)) == NotUsable(reason="No Asterisk is installed.")


def test_an_asterisk_that_does_not_run_is_not_taken(tmp_path: Path) -> None:
    """What it printed is in the reason."""
    path = machine(tmp_path, "")
    (tmp_path / "usr/sbin/asterisk").write_text("#!/bin/sh\necho no such library >&2; exit 127\n")
    found = find_installed(path)

    assert isinstance(found, NotUsable)
    assert "does not run: no such library" in found.reason


def test_an_asterisk_without_its_modules_is_not_taken(tmp_path: Path) -> None:
    """A package may have only the program in it."""
    path = machine(tmp_path, "Asterisk 22.10.1")
    (tmp_path / "usr" / MODULES / "res_pjsip.so").unlink()

    found = find_installed(path)

    assert isinstance(found, NotUsable)
    assert "its modules are not found" in found.reason


def test_directories_named_in_its_own_configuration_come_first(tmp_path: Path) -> None:
    """A build from source may have them anywhere."""
    path = machine(tmp_path, "Asterisk 22.10.1", modules="elsewhere")
    conf = tmp_path / "usr/etc/asterisk/asterisk.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"[directories]\nastmoddir => {tmp_path}/usr/elsewhere ; here\n")

    found = find_installed(path)

    assert isinstance(found, Installation)
    assert found.modules_dir == tmp_path / "usr/elsewhere"

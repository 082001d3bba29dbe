"""Installing from a mirror: what comes of it, and what a second run does with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.bundles import ASTERISK, SIPP
from cc110.pbx.embedded.errors import (
    CacheInUse,
    CacheNotWritable,
    DamagedCache,
    NoNetwork,
    NotInstalled,
    ToolMissing,
)
from cc110.pbx.embedded.install import find, install, remove, verify
from cc110.pbx.embedded.manifest import load
from cc110.pbx.embedded.progress import NoProgress

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.embedded.conftest import Lab

SOUND = "usr/share/asterisk/sounds/hello.gsm"


def test_a_fresh_cache_gets_a_program_that_runs(lab: Lab) -> None:
    """After an installation the command prints Asterisk's version."""
    store = lab.install()
    printed = subprocess.run([*store.command(ASTERISK), "-V"], capture_output=True, check=True)

    assert printed.stdout == b"Asterisk 22.10.1+sample\n"


def test_an_installation_says_where_everything_is(lab: Lab) -> None:
    """install() returns the command, its directories, version and tools."""
    found = install(
        lab.cache,
        bundles=("asterisk", "sipp"),
        progress=lab.progress,
        source=lab.mirror.source(),
        use_system=False,
    )

    assert (found.origin, found.version) == ("embedded", "22.10.1+sample")
    assert (found.data_dir / "sounds/hello.gsm").is_file()
    assert subprocess.run([*found.tool("sipp")], check=False).returncode == 99


def test_a_tool_that_is_not_installed_is_named(lab: Lab) -> None:
    """Asking for a tool that was not installed says how to get it."""
    lab.install()

    with pytest.raises(ToolMissing, match="pbx install --with espeak-ng"):
        find(lab.cache, use_system=False).tool("espeak-ng")


def test_a_warm_start_asks_the_mirror_nothing(lab: Lab) -> None:
    """A second installation finds everything and reports no phase."""
    lab.install()
    asked, phases = len(lab.mirror.asked), len(lab.progress.phases)
    lab.install()

    assert (len(lab.mirror.asked), len(lab.progress.phases)) == (asked, phases)


def test_a_second_program_does_not_fetch_what_the_first_had(lab: Lab) -> None:
    """A package that two programs need crosses the network once."""
    lab.install()
    lab.install(SIPP)

    assert sorted(lab.mirror.packages_asked()) == [
        "asterisk_22.10.1-1_all.deb",
        "sample-loader_2.41-1_all.deb",
        "sip-tester_3.8.0-1_all.deb",
    ]


def test_the_manifest_names_each_package_with_its_signed_checksum(lab: Lab) -> None:
    """The manifest holds package, version and SHA-256 as the mirror's index has them."""
    store = lab.install()
    manifest = load(store.place(ASTERISK))
    index = (lab.home / "apt/lists").glob("*Packages*")

    assert [(deb.package, deb.version) for deb in manifest.debs] == [
        ("sample-loader", "2.41-1"),
        ("asterisk", "1:22.10.1-1"),
    ]
    text = subprocess.run(
        ["/usr/lib/apt/apt-helper", "cat-file", *map(str, index)], capture_output=True, check=True
    ).stdout.decode()
    assert all(f"SHA256: {deb.sha256}" in text for deb in manifest.debs)


def test_progress_reaches_the_total_of_each_phase(lab: Lab) -> None:
    """Reading, downloading, unpacking and checking each end at their total."""
    lab.install()
    totals = [total for _, total in lab.progress.phases]

    assert lab.progress.done == totals
    assert len(totals) == 4


def test_set_uid_bits_are_not_unpacked(lab: Lab) -> None:
    """A program that is set-uid in its package is an ordinary one in the tree."""
    store = lab.install()

    assert (store.tree(ASTERISK) / "usr/bin/sample-suid").stat().st_mode & 0o7000 == 0


def test_the_tree_belongs_to_the_calling_user(lab: Lab) -> None:
    """Nothing in the tree belongs to another user than the one that unpacked it."""
    store = lab.install()
    owners = {found.lstat().st_uid for found in store.tree(ASTERISK).rglob("*")}

    assert owners == {os.geteuid()}


def test_a_package_from_before_the_merged_usr_lands_in_usr(lab: Lab) -> None:
    """A file packaged as /lib/x is found under /usr/lib, and /lib stays a link."""
    store = lab.install()

    assert (store.tree(ASTERISK) / "usr/lib/sample/old.txt").is_file()
    assert (store.tree(ASTERISK) / "lib").is_symlink()


@pytest.mark.parametrize("name", ["My Caché", "quo'te", "per%cent"])
def test_an_odd_cache_path_works(lab: Lab, name: str) -> None:
    """Spaces, accents and quotes in the path do no harm."""
    lab.cache = lab.cache / name

    assert subprocess.run([*lab.install().command(ASTERISK), "-V"], check=True).returncode == 0


def test_a_cache_path_that_a_library_path_cannot_have_is_refused(lab: Lab) -> None:
    """A colon would cut the library path in two."""
    lab.cache = lab.cache / "a:b"

    with pytest.raises(CacheNotWritable, match="':'"):
        lab.install()


def test_a_moved_cache_still_runs(lab: Lab, tmp_path: Path) -> None:
    """No absolute path is written into the tree."""
    lab.install()
    lab.cache.rename(tmp_path / "moved")

    assert find(tmp_path / "moved", use_system=False).version == "22.10.1+sample"


def test_a_file_cut_short_is_noticed_at_the_start(lab: Lab) -> None:
    """The cheap check compares the length of every file."""
    store = lab.install()
    (store.tree(ASTERISK) / SOUND).write_bytes(b"")

    with pytest.raises(DamagedCache, match=r"hello\.gsm"):
        find(lab.cache, use_system=False)


def test_a_damaged_tree_is_unpacked_again_without_a_network(lab: Lab) -> None:
    """What was fetched before is enough to repair, and the repair is said."""
    store = lab.install()
    (store.tree(ASTERISK) / SOUND).unlink()
    lab.mirror.stop()
    lab.install()

    assert (store.tree(ASTERISK) / SOUND).is_file()
    assert lab.progress.find("unpacking it again")


def test_without_a_network_and_packages_a_repair_is_refused(lab: Lab) -> None:
    """When even one package is gone, the network is what is missing."""
    store = lab.install()
    (store.tree(ASTERISK) / SOUND).unlink()
    next((lab.home / "apt/archives").glob("asterisk*.deb")).unlink()

    lab.mirror.stop()

    with pytest.raises(NoNetwork):
        lab.install()


def test_a_changed_byte_is_found_by_the_full_check_only(lab: Lab) -> None:
    """verify() reads everything; the cheap check sees that the length is the same."""
    sound = lab.install().tree(ASTERISK) / SOUND
    sound.write_bytes(sound.read_bytes().replace(b"sample", b"SAMPLE"))
    find(lab.cache, use_system=False)

    assert [str(error).split(" changed")[0] for error in verify(lab.cache, NoProgress())] == [
        str(sound)
    ]


def test_a_file_too_many_is_found_by_the_full_check(lab: Lab) -> None:
    """A module slipped into the tree would be run, so it counts as damage."""
    extra = lab.install().tree(ASTERISK) / "usr/lib/slipped-in.so"
    extra.write_bytes(b"")

    assert [error.detail for error in verify(lab.cache, NoProgress())] == [str(extra)]


def test_a_sound_tree_passes_the_full_check(lab: Lab) -> None:
    """verify() returns nothing for what was just unpacked."""
    lab.install(ASTERISK, SIPP)

    assert verify(lab.cache, NoProgress()) == ()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1}', "\0"])
def test_a_damaged_manifest_is_damage(lab: Lab, content: str) -> None:
    """A manifest that cannot be read leads to a new unpacking, not to a crash."""
    store = lab.install()
    (store.place(ASTERISK) / "manifest.json").write_text(content)

    with pytest.raises(DamagedCache):
        store.check(ASTERISK)
    lab.install().check(ASTERISK)


def test_a_forged_manifest_is_damage(lab: Lab) -> None:
    """A manifest carries a checksum of itself."""
    manifest = lab.install().place(ASTERISK) / "manifest.json"
    manifest.write_text(manifest.read_text().replace("hello.gsm", "howdy.gsm"))

    with pytest.raises(DamagedCache, match="checksum"):
        lab.store().check(ASTERISK)


def test_a_fetched_package_that_rotted_is_fetched_again(lab: Lab) -> None:
    """apt takes a file of the right length for the right file; the store does not."""
    store = lab.install()
    package = next((lab.home / "apt/archives").glob("asterisk*.deb"))
    package.write_bytes(bytes(package.stat().st_size))
    (store.tree(ASTERISK) / SOUND).unlink()
    lab.install().check(ASTERISK)

    assert lab.mirror.packages_asked().count("asterisk_22.10.1-1_all.deb") == 2


def test_what_a_killed_installation_left_is_removed(lab: Lab) -> None:
    """A half unpacking is never taken for a whole one, and does not stay."""
    (lab.home / ".partial-0123/root/usr").mkdir(parents=True)
    lab.install()

    assert lab.left_over() == []


def test_two_at_once_fetch_once_and_the_second_says_that_it_waits(lab: Lab) -> None:
    """The second installation waits for the first and uses its work."""
    gate = lab.mirror.hold("asterisk_22.10.1-1_all.deb")
    first = threading.Thread(target=lab.install)
    first.start()
    assert gate.reached.wait(30)
    second = threading.Thread(target=lab.install)
    second.start()
    waiting = lab.progress.wait_for("Waiting for another installation")
    gate.opened.set()
    first.join(30)
    second.join(30)

    assert str(os.getpid()) in waiting
    assert lab.mirror.packages_asked().count("asterisk_22.10.1-1_all.deb") == 1


def test_nothing_installed_is_said_with_what_to_do(lab: Lab) -> None:
    """An empty cache is not an error of its own kind, but an advice."""
    with pytest.raises(NotInstalled, match="cc110 pbx install"):
        find(lab.cache, use_system=False)


def test_removing_takes_everything(lab: Lab) -> None:
    """remove() leaves no package and no tree."""
    lab.install()
    remove(lab.cache, lab.progress)

    assert list(lab.cache.iterdir()) == []


def test_removing_is_refused_while_a_program_runs(lab: Lab) -> None:
    """Sounds must not vanish under a PBX with calls."""
    tree = lab.install().tree(ASTERISK)
    program = shutil.copy(shutil.which("sleep") or "", tree / "usr/bin/sleep")
    running = subprocess.Popen([program, "60"])
    try:
        with pytest.raises(CacheInUse, match=str(running.pid)):
            remove(lab.cache, lab.progress)
    finally:
        running.kill()
        running.wait()

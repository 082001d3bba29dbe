"""Everything that can be missing or wrong while installing, and the sentence that says so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cc110.pbx.embedded.bundles import ASTERISK
from cc110.pbx.embedded.errors import (
    AptMissing,
    CacheNotWritable,
    DiskFull,
    DownloadDamaged,
    KeyringMissing,
    MirrorUnusable,
    NoNetwork,
    PackageMissing,
    SignatureFailed,
    TooOld,
    WrongCpu,
)
from cc110.pbx.embedded.machine import this_cpu
from cc110.pbx.embedded.store import Store
from tests.unit.embedded.mini_archive import KEYRING

if TYPE_CHECKING:
    from tests.unit.embedded.conftest import Lab

DEB = "asterisk_22.10.1-1_all.deb"
INSTALLER = """
import sys
import threading
from pathlib import Path
from cc110.pbx.embedded.apt_config import DebianSource
from cc110.pbx.embedded.errors import PbxError
from cc110.pbx.embedded.install import install
from cc110.pbx.embedded.progress import NoProgress
cache, mirror, keyring = sys.argv[1:]
source = DebianSource(mirror=mirror, keyring=Path(keyring))
try:
    install(Path(cache), progress=NoProgress(), source=source, use_system=False)
except PbxError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def installer(lab: Lab) -> list[str]:
    """Return the command of a process of its own that installs."""
    return [sys.executable, "-c", INSTALLER, str(lab.cache), lab.mirror.url, str(KEYRING)]


def test_without_apt_the_way_out_is_named(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that is no Debian the message names what is missing and what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(AptMissing, match=r"no apt-get and no dpkg-deb and no tar.*docker/"):
        lab.install()


def test_without_debians_keys_the_package_is_named(lab: Lab, tmp_path: Path) -> None:
    """The keys are never fetched from where they would be used."""
    source = lab.mirror.source(keyring=tmp_path / "none.gpg")

    with pytest.raises(KeyringMissing, match=r"none\.gpg is missing"):
        Store(lab.cache, source, this_cpu()).ensure([ASTERISK], lab.progress)


def test_an_archive_signed_by_somebody_else_is_refused(lab: Lab, tmp_path: Path) -> None:
    """Only the keys in the keyring count, here none at all."""
    (tmp_path / "other.gpg").write_bytes(b"")
    source = lab.mirror.source(keyring=tmp_path / "other.gpg")

    with pytest.raises(SignatureFailed, match="not signed with Debian's keys"):
        Store(lab.cache, source, this_cpu()).ensure([ASTERISK], lab.progress)


def test_a_changed_release_file_is_refused(lab: Lab) -> None:
    """A signature that does not fit its text stops the installation."""
    lab.mirror.spoil["InRelease"] = lambda text: text.replace(b"Sample", b"Zample")

    with pytest.raises(SignatureFailed):
        lab.install()


def test_the_machines_own_laxness_is_not_inherited(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the machine's apt takes unsigned archives, this one still does not."""
    lax = ["Acquire::AllowInsecureRepositories", "APT::Get::AllowUnauthenticated"]
    machine_config(tmp_path, monkeypatch, "".join(f'{name} "true";\n' for name in lax))
    lab.mirror.spoil["InRelease"] = lambda text: text.replace(b"Sample", b"Zample")

    with pytest.raises(SignatureFailed):
        lab.install()


def test_a_changed_index_is_refused(lab: Lab) -> None:
    """The index must have the checksum that the signed file names."""
    lab.mirror.spoil["Packages"] = lambda text: text.replace(b"22.10.1", b"22.10.2")

    with pytest.raises(DownloadDamaged):
        lab.install()


def test_a_changed_package_is_refused(lab: Lab) -> None:
    """A package must have the checksum that the signed index names; nothing is unpacked."""
    lab.mirror.spoil[DEB] = lambda content: bytes(len(content))

    with pytest.raises(DownloadDamaged, match="checksum"):
        lab.install()
    assert not lab.store().place(ASTERISK).exists()


def test_a_package_cut_short_is_refused(lab: Lab) -> None:
    """A mirror that is being updated may serve half a file."""
    lab.mirror.spoil[DEB] = lambda content: content[:100]

    with pytest.raises(DownloadDamaged):
        lab.install()


def test_nobody_at_the_mirrors_address_is_no_network(lab: Lab) -> None:
    """A refused connection names the mirror and what apt saw."""
    lab.mirror.stop()

    with pytest.raises(NoNetwork, match=rf"{lab.mirror.port}/debian cannot .*refused"):
        lab.install()


def test_a_mirror_without_the_suite_is_unusable(lab: Lab) -> None:
    """An answer 404 is not a network fault."""
    with pytest.raises(MirrorUnusable, match="does not serve the Debian suite"):
        lab.store(suite="nosuch").ensure([ASTERISK], lab.progress)


def test_a_log_in_page_instead_of_a_mirror_is_unusable(lab: Lab) -> None:
    """A captive portal answers everything with a page of its own."""
    lab.mirror.spoil[""] = lambda _: b"<html>log in first</html>"

    with pytest.raises(MirrorUnusable):
        lab.install()


@pytest.mark.parametrize("address", ["", "file:/tmp", "http://a b/", "http://a/\nTrusted: yes"])
def test_a_mirror_that_is_no_web_address_is_refused(lab: Lab, address: str) -> None:
    """Nothing can be written into apt's configuration by way of the address."""
    source = replace(lab.mirror.source(), mirror=address)

    with pytest.raises(MirrorUnusable, match="not the address"):
        Store(lab.cache, source, this_cpu()).ensure([ASTERISK], lab.progress)


def test_a_suite_without_asterisk_is_said(lab: Lab) -> None:
    """Debian 12 and 13, for example, have no such package."""
    with pytest.raises(PackageMissing, match="asterisk"):
        lab.store(suite="empty").ensure([ASTERISK], lab.progress)


def test_a_suite_with_an_old_asterisk_is_refused(lab: Lab) -> None:
    """What is below the floor version is not put into place."""
    store = lab.store(suite="old")

    with pytest.raises(TooOld, match=r"20\.4\.0.*22\.10\.1"):
        store.ensure([ASTERISK], lab.progress)
    assert not store.place(ASTERISK).exists()
    assert lab.left_over() == []


def test_an_unknown_processor_is_named() -> None:
    """The message names the machine and those that would do."""
    with pytest.raises(WrongCpu, match="x86_64 and aarch64 only and this machine is riscv64"):
        this_cpu("riscv64")


@pytest.mark.skipif(not shutil.which("setarch"), reason="needs setarch")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="x86_64 can pose as i686")
def test_a_machine_of_another_processor_is_told_so(lab: Lab) -> None:
    """A process that the kernel tells it runs on an i686 ends with the sentence."""
    said = subprocess.run(["setarch", "i686", *installer(lab)], capture_output=True, check=False)

    assert b"WrongCpu" in said.stderr
    assert b"this machine is i686" in said.stderr


def test_trees_for_two_processors_do_not_mix(lab: Lab) -> None:
    """A cache on a shared disk keeps them apart."""
    one, other = (
        Store(lab.cache, lab.mirror.source(), this_cpu(machine)).place(ASTERISK)
        for machine in ("x86_64", "aarch64")
    )

    assert one != other


def test_too_little_space_is_said_before_anything_is_fetched(lab: Lab) -> None:
    """The message has what is free and what is needed."""
    huge = replace(ASTERISK, space=10**18)

    with pytest.raises(DiskFull, match="MB free and 1000000000000 MB are needed"):
        lab.store().ensure([huge], lab.progress)
    assert lab.mirror.asked == []


def test_a_cache_that_cannot_be_written_is_said(lab: Lab) -> None:
    """/sys takes no new directory from anybody."""
    lab.cache = Path("/sys/cc110")

    with pytest.raises(CacheNotWritable, match="CC110_CACHE"):
        lab.install()


def test_the_machines_hooks_are_not_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of the machine's apt may remove packages or need rights that we lack."""
    hook = f'{{ "touch {tmp_path}/hooked"; }};\n'
    names = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke"]
    machine_config(tmp_path, monkeypatch, "".join(name + hook for name in names))
    lab.install()

    assert not (tmp_path / "hooked").exists()


def test_the_machines_proxy_is_used(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site that reaches Debian by a proxy has told its own apt so."""
    proxy = f'Acquire::http::Proxy "http://127.0.0.1:{lab.mirror.port}";\n'
    machine_config(tmp_path, monkeypatch, proxy)
    source = replace(lab.mirror.source(), mirror="http://mirror.invalid/debian")
    Store(lab.cache, source, this_cpu()).ensure([ASTERISK], lab.progress)

    assert DEB in lab.mirror.packages_asked()


def test_an_installer_killed_while_fetching_leaves_nothing_half_done(lab: Lab) -> None:
    """The apt-get it left behind keeps the lock; the next installation waits and succeeds."""
    gate = lab.mirror.hold(DEB)
    killed = subprocess.Popen(installer(lab), stderr=subprocess.DEVNULL)
    assert gate.reached.wait(30)
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    assert not lab.store().place(ASTERISK).exists()

    second = threading.Thread(target=lab.install)
    second.start()
    lab.progress.wait_for(f"Waiting for another installation to end (process {killed.pid})")
    gate.opened.set()
    second.join(30)

    lab.store().check(ASTERISK)
    assert lab.left_over() == []


def test_an_interrupted_installer_takes_its_apt_along(lab: Lab) -> None:
    """After SIGINT nobody holds the lock any more, though the mirror never answered."""
    gate = lab.mirror.hold(DEB)
    stopped = subprocess.Popen(installer(lab), stderr=subprocess.DEVNULL)
    assert gate.reached.wait(30)
    stopped.send_signal(signal.SIGINT)
    stopped.wait(30)
    gate.opened.set()
    lab.install()

    assert lab.progress.find("Waiting") is None


def machine_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Give apt a configuration as /etc/apt/apt.conf.d would."""
    (tmp_path / "machine.conf").write_text(text)
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "machine.conf"))

"""The private apt's configuration: where it looks, what it trusts and where it writes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cc110.pbx.embedded.errors import KeyringMissing, MirrorUnusable

if TYPE_CHECKING:
    from cc110.pbx.embedded.machine import Cpu

KEYRINGS = tuple(
    Path("/usr/share/keyrings") / f"debian-archive-keyring.{ending}" for ending in ("gpg", "pgp")
)
_MIRROR = re.compile(r"https?://[!-~]+")
_SUITE = re.compile(r"[a-z0-9][a-z0-9./-]*")

# `#clear` empties lists that the machine's own files may have filled: a hook there may remove the
# downloaded packages or talk to a desktop, and would run as the calling user. A mirror that has not
# been synchronised for a week still serves signed packages, hence Check-Valid-Until.
_CONFIG = """\
#clear APT::Architectures;
#clear APT::Default-Release;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Architecture "{debian}";
APT::Architectures {{ "{debian}"; }};
APT::Get::AllowUnauthenticated "false";
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::Check-Valid-Until "false";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "2";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
"""
_SOURCE = """\
Types: deb
URIs: {mirror}
Suites: {suite}
Components: main
Architectures: {debian}
Targets: Packages
Signed-By: {keyring}
"""


@dataclass(frozen=True, kw_only=True)
class DebianSource:
    """Where the packages come from: a Debian mirror and the suite that has Asterisk 22.

    A snapshot (`http://snapshot.debian.org/archive/debian/<time>`) works as a mirror too.
    `keyring` holds the keys that must have signed the suite; None means Debian's own.
    """

    mirror: str = "http://deb.debian.org/debian"
    suite: str = "forky"
    keyring: Path | None = None


def write_config(home: Path, source: DebianSource, cpu: Cpu) -> None:
    """Write apt's directories, an empty package database and its configuration under `home`.

    Raises KeyringMissing or MirrorUnusable.
    """
    sources = _sources(source, cpu)
    for directory in ("lists", "archives"):
        (home / directory / "partial").mkdir(parents=True, exist_ok=True)
    (home / "status").write_text("")
    (home / "apt.conf").write_text(_CONFIG.format(debian=cpu.debian))
    (home / "debian.sources").write_text(sources)


def options(home: Path) -> list[str]:
    """Return apt-get's options that make it use `home` and nothing else of its own."""
    places = {
        "Dir::State": home,
        "Dir::State::lists": f"{home}/lists/",
        "Dir::State::status": home / "status",
        "Dir::Cache": home,
        "Dir::Cache::archives": f"{home}/archives/",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Log": home,
        "Dir::Etc::sourcelist": home / "debian.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        # A pin of the machine, such as one against testing, is meant for its own packages.
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
    }
    if os.geteuid() == 0:
        # The user that apt would drop to may not enter the cache.
        places["APT::Sandbox::User"] = "root"
    settings = [f"--option={name}={place}" for name, place in places.items()]
    return [f"--config-file={home / 'apt.conf'}", *settings]


def _sources(source: DebianSource, cpu: Cpu) -> str:
    if not _MIRROR.fullmatch(source.mirror) or not _SUITE.fullmatch(source.suite):
        msg = (
            f"{source.mirror!r} with suite {source.suite!r} is not the address of a Debian mirror."
        )
        raise MirrorUnusable(msg)
    return _SOURCE.format(
        mirror=source.mirror, suite=source.suite, debian=cpu.debian, keyring=_keyring(source)
    )


def _keyring(source: DebianSource) -> Path:
    """Return the file of keys to trust; apt allows no space in its path."""
    for file in (source.keyring,) if source.keyring else KEYRINGS:
        if file.is_file() and not re.search(r"\s", str(file)):
            return file.absolute()
    if source.keyring:
        msg = f"The keyring {source.keyring} is missing or has a space in its path."
        raise KeyringMissing(msg)
    raise KeyringMissing

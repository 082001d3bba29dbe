"""The programs that can be unpacked, and what each of them needs."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One program with all it depends on, unpacked into a tree of its own.

    `program` is its path in the tree, `arguments` are always put first (`{lib}` becomes the tree's
    library directory), `libraries` are directories below that one where libraries lie as well.
    `probe` makes it print its version, then `probe_code` is its exit code. `space` is what fetching
    and unpacking take at most, in bytes.
    """

    name: str
    packages: tuple[str, ...]
    program: str
    arguments: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    probe: str
    probe_code: int = 0
    space: int


ASTERISK = Bundle(
    name="asterisk",
    packages=("asterisk",),
    program="usr/sbin/asterisk",
    probe="-V",
    space=600 * MEGABYTE,
)
SIPP = Bundle(
    name="sipp",
    packages=("sip-tester",),
    program="usr/bin/sipp",
    probe="-v",
    probe_code=99,
    space=150 * MEGABYTE,
)
ESPEAK = Bundle(
    name="espeak-ng",
    packages=("espeak-ng",),
    program="usr/bin/espeak-ng",
    # Its data directory is compiled in as an absolute path.
    arguments=("--path={lib}",),
    libraries=("pulseaudio",),
    probe="--version",
    space=200 * MEGABYTE,
)
MOSQUITTO = Bundle(
    name="mosquitto",
    packages=("mosquitto",),
    program="usr/sbin/mosquitto",
    probe="-h",
    probe_code=0,
    space=150 * MEGABYTE,
)
BUNDLES = {bundle.name: bundle for bundle in (ASTERISK, SIPP, ESPEAK, MOSQUITTO)}

"""The unpacked programs of one cache: look, check, fetch, unpack."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from cc110.pbx.embedded import manifest as manifests
from cc110.pbx.embedded.apt import PrivateApt
from cc110.pbx.embedded.apt_errors import translate_os
from cc110.pbx.embedded.bundles import ASTERISK
from cc110.pbx.embedded.cache import (
    locked,
    partial,
    publish,
    require_idle,
    require_space,
    sweep,
)
from cc110.pbx.embedded.errors import (
    CacheNotWritable,
    DamagedCache,
    NoNetwork,
    NotInstalled,
    PbxInstallError,
)
from cc110.pbx.embedded.installation import asterisk_version, run
from cc110.pbx.embedded.manifest import TREE, Manifest
from cc110.pbx.embedded.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cc110.pbx.embedded.apt import Deb
    from cc110.pbx.embedded.apt_config import DebianSource
    from cc110.pbx.embedded.bundles import Bundle
    from cc110.pbx.embedded.machine import Cpu
    from cc110.pbx.embedded.progress import Progress

# The tree brings its own C library, so it needs its own loader too. With `--argv0` the starter is
# what the program takes for its own path: Asterisk's `core restart` runs that path again.
_STARTER = """\
#!/bin/sh
here=$(CDPATH= cd -- "${{0%/*}}/.." && pwd) || exit 127
lib=$here/{tree}/usr/lib/{triplet}
exec "$lib/{loader}" --library-path "{libraries}" --argv0 "$here/bin/{name}" \\
    "$here/{tree}/{program}" {arguments}"$@"
"""


class Store:
    """What is unpacked below `cache`, for one processor, from one Debian suite."""

    def __init__(self, cache: Path, source: DebianSource, cpu: Cpu) -> None:
        """Touch nothing yet."""
        self._home = cache.absolute() / "pbx"
        self._source = source
        self._cpu = cpu

    def place(self, bundle: Bundle) -> Path:
        """Return where `bundle` is or will be."""
        return self._home / f"{bundle.name}-{self._cpu.debian}"

    def tree(self, bundle: Bundle) -> Path:
        """Return the root of the files of `bundle`."""
        return self.place(bundle) / TREE

    def libraries(self, bundle: Bundle) -> Path:
        """Return the library directory of `bundle`."""
        return self.tree(bundle) / "usr/lib" / self._cpu.triplet

    def command(self, bundle: Bundle) -> tuple[str, ...]:
        """Return what runs the program of `bundle`."""
        return (str(self.place(bundle) / "bin" / bundle.name),)

    def check(self, bundle: Bundle) -> None:
        """Check in a moment that `bundle` is complete. Raises NotInstalled or DamagedCache."""
        manifests.check_quickly(self._manifest(bundle), self.place(bundle))

    def verify(self, bundle: Bundle, progress: Progress) -> None:
        """Check every byte of `bundle`. Raises NotInstalled or DamagedCache."""
        manifests.check_fully(self._manifest(bundle), self.place(bundle), progress)

    def ensure(self, bundles: Sequence[Bundle], progress: Progress) -> None:
        """Fetch and unpack those of `bundles` that are missing or damaged.

        Raises PbxInstallError.
        """
        if all(self._is_complete(bundle) for bundle in bundles):
            return
        self._require_plain_path()
        try:
            with locked(self._home, progress) as lock:
                # Another installation may have ended while this one waited.
                missing = [b for b in bundles if not self._is_complete(b, progress)]
                if missing:
                    self._build_all(missing, progress, lock)
        except OSError as error:
            raise translate_os(error, place=self._home) from error

    def remove(self, progress: Progress) -> None:
        """Remove everything. Raises CacheInUse while a program runs from it."""
        with locked(self._home, progress):
            require_idle(self._home)
            shutil.rmtree(self._home)

    def _manifest(self, bundle: Bundle) -> Manifest:
        try:
            return manifests.load(self.place(bundle))
        except (FileNotFoundError, NotADirectoryError):
            raise NotInstalled from None

    def _is_complete(self, bundle: Bundle, progress: Progress | None = None) -> bool:
        try:
            self.check(bundle)
        except NotInstalled:
            return False
        except DamagedCache as damage:
            if progress:
                progress.phase(str(damage).split(":")[0] + ": unpacking it again")
            return False
        return True

    def _require_plain_path(self) -> None:
        if found := re.search(r"[:;$\x00-\x1f]", str(self._home)):
            msg = f"{self._home} has a {found[0]!r} in it, which no library path may have: "
            raise CacheNotWritable(msg + "set CC110_CACHE to another directory.")

    def _build_all(self, bundles: Sequence[Bundle], progress: Progress, lock: int) -> None:
        sweep(self._home)
        require_space(self._home, sum(bundle.space for bundle in bundles))
        apt = PrivateApt(self._home / "apt", self._source, self._cpu, lock=lock)
        for bundle, debs in zip(bundles, _plan(apt, bundles, progress), strict=True):
            apt.download(bundle.packages, debs, progress)
            with partial(self._home) as place:
                files = [apt.archives / deb.file for deb in debs]
                unpack(files, place / TREE, progress, lock=lock)
                self._write_starter(bundle, place)
                self._write_manifest(bundle, debs, place, progress)
                _try(bundle, place)
                publish(place, self.place(bundle))

    def _write_starter(self, bundle: Bundle, place: Path) -> None:
        starter = place / "bin" / bundle.name
        starter.parent.mkdir()
        starter.write_text(
            _STARTER.format(
                tree=TREE,
                triplet=self._cpu.triplet,
                loader=self._cpu.loader,
                name=bundle.name,
                program=bundle.program,
                libraries=":".join(["$lib", *(f"$lib/{more}" for more in bundle.libraries)]),
                arguments="".join(f'"{given.format(lib="$lib")}" ' for given in bundle.arguments),
            )
        )
        starter.chmod(0o755)

    def _write_manifest(
        self, bundle: Bundle, debs: Sequence[Deb], place: Path, progress: Progress
    ) -> None:
        found = manifests.survey(place / TREE, progress)
        manifests.save(
            Manifest(
                bundle=bundle.name,
                cpu=self._cpu.debian,
                suite=self._source.suite,
                debs=tuple(debs),
                files=found,
            ),
            place,
        )


def _plan(apt: PrivateApt, bundles: Sequence[Bundle], progress: Progress) -> list[tuple[Deb, ...]]:
    """Return the packages of each bundle, by a fresh index or, without a network, by the last."""
    try:
        apt.update(progress)
    except NoNetwork:
        # What was fetched before is still signed and checked, so it may be unpacked again.
        with suppress(PbxInstallError):
            plans = [apt.plan(bundle.packages) for bundle in bundles]
            if all(plans) and not any(map(apt.missing, plans)):
                return plans
        raise
    return [apt.plan(bundle.packages) for bundle in bundles]


def _try(bundle: Bundle, place: Path) -> None:
    """Run the unpacked program once. Raises PbxInstallError if it does not work here."""
    command = [str(place / "bin" / bundle.name)]
    if bundle is ASTERISK:
        asterisk_version(command)
    else:
        run([*command, bundle.probe], code=bundle.probe_code)

"""Getting an Asterisk: the installed one if it will do, else Debian's, unpacked without root."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cc110.pbx.embedded.apt_config import DebianSource
from cc110.pbx.embedded.bundles import ASTERISK, BUNDLES
from cc110.pbx.embedded.errors import DamagedCache, NotInstalled, PbxInstallError, WrongCpu
from cc110.pbx.embedded.installation import Installation, asterisk_version
from cc110.pbx.embedded.installed import NotUsable, find_installed
from cc110.pbx.embedded.machine import this_cpu
from cc110.pbx.embedded.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cc110.pbx.embedded.bundles import Bundle
    from cc110.pbx.embedded.progress import Progress

DEFAULT_SOURCE = DebianSource()


def install(
    cache: Path,
    *,
    bundles: Sequence[str] = (ASTERISK.name,),
    progress: Progress,
    source: DebianSource = DEFAULT_SOURCE,
    use_system: bool = True,
) -> Installation:
    """Return an Asterisk and tools that run here, fetching and unpacking what is missing.

    `bundles` are names out of BUNDLES; `use_system` allows programs that the machine already has.
    Safe to run twice at once. Blocks, so asyncio code runs it in a thread. Raises PbxInstallError.
    """
    wanted = [BUNDLES[name] for name in bundles]
    missing = [each for each in wanted if not (use_system and _on_the_system(each))]
    if missing:
        Store(cache, source, this_cpu()).ensure(missing, progress)
    return find(cache, use_system=use_system)


def find(cache: Path, *, use_system: bool = True) -> Installation:
    """Return what is there already, without fetching, unpacking or waiting for a lock.

    Raises NotInstalled if there is no Asterisk, DamagedCache if the unpacked one is incomplete,
    or another PbxInstallError if it does not run.
    """
    system = find_installed() if use_system else NotUsable(reason="Not looked for.")
    found = system if isinstance(system, Installation) else _embedded(cache)
    return replace(found, tools=_Tools(cache, use_system=use_system))


def verify(cache: Path, progress: Progress) -> tuple[PbxInstallError, ...]:
    """Read every unpacked file and return what is wrong, one error per damaged program."""
    store = Store(cache, DEFAULT_SOURCE, this_cpu())
    errors: list[PbxInstallError] = []
    for bundle in BUNDLES.values():
        try:
            store.verify(bundle, progress)
        except NotInstalled:
            continue
        except PbxInstallError as error:
            errors.append(error)
    return tuple(errors)


def remove(cache: Path, progress: Progress) -> None:
    """Remove all that was fetched and unpacked. Raises CacheInUse while a program runs from it."""
    Store(cache, DEFAULT_SOURCE, this_cpu()).remove(progress)


def _on_the_system(bundle: Bundle) -> bool:
    if bundle is ASTERISK:
        return isinstance(find_installed(), Installation)
    return shutil.which(bundle.name) is not None


def _embedded(cache: Path) -> Installation:
    store = Store(cache, DEFAULT_SOURCE, this_cpu())
    store.check(ASTERISK)
    command = store.command(ASTERISK)
    return Installation(
        command=command,
        modules_dir=store.libraries(ASTERISK) / "asterisk/modules",
        data_dir=store.tree(ASTERISK) / "usr/share/asterisk",
        version=asterisk_version(command),
        origin="embedded",
    )


class _Tools(Mapping[str, "tuple[str, ...]"]):
    """The tools at hand, looked for when somebody asks: each takes a tenth of a second."""

    def __init__(self, cache: Path, *, use_system: bool) -> None:
        self._cache = cache
        self._use_system = use_system

    def __getitem__(self, name: str) -> tuple[str, ...]:
        bundle = BUNDLES[name]
        found = _tool(self._cache, bundle, use_system=self._use_system)
        if bundle is ASTERISK or found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in BUNDLES if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _tool(cache: Path, bundle: Bundle, *, use_system: bool) -> tuple[str, ...] | None:
    if use_system and (program := shutil.which(bundle.name)):
        return (program,)
    with suppress(NotInstalled, DamagedCache, WrongCpu):
        store = Store(cache, DEFAULT_SOURCE, this_cpu())
        store.check(bundle)
        return store.command(bundle)
    return None

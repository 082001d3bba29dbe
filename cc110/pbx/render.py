"""A complete, running configuration for the PBX, from the hand-written files and the site's data.

The rendered folder belongs to cc110: it carries a mark, files that are no longer wanted go, and a
folder with somebody else's files is refused. A file is replaced as a whole, and only if it changed.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Final

from cc110.config.model import Config, Paths
from cc110.config.problem import ConfigInvalid, Problem
from cc110.config.secrets import Secrets
from cc110.core.words import Language
from cc110.pbx.dialplan.lines import code_lines
from cc110.pbx.tables import tables
from cc110.ports import Cc110Error

MAIN: Final = "asterisk.conf"
SITE_ADDITIONS: Final = "local.conf"
"""A site's own dialplan, beside its settings; the dialplan includes it if it is there."""
SITE_DIALPLAN: Final = "site-dialplan"
"""Where the PBX finds the files of the site's folder ``dialplan``."""
MARK: Final = ".cc110"
_MARK_TEXT: Final = b"This folder is rendered by cc110: what is changed here is lost.\n"
_PLACEHOLDER: Final = re.compile(r"@([A-Z]+)@")
_OWN: Final = frozenset({"sounds", "moh"})
"""Of the data folder, what cc110 fills itself; all else is the installation's."""


class RenderRefused(Cc110Error):
    """The folder is not cc110's to write in."""


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the PBX keeps its things, absolute; ``@ETC@`` in ``asterisk.conf`` is ``etc``."""

    etc: Path
    modules: Path
    data: Path
    varlib: Path
    spool: Path
    run: Path
    log: Path

    @classmethod
    def under(cls, pbx: Path, *, modules: Path) -> "Folders":
        """The embedded PBX's folders: all in one, but the modules of the installation."""
        return cls(
            etc=pbx / "etc",
            modules=modules,
            data=pbx / "data",
            varlib=pbx / "lib",
            spool=pbx / "spool",
            run=pbx / "run",
            log=pbx / "log",
        )


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What was done; empty when everything was as it should be."""

    changed: tuple[Path, ...]
    """Absolute paths of files and links that are new or different."""
    removed: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as it shall be."""

    content: bytes
    mode: int = 0o644


Files = Mapping[PurePosixPath, File]
"""By path in the PBX's configuration folder."""


def render(
    config: Config, secrets: Secrets, *, folders: Folders, installation_data: Path | None = None
) -> Rendered:
    """Write the PBX's configuration, and put prompts and music where it looks for them.

    Args:
        config: The site.
        secrets: Its passwords.
        folders: Where the PBX keeps its things; missing ones are made.
        installation_data: The installation's own data folder (documentation is linked from it).

    Raises:
        RenderRefused: ``folders.etc`` holds files that are not cc110's.
        ConfigInvalid: ``asterisk.conf`` is missing, or nothing fills one of its placeholders.
    """
    wanted = configuration(config, secrets, folders)
    files = sync_files(folders.etc, wanted)
    make_folders(folders)
    links = _sync_links(folders.data, {**documentation(installation_data), **audio(config.paths)})
    return Rendered(
        changed=(*files.changed, *links.changed), removed=(*files.removed, *links.removed)
    )


def placeholder_problems(paths: Paths) -> Iterator[Problem]:
    """``asterisk.conf`` without a fault: it is there, and something fills each placeholder."""
    known = {field.name.upper() for field in fields(Folders)}
    file = paths.asterisk_conf / MAIN
    if not file.is_file():
        yield Problem(file=paths.shown(file), line=None, message="is missing")
        return
    for number, line in code_lines(file.read_text(encoding="utf-8")):
        for name in _PLACEHOLDER.findall(line):
            if name not in known:
                message = f"nothing fills @{name}@; known are {', '.join(sorted(known))}"
                yield Problem(file=paths.shown(file), line=number, message=message)


def _claim(etc: Path) -> None:
    etc.mkdir(parents=True, exist_ok=True)
    if not (etc / MARK).exists():
        if stranger := next(etc.iterdir(), None):
            raise RenderRefused(
                f"{etc} was not made by cc110 (it holds {stranger.name}): name an empty folder"
            )
        (etc / MARK).write_bytes(_MARK_TEXT)


def make_folders(folders: Folders) -> None:
    """The PBX's folders but that of its configuration; those that are there stay."""
    for field in fields(folders):
        if field.name not in {"modules", "etc"}:
            getattr(folders, field.name).mkdir(parents=True, exist_ok=True)
    (folders.varlib / "keys").mkdir(exist_ok=True)  # res_crypto complains without it


def configuration(config: Config, secrets: Secrets, folders: Folders) -> Files:
    """All that the PBX reads of its configuration folder. The same site gives the same bytes.

    Raises:
        ConfigInvalid: ``asterisk.conf`` is missing, or nothing fills one of its placeholders.
    """
    paths = config.paths
    if faults := tuple(placeholder_problems(paths)):
        raise ConfigInvalid(faults)
    files = {
        **_copies(paths.asterisk_conf, ""),
        **_copies(paths.dialplan, "dialplan"),
        **_copies(paths.additions, SITE_DIALPLAN),
        PurePosixPath(MARK): File(content=_MARK_TEXT),
    }
    main = PurePosixPath(MAIN)
    files[main] = File(content=_filled(files[main].content.decode(), folders).encode())
    if (additions := paths.site / SITE_ADDITIONS).is_file():
        files[PurePosixPath(SITE_ADDITIONS)] = File(content=additions.read_bytes())
    for name, table in tables(config, secrets).items():
        mode = 0o600 if table.secret else 0o644
        files[PurePosixPath("tables", name)] = File(content=table.text.encode(), mode=mode)
    return files


def audio(paths: Paths) -> Mapping[PurePosixPath, Path]:
    """Prompts and music by their path in the data folder, each with its file: the site's own, else the shipped one."""
    found: dict[PurePosixPath, Path] = {}
    for language in Language:
        for source in (paths.prompts / language, paths.studio / language):
            for file in sorted(source.glob("*.wav")):
                found[PurePosixPath("sounds", language, "cc110", file.name)] = file
    for source in (paths.prompts / "moh", paths.studio / "moh"):
        for file in sorted(source.glob("*.wav")):
            found[PurePosixPath("moh", file.stem, file.name)] = file
    return found


def _copies(folder: Path, under: str) -> dict[PurePosixPath, File]:
    found = sorted(folder.glob("*.conf"))
    return {PurePosixPath(under, file.name): File(content=file.read_bytes()) for file in found}


def _filled(text: str, folders: Folders) -> str:
    """Comments may speak of placeholders that nothing fills."""
    return _PLACEHOLDER.sub(lambda found: str(getattr(folders, found[1].lower(), found[0])), text)


def documentation(installation: Path | None) -> Mapping[PurePosixPath, Path]:
    """What of the installation's data folder the PBX has to find in its own."""
    entries = sorted(installation.iterdir()) if installation else ()
    return {PurePosixPath(entry.name): entry for entry in entries if entry.name not in _OWN}


def sync_files(folder: Path, wanted: Files) -> Rendered:
    """Make a folder of ours hold exactly that.

    Raises:
        RenderRefused: it holds files that are not cc110's.
    """
    _claim(folder)
    changed = tuple(
        folder / name for name, file in wanted.items() if _put_file(folder / name, file)
    )
    there = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return Rendered(changed=changed, removed=_remove(folder, there, wanted))


def _put_file(path: Path, file: File) -> bool:
    """Whether the file was not as it should be."""
    if _is_as_wanted(path, file):
        return False
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(handle, "wb") as out:
        os.fchmod(handle, file.mode)
        out.write(file.content)
    fresh.replace(path)
    return True


def _is_as_wanted(path: Path, file: File) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return stat.S_IMODE(path.stat().st_mode) == file.mode and path.read_bytes() == file.content


def _sync_links(folder: Path, wanted: Mapping[PurePosixPath, Path]) -> Rendered:
    changed = tuple(
        folder / name for name, target in wanted.items() if put_link(folder / name, target)
    )
    there = (path for path in folder.rglob("*") if path.is_symlink())
    return Rendered(changed=changed, removed=_remove(folder, there, wanted))


def put_link(path: Path, target: Path) -> bool:
    """Make a link, in one step where there was another; whether it was not as it should be."""
    if path.is_symlink() and path.readlink() == target:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
    return True


def _remove(
    folder: Path, there: Iterable[Path], wanted: Mapping[PurePosixPath, object]
) -> tuple[Path, ...]:
    gone = tuple(path for path in there if PurePosixPath(path.relative_to(folder)) not in wanted)
    for path in gone:
        path.unlink()
    return gone

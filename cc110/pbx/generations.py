"""Configurations of the PBX side by side: one is live, older ones are kept to go back to.

``etc`` is a link to the live generation's folder. Going over to another one is one step, ``rename(2)`` of that
link: whatever is killed or full, the PBX finds a whole configuration, the old one or the new one. A generation
holds all that the PBX reads (prompts and music as well), and the site's data that it was made from (``site``),
by which the daemon goes.

What was refused (the synthetic call broke, or whoever applied it was killed) is remembered: a start does not
bring it back.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from cc110.config.load import load
from cc110.config.model import Config
from cc110.pbx.render import MARK, File, Files, RenderRefused, put_link
from cc110.ports import Cc110Error

KEPT: Final = 10
"""So many generations stay on the disk, the live one with them."""
SITE: Final = "site"
"""The site's data within a generation."""
_ABOUT: Final = ".generation.json"
_NAME: Final = re.compile(r"etc-([0-9]{6})")
_UNFINISHED: Final = ".new"


class NoGeneration(Cc110Error):
    """There is no such generation."""


class ApplyUnderWay(Cc110Error):
    """Somebody else changes the PBX's configuration at this moment; try again when he has finished."""


class State(StrEnum):
    """What is known of a generation."""

    MADE = "made"
    """Written; nobody has tried it."""
    STARTED = "started"
    """The PBX was started with it."""
    VERIFIED = "verified"
    """A synthetic call came through."""
    REFUSED = "refused"
    """It broke something and was taken back; a start does not bring it."""
    LEFT = "left"
    """Somebody went back from it by hand; a start does not bring it either."""


NOT_AGAIN: Final = frozenset({State.REFUSED, State.LEFT})
"""What is brought back by nothing but a command."""


@dataclass(frozen=True, kw_only=True)
class About:
    """Who made a generation, and why."""

    number: int
    at: datetime
    by: str
    reason: str
    digest: str
    """SHA-256 of all that is in it."""
    state: State = State.MADE
    why: str = ""
    """Why it is not wanted any more."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A change that was begun and has not ended."""

    before: int
    after: int


class Generations:
    """All configurations of one PBX."""

    def __init__(self, pbx: Path) -> None:
        """Those in this folder; nothing is written yet."""
        self._pbx = pbx
        self.etc = pbx / "etc"
        self._intent = pbx / "applying.json"

    # --- reading --------------------------------------------------------------------------------

    @property
    def live(self) -> int | None:
        """The number of the live one; None = there is none yet."""
        if not self.etc.is_symlink():
            return None
        found = _NAME.fullmatch(str(self.etc.readlink()))
        return int(found[1]) if found and self.etc.is_dir() else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of them, the oldest first."""
        if not self._pbx.is_dir():
            return ()
        names = (_NAME.fullmatch(path.name) for path in self._pbx.iterdir())
        return tuple(sorted(int(name[1]) for name in names if name))

    @property
    def site(self) -> Path | None:
        """The data that the live one was made from; None = unknown."""
        if self.live is None or not (self.etc / SITE / "settings.toml").is_file():
            return None
        return self.etc / SITE

    def folder(self, number: int) -> Path:
        """Where it lies."""
        return self._pbx / f"etc-{number:06d}"

    def about(self, number: int) -> About:
        """Who made it, and why.

        Raises:
            NoGeneration: there is none of that number.
        """
        try:
            said = json.loads((self.folder(number) / _ABOUT).read_text())
            at = datetime.fromisoformat(said["at"])
            return About(**said | {"at": at, "state": State(said["state"])})
        except (OSError, ValueError, KeyError, TypeError):
            raise NoGeneration(f"there is no generation {number}") from None

    def files(self, number: int) -> Files:
        """All that is in it, as it is on the disk.

        Raises:
            NoGeneration: there is none of that number.
        """
        folder = self.folder(number)
        if not folder.is_dir():
            raise NoGeneration(f"there is no generation {number}")
        return {
            name: File(content=path.read_bytes(), mode=path.stat().st_mode & 0o777)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and (name := PurePosixPath(path.relative_to(folder))).name != _ABOUT
        }

    def refused(self, digest: str) -> About | None:
        """The generation with exactly that in it, if it is one that nothing but a command brings back."""
        for number in reversed(self.numbers):
            about = self.about(number)
            if about.digest == digest:
                return about if about.state in NOT_AGAIN else None
        return None

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time changes generations; what one who was killed has begun is taken back.

        Raises:
            ApplyUnderWay: another process does.
        """
        self._pbx.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._pbx / "apply.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ApplyUnderWay from None
            yield
        finally:
            os.close(handle)

    def stage(self, files: Files, *, by: str, reason: str, number: int | None = None) -> About:
        """Write a new generation; it is there whole or not at all, and not live.

        Raises:
            OSError: the disk is full, or what else may be; nothing is left.
        """
        number = number or max(self.numbers, default=0) + 1
        now = datetime.now(UTC)
        about = About(number=number, at=now, by=by, reason=reason, digest=digest_of(files))
        folder = self.folder(number)
        fresh = folder.with_name(folder.name + _UNFINISHED)
        shutil.rmtree(fresh, ignore_errors=True)
        alike = self.folder(self.live) if self.live else None
        try:
            for name, file in files.items():
                _write(fresh / name, file, alike / name if alike else None)
            self._write_about(fresh, about)
            for below in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
                _sync_folder(below)
            fresh.rename(folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        _sync_folder(self._pbx)
        return about

    def switch(self, number: int) -> None:
        """Make it live, in one step.

        Raises:
            NoGeneration: there is none of that number.
            RenderRefused: ``etc`` is somebody else's.
        """
        if not self.folder(number).is_dir():
            raise NoGeneration(f"there is no generation {number}")
        self._make_way()
        put_link(self.etc, Path(self.folder(number).name))
        _sync_folder(self._pbx)

    def begin(self, intent: Intent) -> None:
        """Remember what is about to be tried, before it is."""
        fresh = self._intent.with_suffix(_UNFINISHED)
        with fresh.open("w") as out:
            out.write(json.dumps(asdict(intent)))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._intent)
        _sync_folder(self._pbx)

    def end(self) -> None:
        """It is tried."""
        self._intent.unlink(missing_ok=True)
        _sync_folder(self._pbx)

    @property
    def cut_off(self) -> Intent | None:
        """What was begun and will not be ended by whoever began it: he is gone."""
        intent = self.unfinished
        if intent is None:
            return None
        try:
            with self.alone():
                return self.unfinished
        except ApplyUnderWay:
            return None

    @property
    def unfinished(self) -> Intent | None:
        """What was begun and has not ended; whether somebody still works on it, ``alone`` tells."""
        try:
            return Intent(**json.loads(self._intent.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def take_back(self) -> Intent | None:
        """Make live again what was, if somebody was killed on the way; within ``alone``."""
        intent = self.unfinished
        if intent is None:
            return None
        if self.live == intent.after and self.folder(intent.before).is_dir():
            self.switch(intent.before)
        self.end()
        if self.folder(intent.after).is_dir():
            self.mark(intent.after, State.REFUSED, why="whoever applied it was ended on the way")
        return intent

    def mark(self, number: int, state: State, *, why: str = "") -> None:
        """Write down what became of it."""
        about = replace(self.about(number), state=state, why=why)
        self._write_about(self.folder(number), about)

    def prune(self, kept: int = KEPT) -> None:
        """Remove the oldest, never the live one, and what was left half-written."""
        spare = max(0, len(self.numbers) - kept)
        for number in [number for number in self.numbers if number != self.live][:spare]:
            shutil.rmtree(self.folder(number), ignore_errors=True)
        for path in self._pbx.glob(f"etc-*{_UNFINISHED}"):
            shutil.rmtree(path, ignore_errors=True)

    def _write_about(self, folder: Path, about: About) -> None:
        fresh = folder / f"{_ABOUT}{_UNFINISHED}"
        said = asdict(about) | {"at": about.at.isoformat()}
        with fresh.open("w") as out:
            out.write(json.dumps(said))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(folder / _ABOUT)

    def _make_way(self) -> None:
        """An earlier version's ``etc`` is a folder: it becomes the first generation's neighbour."""
        if self.etc.is_symlink() or not self.etc.exists():
            return
        if not (self.etc / MARK).exists() and next(self.etc.iterdir(), None):
            stranger = next(self.etc.iterdir()).name
            message = f"{self.etc} was not made by cc110 (it holds {stranger})"
            raise RenderRefused(f"{message}: name an empty folder")
        self.etc.rename(self.etc.with_name("etc.before"))


def live_site(home_pbx: Path, environ: Mapping[str, str]) -> Config | None:
    """The site that the live configuration was made from; None = the PBX has none of ours.

    Raises:
        ConfigInvalid: it can't be read, such as by a version that is newer than it.
    """
    site = Generations(home_pbx).site
    if site is None:
        return None
    config = load(environ={**environ, "CC110_SITE": str(site)})
    edited = Path(environ.get("CC110_SITE") or config.paths.root / "site").absolute()
    return replace(config, paths=replace(config.paths, edited=edited))


def is_edited(home_pbx: Path, site: Path) -> bool:
    """Whether the site's files say something else than what is live was made from."""
    live = Generations(home_pbx).site
    if live is None:
        return False
    now = {name.relative_to(SITE): file.content for name, file in snapshot(site).items()}
    kept = {name.relative_to(SITE): file.content for name, file in snapshot(live).items()}
    return now != kept


def digest_of(files: Files) -> str:
    """What is in a generation, as one word."""
    found = hashlib.sha256()
    for name, file in sorted(files.items()):
        found.update(f"{name}\0{file.mode:o}\0{len(file.content)}\0".encode())
        found.update(file.content)
    return found.hexdigest()


def changed_names(before: Files, after: Files) -> tuple[str, ...]:
    """The files that are not in both alike."""
    every = sorted({*before, *after})
    return tuple(str(name) for name in every if before.get(name) != after.get(name))


def snapshot(site: Path) -> Mapping[PurePosixPath, File]:
    """The site's data by its path in a generation; prompts are not among it: the PBX's own are."""
    names = [*site.glob("*.toml"), *site.glob("*.conf"), *site.glob("directory/*.toml")]
    names += [path for path in site.glob("areas/**/*") if path.is_file()]
    names += [*site.glob("dialplan/*.conf")]
    return {
        PurePosixPath(SITE, path.relative_to(site)): File(content=path.read_bytes(), mode=0o600)
        for path in sorted(names)
    }


def _write(path: Path, file: File, alike: Path | None) -> None:
    """Sound that is the same as before costs no second copy; text may be edited, so it has its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if alike and path.suffix == ".wav" and alike.is_file() and alike.read_bytes() == file.content:
        os.link(alike, path)
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(handle, "wb") as out:
        os.fchmod(handle, file.mode)
        out.write(file.content)
        out.flush()
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

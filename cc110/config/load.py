"""From files, environment and options to a checked ``Config``, or to every problem at once."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from pydantic import ValidationError

from cc110.config.cross_directory import directory_problems
from cc110.config.cross_settings import joint_problems, settings_problems
from cc110.config.directory import Directory
from cc110.config.explain import sentence, without_echoes
from cc110.config.fields import path_text
from cc110.config.layers import Source, from_environment, from_options, lay_over, read
from cc110.config.locate import Key
from cc110.config.many_files import read_directory
from cc110.config.model import Config, Paths
from cc110.config.problem import ConfigInvalid, Problem, errors_of, in_order
from cc110.config.settings import Folders, Part, Recordings, Settings

P = TypeVar("P", bound=Part)
NO_OPTIONS: Final[Mapping[str, object]] = MappingProxyType({})
NOTHING_SAID: Final[Mapping[Key, tuple[str, object]]] = MappingProxyType({})
CONTROL_SOCKET: Final = "pbx/run/asterisk.ctl"
LONGEST_SOCKET: Final = 107
"""Bytes of a Unix socket's path (``sun_path`` of unix(7), less its end)."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What came of reading a site."""

    config: Config | None
    """None when there is an error."""
    paths: Paths
    problems: tuple[Problem, ...]
    """Errors and warnings by file and line."""
    directory: Directory | None = None
    """The directory if its values are right, even if references between them are not."""


def checkout() -> Path:
    """The folder that holds ``asterisk-conf/``, ``dialplan/`` and ``site/``."""
    return Path(__file__).resolve().parents[2]


def load(
    *,
    environ: Mapping[str, str] | None = None,
    root: Path | None = None,
    overrides: Mapping[str, object] = NO_OPTIONS,
) -> Config:
    """The site's configuration: defaults < files < environment < overrides.

    Args:
        environ: Environment variables; the process's own by default.
        root: The checkout; the one this code lies in by default.
        overrides: Settings by dotted name, such as ``{"sip.port": 5070}``.

    Raises:
        ConfigInvalid: with every problem, warnings included.
    """
    found = examine(environ=environ, root=root, overrides=overrides)
    if found.config is None:
        raise ConfigInvalid(found.problems)
    return found.config


def examine(
    *,
    environ: Mapping[str, str] | None = None,
    root: Path | None = None,
    overrides: Mapping[str, object] = NO_OPTIONS,
) -> Examined:
    """Read a site as ``load`` does, and tell everything about it instead of raising."""
    environ = os.environ if environ is None else environ
    root = (root or checkout()).absolute()
    places = _places(environ, root)
    settings = _settings(places, environ, overrides)
    directory = _validated(Directory, *read_directory(places))
    paths = _resolved(places, settings.model)
    problems = [*settings.problems, *directory.problems, *_place_problems(paths)]
    if settings.source is not None:
        problems += settings_problems(settings.source)
    if directory.source is not None:
        problems += directory_problems(directory.source)
    if settings.source is not None and directory.source is not None:
        problems += joint_problems(settings.source, directory.source)
    config = None
    if settings.model and directory.model and not errors_of(problems):
        config = Config(settings=settings.model, directory=directory.model, paths=paths)
    return Examined(
        config=config, paths=paths, problems=in_order(problems), directory=directory.model
    )


def paths_of(*, environ: Mapping[str, str], root: Path | None = None) -> Paths:
    """Where everything of a site is; its directory is not read for that, and may be broken."""
    places = _places(environ, (root or checkout()).absolute())
    return _resolved(places, _settings(places, environ, NO_OPTIONS).model)


@dataclass(frozen=True, kw_only=True)
class _Read(Generic[P]):
    """One file, as far as it could be read."""

    model: P | None
    source: Source | None
    problems: tuple[Problem, ...]


def _read(
    model: type[P], path: Path, places: Paths, said: Mapping[Key, tuple[str, object]] = NOTHING_SAID
) -> _Read[P]:
    source, problems = read(path, places.shown(path))
    return _validated(model, lay_over(source, said) if source else None, problems)


def _validated(model: type[P], source: Source | None, problems: tuple[Problem, ...]) -> _Read[P]:
    if source is None:
        return _Read(model=None, source=None, problems=problems)
    try:
        valid = model.model_validate(source.data)
        return _Read(model=valid, source=source, problems=problems)
    except ValidationError as fault:
        errors = [*without_echoes(fault.errors(include_url=False))]
    bad = frozenset(error["loc"] for error in errors)
    faults = tuple(source.problem(error["loc"], sentence(model, error)) for error in errors)
    return _Read(model=None, source=replace(source, bad=bad), problems=(*problems, *faults))


@dataclass(frozen=True, kw_only=True)
class Faults:
    """A directory that may become the site's."""

    model: Directory | None
    problems: tuple[Problem, ...]


def directory_faults(source: Source) -> Faults:
    """What is wrong with a directory by itself."""
    found = _validated(Directory, source, ())
    rules = directory_problems(found.source) if found.source else ()
    return Faults(model=found.model, problems=in_order((*found.problems, *rules)))


def _settings(
    places: Paths, environ: Mapping[str, str], overrides: Mapping[str, object]
) -> _Read[Settings]:
    from_outside, outside = from_environment(environ)
    from_line, line = from_options(overrides)
    found = _read(Settings, places.settings, places, {**from_outside, **from_line})
    return replace(found, problems=(*found.problems, *outside, *line))


def _places(environ: Mapping[str, str], root: Path) -> Paths:
    def place(variable: str, default: Path) -> Path:
        return Path(os.path.normpath(Path(environ.get(variable) or default).absolute()))

    home = place("CC110_HOME", root / "var")
    return Paths(
        root=root,
        home=home,
        cache=place("CC110_CACHE", root / ".cache"),
        site=place("CC110_SITE", root / "site"),
        asterisk_conf=root / Folders().asterisk_conf,
        dialplan=root / Folders().dialplan,
        recordings=home / Recordings().folder,
    )


def _resolved(places: Paths, settings: Settings | None) -> Paths:
    """With the folders that the settings name; the defaults where those can't be read."""
    if settings is None:
        return places
    return replace(
        places,
        asterisk_conf=places.root / settings.paths.asterisk_conf,
        dialplan=places.root / settings.paths.dialplan,
        recordings=places.home / settings.recordings.folder,
    )


def _place_problems(paths: Paths) -> Iterator[Problem]:
    for name, path in (("CC110_HOME", paths.home), ("CC110_CACHE", paths.cache)):
        try:
            path_text(str(path))
        except ValueError as fault:
            yield Problem(file=name, line=None, message=f"the path `{path}` {fault}")
    socket = len(os.fsencode(paths.home / CONTROL_SOCKET))
    if socket > LONGEST_SOCKET:
        message = f"the path `{paths.home}` is {socket - LONGEST_SOCKET} bytes too long"
        yield Problem(file="CC110_HOME", line=None, message=f"{message} for the PBX's socket")

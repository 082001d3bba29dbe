"""The site as a generation of the PBX's configuration: made, compared, and made live at a start."""

from pathlib import Path

import structlog

from cc110.config.model import Config
from cc110.config.secrets import Secrets
from cc110.pbx.generations import Generations, State, digest_of, snapshot
from cc110.pbx.render import (
    File,
    Files,
    Folders,
    audio,
    configuration,
    documentation,
    make_folders,
    put_link,
    render,
)

_log = structlog.get_logger("site")
_AUDIO = ("sounds", "moh")


def wanted(config: Config, secrets: Secrets, folders: Folders) -> Files:
    """All that a generation of this site holds.

    Raises:
        ConfigInvalid: ``asterisk.conf`` is missing, or nothing fills one of its placeholders.
    """
    sound = {name: File(content=path.read_bytes()) for name, path in audio(config.paths).items()}
    return {**configuration(config, secrets, folders), **sound, **snapshot(config.paths.site)}


def settle(
    config: Config,
    secrets: Secrets,
    folders: Folders,
    *,
    installation_data: Path | None,
    as_is: bool = False,
) -> None:
    """Before a start: make the site live unless it is, and link prompts and music to it.

    Args:
        config: the site.
        secrets: its passwords.
        folders: of the PBX, which does not run.
        installation_data: the installation's own data folder.
        as_is: start with what is live, whatever the site's files say.

    Raises:
        ApplyUnderWay: another process is at it.
        RenderRefused, ConfigInvalid, OSError: it can't be written, and nothing is live.
    """
    if folders.etc.is_mount():  # a container's volume: nothing beside it, so nothing to go back to
        render(config, secrets, folders=folders, installation_data=installation_data)
        return
    make_folders(folders)
    generations = Generations(folders.etc.parent)
    with generations.alone():
        try:
            if intent := generations.take_back():
                _log.warning("a change that was cut off is taken back", generation=intent.after)
            if not as_is or generations.live is None:
                _make_live(generations, wanted(config, secrets, folders))
            generations.prune()
        except OSError as error:
            if generations.live is None:
                raise
            # A full disk is no reason to be without 110.
            _log.error("the site's files can't be taken up: the last ones are", error=str(error))
    _link_data(folders, installation_data)


def _make_live(generations: Generations, files: Files) -> None:
    live = generations.live
    if live is not None and generations.files(live) == files:
        return
    if live is not None and (bad := generations.refused(digest_of(files))):
        _log.error(
            "THE SITE'S FILES ARE WHAT WAS TAKEN BACK: the PBX starts with what was live before",
            refused=bad.number,
            why=bad.why,
            live=live,
        )
        return
    about = generations.stage(files, by="start", reason="the PBX was started")
    generations.switch(about.number)
    generations.mark(about.number, State.STARTED)


def _link_data(folders: Folders, installation: Path | None) -> None:
    """Prompts and music change with the generation: the PBX finds them through ``etc``."""
    for name, target in documentation(installation).items():
        put_link(folders.data / name, target)
    for kind in _AUDIO:
        place = folders.data / kind
        if place.is_dir() and not place.is_symlink():  # an earlier version's
            place.rename(folders.data / f"{kind}.before")
        put_link(place, Path("..", folders.etc.name, kind))

"""The running daemon's door, for whoever knocks: light, because commands start by it."""

import asyncio
from pathlib import Path

from cc110.config.model import Config
from cc110.service.control import ControlClient


def control_socket(config: Config) -> Path:
    """Where the running daemon answers the CLI."""
    return config.paths.home / "run" / "control.sock"


async def running(config: Config) -> ControlClient | None:
    """The running daemon's door; None = no daemon answers."""
    path = control_socket(config)
    if not path.is_socket():
        return None
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return None
    writer.close()
    return ControlClient(path)


async def is_running(config: Config) -> bool:
    """Whether a daemon answers."""
    return await running(config) is not None

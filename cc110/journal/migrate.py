"""Brings a journal's schema to the newest revision.

The daemon does it at each start, before the first append.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from cc110.ports import JournalUnavailable

_FOLDER = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's settings; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


async def upgrade(engine: AsyncEngine) -> None:
    """Migrate in one transaction: all or nothing.

    Raises:
        JournalUnavailable: a newer version of cc110 has been here; going back would lose what it
            wrote.
    """
    async with engine.begin() as connection:
        try:
            await connection.run_sync(lambda it: command.upgrade(config(it), "head"))
        except CommandError as error:
            raise JournalUnavailable(f"the journal's schema is not ours: {error}") from error

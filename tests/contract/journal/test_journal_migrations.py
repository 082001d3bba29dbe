"""Migrations and tables agree."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from cc110.journal.engine import Database, ask, reading, sqlite_url
from cc110.journal.migrate import config
from cc110.journal.samples import sample_event
from cc110.journal.schema import REVISION, metadata
from cc110.journal.writer import JournalWriter
from cc110.ports import JournalUnavailable
from tests.postgres import PostgresServer

pytestmark = pytest.mark.asyncio


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is nothing yet."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.url(server.database())
    return sqlite_url(tmp_path / "journal.db")


def differences(connection: Connection) -> list[object]:
    """What Alembic would have to change to get from the migrated tables to the metadata."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def indices(connection: Connection) -> set[str | None]:
    """All indices that were made by name."""
    looking = inspect(connection)
    tables = looking.get_table_names()
    return {index["name"] for table in tables for index in looking.get_indexes(table)}


async def test_migrations_make_exactly_the_tables_of_the_metadata(database: Database) -> None:
    """Tables, columns, types, indices: nothing to add, nothing to remove."""
    assert [] == await ask(database.reads, differences)


async def test_every_index_of_the_metadata_is_there(database: Database) -> None:
    """Named alike, so that a later migration finds them."""
    wanted = {str(index.name) for table in metadata.tables.values() for index in table.indexes}

    assert wanted == await ask(database.reads, indices)


async def test_the_newest_revision_is_the_one_that_readers_expect(database: Database) -> None:
    """A new migration without a new ``REVISION`` would lock every reader out."""
    head = await ask(
        database.reads, lambda it: ScriptDirectory.from_config(config(it)).get_current_head()
    )

    assert REVISION == head


async def test_opening_again_changes_nothing(url: str) -> None:
    """Each start migrates; with nothing to do it does nothing."""
    for seq in (1, 2):
        database = await Database.open(url)
        writer = await JournalWriter.open(database, site="sample")
        (recorded,) = await writer.append([sample_event("PbxBack")])
        await writer.aclose()
        await database.aclose()

        assert seq == recorded.seq


async def test_a_journal_of_a_newer_version_is_left_alone(url: str) -> None:
    """Neither the daemon nor the CLI guesses at a schema that it does not know; the lock is free
    again.
    """
    database = await Database.open(url)
    async with database.appending() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.aclose()

    for _ in range(2):
        with pytest.raises(JournalUnavailable, match="schema is not ours"):
            await Database.open(url)
    with pytest.raises(JournalUnavailable, match="has schema 9999"):
        async with reading(url):
            pass

"""Run by Alembic: migrates over the connection that ``migrate.upgrade`` opened."""

from alembic import context

from cc110.journal.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

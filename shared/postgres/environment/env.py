"""Alembic's entry for every service: run the revisions on the connection that `shared.postgres.revisions` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()

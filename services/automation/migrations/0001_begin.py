"""The first tables of automation."""

from shared.postgres.revisions import execute_beside, execute_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    execute_shared_tables()
    execute_beside(__file__)

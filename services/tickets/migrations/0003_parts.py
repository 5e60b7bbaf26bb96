"""Last changes of parts of the setup."""

from shared.postgres.revisions import execute_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    execute_beside(__file__)

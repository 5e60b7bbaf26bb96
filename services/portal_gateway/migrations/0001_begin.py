"""The first tables of the gateway."""

from services.portal_gateway.repository.read_model import READ_MODEL_FILE
from shared.postgres.revisions import execute_beside, execute_file, execute_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    execute_shared_tables()
    execute_beside(__file__)
    execute_file(READ_MODEL_FILE)

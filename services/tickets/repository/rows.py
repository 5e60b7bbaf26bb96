"""The statements, and snapshots as jsonb."""

from pydantic import BaseModel

from shared.postgres.pool import Json
from shared.postgres.statements import Statements

sql = Statements("services.tickets")


def dump(state: BaseModel) -> Json:
    """A model as JSON for a jsonb column."""
    return Json(state.model_dump_json())

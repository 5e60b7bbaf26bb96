"""A trace as programs read it."""

import json
from datetime import UTC, datetime
from uuid import UUID

from services.portal_gateway.commands_model import trace_json
from services.portal_gateway.domain.tracing import Happening, Trace

ID = UUID(int=7)


def test_moments_and_ids_are_plain_words() -> None:
    """RFC 3339, as the API says moments, and no letter is escaped."""
    at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    told = json.loads(trace_json(Trace("Olá", (ID,), (1042,), (), (Happening(at, "mail", "sent", "sent", ID),))))
    assert told["correlations"] == [str(ID)]
    assert told["happenings"][0]["at"] == "2026-11-24T09:00:00+00:00"

"""Records as an operator reads them: decoded where they can be, and as they are where not."""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from shared.errors import ContractError
from shared.messaging.dead_letters import GivenUp
from shared.messaging.records import Record, read

LINE_CHARACTERS = 160


def as_json(record: Record) -> dict[str, Any]:
    """A record for programs; `fault` says why no reader could decode it."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "at": moment(record),
        "key": (record.key or b"").decode(errors="replace"),
        "id": headers.get("ce_id"),
        "type": headers.get("ce_type"),
        "correlation_id": headers.get("ce_correlationid"),
        "headers": headers,
        "body": body_of(record),
        "fault": fault_of(record),
    }


def letter_as_json(letter: GivenUp) -> dict[str, Any]:
    """A dead letter for programs: the record that was given up, who gave it up, and why."""
    return {
        **as_json(letter.original),
        "dead_topic": letter.at.topic,
        "dead_partition": letter.at.partition,
        "dead_offset": letter.at.offset,
        "dead_at": moment(letter.at),
        "service": letter.service,
        "consumer": letter.consumer,
        "reason": letter.reason,
    }


def as_line(shown: dict[str, Any]) -> str:
    """A record in one line for people."""
    place = f"{shown['topic']}[{shown['partition']}]@{shown['offset']}"
    body = shown["body"] if isinstance(shown["body"], str) else json.dumps(shown["body"], ensure_ascii=False)
    text = f"{shown['at']}  {place}  {shown['type'] or '?'}  {shown['key']}"
    if shown["fault"]:
        text += f"  ! {shown['fault']}"
    if "reason" in shown:
        text += f"\n    given up by {shown['consumer']} at {shown['dead_at']}: {shown['reason']}"
    return f"{text}\n    {_short(body)}" if body else text


def moment(record: Record) -> str:
    """When the broker took it, in UTC."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds")


def body_of(record: Record) -> JsonValue:
    """The value as JSON, else as text; none for a tombstone."""
    if record.value is None:
        return None
    text = record.value.decode(errors="replace")
    try:
        found: JsonValue = json.loads(text)
    except ValueError:
        return text
    return found


def fault_of(record: Record) -> str | None:
    """Why this record cannot be read by this version; none where it can."""
    try:
        message = read(record)
    except ContractError as error:
        return str(error)
    if message is None:
        return "a type that this version does not know"
    return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_CHARACTERS else line[: LINE_CHARACTERS - 1] + "…"

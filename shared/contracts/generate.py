"""Writes the JSON Schemas and the AsyncAPI file from the models, and refuses what would break their readers.

``python -m shared.contracts.generate`` writes them, and an example of each type that is new; ``--check`` only says
what differs (CI).
"""

import json
import sys
from pathlib import Path
from typing import Any

from shared.contracts.compatibility import incompatibilities
from shared.contracts.envelope import Envelope
from shared.contracts.example import EXAMPLES, example_of
from shared.contracts.intake import RAW_HEADERS, RAW_TYPE
from shared.contracts.registry import MESSAGE_TYPES
from shared.contracts.state import SETUP_KINDS, SNAPSHOTS
from shared.contracts.topics import TOPICS, Topic

HERE = Path(__file__).parent
SCHEMAS = HERE / "schemas"
ASYNCAPI = HERE / "asyncapi.json"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its file's name: messages by type, snapshots as ``state.<kind>``, the envelope."""
    found = {ce_type: model.model_json_schema() for ce_type, model in MESSAGE_TYPES.items()}
    found.update({f"state.{kind}": model.model_json_schema() for kind, model in SNAPSHOTS.items()})
    found["envelope"] = Envelope.model_json_schema()
    return found


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: a channel a topic, a message a type, with its key and its headers."""
    channels = {name: _channel(topic) for name, topic in TOPICS.items() if not name.endswith(".dead")}
    messages = {ce_type: _message(ce_type, model.topic) for ce_type, model in MESSAGE_TYPES.items()}
    messages[RAW_TYPE] = {
        "name": RAW_TYPE,
        "contentType": "message/rfc822",
        "headers": {"$ref": "schemas/envelope.json"},
        "payload": {
            "type": "string",
            "format": "binary",
            "description": "Octets as they came; headers " + ", ".join(RAW_HEADERS) + " hold the SMTP envelope.",
        },
        "bindings": _key("intake-raw"),
    }
    for kind in SNAPSHOTS:
        messages[f"state.{kind}"] = {
            "name": f"state.{kind}",
            "contentType": "application/json",
            "headers": {"$ref": "schemas/envelope.json"},
            "payload": {"$ref": f"schemas/state.{kind}.json"},
            "bindings": {"kafka": {"key": {"type": "string", "description": f"{kind}:id"}}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Deskstream", "version": "0.1.0", "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(),
        "components": {"messages": messages},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    names = [ce_type for ce_type, model in MESSAGE_TYPES.items() if model.topic == topic.name]
    if topic.name == "intake-raw":
        names = [RAW_TYPE]
    if topic.compacted:
        names = [f"state.{kind}" for kind in _kinds(topic)]
    configuration = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Written by {', '.join(topic.writers)}; "
        f"read by {', '.join((*topic.readers, *topic.folders)) or 'all'}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {"topic": topic.name, "topicConfiguration": {**configuration, "retention.ms": topic.retention_ms}}
        },
    }


_STATE_KINDS = {
    "intake-state": ("receipt", "quarantine"),
    "automation-state": ("rule", "decision"),
    "notifier-state": ("delivery", "suppression"),
}


def _kinds(topic: Topic) -> tuple[str, ...]:
    if topic.name == "tickets-setup":
        return tuple(sorted(SETUP_KINDS))
    elsewhere = {kind for kinds in _STATE_KINDS.values() for kind in kinds}
    return _STATE_KINDS.get(topic.name, tuple(kind for kind in SNAPSHOTS if kind not in elsewhere))


def _message(ce_type: str, topic: str) -> dict[str, Any]:
    return {
        "name": ce_type,
        "contentType": "application/json",
        "headers": {"$ref": "schemas/envelope.json"},
        "payload": {"$ref": f"schemas/{ce_type}.json"},
        "bindings": _key(topic),
    }


def _key(topic: str) -> dict[str, Any]:
    return {"kafka": {"key": {"type": "string", "description": TOPICS[topic].key}}}


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, topic in TOPICS.items():
        if name.endswith(".dead"):
            continue
        channel = {"$ref": f"#/channels/{name}"}
        found.update({f"{writer} sends {name}": {"action": "send", "channel": channel} for writer in topic.writers})
        readers = (*topic.readers, *topic.folders)
        found.update({f"{reader} reads {name}": {"action": "receive", "channel": channel} for reader in readers})
    return found


def render(document: Any) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    found = {SCHEMAS / f"{name}.json": render(schema) for name, schema in schemas().items()}
    found[ASYNCAPI] = render(asyncapi())
    return found


def new_examples() -> dict[Path, str]:
    """An example for each type that has none; those that are there stay as they are."""
    paths = {EXAMPLES / f"{name}.json": schema for name, schema in schemas().items() if name != "envelope"}
    return {path: render(example_of(schema)) for path, schema in paths.items() if not path.exists()}


def broken_promises(folder: Path = SCHEMAS) -> list[str]:
    """Every way in which the models no longer keep what the committed schemas promised."""
    current = schemas()
    broken: list[str] = []
    for path in sorted(folder.glob("*.json")):
        if path.stem not in current:
            broken.append(f"{path.stem}: the type would be gone; keep its model and an upcaster")
            continue
        old = json.loads(path.read_text())
        broken += [f"{path.stem}: {fault}" for fault in incompatibilities(old, current[path.stem])]
    return broken


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` compare; 1 where something is broken or differs.

    ``--unreleased`` overwrites an incompatible schema that nobody has read yet.
    """
    broken = [] if "--unreleased" in arguments else broken_promises()
    for fault in broken:
        sys.stderr.write(f"incompatible: {fault}\n")
    if broken:
        sys.stderr.write("A change of meaning is a new type version (…v2) with an upcaster on read.\n")
        return 1
    expected = {**files(), **new_examples()}
    stale = [path for path, text in expected.items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"differs from the models: {path.relative_to(HERE)} (run make schemas)\n")
        return 1 if stale else 0
    SCHEMAS.mkdir(exist_ok=True)
    EXAMPLES.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(expected[path])
    sys.stdout.write(f"{len(stale)} of {len(expected)} files written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

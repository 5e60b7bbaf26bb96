"""What a batch says: who is new, the facts in the order of their decisions, the newest snapshot of all that changed."""

from collections.abc import Mapping
from uuid import UUID

from services.tickets.domain.workspace import Cause, Fact, Workspace
from services.tickets.repository.rows import Rendered
from shared.contracts.envelope import Sibling
from shared.contracts.state import SETUP_KINDS, ChangeState, MessageState, Snapshot
from shared.contracts.tickets import ReferenceChanged
from shared.ids import derived_name
from shared.messaging.outbox import Outgoing


def outgoing_of(ws: Workspace, first_cause: Cause, rendered: Rendered) -> list[Outgoing]:
    """Everything that a working set has to say, in order."""
    return [
        *introductions(list(ws.fresh), first_cause, rendered),
        *(_outgoing(fact, rendered) for fact in ws.facts),
        *_snapshots(ws, first_cause, rendered),
    ]


def introductions(snapshots: list[Snapshot], cause: Cause, rendered: Rendered) -> list[Outgoing]:
    """People, organisations or setup that came to be: told as facts, and as snapshots."""
    found = []
    for snapshot in snapshots:
        key = snapshot.state_key()
        name = derived_name(cause.envelope.id, f"met:{key}")
        envelope = Sibling(name, ReferenceChanged.ce_type, key, snapshot.version, rendered.common(cause))
        body = rendered.fact(ReferenceChanged.model_validate({"reference": snapshot}))
        found += [Outgoing(ReferenceChanged.topic, key, envelope, body), *snapshot_messages(snapshot, cause, rendered)]
    return found


def snapshot_messages(snapshot: Snapshot, cause: Cause, rendered: Rendered) -> list[Outgoing]:
    """A snapshot for the state topic, and for that of the setup where it belongs to it."""
    topics = ("state", "setup") if snapshot.kind_name in SETUP_KINDS else ("state",)
    key, body = snapshot.state_key(), rendered.text(snapshot).encode()
    ce_type = f"deskstream.state.{snapshot.kind_name}.v1"
    found = []
    for topic in topics:
        name = derived_name(cause.envelope.id, f"{topic}:{key}:{snapshot.version}")
        envelope = Sibling(name, ce_type, key, snapshot.version, rendered.common(cause))
        found.append(Outgoing(f"tickets-{topic}", key, envelope, body))
    return found


def _outgoing(fact: Fact, rendered: Rendered) -> Outgoing:
    name = derived_name(fact.cause.envelope.id, fact.purpose)
    envelope = Sibling(name, fact.body.ce_type, fact.subject, fact.sequence or None, rendered.common(fact.cause))
    return Outgoing(fact.body.topic, fact.key, envelope, rendered.fact(fact.body))


def _snapshots(ws: Workspace, first_cause: Cause, rendered: Rendered) -> list[Outgoing]:
    """The newest snapshot of everything that changed; the cause is that of its last fact."""
    causes = {fact.subject: fact.cause for fact in ws.facts}
    items = {item_id: f"item:{item_id}" for item_id in ws.changed_items}
    changed: list[Snapshot] = [
        *(ws.items[i] for i in ws.changed_items),
        *(ws.messages[m] for m in ws.changed_messages),
        *ws.new_changes,
        *(ws.people[p] for p in ws.changed_people),
        *ws.changed_setup.values(),
    ]
    return [
        message
        for s in changed
        for message in snapshot_messages(s, causes.get(_subject_of(s, items), first_cause), rendered)
    ]


def _subject_of(snapshot: Snapshot, items: Mapping[UUID, str]) -> str:
    """Messages and steps are told with their item."""
    if isinstance(snapshot, MessageState | ChangeState):
        return items.get(snapshot.item_id) or f"item:{snapshot.item_id}"
    return snapshot.state_key()

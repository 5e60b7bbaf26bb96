"""What happened to the sample desk's ticket: rules and their decision, steps, mails and how they fared."""

from datetime import datetime
from uuid import UUID

from shared.contracts.state import (
    ActionTaken,
    Attempt,
    ChangeState,
    Check,
    DecisionState,
    DeliveryState,
    PersonRef,
    RuleState,
    Verdict,
)
from tests.browser.sample import INES, MARTA, RITA, TOMAS, an_id, at, ref
from tests.browser.sample_tickets import MESSAGES, ONT

ACKNOWLEDGE = RuleState(
    version=1,
    id=an_id("rule acknowledge"),
    name="Acknowledge",
    trigger="created",
    position=1,
    filter={"all": [{"field": "requester.staff", "is": False}]},
    actions=(
        {
            "do": "mail",
            "to": "requester",
            "subject": "We received your request",
            "text": "Hello {{requester.name}},\n\nwe have received your request. Its number is #{{number}}.",
        },
    ),
)
TO_HARDWARE = RuleState(
    version=2,
    id=an_id("rule hardware"),
    name="Hardware to the hardware team",
    trigger="created",
    position=2,
    filter={"all": [{"field": "type", "is": "hardware"}]},
    actions=({"do": "assign", "team": "hardware", "member": "in_turn"},),
)
TO_DEVELOPMENT = RuleState(
    version=1,
    id=an_id("rule development"),
    name="Urgent development work to Inês",
    enabled=False,
    trigger="changed",
    position=3,
    filter={
        "all": [
            {"field": "type", "is": "development"},
            {"field": "priority", "changed_to": "urgent"},
            {"any": [{"field": "requester.staff", "is": True}, {"field": "tags", "contains": "Dev"}]},
        ]
    },
    actions=(
        {"do": "assign", "team": "development", "member": str(INES.id)},
        {"do": "tag", "tags": ["escalated"]},
        {"do": "note", "text": "Raised to urgent: look at it today."},
    ),
)
RULES = (ACKNOWLEDGE, TO_HARDWARE, TO_DEVELOPMENT)

DECISION = DecisionState(
    version=2,
    id=an_id("decision"),
    event_id=an_id("created"),
    item_id=ONT.id,
    item_number=ONT.number,
    item_version=1,
    trigger="created",
    rule_set_version=7,
    verdicts=(
        Verdict(
            rule_id=ACKNOWLEDGE.id,
            rule_name=ACKNOWLEDGE.name,
            rule_version=1,
            matched=True,
            reason="its filter holds",
            checks=(Check(field="requester.staff", op="is", expected=False, saw=False, ok=True),),
            actions=(ActionTaken(index=0, do="mail", outcome="done"),),
        ),
        Verdict(
            rule_id=TO_HARDWARE.id,
            rule_name=TO_HARDWARE.name,
            rule_version=2,
            matched=True,
            reason="its filter holds",
            checks=(Check(field="type", op="is", expected="hardware", saw="hardware", ok=True),),
            actions=(ActionTaken(index=0, do="assign", outcome="done"),),
        ),
        Verdict(
            rule_id=TO_DEVELOPMENT.id,
            rule_name=TO_DEVELOPMENT.name,
            rule_version=1,
            matched=False,
            reason="type is does not hold",
            checks=(Check(field="type", op="is", expected="development", saw="hardware", ok=False),),
        ),
    ),
    at=at("08:14"),
)


def step(  # a row of a table
    version: int,
    clock: str,
    event: str,
    actor: str,
    name: str,
    **changes: tuple[object, object],
) -> ChangeState:
    return ChangeState.model_validate(
        {
            "version": version,
            "item_id": ONT.id,
            "event_id": an_id(f"event {version}"),
            "event": event,
            "at": at(clock),
            "actor": actor,
            "actor_name": name,
            "changes": changes,
            "correlation_id": an_id("correlation"),
        }
    )


_RITA = f"agent:{RITA.id}"
STEPS = (
    step(1, "08:14", "created", "system:intake", "", title=(None, ONT.title), status=(None, "new")).model_copy(
        update={"message_id": MESSAGES[0].id}
    ),
    step(
        2,
        "08:14",
        "changed",
        f"rule:{TO_HARDWARE.id}",
        "",
        team=(None, "hardware"),
        assignee=(None, str(RITA.id)),
    ),
    step(3, "08:41", "message_added", _RITA, "Rita Almeida", status=("new", "in_progress")),
    step(4, "09:20", "message_added", f"agent:{TOMAS.id}", "Tomás Ferreira"),
    step(5, "09:21", "changed", f"agent:{TOMAS.id}", "Tomás Ferreira", priority=("high", "urgent")),
    step(6, "10:02", "message_added", f"customer:{MARTA.id}", "Marta Silva"),
    step(7, "10:20", "message_held", "system:intake", ""),
    step(
        8,
        "10:25",
        "changed",
        _RITA,
        "Rita Almeida",
        followers=([], [str(an_id("paulo.reis@sorriso.example"))]),
        **{"fields.equipment": (None, "HG-814, 2231-0771")},
    ),
    step(9, "10:31", "message_added", _RITA, "Rita Almeida"),
)


def delivery(
    name: str,
    to: PersonRef,
    status: str,
    when: datetime,
    *,
    kind: str = "message",
    message_id: UUID | None = None,
    attempts: tuple[Attempt, ...] = (),
    **more: object,
) -> DeliveryState:
    return DeliveryState.model_validate(
        {
            "version": 1,
            "id": an_id(name),
            "item_id": ONT.id,
            "item_number": ONT.number,
            "kind": kind,
            "message_id": message_id,
            "recipient": to,
            "subject": f"[#4821] {ONT.title}",
            "rfc_message_id": f"4821.{name}@ribalink.example",
            "status": status,
            "attempts": attempts,
            "created_at": when,
            "updated_at": when,
            **more,
        }
    )


_SENT = (Attempt(at=at("08:41"), outcome="sent", code=250),)
_TRIED = (
    Attempt(at=at("10:31"), outcome="unknown"),
    Attempt(at=at("10:46"), outcome="refused", code=550, detail="5.1.1 no such user here"),
)
DELIVERIES = (
    delivery(
        "ack",
        MARTA,
        "sent",
        at("08:14"),
        kind="rule",
        rule_id=str(ACKNOWLEDGE.id),
        text="Hello Marta,\n\nwe have received your request. Its number is #4821.",
        attempts=(Attempt(at=at("08:14"), outcome="sent", code=250),),
    ),
    *(
        delivery(f"first {p.address}", p, "sent", at("08:41"), message_id=MESSAGES[1].id, attempts=_SENT)
        for p in (MARTA, ONT.followers[0], ONT.followers[1])
    ),
    delivery("told", ref(RITA), "sent", at("10:02"), kind="customer_message", message_id=MESSAGES[3].id),
    delivery("second", MARTA, "sent", at("10:31"), message_id=MESSAGES[5].id, attempts=_SENT),
    delivery(
        "failed",
        ONT.followers[0],
        "failed",
        at("10:31"),
        message_id=MESSAGES[5].id,
        attempts=_TRIED,
        reason="no such user here",
    ),
    delivery("queued", ONT.followers[1], "queued", at("10:31"), message_id=MESSAGES[5].id),
)

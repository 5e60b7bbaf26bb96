"""Snapshots of aggregates: the state after a fact, as events carry it and the compacted state topics keep it.

Invariant: a snapshot with a higher `version` is newer; readers keep the newest and drop the rest, so replays and
rebuilds are harmless. A snapshot's key on a state topic is ``kind:id`` (`Snapshot.state_key`).
"""

from typing import Annotated

from pydantic import Field

from shared.contracts.state.base import Snapshot
from shared.contracts.state.deliveries import Attempt, DeliveryState, SuppressionState
from shared.contracts.state.items import (
    Address,
    AttachmentRef,
    Automatic,
    ChangeState,
    Channel,
    ItemState,
    MessageState,
    OrganisationRef,
    PersonRef,
    Priority,
    StatusState,
)
from shared.contracts.state.people import OrganisationState, PersonState, StaffRole, TeamState
from shared.contracts.state.receipts import QuarantineState, ReceiptOutcome, ReceiptState
from shared.contracts.state.rules import ActionTaken, Check, DecisionState, RuleState, Verdict
from shared.contracts.state.setup import (
    BrandState,
    FieldOption,
    FieldSpec,
    FormState,
    MailboxState,
    StatusSpec,
    TypeState,
    WaitsOn,
)

Reference = Annotated[
    PersonState | OrganisationState | TeamState | TypeState | FormState | BrandState | MailboxState,
    Field(discriminator="record"),
]

#: Snapshot model by the kind that its key on a state topic begins with.
SNAPSHOTS: dict[str, type[Snapshot]] = {
    model.kind_name: model
    for model in (
        ItemState,
        MessageState,
        ChangeState,
        PersonState,
        OrganisationState,
        TeamState,
        TypeState,
        FormState,
        BrandState,
        MailboxState,
        RuleState,
        DecisionState,
        DeliveryState,
        SuppressionState,
        ReceiptState,
        QuarantineState,
    )
}

#: What a desk is set up with. There is little of it, and other services need it: it has a topic of its own besides.
SETUP_KINDS = frozenset(model.kind_name for model in (TeamState, TypeState, FormState, BrandState, MailboxState))

__all__ = [
    "SETUP_KINDS",
    "SNAPSHOTS",
    "ActionTaken",
    "Address",
    "AttachmentRef",
    "Attempt",
    "Automatic",
    "BrandState",
    "ChangeState",
    "Channel",
    "Check",
    "DecisionState",
    "DeliveryState",
    "FieldOption",
    "FieldSpec",
    "FormState",
    "ItemState",
    "MailboxState",
    "MessageState",
    "OrganisationRef",
    "OrganisationState",
    "PersonRef",
    "PersonState",
    "Priority",
    "QuarantineState",
    "ReceiptOutcome",
    "ReceiptState",
    "Reference",
    "RuleState",
    "Snapshot",
    "StaffRole",
    "StatusSpec",
    "StatusState",
    "SuppressionState",
    "TeamState",
    "TypeState",
    "Verdict",
    "WaitsOn",
]

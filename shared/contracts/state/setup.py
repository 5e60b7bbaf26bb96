"""Snapshots of what an administrator sets up: types with fields and lifecycles, forms, brands, mailboxes."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.state.base import Snapshot
from shared.contracts.state.items import StatusState

WaitsOn = Literal["none", "customer", "other"]


class FieldOption(Contract):
    key: str
    label: str


class FieldSpec(Contract):
    """A custom field of a type, as forms ask it and items hold it.

    Attributes:
        kind: ``text``, ``multiline``, ``select``, ``checkbox``, ``number``, ``date``.
        options: for ``select`` only; forms post their keys.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    label: str
    kind: Literal["text", "multiline", "select", "checkbox", "number", "date"] = "text"
    required: bool = False
    options: tuple[FieldOption, ...] = ()
    help: str = ""


class StatusSpec(Contract):
    """A status of a lifecycle.

    Attributes:
        portal_word: received, working, your_turn, solved: what a customer is told.
        shape: the mark beside the label: dashed, half, pause, bar, done.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    label: str
    state: StatusState
    waits_on: WaitsOn = "none"
    phase: Literal["triage", "execution", "delivery"] = "execution"


class TypeState(Snapshot):
    """A type of work item: its fields and its lifecycle (the ordered statuses; the first is where items begin)."""

    kind_name: ClassVar[str] = "type"
    record: Literal["type"] = "type"

    key: str
    label: str
    item_kind: Literal["ticket", "task"] = "ticket"
    fields: tuple[FieldSpec, ...] = ()
    statuses: tuple[StatusSpec, ...]
    team: str | None = None
    retired: bool = False

    def state_key(self) -> str:
        return f"type:{self.key}"


class FormState(Snapshot):
    """A portal form: it sets the type and the team of what it makes and asks the type's fields."""

    kind_name: ClassVar[str] = "form"
    record: Literal["form"] = "form"

    key: str
    type: str
    title: str
    intro: str = ""
    portal: str = "main"
    mailbox: str
    open: bool = True

    def state_key(self) -> str:
        return f"form:{self.key}"


class BrandState(Snapshot):
    """A portal's brand. The key is the portal's."""

    kind_name: ClassVar[str] = "brand"
    record: Literal["brand"] = "brand"

    key: str
    name: str
    colour: str = "#0b5d6b"
    intro: str = ""

    def state_key(self) -> str:
        return f"brand:{self.key}"


class MailboxState(Snapshot):
    """A mail channel: the address that customers write to, and what their mail becomes.

    Attributes:
        key: short name, at most 20 characters, part of signed reply addresses.
    """

    kind_name: ClassVar[str] = "mailbox"
    record: Literal["mailbox"] = "mailbox"

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")
    address: str
    label: str
    type: str
    team: str | None = None

    def state_key(self) -> str:
        return f"mailbox:{self.key}"

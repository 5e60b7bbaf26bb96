"""What the API takes: each body with strict bounds, nothing unknown in it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

from services.portal_gateway.domain.texts import ADDRESS_CHARACTERS, address, lines, one_line, storable
from shared.contracts.state import Channel, Priority, StaffRole, StatusSpec, StatusState
from shared.contracts.state import FieldSpec as FieldState

LONGEST_TEXT = 65_536
KEY_PATTERN = r"^[a-z][a-z0-9_-]{0,39}$"


def _line(least: int, most: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


Title = Annotated[str, _line(1, 255), AfterValidator(one_line)]
Name = Annotated[str, _line(0, 120), AfterValidator(one_line)]
Label = Annotated[str, _line(1, 120), AfterValidator(one_line)]
Tag = Annotated[str, _line(1, 60), AfterValidator(one_line)]
Word = Annotated[str, _line(1, 80), AfterValidator(one_line)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(lines)]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
MailboxKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
MailAddress = Annotated[str, _line(3, ADDRESS_CHARACTERS), AfterValidator(address)]
Json = Annotated[JsonValue, BeforeValidator(storable)]
JsonObjects = Annotated[dict[str, JsonValue], BeforeValidator(storable)]
FieldKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Body(BaseModel):
    """A request's body; a member that it does not know is refused, so that no misspelt one is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Who(Body):
    """A person by address."""

    address: MailAddress
    name: Name = ""


class AssignTo(Body):
    """A team and, in it, nobody, whoever's turn it is, or one person."""

    team: Word | None = None
    member: Annotated[str, _line(1, ADDRESS_CHARACTERS), AfterValidator(one_line)] = Field(
        "none", description="`none`, `in_turn`, a person's id or address."
    )


class NewItem(Body):
    """An item to make for its requester."""

    kind: Literal["ticket", "task"] = "ticket"
    type: Word
    channel: Channel = "api"
    title: Title
    text: Text = ""
    requester: Who
    priority: Priority = "normal"
    team: Word | None = None
    tags: list[Tag] = Field(default=[], max_length=50)
    fields: dict[FieldKey, Json] = Field(default={}, max_length=100)


class ItemChange(Body):
    """Fields of an item to change; those that are absent stay."""

    title: Title = ""
    status: Word = ""
    priority: Priority = "normal"
    type: Word = ""
    team: Word | None = None
    assignee: Annotated[str, _line(1, ADDRESS_CHARACTERS), AfterValidator(one_line)] | None = Field(
        None, description="A person's id or address, or null."
    )
    tags: list[Tag] = Field(default=[], max_length=50)
    fields: dict[FieldKey, Json] = Field(default={}, max_length=100)
    follow: list[Who] = Field(default=[], max_length=20)
    unfollow: list[UUID] = Field(default=[], max_length=200)
    assign: AssignTo | None = Field(None, description="In place of `team` and `assignee`.")


class NewMessage(Body):
    """A message to write."""

    text: Text = ""
    public: bool = Field(description="Everyone involved reads and hears it; else it is an internal note.")


class Acceptance(Body):
    """How a held message is taken."""

    follow: bool = Field(default=True, description="The sender hears of the conversation from now on.")


class NewRule(Body):
    """A rule to make: trigger, filter, actions."""

    name: Label
    enabled: bool = True
    trigger: Word
    filter: JsonObjects = {}
    actions: list[JsonObjects] = Field(max_length=20)
    position: int | None = Field(None, ge=0, le=1_000_000)


class RuleChange(Body):
    """Parts of a rule to change; those that are absent stay."""

    name: Label = ""
    enabled: bool = True
    trigger: Word = ""
    filter: JsonObjects = {}
    actions: list[JsonObjects] = Field(default=[], max_length=20)
    position: int = Field(0, ge=0, le=1_000_000)


class Option(Body):
    key: FieldKey
    label: Label


class FieldSpec(Body):
    """A custom field of a type."""

    key: FieldKey
    label: Label
    kind: Literal["text", "multiline", "select", "checkbox", "number", "date"] = "text"
    required: bool = False
    options: list[Option] = Field(default=[], max_length=200)
    help: Annotated[str, _line(0, 500), AfterValidator(one_line)] = ""

    def state(self) -> FieldState:
        return FieldState.model_validate(self.model_dump())


class Status(Body):
    """A status of a lifecycle."""

    key: FieldKey
    label: Label
    state: StatusState
    waits_on: Literal["none", "customer", "other"] = "none"
    phase: Literal["triage", "execution", "delivery"] = "execution"

    def spec(self) -> StatusSpec:
        return StatusSpec.model_validate(self.model_dump())


class TypeChange(Body):
    """Parts of a type to change; those that are absent stay."""

    label: Label = ""
    fields: list[FieldSpec] = Field(default=[], max_length=100)
    statuses: list[Status] = Field(default=[], max_length=50)
    team: Word = ""
    retired: bool = False


class NewType(TypeChange):
    """A type to make; without statuses it gets the default lifecycle."""

    key: Key


class TeamChange(Body):
    """Parts of a team to change."""

    label: Label = ""
    members: list[UUID] = Field(default=[], max_length=500)


class NewTeam(TeamChange):
    key: Key


class AgentChange(Body):
    """What changes of somebody of staff."""

    name: Name = ""
    role: StaffRole = "agent"
    active: bool = True
    teams: list[Word] = Field(default=[], max_length=100)


class NewAgent(Body):
    """Somebody who becomes staff; they get a password by `deskstream admin reset-password`."""

    address: MailAddress
    name: Name = ""
    role: StaffRole = "agent"
    teams: list[Word] = Field(default=[], max_length=100)


class MailboxChange(Body):
    """Parts of a mailbox to change."""

    address: MailAddress = ""
    label: Label = ""
    type: Word = ""
    team: Word = ""


class NewMailbox(Body):
    key: MailboxKey
    address: MailAddress
    label: Label
    type: Word
    team: Word | None = None


class Discarding(Body):
    reason: Annotated[str, _line(0, 500), AfterValidator(one_line)] = ""


class BareTicket(Body):
    mailbox: MailboxKey = "support"

"""Who asks: staff, by a session of their own or by an API token. What they may do is decided where state lives."""

from dataclasses import dataclass
from uuid import UUID

from shared.contracts.state import PersonState, StaffRole

#: Where staff come to after signing in, unless a page of the workspace sent them.
HOME = "/workspace"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of staff, or the account of an API token.

    Attributes:
        csrf: what a form of this session must carry as `csrf`, a script as header `X-CSRF-Token`; "" for a token.
    """

    person_id: UUID
    address: str
    name: str
    role: StaffRole
    csrf: str = ""

    @property
    def is_administrator(self) -> bool:
        return self.role == "administrator"

    @property
    def actor(self) -> str:
        """How commands name them."""
        return f"agent:{self.person_id}"


def staff_of(person: PersonState, csrf: str = "") -> Staff | None:
    """A person as staff; none for customers and for staff who left."""
    if person.role is None or not person.active:
        return None
    return Staff(person.id, person.address, person.name or person.address, person.role, csrf)


def safe_next(wanted: str | None) -> str:
    """Where to go after signing in: a page of the workspace, never another site or a page of customers."""
    ours = wanted is not None and (wanted == HOME or wanted.startswith((f"{HOME}/", f"{HOME}?")))
    # Browsers read a backslash as a slash and pass over control characters.
    clean = wanted is not None and "\\" not in wanted and "//" not in wanted.partition("?")[0] and wanted.isprintable()
    return wanted if wanted is not None and ours and clean else HOME

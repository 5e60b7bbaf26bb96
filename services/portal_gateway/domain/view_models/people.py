"""People as pages show them: a name to call them by, initials, a tone of their own."""

from dataclasses import dataclass
from uuid import UUID
from zlib import crc32

from shared.contracts.state import Address, PersonRef, PersonState

#: So many avatar colours the styles have.
TONES = 8


@dataclass(frozen=True, slots=True)
class Face:
    """A person on a page.

    Attributes:
        id: none for somebody who is no person of the desk (a stranger, a system).
        name: never empty; the address where no name is known.
        short: the first word of the name.
        tone: 0 to 7, the same for the same person everywhere.
    """

    id: UUID | None
    name: str
    short: str
    address: str
    initials: str
    tone: int
    staff: bool = False


def face(person: PersonRef | PersonState) -> Face:
    """A known person."""
    staff = person.staff if isinstance(person, PersonRef) else person.role is not None
    return _face(person.id, person.name, person.address, staff=staff)


def stranger(sender: Address) -> Face:
    """Whoever stands in a mail's From."""
    return _face(None, sender.name, sender.address, staff=False)


def initials(name: str) -> str:
    """One or two capitals: of the first and the last word, or of an address's first letters."""
    words = [word for word in name.replace(".", " ").replace("@", " @").split() if word[0].isalnum()]
    if not words:
        return "?"
    if "@" in name or len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def _face(person_id: UUID | None, name: str, address: str, *, staff: bool) -> Face:
    shown = " ".join(name.split()) or address
    return Face(
        id=person_id,
        name=shown,
        short=shown.split()[0] if "@" not in shown else shown,
        address=address,
        initials=initials(shown),
        tone=crc32((address.lower() or shown).encode()) % TONES,
        staff=staff,
    )

"""Mail addresses as identities: one address, one person, whatever its case.

Invariant: two services that make a person from the same address give it the same id.
"""

import unicodedata
from uuid import UUID

from shared.ids import seed_id


def normalise(address: str) -> str:
    """The address by which a person is known: NFC, lower case, the domain in its ASCII form where it has one."""
    text = unicodedata.normalize("NFC", address.strip()).lower()
    local, at, domain = text.rpartition("@")
    if not at:
        return text
    try:
        domain = domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        domain = domain.rstrip(".")
    return f"{local}@{domain}"


def person_id(address: str) -> UUID:
    """The id of a person made from an address."""
    return seed_id(f"person:{normalise(address)}")

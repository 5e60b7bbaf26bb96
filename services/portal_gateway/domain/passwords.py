"""Passwords as argon2id hashes, and new ones that people can type.

Invariant: an unknown account costs the same work as a known one, so that nobody learns who has an account.
Source: RFC 9106 §4, second recommended option (64 MiB).
"""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

#: Without letters and digits that look alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LETTERS = 4, 5
#: Longer ones are refused unread: hashing them would be work for nothing.
MOST_CHARACTERS = 200


class Passwords:
    """Hashes and verifies; both take tens of milliseconds of a processor, so call them in a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def fits(self, password_hash: str | None, password: str) -> bool:
        """Is it the password of this hash; without a hash it never is, after the same work."""
        try:
            return self._hasher.verify(password_hash or self._nobody, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def new_password() -> str:
    """A password of 99 bits, in groups that can be read aloud: ``k7mqd-…``."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS))

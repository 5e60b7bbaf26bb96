"""Keys derived from the desk's one master secret, each for one purpose (HKDF, RFC 5869).

Invariant: a key for one purpose tells nothing about another; the master secret itself signs nothing and is never shown.
"""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr


@dataclass(frozen=True, repr=False)
class Keys:
    """The keyring of a process."""

    master: bytes

    @classmethod
    def from_hex(cls, secret: SecretStr) -> "Keys":
        return cls(bytes.fromhex(secret.get_secret_value()))

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, such as ``reply-address.1``."""
        return _derived(self.master, purpose)

    def mac(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA-256 of `message` under the purpose's key."""
        return hmac.new(self.key(purpose), message, sha256).digest()


@lru_cache(maxsize=64)
def _derived(master: bytes, purpose: str) -> bytes:
    """Derived once in a process: a mail has half a dozen names that are signed, all under the same few keys."""
    return HKDF(algorithm=SHA256(), length=32, salt=b"deskstream", info=purpose.encode()).derive(master)

"""Files that staff send with a message are kept before the command that names them.

Rules:
- A file lies under the command's id and its content's hash: sent twice, it is there once.
- A file that was kept for a command that is then refused belongs to nothing, and nothing serves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.files import clean_name, clean_type
from shared.contracts.state import AttachmentRef
from shared.crashpoint import crashpoint


@dataclass(frozen=True)
class SentFile:
    """A file as its sender sent it, with what they say of it."""

    name: str
    content_type: str | None
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


class Store(Protocol):
    """Where files lie."""

    async def put(self, owner: UUID, content: bytes) -> str:
        """The content is stored; returns its key. Raises `TransientError` when it cannot be now."""


async def keep(store: Store, owner: UUID, files: Sequence[SentFile]) -> tuple[AttachmentRef, ...]:
    """The files are stored under `owner`, a command's or a receipt's id.

    Raises:
        TransientError: the store does not take them now; nothing refers to those it took.
    """
    return tuple([await _kept(store, owner, file) for file in files])


async def _kept(store: Store, owner: UUID, file: SentFile) -> AttachmentRef:
    key = await store.put(owner, file.content)
    crashpoint("gateway.after_store")
    return AttachmentRef(
        name=clean_name(file.name),
        content_type=clean_type(file.content_type),
        size_bytes=len(file.content),
        sha256=file.sha256,
        blob_key=key,
    )

"""Take a portal's form in: its files are kept, it stands on the log, its answer is waited for.

Rules:
- Sent twice with the same token it is one request, and finds the same answer; with other content it is refused.
- Only a form that can be taken comes here: what is accepted is never refused later.
- The files lie in the blob store before the log speaks of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol
from uuid import UUID

from services.portal_gateway.domain.form_values import Filled
from services.portal_gateway.use_cases.ask import Asked, Desk, ask
from shared.contracts.answers import Answer
from shared.contracts.intake import FormSubmitted
from shared.contracts.state import AttachmentRef
from shared.crashpoint import crashpoint


class FileStore(Protocol):
    """Where files lie."""

    async def put_file(self, owner: UUID, content: IO[bytes], sha256: str) -> str:
        """The content is stored; returns its key. Raises `TransientError` where the store does not take it now."""


@dataclass(frozen=True)
class Upload:
    """A file as it came; `content` stands at its beginning."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    content: IO[bytes]


@dataclass(frozen=True)
class Submission:
    """A form that can be taken; `language` is the reader's."""

    receipt_id: UUID
    form: str
    filled: Filled
    files: Sequence[Upload]
    language: str


async def submit_form(desk: Desk, store: FileStore, submission: Submission, now: datetime) -> Answer | None:
    """The answer, with the request's number; none when it has not come in time, and the form is taken all the same.

    Raises:
        OtherContentError: the token was used for something else.
        TransientError: it may not be on the log; the same may be sent again.
    """
    filled = submission.filled
    body = FormSubmitted(
        receipt_id=submission.receipt_id,
        form=submission.form,
        name=filled.name,
        address=filled.address,
        title=filled.title,
        text=filled.text,
        values=dict(filled.values),
        attachments=await keep_files(store, submission.receipt_id, submission.files),
        language=submission.language,
        accepted_at=now,
    )
    asked = Asked(
        id=submission.receipt_id,
        body=body,
        key=str(submission.receipt_id),
        subject=f"receipt:{submission.receipt_id}",
        actor="system:gateway",
        repeatable=True,
        fingerprint=fingerprint(body.model_dump(mode="json", exclude={"accepted_at", "language"})),
    )
    return await ask(desk, asked, now)


async def keep_files(store: FileStore, owner: UUID, files: Sequence[Upload]) -> tuple[AttachmentRef, ...]:
    """Each file is in the store, one after another: a post holds no more than one of them in hand."""
    return tuple([await _kept(store, owner, file) for file in files])


async def _kept(store: FileStore, owner: UUID, file: Upload) -> AttachmentRef:
    key = await store.put_file(owner, file.content, file.sha256)
    crashpoint("gateway.after_store")
    return AttachmentRef(
        name=file.name, content_type=file.content_type, size_bytes=file.size_bytes, sha256=file.sha256, blob_key=key
    )


def fingerprint(content: dict[str, object]) -> bytes:
    """What makes two posts the same: all that somebody typed and chose, not when."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode()

"""Blobs: raw mails, attachments and long bodies, beside the log and the database.

Invariant: a key is ``<receipt or command id>/<sha256>``, written once and never changed; erasing one customer's blobs
never takes another's.
"""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from uuid import UUID

from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.errors import TransientError


class BlobMissingError(Exception):
    """No blob has this key; what refers to it should say that the file is gone."""


def reach(url: str, seconds: int) -> None:
    """The store answers, though it may let us do less than all.

    Raises:
        BaseError, ValueError: the URL names no store.
        OSError: the folder cannot be made.
        TransientError: the store did not answer within `seconds`.
    """
    if urlsplit(url).scheme == "file":
        Blobs(url)
        return
    store = from_url(url, client_options={"timeout": f"{seconds}s"}, retry_config={"max_retries": 1})
    try:
        store.get("reach")
    except (NotFoundError, FileNotFoundError, PermissionDeniedError):
        return  # a bucket whose keys may not be listed says so in place of "there is none"
    except (BaseError, OSError) as error:
        raise TransientError(f"the blob store does not answer: {error}") from error


class Blobs:
    """A folder or a bucket, by URL: ``file:///…``, ``s3://…``, ``gs://…``, ``az://…``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "file":
            folder = Path(parts.path)
            folder.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(folder)
        else:
            self._store = from_url(url)

    async def put(self, owner: UUID, content: bytes) -> str:
        """The content is stored; returns its key.

        Raises:
            TransientError: the store does not take it now (away, full); try again.
        """
        key = f"{owner}/{sha256(content).hexdigest()}"
        try:
            await self._store.put_async(key, content)
        except (BaseError, OSError) as error:
            raise TransientError(f"the blob store does not take {len(content)} bytes: {error}") from error
        return key

    async def put_file(self, owner: UUID, content: IO[bytes], sha256: str) -> str:
        """What a file holds from where it stands is stored, piece by piece; returns its key.

        Args:
            owner: the receipt or command that brings it.
            content: opened to be read; nobody else reads it meanwhile.
            sha256: of the content, in hex.

        Raises:
            TransientError: the store does not take it now (away, full); try again.
        """
        key = f"{owner}/{sha256}"
        try:
            await self._store.put_async(key, content)
        except (BaseError, OSError) as error:
            raise TransientError(f"the blob store does not take a file: {error}") from error
        return key

    async def get(self, key: str) -> bytes:
        """The content of a blob.

        Raises:
            BlobMissingError: there is none under the key.
            TransientError: the store does not answer now.
        """
        try:
            found = await self._store.get_async(key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise BlobMissingError(key) from error
        except (BaseError, OSError) as error:
            raise TransientError(f"the blob store does not answer: {error}") from error

    async def get_all(self, keys: list[str]) -> list[bytes]:
        """Several blobs at once, in order; raises as `get` does."""
        return list(await asyncio.gather(*(self.get(key) for key in keys)))

"""intake's view of the machine it runs on: the disk that local blobs lie on."""

import shutil
from urllib.parse import urlsplit


class BlobDisk:
    """The disk of a local blob folder; a bucket elsewhere has room by definition."""

    def __init__(self, blob_url: str, reserve_bytes: int) -> None:
        parts = urlsplit(blob_url)
        self._folder = parts.path if parts.scheme == "file" else None
        self._reserve_bytes = reserve_bytes

    def has_space(self) -> bool:
        """Whether more than the reserve is free."""
        return self._folder is None or shutil.disk_usage(self._folder).free >= self._reserve_bytes

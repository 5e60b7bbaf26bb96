"""A posted form, read within bounds: texts by name, files spooled to disk.

Invariant: what was typed is kept even where the files are too many or too large: those are passed over, not the texts.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Literal
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from services.portal_gateway.domain.form_values import cleaned
from services.portal_gateway.domain.uploads import MOST_FILES, kind_of, safe_names
from services.portal_gateway.use_cases.submit_form import Upload

MOST_FIELDS = 200
#: Of all texts together.
TEXTS_BYTES = 1_048_576
#: A browser shows our page only after it has sent everything: what is too large is passed over up to so many times
#: the limit, and then no more is read.
READ_ON = 4
READ_SECONDS = 300
SPOOL_BYTES = 1_048_576

Fault = Literal["", "too_large", "too_many", "not_whole"]


@dataclass(frozen=True)
class Posted:
    """What was posted.

    Attributes:
        texts: cleaned, by the name of the input.
        files: empty where there is a fault.
        had_files: whether any were chosen.
        fault: why it cannot be taken as it came.
    """

    texts: Mapping[str, str]
    files: tuple[Upload, ...] = ()
    had_files: bool = False
    fault: Fault = ""


@asynccontextmanager
async def posted(request: Request, files_bytes: int) -> AsyncIterator[Posted]:
    """The form that a request brings; its files are gone at the end.

    Args:
        request: whose body nobody has read.
        files_bytes: of all files together.
    """
    reading = _Multipart(files_bytes)
    try:
        async with asyncio.timeout(READ_SECONDS):
            form = await _read(request, reading)
        yield form
    finally:
        reading.close()


async def _read(request: Request, reading: "_Multipart") -> Posted:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        return await _of_texts(request)
    await _parse(request, options[b"boundary"], reading)
    uploads = () if reading.fault else await _uploads(reading)
    return Posted(cleaned(reading.texts), uploads, bool(reading.files), reading.fault)


async def _of_texts(request: Request) -> Posted:
    """A form without files, as browsers send one that names no encoding."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > TEXTS_BYTES:
            return Posted({}, fault="not_whole")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return Posted({}, fault="not_whole")
    return Posted(cleaned(pairs))


async def _parse(request: Request, boundary: bytes, reading: "_Multipart") -> None:
    seen = 0
    try:
        parser = reading.parser(boundary)
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > READ_ON * reading.files_bytes + TEXTS_BYTES:
                reading.fault = "too_large"
                return
            parser.write(chunk)
            await reading.settle()
        parser.finalize()
    except FormParserError:
        reading.is_whole = False
    if not reading.is_whole:
        reading.fault = reading.fault or "not_whole"


async def _uploads(reading: "_Multipart") -> tuple[Upload, ...]:
    names = safe_names([file.name for file in reading.files])
    return tuple([await _upload(file, name) for file, name in zip(reading.files, names, strict=True)])


async def _upload(file: "_File", name: str) -> Upload:
    file.content.seek(0)
    digest = await asyncio.to_thread(partial(hashlib.file_digest, file.content, "sha256"))
    file.content.seek(0)
    return Upload(name, kind_of(file.content_type), file.size_bytes, digest.hexdigest(), file.content)


@dataclass
class _File:
    name: str
    content_type: str
    content: SpooledTemporaryFile[bytes]
    size_bytes: int = 0


@dataclass
class _Multipart:
    """The parts of a body, as the parser meets them (RFC 7578)."""

    files_bytes: int
    texts: list[tuple[str, str]] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    fault: Fault = ""
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    _name: bytes = b""
    _value: bytes = b""
    _text_name: str | None = None
    _text: bytearray = field(default_factory=bytearray)
    _texts_bytes: int = 0
    _file: _File | None = None
    _pending: list[tuple[_File, bytes]] = field(default_factory=list)
    is_whole: bool = False

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._whole,
            },
        )

    async def settle(self) -> None:
        """What was read of files stands in them; a file on disk is written beside the loop."""
        pending, self._pending = self._pending, []
        for file, data in pending:
            if file.size_bytes > SPOOL_BYTES:
                await asyncio.to_thread(file.content.write, data)
            else:
                file.content.write(data)

    def close(self) -> None:
        for file in self.files:
            file.content.close()

    def _whole(self) -> None:
        self.is_whole = True

    def _begin(self) -> None:
        self._headers, self._text_name, self._file, self._text = {}, None, None, bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b"").decode("latin-1"))
        name = options.get(b"name", b"").decode(errors="replace")
        if b"filename" not in options:
            if len(self.texts) < MOST_FIELDS:
                self._text_name = name
            else:
                self.fault = self.fault or "not_whole"
        elif options[b"filename"]:
            self._open(options[b"filename"].decode(errors="replace"))

    def _open(self, name: str) -> None:
        if len(self.files) >= MOST_FILES:
            self.fault = self.fault or "too_many"
            return
        kind = self._headers.get(b"content-type", b"").decode("latin-1")
        self._file = _File(name, kind, SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - closed by `close`
        self.files.append(self._file)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._text_name is not None:
            self._texts_bytes += end - start
            if self._texts_bytes <= TEXTS_BYTES:
                self._text += data[start:end]
            else:
                self.fault = self.fault or "not_whole"
        elif self._file is not None and not self.fault:
            if sum(file.size_bytes for file in self.files) + end - start > self.files_bytes:
                self.fault = "too_large"
                return
            self._file.size_bytes += end - start
            self._pending.append((self._file, data[start:end]))

    def _end(self) -> None:
        if self._text_name is not None:
            self.texts.append((self._text_name, self._text.decode(errors="replace")))

"""A posted form is read within bounds, and what was typed is kept whatever the files are."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from services.portal_gateway.domain.uploads import MOST_FILES
from services.portal_gateway.routes.portal.posted import MOST_FIELDS, READ_ON, TEXTS_BYTES, Posted, posted

LIMIT = 1000
BOUNDARY = "x-boundary"


def part(disposition: str, content: bytes, kind: str = "") -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n"
    return (head + (f"Content-Type: {kind}\r\n" if kind else "") + "\r\n").encode() + content + b"\r\n"


def text(name: str, value: str) -> bytes:
    return part(f'name="{name}"', value.encode())


def file(name: str, content: bytes, kind: str = "text/plain") -> bytes:
    return part(f'name="files"; filename="{name}"', content, kind)


class Body:
    """A body that comes in pieces; tells how much of it was taken."""

    def __init__(self, content: bytes, piece: int) -> None:
        self.pieces = [content[at : at + piece] for at in range(0, len(content), piece)] or [b""]
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        at, self.taken = self.taken, self.taken + 1
        return {"type": "http.request", "body": self.pieces[at], "more_body": self.taken < len(self.pieces)}


def request(body: Body, content_type: str) -> Request:
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}
    return Request(scope, body.receive)


async def read(parts: Sequence[bytes], piece: int = 100, *, whole: bool = True) -> tuple[Posted, list[bytes]]:
    content = b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if whole else b"")
    body = Body(content, piece)
    async with posted(request(body, f"multipart/form-data; boundary={BOUNDARY}"), LIMIT) as form:
        contents = [upload.content.read() for upload in form.files]
    return form, contents


@pytest.mark.parametrize("piece", [1, 7, 10_000])
async def test_texts_and_files_come_through_whole(piece: int) -> None:
    """P4: however the body is cut on its way; names and texts in UTF-8; an empty choice is no file."""
    form, contents = await read(
        [
            text("text", "Olá\r\nmundo"),
            file("peixe é.jpg", b"\x00\xff\r\n--not-it", "image/jpeg"),
            file("", b""),
            file("b.txt", b""),
        ],
        piece,
    )
    assert form.texts == {"text": "Olá\nmundo"}
    assert [(f.name, f.content_type, f.size_bytes) for f in form.files] == [
        ("peixe é.jpg", "image/jpeg", 12),
        ("b.txt", "text/plain", 0),
    ]
    assert contents == [b"\x00\xff\r\n--not-it", b""]
    assert form.files[1].sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert form.fault == ""


async def test_files_too_large_together_are_passed_over_and_texts_kept() -> None:
    """P11: also a text that comes behind them is kept."""
    form, _ = await read(
        [text("title", "Before"), file("a", b"x" * 600), file("b", b"x" * 600), text("text", "Behind")]
    )
    assert (form.fault, form.files, form.had_files) == ("too_large", (), True)
    assert form.texts == {"title": "Before", "text": "Behind"}


async def test_more_files_than_fit_are_told() -> None:
    """At most ten go at once; the texts are kept."""
    form, _ = await read([*(file(f"{n}.txt", b"x") for n in range(MOST_FILES + 1)), text("text", "Kept")])
    assert (form.fault, form.texts) == ("too_many", {"text": "Kept"})
    form, _ = await read([file(f"{n}.txt", b"x") for n in range(MOST_FILES)])
    assert form.fault == ""


async def test_a_flood_is_not_read_to_its_end() -> None:
    """What is far too large costs no more than some times the limit."""
    content = text("title", "Kept") + file("a", b"x" * (READ_ON * LIMIT + TEXTS_BYTES + 10_000_000))
    body = Body(content, 65_536)
    async with posted(request(body, f"multipart/form-data; boundary={BOUNDARY}"), LIMIT) as form:
        assert (form.fault, form.texts) == ("too_large", {"title": "Kept"})
    assert body.taken < len(body.pieces) / 2


async def test_a_broken_body_is_told_and_what_came_is_kept() -> None:
    """A connection that ended early, texts without bound, or parts without end: nothing is made of it."""
    form, _ = await read([text("title", "Kept"), b"--x-boundary-but-not"])
    assert form.fault == "not_whole"
    form, _ = await read([text("title", "Kept"), text("text", "cut"), file("a", b"x" * 10)], whole=False)
    assert (form.fault, form.files) == ("not_whole", ())
    assert form.texts["title"] == "Kept"
    form, _ = await read([text("title", "Kept"), text("text", "x" * (TEXTS_BYTES + 1))], 65_536)
    assert (form.fault, form.texts["title"]) == ("not_whole", "Kept")
    form, _ = await read([text(f"f{n}", "x") for n in range(MOST_FIELDS + 1)], 65_536)
    assert form.fault == "not_whole"


async def test_a_form_without_files_is_read_as_browsers_send_it() -> None:
    """P5: the plain encoding of forms is taken too, within the same bounds."""
    body = Body(urlencode({"title": "Olá & adeus", "text": "a\r\nb"}).encode(), 5)
    async with posted(request(body, "application/x-www-form-urlencoded"), LIMIT) as form:
        assert form.texts == {"title": "Olá & adeus", "text": "a\nb"}
    body = Body(b"text=" + b"x" * (TEXTS_BYTES + 1), 65_536)
    async with posted(request(body, "application/x-www-form-urlencoded"), LIMIT) as form:
        assert form.fault == "not_whole"
    body = Body("&".join(f"a{n}=1" for n in range(MOST_FIELDS + 1)).encode(), 65_536)
    async with posted(request(body, "application/x-www-form-urlencoded"), LIMIT) as form:
        assert form.fault == "not_whole"

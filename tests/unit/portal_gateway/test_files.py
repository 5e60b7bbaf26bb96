"""Files: names, types and headers by which they harm nobody."""

from uuid import UUID

import pytest

from services.portal_gateway.domain.files import clean_name, clean_type, headers_of
from services.portal_gateway.use_cases.files import SentFile, keep


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\foto.jpg", "foto.jpg"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil: 1.txt"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("", "unnamed"),
        ("...", "unnamed"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("a\u0301.txt", "á.txt"),
    ],
)
def test_names_are_cleaned(sent: str, kept: str) -> None:
    """Folders, control and direction characters go; the ending stays."""
    assert clean_name(sent) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("image/PNG", "image/png"),
        ("text/html; charset=utf-8", "text/html"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_types_are_cleaned(said: str | None, kept: str) -> None:
    """A type is a type, or unknown."""
    assert clean_type(said) == kept


@pytest.mark.parametrize("said", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf"])
def test_what_could_run_is_saved_not_shown(said: str) -> None:
    """Only harmless types are shown, whatever is asked for."""
    headers = headers_of("x.html", said, inline=True)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "application/octet-stream"


def test_pictures_may_be_shown_in_a_sandbox() -> None:
    """Shown or saved, a file runs nothing and is taken for nothing else."""
    headers = headers_of("ont.png", "image/png", inline=True)
    assert headers["Content-Disposition"].startswith("inline;")
    assert headers_of("ont.png", "image/png", inline=False)["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_names_cannot_break_out_of_the_header() -> None:
    """Quotes and other alphabets travel encoded (RFC 8187)."""
    disposition = headers_of('fac"tura\r\n ñ?.pdf', "application/pdf", inline=False)["Content-Disposition"]
    assert disposition == "attachment; filename=\"fac'tura __.pdf\"; filename*=UTF-8''fac%22tura%20%C3%B1%3F.pdf"


async def test_kept_files_lie_under_the_command() -> None:
    """The key names the command, the reference what was sent."""

    class Store:
        def __init__(self) -> None:
            self.put_in: list[tuple[UUID, bytes]] = []

        async def put(self, owner: UUID, content: bytes) -> str:
            self.put_in.append((owner, content))
            return f"{owner}/key{len(self.put_in)}"

    store = Store()
    refs = await keep(store, UUID(int=3), [SentFile("a/b.txt", "text/plain", b"abc"), SentFile("", None, b"")])
    assert store.put_in == [(UUID(int=3), b"abc"), (UUID(int=3), b"")]
    assert [(ref.name, ref.content_type, ref.size_bytes, ref.blob_key) for ref in refs] == [
        ("b.txt", "text/plain", 3, f"{UUID(int=3)}/key1"),
        ("unnamed", "application/octet-stream", 0, f"{UUID(int=3)}/key2"),
    ]

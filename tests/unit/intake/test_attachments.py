"""Files of a mail: names that are safe, bytes that are theirs."""

import pytest

from services.intake.domain.attachments import safe_name
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from services.intake.domain.transfer import decode_transfer
from tests.unit.intake.mails import mail, multimail, part


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\photo.jpg", "photo.jpg"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("...", "file"),
        ("", "file"),
        ("  .hidden  ", "hidden"),
        ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
        ("é" * 200 + ".pdf", "é" * 125 + ".pdf"),
    ],
)
def test_names_are_safe_to_show_and_to_save(written: str, safe: str) -> None:
    """No path, no control or direction marks, at most 255 bytes, the ending kept."""
    assert safe_name(written, "file") == safe


def test_two_of_one_name_are_both_kept() -> None:
    """The second is numbered; both have their own bytes."""
    one = ("Content-Type: text/csv; name=stock.csv", "Content-Disposition: attachment")
    found = read(multimail("mixed", part("words", "Content-Type: text/plain"), part("1", *one), part("2", *one)))
    assert [(file.name, file.content) for file in found.attachments] == [("stock.csv", b"1"), ("stock1.csv", b"2")]


def test_part_without_a_name_is_called_by_its_place() -> None:
    """RFC 2557: the last step of Content-Location is a name, where it looks like one."""
    places = ("https://x.example/img/our%20logo.png?v=2", "https://x.example/img/")
    pictures = [part("x", "Content-Type: image/png", f"Content-Location: {place}") for place in places]
    found = read(multimail("mixed", part("words", "Content-Type: text/plain"), *pictures))
    assert [file.name for file in found.attachments] == ["our logo.png", "image.png"]


def test_line_ends_of_the_wire_are_none_of_the_file() -> None:
    """RFC 2045 §2.7: under 7bit a CRLF ends a line, and a file has it as LF; what is encoded stays byte for byte."""
    seven = part("a\nb", "Content-Type: text/csv; name=a.csv", "Content-Transfer-Encoding: 7bit")
    coded = part("YQ0KYg==", "Content-Type: text/csv; name=b.csv", "Content-Transfer-Encoding: base64")
    found = read(multimail("mixed", part("words", "Content-Type: text/plain"), seven, coded))
    assert [file.content for file in found.attachments] == [b"a\nb", b"a\r\nb"]


@pytest.mark.parametrize(
    ("content", "encoding", "means"),
    [
        (b"aGVs bG8=\r\n", "base64", b"hello"),
        (b"aGVsbG8", "base64", b"hello"),
        (b"aGVs!!bG8=", "BASE64", b"hello"),
        (b"aGVsbG8=aGVsbG8=", "base64", b"hellohello"),
        (b"a=C3=A9=\r\nb", "quoted-printable", "aéb".encode()),
        (b"100 %=ZZ", "quoted-printable", b"100 %=ZZ"),
        (b"=C3=A9", "quoted/printable", "é".encode()),
        (b"aGVsbG8=", "base-64", b"hello"),
        (b"These are words, not base64.", "base64", b"These are words, not base64."),
        (b"begin 644 a\r\n%:&5L;&\\\r\n`\r\nend\r\n", "x-uuencode", b"hello"),
        (b"%:&5L;&\\\r\n`\r\n", "x-uuencode", b"hello"),
        (b"as it is", "x-unheard-of", b"as it is"),
        (b"a\r\nb", "binary", b"a\r\nb"),
    ],
)
def test_transfer_encodings_are_undone(content: bytes, encoding: str, means: bytes) -> None:
    """Whatever is wrong with them, what can be read is read, and nothing raises."""
    assert decode_transfer(content, encoding.lower()) == means


def test_attachment_without_a_body_is_a_mail_too() -> None:
    """A mail that is one file has no words, and the file."""
    found = read(mail("%PDF", "Content-Type: application/pdf; name=a.pdf", "Content-Disposition: attachment"))
    assert [file.name for file in found.attachments] == ["a.pdf"]
    assert "no_words" in found.flags

"""Headers as mailers write them: encoded words, raw 8-bit, broken folding, parameters, charsets."""

# ruff: noqa: RUF001 - signs of many alphabets

import pytest

from services.intake.domain.charset import decode_text
from services.intake.domain.headers import decode_words, readable, split_block
from services.intake.domain.parameters import read_parameters
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from services.intake.domain.storable import storable_text
from tests.unit.intake.mails import mail


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("=?utf-8?q?Liga=C3=A7=C3=A3o?=", "Ligação"),
        ("=?UTF-8?B?TGlnYcOnw6Nv?= em baixo", "Ligação em baixo"),
        ("=?utf-8?b?w?= =?utf-8?b?6c=?=", "é"),
        ("=?iso-8859-1?Q?a?=\r\n =?iso-8859-1?Q?b?=", "ab"),
        ("=?utf-8?q?a?= b", "a b"),
        ("=?gb2312?B?ztI=?=", "我"),
        ("=?iso-2022-jp?B?GyRCLSEbKEI=?=", "①"),
        ("=?utf-8*en?q?x?=", "x"),
        ("=?nope?q?=E9?=", "é"),
        ("=??q?=E9?=", "é"),
        ("=?utf-8?b?w6k=?==?utf-8?q?ok??=", "éok?"),
        ("=?unicode-1-1-utf-7?q?+AOk-?=", "é"),
        ("=?x-mac-roman?q?caf=8E?=", "café"),
        ("=?utf-8?q?open", "=?utf-8?q?open"),
        ("100 %=?", "100 %=?"),
    ],
)
def test_encoded_words_are_read(written: str, means: str) -> None:
    """RFC 2047, and what mailers make of it: cut letters, unknown charsets, broken base64."""
    assert decode_words(written) == means


def test_raw_bytes_are_read_by_what_the_mail_says_elsewhere() -> None:
    """An 8-bit subject without a charset is read in that of the body's type."""
    raw = b"From: a@b.example\r\nSubject: \xb9\xdc\xc0\xed\r\nContent-Type: text/plain; charset=gb2312\r\n\r\nx"
    assert read(raw).subject == "管理"
    assert read(b"From: a@b.example\r\nSubject: Liga\xe7\xe3o\r\n\r\nx").subject == "Ligação"


def test_line_that_is_no_field_belongs_to_the_one_before() -> None:
    """A header folded without a space is read on; a body without an empty line before it is not lost."""
    headers, body = split_block(b"Subject: one\r\ntwo\r\nFrom: a@b\r\n\r\nbody")
    assert headers.text("subject") == "one two"
    assert body == b"body"
    headers, body = split_block(b"Subject: one\r\nno header follows here\r\nnor here\r\n")
    assert headers.text("subject") == "one"
    assert body.startswith(b"no header follows here")


def test_mbox_line_and_bare_cr_are_survived() -> None:
    """A From_ line in front is no header; a mail with CR alone has lines too."""
    assert read(b"From a@b Tue Nov 24\r\n" + mail()).subject == "ONT reboots"
    assert read(mail().replace(b"\r\n", b"\r")).subject == "ONT reboots"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'attachment; filename="a b.txt"', "a b.txt"),
        (b"attachment; filename=a b.txt", "a b.txt"),
        (b"attachment; filename*=utf-8''a%C3%A7.txt", "aç.txt"),
        (b"attachment; filename*0=one; filename*1=two.txt", "onetwo.txt"),
        (b"attachment; filename*1*=%C3%A7.txt; filename*0*=utf-8''a", "aç.txt"),
        (b'attachment; filename="=?utf-8?q?a=C3=A7?=.txt"', "aç.txt"),
        (b'attachment; filename="with \\"quotes\\".txt"', 'with "quotes".txt'),
        (b'attachment; filename="a;b.txt"; size=3', "a;b.txt"),
        (b"attachment; filename='a b.txt'", "a b.txt"),
        (b"attachment; filename*=iso-2022-jp''%1B%24B%3F%37%1B%28B.txt", "新.txt"),
        (b"attachment; filename=\"old.txt\"; filename*=utf-8''n%C3%A9.txt", "né.txt"),
        (b"attachment; filename=\xe1.txt", "á.txt"),
        (b'attachment; filename="never closed', "never closed"),
    ],
)
def test_file_names_are_read(header: bytes, name: str) -> None:
    """RFC 2231, RFC 2047 in quotes, raw 8-bit, and no rule at all."""
    assert read_parameters(header).get("filename") == name


@pytest.mark.parametrize(
    ("content", "declared", "means"),
    [
        (b"caf\xe9", "iso-8859-1", "café"),
        ("café".encode(), "iso-8859-1", "café"),
        (b"\x93quoted\x94", "us-ascii", "“quoted”"),
        ("日本".encode("shift_jis"), "x-sjis", "日本"),
        ("한국".encode("euc-kr"), "ks_c_5601-1987", "한국"),
        (b"+AOk-", "unicode-1-1-utf-7", "é"),
        ("ж".encode("utf-16"), "", "ж"),
        ("Olá, não consigo".encode("cp1252"), "x-unknown", "Olá, não consigo"),
        ("Dzień dobry, łączę".encode("cp1250"), "", "Dzień dobry, łączę"),
        ("Добрый день".encode("koi8-r"), "", "Добрый день"),
        ("您好，我的网络".encode("gb2312"), "none", "您好，我的网络"),
        ("修理をお願いします".encode("euc-jp"), "", "修理をお願いします"),
        ("안녕하세요 여러분".encode("euc-kr"), "", "안녕하세요 여러분"),
        ("é".encode() * 20 + b"\xff", "utf-8", "é" * 20 + "\ufffd"),
        (b"zip", "zip", "zip"),
        (b"\xe9", "iso-8859-42", "é"),
    ],
)
def test_charsets_are_read_whatever_they_are_called(content: bytes, declared: str, means: str) -> None:
    """Declared, UTF-8, byte order mark, guess, Windows-1252: in this order, and nothing raises."""
    assert decode_text(content, declared) == means


def test_nothing_that_a_database_refuses_leaves_the_reader() -> None:
    """NUL, lone surrogates and control characters are gone from every text of a mail."""
    raw = mail("a\x00b &#xd800; \x01", "X: \x00", subject="s\x00\x07t")
    assert read(raw).subject == "st"
    assert read(raw).text.strip() == "ab &#xd800;"
    html = read(mail("<p>a&#0;b&#xdfff;c</p>", "Content-Type: text/html"))
    assert storable_text(html.text) == html.text
    assert html.html is not None
    assert storable_text(html.html) == html.html
    utf7 = read(mail(b"+2AA- x", "Content-Type: text/plain; charset=utf-7"))
    assert utf7.text.encode().decode() == utf7.text


def test_readable_is_one_line() -> None:
    """A header is shown on one line, whatever it is folded with."""
    assert readable("a\r\n b\u2028c".encode()) == "a  b c"

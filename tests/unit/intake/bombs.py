"""Mails made to cost more than they are worth, each aimed at one part of the reader."""

import base64

HEAD = b"From: a@b.example\r\nTo: support@desk.example\r\nSubject: x\r\nMessage-ID: <x@b.example>\r\n"


def _nested(levels: int) -> bytes:
    parts = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1, levels)
    )
    return HEAD + b"Content-Type: multipart/mixed; boundary=b1\r\n\r\n" + parts


def _html(body: bytes) -> bytes:
    return HEAD + b"In-Reply-To: <y@z>\r\nContent-Type: text/html\r\n\r\n" + body


def _text(body: bytes) -> bytes:
    return HEAD + b"In-Reply-To: <y@z>\r\nContent-Type: text/plain\r\n\r\n" + body


def _header(name: bytes, value: bytes) -> bytes:
    return HEAD.replace(name + b": x\r\n", b"") + name + b": " + value + b"\r\n\r\nwords"


def bombs() -> dict[str, bytes]:
    """Name and octets of each."""
    many = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" for _ in range(20_000))
    return {
        "nested multiparts": _nested(2_000),
        "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + many,
        "same boundary within": HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 3_000,
        "open parentheses": HEAD.replace(b"a@b.example", b"(" * 60_000) + b"\r\nwords",
        "open quotes": HEAD.replace(b"a@b.example", b'"' * 60_001) + b"\r\nwords",
        "angle brackets": HEAD.replace(b"a@b.example", b"<" * 60_000) + b"\r\nwords",
        "colons": HEAD.replace(b"a@b.example", b"a:" * 30_000 + b"@") + b"\r\nwords",
        "long local part": HEAD.replace(b"a@b.example", b"a" * 60_000 + b" @b") + b"\r\nwords",
        "many addresses": HEAD.replace(b"support@desk.example", b"a@b.example," * 5_000) + b"\r\nwords",
        "many parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nwords",
        "semicolons": HEAD + b"Content-Type: text/plain" + b";" * 60_000 + b"\r\n\r\nwords",
        "sections of parameters": HEAD
        + b"Content-Type: text/plain"
        + b"".join(b"; name*%d*=%%41" % n for n in range(5_000))
        + b"\r\n\r\nwords",
        "encoded words begun": _header(b"Subject", b"=?a?q?" * 10_000),
        "encoded words without an end": _header(b"Subject", b"=?A?b? " * 9_000),
        "encoded words": _header(b"Subject", b"=?utf-8?q?a?= " * 4_000),
        "spaces in a header": _header(b"Subject", b"a" + b" " * 60_000 + b"b"),
        "large header": _header(b"X-Large", b"x" * 600_000),
        "many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\nwords",
        "no headers": b"x\n" * 200_000,
        "broken headers": HEAD + b"no field here\r\nSubject: y\r\n" * 10_000 + b"\r\nwords",
        "many references": _header(b"References", b"<a@b>" * 12_000),
        "divs": _html(b"<div>" * 100_000 + b"words"),
        "tables": _html(b"<table><tr><td>" * 20_000 + b"words"),
        "tables below the cap": _html(b"<table><tr><td>" * 120 + b"words"),
        "lists": _html(b"<ul><li>" * 50_000 + b"words"),
        "unclosed styles": _html(b"<style>" * 100_000 + b"words"),
        "unclosed comments": _html(b"<!--" * 100_000 + b"words"),
        "blockquotes": _html(b"<blockquote type=cite>" * 50_000 + b"words"),
        "attributes": _html(b"<p " + b" a=b" * 100_000 + b">words"),
        "ampersands": _html(b"&" * 1_900_000),
        "entities without a mark": _html(b"&nbsp;" * 300_000),
        "entities": _html(b"&amp;" * 200_000),
        "large html": _html(b"<p>words and more words</p>" * 150_000),
        "quoted lines": _text(b"> words\r\n" * 200_000),
        "announcements": _text(b"On Mon, Feb 1, 2016 at 4:58 AM A <a@b.example> wrote:\r\n> x\r\ny\r\n" * 10_000),
        "half announcements": _text(b"On 1/1/2016 10:00 somebody\r\n" * 50_000),
        "labels": _text(b"From: x\r\n" * 50_000),
        "announcements without a verb": _text(b"On 1/1/2016 x:\r\n" * 9_900),
        "announcements of colons": _text(b"Mon 1:00:\r\n" * 9_900),
        "lines of dashes": _text((b"account-a" + b"-" * 20 + b"\r\n") * 9_900),
        "signature delimiters": _text(b"--\r\n" * 9_900),
        "rules": _text(b"-" * 1_000_000),
        "one long line": _text(b"a " * 2_000_000),
        "uuencoded files in many parts": HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + (b"--b\r\nContent-Type: text/plain\r\n\r\n" + b"begin 644 x\r\n#86)C\r\n`\r\nend\r\n" * 50) * 190,
        "HTML in many parts": HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + (b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>x" * 2_000 + b"\r\n") * 190,
        "uuencoded beginnings": _text(b"begin 644 x\r\n" * 30_000),
        "uuencoded": _text(b"begin 644 x\r\n" + b"M" + b"!" * 60 + b"\r\n"),
        "quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 1_000_000,
        "base64": HEAD
        + b"Content-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(bytes(8_000_000)),
        "base64 padding": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"YQ==" * 500_000,
        "utf-7": HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+" * 1_000_000,
        "undeclared bytes": _text(bytes(range(128, 256)) * 20_000),
        "report": b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n\r\n" + b"<a@b.example>: x " * 100_000,
        "report of blank lines": b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n\r\n"
        b"<a@b.example>: 550 user unknown\r\n" + b" \r\n" * 100_000,
        "report of words without an end": b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n\r\n"
        + b"".join(b"<a%d@b.example>: user%b\r\n" % (n, b"- " * 1_000) for n in range(60)),
        "report of one long line": b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + b"," * 120_000,
        "report blocks": b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@b\r\n\r\n" * 50_000,
        "winmail": HEAD
        + b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"\x78\x9f\x3e\x22\x00\x00" + b"\x01\x06\x90\x08\x00\xff\xff\xff\x7f" * 10_000),
    }

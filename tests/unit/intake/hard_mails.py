"""Mails that are hard to read and yet are mail: what real programs write, each with what it means.

They are broken at random too, by the fuzz run.
"""

import base64
import binascii
import struct
from dataclasses import dataclass

from tests.unit.intake.mails import mail, multimail, multipart, part, tnef, winmail
from tests.unit.intake.reports import GONE, dsn, texts

PLAIN = part("words", "Content-Type: text/plain; charset=utf-8")
INNER = mail("inside", subject="The inner mail")
UU = b"begin 644 test.txt\r\n" + binascii.b2a_uu(b"hello uu\n") + b"`\r\nend\r\n"
CALENDAR = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY;LANGUAGE=pt:Reunião\n"
    'DTSTART;TZID="Europe/Lisbon":20261124T090000\nLOCATION:Porto\\, sala 1\nEND:VEVENT\nEND:VCALENDAR'
)


@dataclass(frozen=True)
class Hard:
    """Octets, and what they mean."""

    raw: bytes
    text: str = "words"
    subject: str = "ONT reboots"
    files: tuple[str, ...] = ()


def _in(charset: str, words: str, declared: str = "") -> Hard:
    head = f"Content-Type: text/plain; charset={declared or charset}"
    return Hard(mail(words.encode(charset), head, "Content-Transfer-Encoding: 8bit"), words)


def _subject(subject: bytes, means: str) -> Hard:
    return Hard(mail("words").replace(b"ONT reboots", subject), subject=means)


def _apple_double() -> bytes:
    halves = (("application/applefile", b"\x00\x05\x16\x07"), ("image/jpeg", b"\xff\xd8\xff"))
    coded = "Content-Transfer-Encoding: base64"
    both = [part(base64.b64encode(c), f'Content-Type: {kind}; name="photo.jpg"', coded) for kind, c in halves]
    header, body = multipart("appledouble", *both, boundary="two-halves")
    return part(body, header)


def hard_mails() -> dict[str, Hard]:
    """By what is hard about them."""
    base = "Content-Transfer-Encoding: base64"
    calendar = part(CALENDAR, "Content-Type: text/calendar; method=REQUEST; charset=utf-8")
    signature = part("-----BEGIN PGP SIGNATURE-----", "Content-Type: application/pgp-signature; name=signature.asc")
    return {
        "koi8-r": _in("koi8-r", "Привет, нет связи."),
        "windows-1251 undeclared": Hard(mail("Привет, нет связи".encode("cp1251")), "Привет, нет связи"),
        "gb18030 as gb2312": _in("gb18030", "你好𠀀", "gb2312"),
        "iso-2022-jp": _in("iso-2022-jp", "お問い合わせ"),
        "iso-2022-jp undeclared": Hard(mail("お問い合わせ".encode("iso-2022-jp")), "お問い合わせ"),
        "big5": _in("big5", "您好請問發票"),
        "euc-kr as ks_c_5601-1987": _in("euc-kr", "안녕하세요", "ks_c_5601-1987"),
        "utf-7": _in("utf-7", "café"),
        "utf-8 as us-ascii": _in("utf-8", "café", "us-ascii"),
        "latin-1 as utf-8": _in("latin-1", "café ñ", "utf-8"),
        "two charsets at once": _in("latin-1", "café ñ", '"iso-8859-1,utf-8"'),
        "turkish undeclared": Hard(mail("Teşekkürler, iyi günler".encode("cp1254")), "Teşekkürler, iyi günler"),
        "letters cut in two": _subject(b"=?utf-8?B?0L/R?=\r\n =?utf-8?B?gNC40LLQtdGC?=", "привет"),
        "raw 8-bit subject": _subject("Привет, нет связи".encode("koi8-r"), "Привет, нет связи"),
        "broken base64": Hard(mail(b"d29y\r\n!!ZHM=", base)),
        "words as base64": Hard(mail("These are words, not base64.", base), "These are words, not base64."),
        "flowed": Hard(mail("one \ntwo", "Content-Type: text/plain; format=flowed"), "one two"),
        "uuencoded": Hard(mail(b"before\r\n" + UU + b"after"), "before\n\nafter", files=("test.txt",)),
        "nested mail": Hard(
            multimail("mixed", PLAIN, part(INNER, "Content-Type: message/rfc822")), files=("The inner mail.eml",)
        ),
        "nested mail, coded": Hard(
            multimail("mixed", PLAIN, part(base64.b64encode(INNER), "Content-Type: message/rfc822", base)),
            files=("The inner mail.eml",),
        ),
        "digest": Hard(multimail("digest", b"\r\n" + INNER), "no visible content", files=("The inner mail.eml",)),
        "apple double": Hard(multimail("mixed", PLAIN, _apple_double()), files=("photo.jpg", "photo1.jpg")),
        "winmail": Hard(
            multimail(
                "mixed",
                winmail(
                    tnef(
                        (1, 0x9007, 6, struct.pack("<II", 1252, 0)),
                        (1, 0x800C, 2, "Ligação\0".encode("cp1252")),
                        (2, 0x9002, 6, bytes(14)),
                        (2, 0x8010, 1, b"plan.txt\0"),
                        (2, 0x800F, 6, b"the plan"),
                    )
                ),
            ),
            "Ligação",
            files=("plan.txt",),
        ),
        "invitation": Hard(
            multimail("alternative", part("", "Content-Type: text/plain"), calendar),
            "Reunião\n2026-11-24 09:00\nPorto, sala 1",
            files=("calendar.ics",),
        ),
        "signed": Hard(
            multimail('signed; protocol="application/pgp-signature"', PLAIN, signature), files=("signature.asc",)
        ),
        "enveloped": Hard(
            mail(b"MIAG", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", base),
            "no visible content",
            files=("smime.p7m",),
        ),
        "no end": Hard(multimail("mixed", PLAIN).replace(b"--b--\r\n", b"")),
        "empty boundary": Hard(multimail("mixed", PLAIN).replace(b'boundary="b"', b'boundary=""')),
        "no boundary": Hard(multimail("mixed", PLAIN).replace(b'; boundary="b"', b"")),
        "two boundaries": Hard(multimail("mixed", PLAIN).replace(b'boundary="b"', b'boundary="b"; boundary="c"')),
        "empty part": Hard(multimail("mixed", PLAIN, b"")),
        "two From": Hard(b"From: other@x.example\r\n" + mail("words")),
        "reports": Hard(
            dsn(GONE),
            "I could not deliver your mail.",
            "Undelivered Mail Returned to Sender",
            ("delivery-status.txt", "Re: ONT [#1042].eml"),
        ),
    }


def hard_originals() -> list[bytes]:
    """The same and reports of servers, to be broken at random."""
    return [*(hard.raw for hard in hard_mails().values()), *texts(GONE).values()]

"""What of a mail is text, what is HTML, what is a file."""

import base64
import struct

import pytest

from services.intake.domain.parsed_mail import NO_WORDS, ParsedMail
from services.intake.domain.reading import read_mail
from tests.unit.intake.mails import mail, multimail, multipart, part, tnef, winmail

PLAIN = part("plain words", "Content-Type: text/plain")
RICH = part('<p>rich <b>words</b></p><img src="cid:logo@x">', "Content-Type: text/html")


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


def test_alternatives_say_the_same_once() -> None:
    """Text is the plain one, HTML the rich one; neither is a file."""
    found = read(multimail("alternative", PLAIN, RICH))
    assert found.text == "plain words"
    assert found.html is not None
    assert "<b>words</b>" in found.html
    assert found.attachments == ()


def test_text_beside_text_is_joined_in_order() -> None:
    """R24: no part with words is lost, whatever stands between."""
    photo = part("x", "Content-Type: image/png; name=a.png", "Content-Disposition: attachment; filename=a.png")
    found = read(multimail("mixed", PLAIN, photo, part("after the photo", "Content-Type: text/plain")))
    assert found.text == "plain words\n\nafter the photo"
    assert [one.name for one in found.attachments] == ["a.png"]


def test_html_alone_gives_its_words_and_marks_quotations() -> None:
    """R24: a mail without plain text is read from its HTML; what it quotes is marked."""
    html = "<div>Works now.</div><blockquote type=cite><p>Restart it.</p></blockquote>"
    found = read(mail(html, "Content-Type: text/html"))
    assert found.text == "Works now.\n> Restart it."


def test_empty_html_beside_words_is_no_html() -> None:
    """An HTML part that shows nothing does not hide the plain one."""
    found = read(multimail("alternative", PLAIN, part("<html><body></body></html>", "Content-Type: text/html")))
    assert found.html is None
    assert found.text == "plain words"


def test_related_pictures_are_inline_only_where_shown() -> None:
    """A picture that the HTML shows by its id is inline; one that it does not show is a file."""
    logo = part("png", "Content-Type: image/png", "Content-ID: <logo@x>")
    other = part("png2", "Content-Type: image/png", "Content-ID: <photo.png@x>")
    found = read(multimail("related", RICH, logo, other))
    assert [(one.name, one.inline) for one in found.attachments] == [("image.png", True), ("photo.png", False)]


def test_what_belongs_to_a_related_document_is_no_text() -> None:
    """RFC 2387: of several documents in multipart/related the first is the mail, the others are files."""
    found = read(multimail("related", RICH, part("<p>advert</p>", "Content-Type: text/html")))
    assert "advert" not in found.text
    assert [one.name for one in found.attachments] == ["document.html"]


def test_nested_mail_is_one_file_named_by_its_subject() -> None:
    """A forwarded mail is kept whole, its own files inside it."""
    inner = b"Subject: Your order\r\nContent-Type: text/plain\r\n\r\ninner words"
    found = read(multimail("mixed", PLAIN, part(inner, "Content-Type: message/rfc822")))
    assert [(one.name, one.content_type) for one in found.attachments] == [("Your order.eml", "message/rfc822")]
    assert b"inner words" in found.attachments[0].content
    assert found.text == "plain words"


def test_missing_end_keeps_what_came() -> None:
    """A mail that was cut off shows its words and the beginning of its file."""
    header, body = multipart("mixed", PLAIN, part(base64.b64encode(b"0123456789" * 30), "Content-Type: image/png",
                                                  "Content-Transfer-Encoding: base64"))  # fmt: skip
    found = read(mail(body[:-120], header))
    assert found.text == "plain words"
    assert found.attachments[0].content.startswith(b"0123456789")


def test_boundary_that_never_comes_leaves_the_text() -> None:
    """R24: a multipart without its boundary shows what stands there."""
    found = read(mail("just words", 'Content-Type: multipart/mixed; boundary="never"'))
    assert found.text == "just words"


def test_wrong_boundary_is_guessed() -> None:
    """A mailer that names another boundary than it writes is read all the same."""
    _, body = multipart("mixed", PLAIN, PLAIN, boundary="real")
    found = read(mail(body, 'Content-Type: multipart/mixed; boundary="named"'))
    assert found.text == "plain words\n\nplain words"


def test_uuencoded_file_leaves_the_text() -> None:
    """A file that stands uuencoded in the text is a file; the words around it stay."""
    found = read(mail("before\nbegin 644 a.txt\n%:&5L;&\\\n`\nend\nafter"))
    assert [(one.name, one.content) for one in found.attachments] == [("a.txt", b"hello")]
    assert found.text.split() == ["before", "after"]


def test_flowed_lines_are_one_paragraph() -> None:
    """RFC 3676: soft breaks go, quoted lines stay as they are."""
    found = read(mail("one long \nparagraph\n> quoted \n> too\n", "Content-Type: text/plain; format=flowed"))
    assert found.text == "one long paragraph\n> quoted \n> too"


@pytest.mark.parametrize("kind", ["text/x-unheard-of", "text/enriched", "text", "nonsense"])
def test_text_of_any_kind_that_stands_alone_is_the_text(kind: str) -> None:
    """R24, RFC 2046 §4.1.4: an unknown kind of text is text; RFC 1896: its commands are none."""
    words = "<bold>It</bold> is << 3" if kind == "text/enriched" else "It is < 3"
    found = read(mail(words, f"Content-Type: {kind}"))
    assert (found.text, found.attachments) == ("It is < 3", ())


def test_picture_is_found_by_an_escaped_id() -> None:
    """RFC 2392: an id stands in the address with its signs escaped."""
    html = part('<img src="cid:logo%40x">', "Content-Type: text/html")
    found = read(multimail("related", html, part("x", "Content-Type: image/png", "Content-ID: <logo@x>")))
    assert [one.inline for one in found.attachments] == [True]


def test_pgp_inside_a_text_is_flagged() -> None:
    """RFC 4880 §6.2: it is kept as it is, and staff see what it is."""
    for begins, flag in (("PGP MESSAGE", "encrypted"), ("PGP SIGNED MESSAGE", "signed")):
        armoured = f"-----BEGIN {begins}-----\n\nabc"
        found = read(mail(armoured))
        assert found.text == armoured
        assert flag in found.flags


def test_mail_without_words_says_so() -> None:
    """R24: the text that is shown is never empty; a flag tells that nobody wrote it."""
    found = read(mail(""))
    assert found.text == found.reply == NO_WORDS
    assert "no_words" in found.flags


def test_invitation_shows_what_it_says_and_stays_a_file() -> None:
    """A calendar alone gives summary, time and place; it is not accepted by itself."""
    event = "BEGIN:VEVENT\nSUMMARY:Site\n  visit\\, Porto\nDTSTART:20261126T100000Z\nLOCATION:Rua A\nEND:VEVENT"
    calendar = f"BEGIN:VCALENDAR\nMETHOD:REQUEST\n{event}\nEND:VCALENDAR\n"
    found = read(mail(calendar, "Content-Type: text/calendar; method=REQUEST"))
    assert found.text == "Site visit, Porto\n2026-11-26 10:00 UTC\nRua A"
    assert [one.name for one in found.attachments] == ["calendar.ics"]


def test_signed_and_encrypted_mail_is_kept_untouched() -> None:
    """RFC 1847: signature and ciphertext are files byte for byte, the signed text is shown, flags say what it is."""
    signature = part(
        "-----BEGIN PGP SIGNATURE-----\nx\n", "Content-Type: application/pgp-signature; name=signature.asc"
    )
    signed = read(multimail("signed", PLAIN, signature))
    assert signed.text == "plain words"
    assert [one.name for one in signed.attachments] == ["signature.asc"]
    assert "signed" in signed.flags
    cipher = base64.b64encode(b"\x30\x80cipher")
    encrypted = read(mail(cipher, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
                          "Content-Transfer-Encoding: base64"))  # fmt: skip
    assert encrypted.attachments[0].content == b"\x30\x80cipher"
    assert "encrypted" in encrypted.flags


def test_winmail_that_cannot_be_opened_is_kept() -> None:
    """Outlook's container is opened in the child; a broken one stays a file, flagged."""
    no_container = part("not tnef", "Content-Type: application/ms-tnef; name=winmail.dat")
    for broken in (no_container, winmail(tnef((2, 0x8010, 1, b"name of no file\0")))):
        found = read(multimail("mixed", PLAIN, broken))
        assert [one.name for one in found.attachments] == ["winmail.dat"]
        assert "winmail_kept" in found.flags


def test_limits_end_in_a_ticket_with_a_notice() -> None:
    """Over the bounds a mail is not opened: its first words, all of it as a file, and a notice for staff."""
    found = read(multimail("mixed", *[PLAIN] * 300))
    assert "parse_limits" in found.flags
    assert "more than 200 parts" in found.notice
    assert [one.name for one in found.attachments] == ["message.eml"]


def test_winmail_gives_its_files() -> None:
    """What Outlook packed is unpacked, each file with its name and bytes."""
    packed = tnef((2, 0x9002, 6, bytes(14)), (2, 0x8010, 1, b"plan.txt\0"), (2, 0x800F, 6, b"the plan"))
    found = read(multimail("mixed", PLAIN, winmail(packed)))
    assert [(one.name, one.content) for one in found.attachments] == [("plan.txt", b"the plan")]


def test_winmail_gives_the_words_of_a_mail_that_has_no_others() -> None:
    """In the charset that it names; beside words of the mail itself its own are not shown twice."""
    packed = tnef((1, 0x9007, 6, struct.pack("<II", 1252, 0)), (1, 0x800C, 2, "Ligação\0".encode("cp1252")))
    assert read(multimail("mixed", winmail(packed))).text == "Ligação"
    assert read(multimail("mixed", PLAIN, winmail(packed))).text == "plain words"

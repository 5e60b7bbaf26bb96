"""The mails as bytes: what stands in them, what cannot get into them, and what every mail program reads."""

from email import policy
from email.headerregistry import Address as Named
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.links import page_of
from services.notifier.domain.mail import LOOP_HEADER, POLICY, write
from services.notifier.domain.queueing import Queued, failure_of, from_fact, from_rule
from services.notifier.domain.text import Letter, one_line, subject_of
from services.notifier.domain.words import LANGUAGES, words
from shared.contracts.notifier import SendMail
from shared.contracts.state import Address, AttachmentRef
from shared.contracts.tickets import ItemFact
from shared.links import verify_request_token
from shared.reply_address import verify_reply_address
from tests.unit.notifier.builders import (
    DESK,
    HOUSE,
    NOW,
    added,
    age,
    agent,
    assigned,
    attachment,
    by_customer,
    delivery,
    envelope,
    item,
    message,
    person,
    rule_mail,
)

HOST = "desk.example"
Files = tuple[tuple[AttachmentRef, bytes], ...]


def raw_of(queued: Queued, files: Files = (), text: str = "") -> bytes:
    contents, sent = queued.contents, queued.delivery
    carried = contents.message if sent.message_id else None
    link = page_of(HOUSE, sent, contents.item)
    return write(DESK, Letter(sent, contents.item, carried, link, text, files))


def parsed(raw: bytes) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


def mails(fact: ItemFact, files: Files = ()) -> dict[str, EmailMessage]:
    found = from_fact(DESK, envelope(), fact, age())
    return {q.delivery.recipient.address: parsed(raw_of(q, files)) for q in found}


def rules(command: SendMail) -> EmailMessage:
    return parsed(raw_of(from_rule(DESK, envelope(), command, age())[0]))


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_reply_reads_as_a_letter() -> None:
    """P28: from our own address with the agent's name, the answer, and the way to the request's page."""
    of = item()
    mail = mails(added(of))["marta@cliente.example"]
    assert str(mail["From"]) == '"Rita (Onda Fibra)" <support@desk.example>'
    assert str(mail["To"]) == "Marta <marta@cliente.example>"
    assert str(mail["Subject"]) == "Re: ONT reboots [#1042]"
    assert text_of(mail).startswith("We are looking into it.\n\n-- \nAnswer this mail")
    assert "rita@desk.example" not in str(mail), "R7: no internal address"
    assert mail["Auto-Submitted"] is None
    assert str(mail[LOOP_HEADER]) == "desk.example"
    assert mail["Date"].datetime == NOW


def test_way_back_is_signed() -> None:
    """DESIGN §5: answers go to the mailbox, with the number and a MAC; the page's link is this one person's."""
    of = item(mailboxes=("hardware",))
    queued = from_fact(DESK, envelope(), added(of), age())[0]
    mail = parsed(raw_of(queued))
    address = mail["Reply-To"].addresses[0].addr_spec
    assert address.startswith("hardware+1042.")
    claim = verify_reply_address(HOUSE.keys, address)
    assert claim is not None
    assert (claim.number, claim.mailbox) == (1042, "hardware")
    link = page_of(HOUSE, queued.delivery, of)
    opened = verify_request_token(HOUSE.keys, link.rpartition("/")[2], NOW)
    assert opened is not None
    assert (opened.item_id, opened.person_id, opened.nonce) == (of.id, of.requester.id, of.requester.link_nonce)
    assert link in text_of(mail)
    assert f'<a href="{link}">' in text_of(mail, "html")


def test_staff_are_led_to_the_workspace() -> None:
    """{PUBLIC_URL}/workspace/tickets/{number}, no signed link, and it says that no human wrote it."""
    of = item(assignee=agent())
    mail = mails(added(of, by_customer(of)))["rita@desk.example"]
    assert text_of(mail) == (
        "Marta wrote:\n\nStill broken.\n\n-- \nOpen the ticket:\nhttp://127.0.0.1:8080/workspace/tickets/1042\n"
    )
    assert "/portal/requests/" not in str(mail)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")


def test_person_without_a_link_gets_none() -> None:
    """A link that nobody could open is not in the mail."""
    mail = mails(added(item(requester=person(link_nonce=""))))["marta@cliente.example"]
    assert text_of(mail) == "We are looking into it.\n"


def test_what_no_human_wrote_says_so() -> None:
    """R5, RFC 3834: rules, assignments, failures, rules' messages: Auto-Submitted, and no answer by machine wanted."""
    of = item(assignee=agent())
    failed = failure_of(DESK, envelope(), delivery(status="failed", reason="550 no"), of, NOW)
    assert failed is not None
    by_rule = message(of, by="system", author=None, sender=Address(address="", name="Rule"))
    for mail in (
        rules(rule_mail(of)),
        mails(assigned(of))["rita@desk.example"],
        parsed(raw_of(failed)),
        mails(added(of, by_rule))["marta@cliente.example"],
    ):
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")


def test_assignment_and_failure_say_what_they_are_about() -> None:
    """DESIGN §5, R6: number and title, in the desk's own language, for staff alone."""
    of = item(assignee=agent(), title="Router\r\navariado", language="pt")
    assert text_of(mails(assigned(of))["rita@desk.example"]).startswith(
        "This was assigned to you:\n\n#1042 Router avariado\n"
    )
    failed = failure_of(DESK, envelope(), delivery(status="failed", reason="550 no such user"), of, NOW)
    assert failed is not None
    mail = parsed(raw_of(failed))
    assert "It was for marta@cliente.example: 550 no such user" in text_of(mail)
    assert str(mail["Subject"]) == "A mail did not arrive: Router avariado [#1042]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_read_their_language(language: str) -> None:
    """E17: the words around a message are in the language of the request."""
    mail = mails(added(item(language=language)))["marta@cliente.example"]
    assert words(language).answer in text_of(mail)
    assert f'<html lang="{language}">' in text_of(mail, "html")
    assert all(words(language)), "no sentence is missing"


def test_link_of_a_rules_text_is_filled_once() -> None:
    """P44: {{link}} becomes this reader's signed link; the mail has no second one under it."""
    text = text_of(rules(rule_mail(item(), text="Follow it: {{ link }}\nBye")))
    assert text.startswith("Follow it: http://127.0.0.1:8080/portal/requests/")
    assert text.count("/portal/requests/") == 1
    assert text.endswith("\nBye\n")
    assert text_of(rules(rule_mail(item(), text="No link"))).count("/portal/requests/") == 1


def test_confirmation_carries_no_word_of_the_requester() -> None:
    """R5: to a stranger: neither title, nor name beyond the address line, nor text, in any byte."""
    of = item(title="BUY-PILLS", requester=person(name="EVIL-NAME"), fields={"f": "EVIL-FIELD"})
    raw = raw_of(from_rule(DESK, envelope(), rule_mail(of, subject=""), age())[0])
    assert b"BUY-PILLS" not in raw
    assert b"EVIL-FIELD" not in raw
    assert raw.count(b"EVIL-NAME") == 1, "the name stands before their own address, as they wrote it"


def test_files_go_with_the_mail_and_the_others_are_named() -> None:
    """P28: bytes as they were; one that does not fit is named, with the page where it is."""
    of = item()
    small, large = attachment("planta é.pdf"), attachment("vídeo.mp4", size_bytes=50_000_000)
    fact = added(of, message(of, attachments=(small, large)))
    mail = mails(fact, ((small, b"%PDF\r\n\x00\xff"),))["marta@cliente.example"]
    found = list(mail.iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in found] == [("planta é.pdf", "application/pdf")]
    assert found[0].get_content() == b"%PDF\r\n\x00\xff"
    assert "Files: vídeo.mp4" in text_of(mail)


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("text/plain", "text/plain"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("text/plain; charset=x", "application/octet-stream"),
        ("x\r\nBcc: a@b.example", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_type_of_a_file_breaks_no_mail(declared: str, sent: str) -> None:
    """RELIABILITY, content: a type that is none, or that mail programs would unpack, goes as plain bytes."""
    of, ref = item(), attachment("a.bin", content_type=declared)
    fact = added(of, message(of, attachments=(ref,)))
    mail = mails(fact, ((ref, b"From: x\r\n\r\nbody"),))["marta@cliente.example"]
    part = next(iter(mail.iter_attachments()))
    assert part.get_content_type() == sent
    assert mail["Bcc"] is None
    assert part.get_payload(decode=True) == b"From: x\r\n\r\nbody"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Hello", "Hello [#1042]"),
        ("Re: old [#7] and [#1042]", "Re: old and [#1042]"),
        ("two\r\nBcc: x@y.example", "two Bcc: x@y.example [#1042]"),
        ("\u202eevil\u2066", "evil [#1042]"),
        ("", "[#1042]"),
        ("x" * 300, "x" * 200 + " [#1042]"),
        ("#99 order", "#99 order [#1042]"),
    ],
)
def test_subject_has_the_number_once_on_one_line(given: str, expected: str) -> None:
    """The number in brackets, ours alone; an order number without brackets is somebody's word."""
    assert subject_of(item(), given) == expected


def test_domain_in_its_own_letters_is_written_for_mail_servers() -> None:
    """RFC 5891: the domain goes out as servers know it; letters before the @ need SMTPUTF8, in the mail as well."""
    of = item(requester=person("ana@bücher.example"))
    mail = parsed(raw_of(from_fact(DESK, envelope(), added(of), age())[0]))
    assert mail["To"].addresses[0].addr_spec == "ana@xn--bcher-kva.example"
    raw = raw_of(from_fact(DESK, envelope(), added(item(requester=person("josé@bücher.example"))), age())[0])
    assert "josé@xn--bcher-kva.example".encode() in raw


anything = st.text(max_size=60)
HEADERS = [
    "content-type",
    "date",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "references",
    "reply-to",
    "subject",
    "to",
    "x-deskstream-desk",
]


@given(title=anything, name=anything, author=anything, text=anything, filename=st.text(max_size=300))
def test_no_text_breaks_out_of_its_place(title: str, name: str, author: str, text: str, filename: str) -> None:
    """RELIABILITY, content: whatever people write, the mail has our headers, each once, and says what was meant."""
    of = item(title=title, requester=person(name=name))
    ref = attachment(filename)
    sender = Address(address="rita@desk.example", name=author)
    fact = added(of, message(of, sender=sender, text=text, attachments=(ref,)))
    queued = from_fact(DESK, envelope(), fact, age())[0]
    raw = raw_of(queued, ((ref, b"bytes"),))
    head = raw.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":", 1)[0].decode().lower() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(names) == HEADERS
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = parsed(raw)
    assert mail["To"].addresses[0].addr_spec == "marta@cliente.example"
    assert "[#1042]" in str(mail["Subject"])
    assert str(mail["Message-ID"]) == f"<{queued.delivery.rfc_message_id}>"
    assert next(iter(mail.iter_attachments())).get_payload(decode=True) == b"bytes"


plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


@given(title=plain, name=plain, author=plain)
def test_plain_headers_are_written_as_the_library_would(title: str, name: str, author: str) -> None:
    """RFC 5322: quotes, brackets, backslashes and what looks like an encoded word come out as the library has them."""
    of = item(title=title, requester=person(name=name))
    sender = Address(address="rita@desk.example", name=author)
    queued = from_fact(DESK, envelope(), added(of, message(of, sender=sender)), age())[0]
    head = raw_of(queued).split(b"\r\n\r\n", 1)[0] + b"\r\n"
    theirs = EmailMessage(policy=POLICY)
    theirs["From"] = Named(f"{one_line(author)} (Onda Fibra)" if one_line(author) else "Onda Fibra", "support", HOST)
    theirs["To"] = Named(one_line(name)[:120], "marta", "cliente.example")
    theirs["Subject"] = queued.delivery.subject
    assert head.startswith(theirs.as_bytes().removesuffix(b"\r\n"))


@given(text=st.text())
def test_every_text_arrives_in_short_lines(text: str) -> None:
    """RFC 2045 §6.7: encoded lines have 76 characters at most, no text ends its part early, and each says the same."""
    of = item()
    queued = from_fact(DESK, envelope(), added(of, message(of, text=text)), age())[0]
    boundary = f"--=_alternative_{queued.delivery.id.hex}"
    raw = raw_of(queued, text=f"A{text}\n.\n..\nFrom x \n{boundary}--\n\tend")
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    mail = parsed(raw)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert f"\n.\n..\nFrom x \n{boundary}--\n\tend\n" in text_of(mail)
    assert not mail.defects


words_of = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=12, max_size=30)


@given(note=words_of, file=words_of, public=st.text(max_size=40))
def test_no_word_of_a_note_is_in_any_mail(note: str, file: str, public: str) -> None:
    """R7: over every fact that follows a note, no byte of its text or its file's name is in what anyone is sent."""
    rita, bea = agent(), person("bea@cliente.example")
    of = item(followers=(bea, agent("ines")), assignee=rita)
    secret = message(of, public=False, text=note, attachments=(attachment(file),))
    held = by_customer(of, public=False, held=True, text=note, attachments=(attachment(file),))
    facts: list[ItemFact] = [
        added(of, secret),
        added(of, secret, assignee=(None, str(rita.id)), status=("new", "waiting")),
        added(of, held),
        added(of, message(of, text=public)),
        assigned(of),
    ]
    queued = [q for fact in facts for q in from_fact(DESK, envelope(), fact, age())]
    queued += from_rule(DESK, envelope(), rule_mail(of), age())
    assert len(queued) >= 5
    for each in queued:
        raw = raw_of(each)
        for secret_word in (note, file):
            if secret_word not in public:
                assert secret_word.encode() not in raw
                assert secret_word not in str(parsed(raw).get_body(("plain",)))


def test_same_delivery_is_the_same_mail() -> None:
    """S4: sent again after a lost answer it is recognisably the same, to the last octet."""
    queued = from_fact(DESK, envelope(), added(item()), age())[0]
    assert raw_of(queued) == raw_of(queued)


def test_message_longer_than_its_record_goes_out_whole() -> None:
    """R24: a body is not cropped because a record has an end."""
    of = item()
    queued = from_fact(DESK, envelope(), added(of, message(of, text="beginning")), age())[0]
    whole: Any = "beginning and " + "much more " * 10_000
    assert "much more much more" in text_of(parsed(raw_of(queued, text=whole)))


def test_html_says_the_same_and_runs_nothing() -> None:
    """RELIABILITY, content: a text that looks like HTML is shown as text."""
    of = item()
    mail = mails(added(of, message(of, text="<script>alert(1)</script> & <b>bold</b>")))["marta@cliente.example"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in text_of(mail, "html")
    assert "<script>" not in text_of(mail, "html")

"""A mail makes a ticket: its number, its people, its files, and only once."""

import hashlib
import threading
from uuid import uuid4

from tests.e2e.desk import Desk, mail
from tests.support.waiting import wait_for


def unique(words: str) -> str:
    return f"{words} {uuid4().hex[:8]}"


def test_mail_becomes_ticket_with_requester_and_organisation(desk: Desk) -> None:
    """P1, P24, P25: subject, text and sender become title, first message, requester and organisation."""
    company, title = f"sorriso-{uuid4().hex[:6]}.example", unique("ONT reinicia")
    desk.send(
        mail(f"Marta Silva <Marta@{company}>", desk.mailbox("support"), title, "Bom dia, sem internet."),
        f"Marta@{company}",
        desk.mailbox("support"),
    )
    item = desk.wait_for_item(title)
    assert item["channel"] == "mail"
    assert item["type"] == "request"
    assert item["team"] == "support"
    assert item["requester"]["name"] == "Marta Silva"
    assert item["requester"]["address"].lower() == f"marta@{company}"
    assert item["organisation"] is not None
    messages = desk.messages(item["number"])
    assert [message["text"].strip() for message in messages] == ["Bom dia, sem internet."]

    again = unique("Outra pergunta")
    desk.send(
        mail(f"MARTA@{company.upper()}", desk.mailbox("support"), again, "E a fatura?"),
        f"marta@{company}",
        desk.mailbox("support"),
    )
    second = desk.wait_for_item(again)
    assert second["requester"]["address"] == item["requester"]["address"], "one person, whatever the case"
    third = unique("Colega")
    desk.send(
        mail(f"Rui <rui@{company}>", desk.mailbox("support"), third, "Olá"), f"rui@{company}", desk.mailbox("support")
    )
    assert desk.wait_for_item(third)["organisation"] == item["organisation"], "one organisation a domain"


def test_free_mail_domain_makes_no_organisation(desk: Desk) -> None:
    """P25: people at free-mail providers do not share a company."""
    title = unique("Filtro do aquário")
    sender = f"ana.{uuid4().hex[:6]}@gmail.com"
    desk.send(mail(sender, desk.mailbox("support"), title, "Hola"), sender, desk.mailbox("support"))
    assert desk.wait_for_item(title)["organisation"] is None


def test_attachments_and_raw_mail_are_kept_byte_for_byte(desk: Desk) -> None:
    """P1, R24: what came can be fetched again as it came, by those who may."""
    title, content = unique("Foto da ONT"), bytes(range(256)) * 40
    message = mail("foto@cliente.example", desk.mailbox("support"), title, "Segue a foto.")
    message.add_attachment(content, maintype="image", subtype="jpeg", filename="ont-luzes.jpg")
    raw = message.as_bytes()
    desk.send(raw, "foto@cliente.example", desk.mailbox("support"))
    first = desk.messages(desk.wait_for_item(title)["number"])[0]
    attachment = first["attachments"][0]
    assert attachment["name"] == "ont-luzes.jpg"
    assert attachment["size"] == len(content)
    assert attachment["sha256"] == hashlib.sha256(content).hexdigest()
    assert desk.http.get(attachment["url"]).content == content
    kept = desk.http.get(f"/api/v1/messages/{first['id']}/raw").content
    assert kept == raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), "as it came over the wire"
    with desk.client() as stranger:
        assert stranger.get(attachment["url"]).status_code in {401, 403, 404}
        assert stranger.get(f"/api/v1/messages/{first['id']}/raw").status_code in {401, 403, 404}


def test_same_mail_many_times_is_one_message(desk: Desk) -> None:
    """R4: three copies, two at once with other Received lines, one through a second mailbox."""
    title = unique("Enviado várias vezes")
    message = mail("dup@cliente.example", desk.mailbox("support"), title, "Uma só vez, por favor.")
    raw = message.as_bytes()
    traced = [
        f"Received: from hop{n}.example by mx{n}.example; Tue, 24 Nov 2026 09:1{n}:00 +0000\r\n".encode() + raw
        for n in (1, 2)
    ]
    threads = [
        threading.Thread(target=desk.send, args=(copy, "dup@cliente.example", desk.mailbox("support")))
        for copy in traced
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.send(raw, "dup@cliente.example", desk.mailbox("support"))
    desk.send(raw, "dup@cliente.example", desk.mailbox("hardware"))

    both = {"support", "hardware"}
    item = wait_for(
        lambda: next((i for i in desk.find(title) if set(i["mailboxes"]) == both), None), "both mailboxes listed"
    )
    assert len(desk.find(title)) == 1
    assert len(desk.messages(item["number"])) == 1
    told = str(desk.trace(message["Message-ID"].strip("<>")))
    assert "duplicate" in told
    assert "also_received" in told


def test_same_message_id_with_other_content_is_a_second_message(desk: Desk) -> None:
    """A Message-ID alone does not make a duplicate: an attacker could pre-empt it."""
    title = unique("Mesmo id")
    first = mail("id@cliente.example", desk.mailbox("support"), title, "primeiro texto")
    second = mail("id@cliente.example", desk.mailbox("support"), title, "segundo texto", Message_ID=first["Message-ID"])
    desk.send(first, "id@cliente.example", desk.mailbox("support"))
    item = desk.wait_for_item(title)
    desk.send(second, "id@cliente.example", desk.mailbox("support"))

    def texts() -> set[str] | None:
        found = {m["text"].strip() for i in desk.find(title) for m in desk.messages(i["number"])}
        return found if len(found) == 2 else None

    assert wait_for(texts, "both texts") == {"primeiro texto", "segundo texto"}
    assert item["number"]


def test_unreadable_mail_is_quarantined_and_replayed_once(desk: Desk) -> None:
    """R3, B7: a mail to no mailbox of ours is kept with its bytes; taken as a ticket it is one message."""
    subject = unique("Para ninguém")
    message = mail("perdido@cliente.example", desk.mailbox("nobody"), subject, "Chega a alguém?")
    desk.send(message, "perdido@cliente.example", desk.mailbox("nobody"))

    def row() -> dict[str, str] | None:
        return next((r for r in desk.get("/quarantine")["items"] if r["subject"] == subject), None)

    quarantined = wait_for(row, "a quarantine row")
    assert quarantined["error"]
    taken = desk.post(f"/quarantine/{quarantined['id']}/ticket", {"mailbox": "support"}, expect=(200, 201, 202))
    desk.post(f"/quarantine/{quarantined['id']}/ticket", {"mailbox": "support"}, expect=(200, 201, 202, 409))
    assert taken is not None
    wait_for(lambda: desk.get("/items", q=subject)["items"], "the bare ticket")
    assert len(desk.get("/items", q=subject)["items"]) == 1

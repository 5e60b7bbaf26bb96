"""A mail of ours comes back: staff see it on its ticket, the address gets no more, and nothing else happens."""

from typing import Any
from uuid import uuid4

import httpx2

from tests.e2e.desk import Desk, mail
from tests.support.waiting import wait_for
from tests.unit.intake.reports import FULL, GONE, dsn

REPORTER = "mailer-daemon@mx.example"


def open_hardware_ticket(desk: Desk) -> tuple[dict[str, Any], str]:
    """A ticket that a rule gave to an agent, acknowledged; and who asked."""
    sender, title = f"back-{uuid4().hex[:8]}@cliente.example", f"Router avariado {uuid4().hex[:8]}"
    desk.send(mail(sender, desk.mailbox("hardware"), title, "Não liga."), sender, desk.mailbox("hardware"))
    number = desk.wait_for_item(title)["number"]
    desk.wait_for_mail(sender)
    return wait_for(lambda: (item := desk.item(number))["assignee"] and item, "an assignee"), sender


def answer(desk: Desk, number: int, text: str, recipient: str) -> str:
    """An agent answers; the envelope sender under which the answer left: a report comes back to it."""
    desk.post(f"/items/{number}/messages", {"text": text, "public": True})
    desk.wait_for_mail(recipient, text)
    catcher = str(desk.status["urls"]["mail"]).rstrip("/")
    rows = httpx2.get(f"{catcher}/api/mails", params={"to": recipient}, timeout=20).json()
    return str(next(row["mail_from"] for row in rows if text in row["text"]))


def report(reason: str, recipient: str, status: str) -> bytes:
    """A delivery report (RFC 3464) of another server about our mail to this recipient."""
    raw = dsn(reason, status).replace(b"ana@gone.example", recipient.encode())
    return raw.replace(b"<r@mx.example>", f"<{uuid4().hex}@mx.example>".encode())


def deliveries(desk: Desk, number: int, recipient: str, text: str) -> list[dict[str, Any]]:
    """The mails to somebody that carry the message with this text."""
    carried = {message["id"] for message in desk.messages(number) if text in message["text"]}
    rows = desk.get(f"/items/{number}/deliveries")["items"]
    return [row for row in rows if row["recipient"]["address"] == recipient and row["message_id"] in carried]


def fired(desk: Desk, number: int) -> list[str]:
    """The rules that acted on an item."""
    rows = desk.get(f"/items/{number}/decisions")["items"]
    return sorted(verdict["rule_name"] for row in rows for verdict in row["verdicts"] if verdict["matched"])


def test_hard_bounce_is_shown_stops_mails_and_reopens_nothing(desk: Desk) -> None:
    """R5, R6: failed on the ticket, the agent told, the address written to no more; no message, no status, no rule."""
    item, sender = open_hardware_ticket(desk)
    number = item["number"]
    envelope_sender = answer(desk, number, "A solução está a caminho.", sender)
    assert desk.change(number, {"status": "solved"}).status_code in {200, 202}
    solved = wait_for(lambda: (found := desk.item(number))["status"] == "solved" and found, "the solved ticket")
    messages, rules = len(desk.messages(number)), fired(desk, number)

    desk.send(report(GONE, sender, "5.1.1"), "", envelope_sender)
    failed = wait_for(
        lambda: [d for d in deliveries(desk, number, sender, "a caminho") if d["status"] == "failed"],
        "the failed delivery on the ticket",
    )[0]
    assert "User unknown" in failed["reason"]
    assert next(m for m in desk.messages(number) if "a caminho" in m["text"])["delivery"] == "failed"
    assert sender in desk.wait_for_mail(item["assignee"]["address"], "User unknown")[0].text

    after = desk.item(number)
    assert after["status"] == "solved", "a report never reopens a ticket"
    assert after["version"] == solved["version"], "nothing happened to the ticket that a rule could see"
    assert len(desk.messages(number)) == messages, "a report is no message"
    assert fired(desk, number) == rules, "a report fires no rule"
    assert desk.sent(REPORTER) == [], "a report is never acknowledged"

    sent_before = len(desk.sent(sender))
    desk.post(f"/items/{number}/messages", {"text": "Recebeu o router novo?", "public": True})
    withheld = wait_for(lambda: deliveries(desk, number, sender, "router novo"), "the mail that is not sent")
    assert [row["status"] for row in withheld] == ["suppressed"]
    assert len(desk.sent(sender)) == sent_before


def test_soft_bounce_is_counted_and_the_next_mail_is_sent(desk: Desk) -> None:
    """R5: a full mailbox is told on the delivery; the address is written to all the same."""
    item, sender = open_hardware_ticket(desk)
    number = item["number"]
    envelope_sender = answer(desk, number, "Que modelo é?", sender)
    desk.send(report(FULL, sender, "5.2.2"), "", envelope_sender)
    told = wait_for(
        lambda: [d for d in deliveries(desk, number, sender, "Que modelo") if "Mailbox full" in d["reason"]],
        "the report on the delivery",
    )
    assert [row["status"] for row in told] == ["sent"]
    desk.post(f"/items/{number}/messages", {"text": "E a cor das luzes?", "public": True})
    desk.wait_for_mail(sender, "cor das luzes")

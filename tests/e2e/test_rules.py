"""Rules are rows: they answer, assign and tell why, and a new one runs without a change of code."""

import time
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from tests.e2e.desk import Desk, mail
from tests.support.waiting import wait_for


def unique(words: str) -> str:
    return f"{words} {uuid4().hex[:8]}"


def verdicts(desk: Desk, number: int) -> list[dict[str, Any]]:
    return [v for decision in desk.get(f"/items/{number}/decisions")["items"] for v in decision["verdicts"]]


def test_acknowledge_answers_with_the_number(desk: Desk) -> None:
    """P44: the requester is told the number, without a word of their own text."""
    title, sender = unique("Fatura em dobro"), f"ack-{uuid4().hex[:6]}@cliente.example"
    desk.send(mail(sender, desk.mailbox("support"), title, "segredo-do-cliente"), sender, desk.mailbox("support"))
    item = desk.wait_for_item(title)
    answer = desk.wait_for_mail(sender)[0]
    assert f"[#{item['number']}]" in answer.header("Subject")
    assert "segredo-do-cliente" not in answer.raw.decode(errors="replace")
    assert answer.header("Auto-Submitted").startswith("auto-")
    said = wait_for(lambda: verdicts(desk, item["number"]), "the decision")
    assert any(v["rule_name"].lower().startswith("acknowledge") and v["matched"] for v in said)


def test_automatic_mail_is_not_acknowledged(desk: Desk) -> None:
    """R5: mail that a machine wrote makes a ticket and triggers no answer; the decision says so."""
    sender = f"robot-{uuid4().hex[:6]}@cliente.example"
    title = unique("Out of office")
    message = mail(sender, desk.mailbox("support"), title, "I am away.", Auto_Submitted="auto-replied")
    desk.send(message, sender, desk.mailbox("support"))
    item = desk.wait_for_item(title)

    def explained() -> list[dict[str, Any]] | None:
        return [v for v in verdicts(desk, item["number"]) if v["rule_name"].lower().startswith("acknowledge")] or None

    verdict = wait_for(explained, "the verdict on acknowledge")[0]
    assert not verdict["matched"] or all(a["outcome"] == "withheld" for a in verdict["actions"])
    assert verdict["reason"]
    assert desk.sent(sender) == []


def test_cap_withholds_automatic_mails(desk: Desk) -> None:
    """R5: at most five automatic mails an address and hour; every ticket is made all the same."""
    sender, mark = f"eager-{uuid4().hex[:6]}@cliente.example", uuid4().hex[:8]
    for n in range(7):
        desk.send(mail(sender, desk.mailbox("support"), f"Pedido {mark} {n}", "Olá"), sender, desk.mailbox("support"))
    items = [desk.wait_for_item(f"Pedido {mark} {n}") for n in range(7)]

    def decided() -> list[dict[str, Any]] | None:
        found = [v for i in items for v in verdicts(desk, i["number"]) if v["rule_name"].lower().startswith("ack")]
        return found if len(found) == 7 else None

    withheld = [v for v in wait_for(decided, "seven verdicts") if any(a["outcome"] == "withheld" for a in v["actions"])]
    assert len(withheld) == 2
    desk.wait_for_mail(sender, count=5)
    assert len(desk.sent(sender)) == 5


def test_hardware_is_assigned_in_turn(desk: Desk) -> None:
    """P48, P49: hardware requests go to a member of the hardware team within two seconds."""
    title, sender = unique("Router avariado"), f"hw-{uuid4().hex[:6]}@cliente.example"
    desk.send(mail(sender, desk.mailbox("hardware"), title, "Não liga."), sender, desk.mailbox("hardware"))
    item = desk.wait_for_item(title)
    started = time.monotonic()
    assigned = wait_for(lambda: (i := desk.item(item["number"]))["assignee"] and i, "an assignee")
    assert assigned["team"] == "hardware"
    assert time.monotonic() - started < 10
    history = desk.get(f"/items/{item['number']}/history")["items"]
    assert any("assignee" in step["changes"] and step["actor"].startswith("rule:") for step in history)

    def explained() -> bool:
        found = [v for v in verdicts(desk, item["number"]) if v["matched"]]
        return any(action["do"] == "assign" for verdict in found for action in verdict["actions"])

    wait_for(explained, "the decision to say that it assigned")


def test_new_rule_runs_without_a_change_of_code(desk: Desk) -> None:
    """P41: a third rule, added by the API, tags and mails; switched off it does nothing."""
    word, subject = f"urgente{uuid4().hex[:6]}", unique("Vimos o seu pedido")
    rule = desk.post(
        "/rules",
        {
            "name": "Urgent words",
            "enabled": True,
            "trigger": "created",
            "filter": {"all": [{"field": "title", "contains": word}]},
            "actions": [
                {"do": "tag", "tags": ["urgent-word"]},
                {"do": "mail", "to": "requester", "subject": subject, "text": "Pedido {{number}} visto."},
            ],
        },
    )
    sender = f"rule-{uuid4().hex[:6]}@cliente.example"
    title = unique(f"{word} sem internet")
    desk.send(mail(sender, desk.mailbox("support"), title, "Ajuda"), sender, desk.mailbox("support"))
    number = desk.wait_for_item(title)["number"]
    wait_for(lambda: "urgent-word" in desk.item(number)["tags"], "the tag")
    assert str(number) in desk.wait_for_mail(sender, subject)[0].text

    off = desk.http.patch(
        f"/api/v1/rules/{rule['id']}", json={"enabled": False}, headers={"If-Match": f'"{rule["version"]}"'}
    )
    assert off.status_code == 200, off.text
    title = unique(f"{word} outra vez")
    desk.send(mail(sender, desk.mailbox("support"), title, "Ajuda"), sender, desk.mailbox("support"))
    number = desk.wait_for_item(title)["number"]
    wait_for(lambda: verdicts(desk, number), "the other rules' verdicts")
    assert "urgent-word" not in desk.item(number)["tags"]
    assert desk.http.delete(f"/api/v1/rules/{rule['id']}").status_code in {200, 204}


def test_rule_of_unknown_shape_is_refused_with_its_place(desk: Desk) -> None:
    """Bad input gets a clear error: the action that does not exist is named."""
    answer = desk.http.post(
        "/api/v1/rules",
        json={"name": "Nonsense", "enabled": True, "trigger": "created", "filter": {}, "actions": [{"do": "explode"}]},
    )
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "explode" in answer.text or "actions" in answer.text


def vacation(sender: str, to: str, original: EmailMessage) -> EmailMessage:
    return mail(
        sender,
        to,
        f"Re: {original['Subject']}",
        "Estou de férias.",
        Auto_Submitted="auto-replied",
        In_Reply_To=str(original["Message-ID"]),
        References=str(original["Message-ID"]),
    )


def test_vacation_responder_gets_one_mail_and_is_kept(desk: Desk) -> None:
    """R5: the simulated responder hears once; its answer is stored on the same ticket, not dropped."""
    sender, title = f"vac-{uuid4().hex[:6]}@cliente.example", unique("Antes das férias")
    desk.send(mail(sender, desk.mailbox("support"), title, "Olá"), sender, desk.mailbox("support"))
    number = desk.wait_for_item(title)["number"]
    acknowledged = desk.wait_for_mail(sender)[0]
    desk.send(
        vacation(sender, str(acknowledged.message["Reply-To"] or desk.mailbox("support")), acknowledged.message),
        sender,
        desk.mailbox("support"),
    )
    wait_for(lambda: len(desk.messages(number)) == 2, "the responder's mail on the ticket")
    assert len(desk.sent(sender)) == 1

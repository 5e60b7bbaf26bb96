"""Those who run the desk see the way of everything, and rebuild the read model while it works (B5, R22)."""

import json
import threading
from uuid import uuid4

from tests.e2e.desk import Desk, mail
from tests.e2e.test_conversation import open_ticket, person, unique
from tests.support.waiting import wait_for


def test_trace_tells_the_whole_way_of_a_mail(desk: Desk) -> None:
    """B5: by number, by Message-ID and by correlation: topics, rules and mails, in order of time."""
    sender = person()
    number, message = open_ticket(desk, sender, unique("De ponta a ponta"))
    desk.wait_for_mail(sender)

    def complete() -> bool:
        types = {step["type"] for step in desk.trace(str(number))["steps"]}
        return {"deskstream.automation.event.decided.v1", "deskstream.notifier.delivery.sent.v1"} <= types

    wait_for(complete, "the mail's way through every service")
    by_number = desk.trace(str(number))
    topics = [step["topic"] for step in by_number["steps"]]
    assert topics[0] == "intake-raw"
    assert {"intake-messages", "tickets-events", "automation-events", "notifier-events"} <= set(topics)
    assert by_number["items"] == [number]
    by_id = desk.trace(str(message["Message-ID"]).strip("<>"))
    by_correlation = desk.trace(by_number["correlations"][0])
    steps = [(s["topic"], s["partition"], s["offset"]) for s in by_number["steps"]]
    for other in (by_id, by_correlation):
        assert [(s["topic"], s["partition"], s["offset"]) for s in other["steps"]][: len(steps)] == steps
    desk.post(f"/items/{number}/messages", {"text": "Já vemos.", "public": True})
    desk.wait_for_mail(sender, "Já vemos.")
    wait_for(lambda: len(desk.trace(str(number))["correlations"]) == 2, "the agent's reply in the trace")
    more = desk.trace(str(number))
    assert more["correlations"][0] == by_number["correlations"][0], "a number has every input of its item, in order"


def test_quarantined_mail_has_its_trace(desk: Desk) -> None:
    """B5: also what became no ticket can be followed, by its Message-ID."""
    subject = unique("Sem caixa")
    message = mail(person(), desk.mailbox("nobody"), subject, "Alguém aí?")
    desk.send(message, "perdido@cliente.example", desk.mailbox("nobody"))
    wait_for(lambda: [r for r in desk.get("/quarantine")["items"] if r["subject"] == subject], "a quarantine row")
    told = str(desk.trace(str(message["Message-ID"]).strip("<>")))
    assert "quarantine" in told


def test_what_nobody_knows_has_no_trace(desk: Desk) -> None:
    """Bad input gets a clear error: one line that says what to give."""
    answer = desk.command("trace", f"{uuid4().hex}@nowhere.example", check=False)
    assert answer.returncode != 0
    assert "nothing is known of" in answer.stdout + answer.stderr


def test_read_model_is_rebuilt_while_mail_arrives(desk: Desk) -> None:
    """R22: rebuilt beside the old one and swapped; afterwards nothing differs from the topics, nothing is missing."""
    sender, mark = person(), uuid4().hex[:8]
    titles = [f"Durante {mark} {n}" for n in range(6)]

    def keep_mailing() -> None:
        for title in titles:
            desk.send(mail(sender, desk.mailbox("support"), title, "Olá"), sender, desk.mailbox("support"))

    mailing = threading.Thread(target=keep_mailing)
    mailing.start()
    desk.command("rebuild", "gateway")
    mailing.join()
    for title in titles:
        desk.wait_for_item(title)
    for gateway in range(len(desk.gateways)):
        with desk.client(desk.token, replica=gateway) as http:
            found = http.get("/api/v1/items", params={"q": mark, "limit": 50}).json()["items"]
        assert sorted(item["title"] for item in found) == titles
    wait_for(lambda: "0 differ" in desk.command("parity", check=False).stdout, "parity of read model and topics")


def test_topics_are_seen_from_the_command_line(desk: Desk) -> None:
    """Every topic of the registry with its records, and what each group has yet to do."""
    number, _ = open_ticket(desk, person(), unique("Tópicos"))
    listed = [json.loads(line) for line in desk.command("topics", "list", "--json").stdout.splitlines()]
    records = {row["name"]: row["records"] for row in listed}
    assert records["tickets-events"] > 0
    assert {"intake-raw", "intake-messages", "tickets-state"} <= set(records)
    correlation = desk.trace(str(number))["correlations"][0]
    told = desk.command("topics", "tail", "tickets-events", "--correlation", correlation, "--json").stdout
    assert "deskstream.tickets.item.created.v1" in [json.loads(line)["type"] for line in told.splitlines()]

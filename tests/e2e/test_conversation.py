"""Agents and customers talk on a ticket: everyone involved hears once, nobody else hears, nothing private leaves."""

import io
import threading
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx2
from selectolax.lexbor import LexborHTMLParser

from tests.e2e.desk import Desk, Sent, mail
from tests.e2e.threads import count_threads
from tests.support.waiting import PATIENCE_SECONDS, wait_for


def unique(words: str) -> str:
    return f"{words} {uuid4().hex[:8]}"


def person() -> str:
    return f"p{uuid4().hex[:8]}@cliente.example"


def open_ticket(desk: Desk, sender: str, title: str) -> tuple[int, EmailMessage]:
    message = mail(sender, desk.mailbox("support"), title, "Olá, preciso de ajuda.")
    desk.send(message, sender, desk.mailbox("support"))
    return desk.wait_for_item(title)["number"], message


def reply_to(desk: Desk, received: Sent, sender: str, text: str, **headers: str) -> EmailMessage:
    """Answer a mail from the desk as a mail program does."""
    references = f"{received.header('References')} {received.message_id}".strip()
    answer = mail(
        sender,
        received.header("Reply-To") or received.header("From"),
        f"Re: {received.header('Subject')}",
        text,
        **{"In_Reply_To": received.message_id, "References": references, **headers},
    )
    desk.send(answer, sender, received.message["Reply-To"].addresses[0].addr_spec)
    return answer


def texts(desk: Desk, number: int) -> list[str]:
    return [message["text"].strip() for message in desk.messages(number)]


def test_reply_reaches_requester_and_followers_once_in_one_thread(desk: Desk) -> None:
    """P28, P29: one mail each, with ids and references that keep one thread a recipient."""
    sender, follower, title = person(), person(), unique("ONT sem luz")
    number, original = open_ticket(desk, sender, title)
    desk.wait_for_mail(sender)
    assert desk.change(number, {"follow": [{"address": follower, "name": "Receção"}]}).status_code == 200
    desk.post(f"/items/{number}/messages", {"text": "Já vamos ver.", "public": True})
    first = desk.wait_for_mail(sender, "Já vamos ver.")[0]
    desk.post(f"/items/{number}/messages", {"text": "O técnico passa às 14:00.", "public": True})
    desk.wait_for_mail(sender, "14:00")
    desk.wait_for_mail(follower, "14:00")
    for who in (sender, follower):
        mails = desk.sent(who)
        assert len([m for m in mails if "Já vamos ver." in m.text]) == 1
        assert len([m for m in mails if "14:00" in m.text and "técnico" in m.text]) == 1
        assert count_threads([m.message for m in mails] + ([original] if who == sender else [])) == 1
    assert first.message_id == next(m for m in desk.sent(follower) if "Já vamos ver." in m.text).message_id
    assert f"[#{number}]" in first.header("Subject")
    assert first.message_id.startswith(f"<{number}.")
    local = first.message["Reply-To"].addresses[0].username
    assert local.startswith(f"support+{number}.")
    assert len(local) <= 64


def test_customers_answer_lands_in_the_same_ticket(desk: Desk) -> None:
    """P28, R1: by header, by reply address alone, and by subject number from a participant."""
    sender, title = person(), unique("Três caminhos")
    number, original = open_ticket(desk, sender, title)
    desk.post(f"/items/{number}/messages", {"text": "Que modelo é?", "public": True})
    received = desk.wait_for_mail(sender, "Que modelo")[0]

    by_header = mail(
        sender, desk.mailbox("support"), "Re: outra coisa", "HG-814 por cabeçalho", In_Reply_To=received.message_id
    )
    desk.send(by_header, sender, desk.mailbox("support"))
    wait_for(lambda: any("por cabeçalho" in text for text in texts(desk, number)), "the answer by header")
    address = received.message["Reply-To"].addresses[0].addr_spec
    desk.send(mail(sender, address.upper(), "sem referências", "HG-814 por endereço"), sender, address.upper())
    wait_for(lambda: any("por endereço" in text for text in texts(desk, number)), "the answer by address")
    desk.send(
        mail(sender, desk.mailbox("support"), f"Nova nota [#{number}]", "HG-814 por número"),
        sender,
        desk.mailbox("support"),
    )
    wait_for(lambda: any("por número" in text for text in texts(desk, number)), "the answer by number")
    desk.send(
        mail(
            sender, desk.mailbox("support"), "Re: o meu", "resposta a mim mesmo", References=str(original["Message-ID"])
        ),
        sender,
        desk.mailbox("support"),
    )
    wait_for(lambda: any("a mim mesmo" in text for text in texts(desk, number)), "the answer to the own mail")


def test_subject_number_alone_from_a_stranger_is_a_new_ticket(desk: Desk) -> None:
    """R2: a number is not a proof; the new ticket says that it may be related."""
    number, _ = open_ticket(desk, person(), unique("Privado"))
    stranger, title = person(), unique("Curioso")
    desk.send(
        mail(stranger, desk.mailbox("support"), f"{title} [#{number}]", "E isto?"), stranger, desk.mailbox("support")
    )
    found = wait_for(lambda: desk.get("/items", q=title)["items"], "the stranger's ticket")[0]
    assert found["number"] != number
    assert "E isto?" not in texts(desk, number)


def held_message(desk: Desk, number: int) -> dict[str, Any]:
    return wait_for(lambda: next((m for m in desk.messages(number) if m["held"]), None), "a held message")


def test_strangers_valid_reference_is_held_then_accepted(desk: Desk) -> None:
    """R2: held mails nobody; accepted, recipients hear once and the sender follows."""
    sender, stranger = person(), person()
    number, _ = open_ticket(desk, sender, unique("Retido"))
    desk.post(f"/items/{number}/messages", {"text": "Confirmamos a visita.", "public": True})
    received = desk.wait_for_mail(sender, "Confirmamos")[0]
    reply_to(desk, received, stranger, "Sou o marido da Marta.")
    held = held_message(desk, number)
    assert held["from"]["address"] == stranger
    assert desk.sent(stranger) == [], "the sender learns nothing"
    assert not any("marido" in m.text for m in desk.sent(sender))

    desk.post(f"/messages/{held['id']}/accept", {})
    desk.wait_for_mail(sender, "marido")
    wait_for(lambda: stranger in [f["address"] for f in desk.item(number)["followers"]], "the sender as follower")
    item = desk.item(number)
    assert item["requester"]["address"] == sender, "R8: the requester stays"
    assert len([m for m in desk.sent(sender) if "marido" in m.text]) == 1
    reply_to(desk, received, stranger, "Posso responder agora.")
    wait_for(lambda: any("responder agora" in text for text in texts(desk, number)), "the follower's answer")


def test_strangers_message_can_be_split_off(desk: Desk) -> None:
    """R2: split off, it is a new ticket by its sender, as if just received."""
    sender, stranger = person(), person()
    number, _ = open_ticket(desk, sender, unique("Separar"))
    desk.post(f"/items/{number}/messages", {"text": "Visita marcada.", "public": True})
    reply_to(desk, desk.wait_for_mail(sender, "Visita marcada")[0], stranger, "O meu router também avariou.")
    held = held_message(desk, number)
    made = desk.post(f"/messages/{held['id']}/split", {})
    assert made["number"] != number
    assert desk.item(made["number"])["requester"]["address"] == stranger
    assert any("também avariou" in text for text in texts(desk, made["number"]))
    assert not any("também avariou" in text for text in texts(desk, number))
    desk.wait_for_mail(stranger, f"[#{made['number']}]")


class CustomersStream:
    """Every byte of the stream that a request's page listens to, read in a thread until closed."""

    def __init__(self, link: str) -> None:
        self.text = ""
        self._client = httpx2.Client(timeout=httpx2.Timeout(PATIENCE_SECONDS), follow_redirects=True)
        page = self._client.get(link)
        live = LexborHTMLParser(page.text).css_first("[data-live]")
        assert live is not None
        self._url = page.url.join(str(live.attributes["data-live"]))
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._opened.wait(PATIENCE_SECONDS), "the stream opened"

    def _read(self) -> None:
        with suppress(httpx2.HTTPError, RuntimeError), self._client.stream("GET", self._url) as answer:
            for piece in answer.iter_text():
                self.text += piece
                self._opened.set()

    def close(self) -> None:
        self._client.close()


def test_internal_note_reaches_no_customer(desk: Desk) -> None:
    """P31, R7: no byte of a note, its file's name or its text in any mail, page, stream or attachment route."""
    sender, title = person(), unique("Confidencial")
    canary, file_canary = f"canary-{uuid4().hex}", f"plan-{uuid4().hex}.txt"
    number, _ = open_ticket(desk, sender, title)
    acknowledged = desk.wait_for_mail(sender)[0]
    link = next(link for link in acknowledged.links if "/portal/requests/" in link)
    stream = CustomersStream(link)
    noting = desk.http.post(
        f"/api/v1/items/{number}/messages",
        data={"text": f"Only us: {canary}", "public": "false"},
        files={"attachments": (file_canary, io.BytesIO(canary.encode()), "text/plain")},
    )
    assert noting.status_code == 201, noting.text
    note = noting.json()
    assert note["attachments"][0]["name"] == file_canary
    desk.post(f"/items/{number}/messages", {"text": "Resposta pública depois da nota.", "public": True})
    received = desk.wait_for_mail(sender, "pública depois")[0]
    reply_to(desk, received, sender, "Obrigada")
    wait_for(lambda: "Obrigada" in texts(desk, number), "the customer's answer")
    desk.post(f"/items/{number}/messages", {"text": "De nada.", "public": True})
    desk.wait_for_mail(sender, "De nada.")
    wait_for(lambda: "De nada." in stream.text, "the reply on the customer's stream")
    stream.close()
    for sent in desk.sent():
        assert canary.encode() not in sent.raw
        assert file_canary.encode() not in sent.raw
    assert canary not in stream.text
    assert file_canary not in stream.text
    page = httpx2.get(link, follow_redirects=True, timeout=20)
    assert page.status_code == 200
    assert "pública depois" in page.text
    assert canary not in page.text
    assert file_canary not in page.text
    with desk.client() as customer:
        for path in (note["attachments"][0]["url"], f"/api/v1/messages/{note['id']}", f"/api/v1/items/{number}"):
            assert customer.get(path).status_code in {401, 403, 404}
        for path in (f"/messages/{note['id']}", f"/messages/{note['id']}/files/0"):
            refused = customer.get(str(page.url).split("?")[0] + path)
            assert refused.status_code == 404
            assert canary not in refused.text


def test_customer_follows_and_answers_by_signed_link(desk: Desk) -> None:
    """P14: the link in the mail shows status and conversation and takes an answer, without signing in."""
    sender, title = person(), unique("Pela ligação")
    number, _ = open_ticket(desk, sender, title)
    desk.post(f"/items/{number}/messages", {"text": "Pode reiniciar?", "public": True})
    received = desk.wait_for_mail(sender, "reiniciar")[0]
    link = next(link for link in received.links if "/portal/requests/" in link)
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(link)
        assert page.status_code == 200
        assert title in page.text
        token = page.text.split('name="form_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        posted = browser.post(link, data={"text": "Reiniciei, obrigada", "form_token": token})
        assert posted.status_code == 200, posted.text[:500]
    wait_for(lambda: "Reiniciei, obrigada" in texts(desk, number), "the answer from the page")
    assert httpx2.get(link[:-3] + "xyz", follow_redirects=True, timeout=20).status_code == 404


def test_each_message_shows_its_deliveries(desk: Desk) -> None:
    """R6: queued, sent or failed with its attempts; a failed one is retried by hand."""
    sender, title = person(), unique("Entregas")
    number, _ = open_ticket(desk, sender, title)
    desk.post(f"/items/{number}/messages", {"text": "Enviado a si.", "public": True})
    desk.wait_for_mail(sender, "Enviado a si.")

    def sent() -> list[dict[str, Any]] | None:
        rows = desk.get(f"/items/{number}/deliveries")["items"]
        return [row for row in rows if row["kind"] == "message" and row["status"] == "sent"] or None

    delivery = wait_for(sent, "a sent delivery")[0]
    assert delivery["attempts"][-1]["outcome"] == "sent"
    assert delivery["recipient"]["address"] == sender


def test_two_agents_do_not_overwrite_each_other(desk: Desk) -> None:
    """R18: the same field is a 409 with both values; different fields do not conflict; no If-Match is a 428."""
    number, _ = open_ticket(desk, person(), unique("Dois agentes"))
    version = desk.item(number)["version"]
    assert desk.change(number, {"priority": "high"}, version).status_code == 200
    assert desk.change(number, {"title": "Outro título"}, version).status_code == 200, "another field"
    conflict = desk.change(number, {"priority": "urgent"}, version)
    assert conflict.status_code == 409
    assert conflict.json()["conflicts"]["priority"]["yours"] == "urgent"
    assert conflict.json()["conflicts"]["priority"]["theirs"] == "high"
    assert conflict.json()["conflicts"]["priority"]["by"]
    assert desk.item(number)["priority"] == "high"
    missing = desk.http.patch(f"/api/v1/items/{number}", json={"priority": "low"})
    assert missing.status_code == 428


def test_impatient_second_click_is_one_ticket(desk: Desk) -> None:
    """The same Idempotency-Key finds the first answer; with another body it is refused."""
    title = unique("Por telefone")
    body = {
        "kind": "ticket",
        "type": "request",
        "title": title,
        "text": "Ligou a loja do Porto.",
        "requester": {"address": person(), "name": "Loja Porto"},
    }
    headers = {"Idempotency-Key": uuid4().hex}
    first = desk.http.post("/api/v1/items", json=body, headers=headers)
    second = desk.http.post("/api/v1/items", json=body, headers=headers)
    assert first.status_code == 201, first.text
    assert second.json()["number"] == first.json()["number"]
    other = desk.http.post("/api/v1/items", json={**body, "title": "Outra"}, headers=headers)
    assert other.status_code == 422
    assert len(desk.find(title)) == 1

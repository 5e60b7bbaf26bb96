"""The mail catcher as a process: real SMTP in, pages and API out, and its faults as a sender meets them."""

import json
import os
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.process import accepts, free_port, free_ports, start_server
from deploy.local.send.delivery import Attempt, Evidence, Outcome, deliver_all
from deploy.local.send.mails import read_mails

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Catcher:
    smtp_port: int
    http: httpx2.Client

    def send(self, mail: EmailMessage) -> None:
        with smtplib.SMTP(HOST, self.smtp_port, timeout=20) as connection:
            connection.send_message(mail)

    def mails(self) -> list[dict[str, Any]]:
        return list(self.http.get("/api/mails").json())

    def misbehave(self, **faults: object) -> None:
        assert self.http.put("/api/faults", json=faults).status_code == 200


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catcher]:
    folder = tmp_path_factory.mktemp("catcher")
    smtp_port, http_port = free_ports(2)
    environment = {
        **os.environ,
        "CATCHER_SMTP_PORT": str(smtp_port),
        "CATCHER_HTTP_PORT": str(http_port),
        "CATCHER_FOLDER": str(folder / "mails"),
        # It is its own desk here: an answer comes in where the mails do.
        "CATCHER_DESK_SMTP": f"{HOST}:{smtp_port}",
    }
    command = [sys.executable, "-m", "deploy.local.mail_catcher"]
    server = start_server("catcher", command, folder / "log", environment=environment)
    try:
        server.wait_until(lambda: accepts(HOST, http_port), 30)
        with httpx2.Client(base_url=f"http://{HOST}:{http_port}", timeout=20) as http:
            yield Catcher(smtp_port, http)
    finally:
        server.stop()


@pytest.fixture
def catcher(process: Catcher) -> Catcher:
    process.http.delete("/api/mails")
    process.http.delete("/api/faults")
    return process


def mail(subject: str = "[#1042] Router") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Desk <support@desk.example>"
    message["To"] = "Marta <marta@c.example>"
    message["Reply-To"] = "support+1042@desk.example"
    message["Subject"] = subject
    message["Message-ID"] = "<1042@desk.example>"
    message.set_content("Bom dia")
    message.add_alternative("<p>Bom dia</p><script>parent.stolen = 1</script>", subtype="html")
    return message


def test_a_mail_is_kept_whole_and_shown(catcher: Catcher) -> None:
    """The API has its parts and its bytes; the page has its subject; its HTML can run nothing."""
    catcher.send(mail())
    number = catcher.mails()[0]["id"]
    raw = catcher.http.get(f"/api/mails/{number}/raw").content
    assert b"<1042@desk.example>" in raw
    assert b"parent.stolen" in raw
    page = catcher.http.get(f"/mails/{number}")
    assert "[#1042] Router" in page.text
    assert "parent.stolen" not in page.text
    html = catcher.http.get(f"/mails/{number}/html")
    policy = html.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_an_answer_goes_through_the_desks_door_in_the_thread(catcher: Catcher) -> None:
    """To the reply address, from the customer, with In-Reply-To and References."""
    catcher.send(mail())
    number = catcher.mails()[0]["id"]
    form = {"sender": "marta@c.example", "text": "Muito obrigada"}
    assert catcher.http.post(f"/mails/{number}/answer", data=form).status_code == 303
    answer = catcher.mails()[0]
    assert answer["mail_from"] == "marta@c.example"
    assert answer["recipients"] == ["support+1042@desk.example"]
    assert answer["in_reply_to"] == answer["references"] == "<1042@desk.example>"
    assert answer["text"].startswith("Muito obrigada")


def test_an_answer_by_somebody_else_or_of_nothing_is_refused_and_kept(catcher: Catcher) -> None:
    """What was typed stays in the form."""
    catcher.send(mail())
    number = catcher.mails()[0]["id"]
    stranger = catcher.http.post(f"/mails/{number}/answer", data={"sender": "x@y.example", "text": "typed words"})
    assert stranger.status_code == 422
    assert "typed words" in stranger.text
    empty = catcher.http.post(f"/mails/{number}/answer", data={"sender": "marta@c.example", "text": " "})
    assert empty.status_code == 422
    assert len(catcher.mails()) == 1


def test_another_sites_page_cannot_send_or_switch(catcher: Catcher) -> None:
    """A page open in the same browser has no say here."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert catcher.http.put("/api/faults", json={}, headers=headers).status_code == 403
    assert catcher.http.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("code", [421, 450, 451, 554])
def test_a_mail_is_answered_as_the_test_wants_and_not_kept(catcher: Catcher, code: int) -> None:
    """For as many mails as were named."""
    catcher.misbehave(answer=code, times=1)
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        catcher.send(mail())
    assert refused.value.smtp_code == code
    assert catcher.mails() == []
    catcher.send(mail())
    assert len(catcher.mails()) == 1


def test_a_swallowed_answer_leaves_the_mail_and_the_sender_in_doubt(catcher: Catcher) -> None:
    """The connection drops after the mail was kept."""
    catcher.misbehave(swallow=True, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        catcher.send(mail())
    assert len(catcher.mails()) == 1


def test_a_recipient_and_everybody_can_be_refused(catcher: Catcher) -> None:
    """550 for one, 554 for all."""
    catcher.misbehave(refuse_recipients=["MARTA@c.example"])
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        catcher.send(mail())
    catcher.misbehave(refuse_all=True)
    with pytest.raises(smtplib.SMTPSenderRefused):
        catcher.send(mail())


async def send_folder(folder: Path, port: int, evidence: Path) -> list[Attempt]:
    """Deliver a folder's mails as `deskstream send` does."""
    done: list[Attempt] = []
    record = Evidence(evidence)
    mails = read_mails(folder, (), "desk.example", "support@desk.example")
    await deliver_all(mails, (HOST, port), rate=None, concurrency=1, evidence=record, on_done=done.append)
    record.close()
    return done


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ({}, Outcome.ACCEPTED),
        ({"answer": 451}, Outcome.DEFERRED),
        ({"answer": 421}, Outcome.DEFERRED),
        ({"refuse_recipients": ["support@desk.example"]}, Outcome.REFUSED),
        ({"swallow": True}, Outcome.UNKNOWN),
    ],
)
async def test_sending_notes_what_became_of_each_mail(
    catcher: Catcher, tmp_path: Path, faults: dict[str, object], outcome: Outcome
) -> None:
    """Accepted, refused, deferred or unknown, a line of evidence each, and the next mail is sent all the same."""
    folder = tmp_path / "mails"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.eml").write_bytes(mail(name).as_bytes())
    catcher.misbehave(**faults)
    done = await send_folder(folder, catcher.smtp_port, tmp_path / "evidence")
    assert [attempt.outcome for attempt in done] == [outcome, outcome]
    lines = [json.loads(line) for line in (tmp_path / "evidence").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == [outcome, outcome]
    assert {"id", "hash", "outcome", "time"} <= set(lines[0])
    assert lines[0]["id"] == "<1042@desk.example>"


async def test_a_closed_door_is_deferred_not_unknown(tmp_path: Path) -> None:
    """Nothing went out: the mail is certainly not there."""
    (tmp_path / "a.eml").write_bytes(mail().as_bytes())
    done = await send_folder(tmp_path / "a.eml", free_port(), tmp_path / "evidence")
    assert [attempt.outcome for attempt in done] == [Outcome.DEFERRED]

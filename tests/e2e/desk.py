"""A running desk as its users see it: mails, HTTP, the mail catcher, the command line; nothing of its inside."""

import json
import os
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, cast

import httpx2

from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


class Sent:
    """A mail in the sink: what left the desk, as a customer's program would see it."""

    def __init__(self, raw: bytes, recipients: list[str]) -> None:
        self.raw = raw
        self.recipients = recipients
        self.message = message_from_bytes(raw, policy=policy.default)

    def header(self, name: str) -> str:
        return str(self.message[name] or "")

    @property
    def message_id(self) -> str:
        return self.header("Message-ID").strip()

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content())

    @property
    def links(self) -> list[str]:
        return re.findall(r"https?://[^\s>\"]+", self.text)


class Desk:
    """One running desk, found by its home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.status = self.command_json("status", "--json")
        self.api_url = str(self.status["urls"]["api"]).rstrip("/")
        self.token = self.new_token("end-to-end")
        self.http = self.client(self.token)

    # ---- the command line

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DESKSTREAM_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def command_json(self, *arguments: str) -> Any:
        return json.loads(self.command(*arguments).stdout)

    def new_token(self, name: str, *options: str) -> str:
        return self.command("token", "create", name, *options).stdout.split()[-1]

    def trace(self, name: str) -> Json:
        return cast(Json, self.command_json("trace", name, "--json"))

    # ---- HTTP

    def client(self, token: str | None = None, replica: int = 0) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.gateways[replica], headers=headers, timeout=20)

    @property
    def gateways(self) -> list[str]:
        """The base address of every gateway replica."""
        urls = self.status["urls"]
        found = urls.get("replicas") or [urls["workspace"]]
        return [str(httpx2.URL(url).copy_with(path="/", query=None)).rstrip("/") for url in found]

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(f"/api/v1{path}", params=parameters)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Json, expect: Iterable[int] = (200, 201)) -> Json:
        answer = self.http.post(f"/api/v1{path}", json=body)
        assert answer.status_code in set(expect), f"{path}: {answer.status_code} {answer.text}"
        return cast(Json, answer.json()) if answer.content else {}

    def item(self, number: int) -> Json:
        return cast(Json, self.get(f"/items/{number}"))

    def messages(self, number: int) -> list[Json]:
        return cast(list[Json], self.get(f"/items/{number}/messages")["items"])

    def change(self, number: int, values: Json, version: int | None = None) -> httpx2.Response:
        tag = f'"{version if version is not None else self.item(number)["version"]}"'
        return self.http.patch(f"/api/v1/items/{number}", json=values, headers={"If-Match": tag})

    def find(self, title: str) -> list[Json]:
        """Items with just this title, by the search that agents use."""
        items = self.get("/items", q=title, limit=50)["items"]
        return [item for item in items if item["title"] == title]

    def wait_for_item(self, title: str) -> Json:
        return wait_for(lambda: next(iter(self.find(title)), None), f"an item titled {title!r}")

    # ---- mail in

    @property
    def mail_domain(self) -> str:
        return str(self.status["support_address"]).split("@")[1]

    def mailbox(self, name: str) -> str:
        return f"{name}@{self.mail_domain}"

    def smtp(self) -> smtplib.SMTP:
        place = self.status["smtp"]
        return smtplib.SMTP(place["host"], place["port"], timeout=30)

    def send(self, message: EmailMessage | bytes, sender: str, *recipients: str) -> None:
        """Hand a mail to the SMTP door; raises what smtplib raises."""
        given = message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
        raw = given.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with self.smtp() as connection:
            connection.sendmail(sender, list(recipients), raw)

    # ---- mail out

    def sent(self, recipient: str | None = None) -> list[Sent]:
        catcher = str(self.status["urls"]["mail"]).rstrip("/")
        listing = httpx2.get(f"{catcher}/api/mails", params={"limit": 10_000}, timeout=20).json()
        rows = listing["mails"] if isinstance(listing, dict) else listing
        found = []
        for row in rows:
            recipients = [address.lower() for address in row["recipients"]]
            if recipient is None or recipient.lower() in recipients:
                raw = httpx2.get(f"{catcher}/api/mails/{row['id']}/raw", timeout=20).content
                found.append(Sent(raw, recipients))
        return found

    def wait_for_mail(self, recipient: str, containing: str = "", count: int = 1) -> list[Sent]:
        def enough() -> list[Sent] | None:
            mails = [mail for mail in self.sent(recipient) if containing in mail.header("Subject") + mail.text]
            return mails if len(mails) >= count else None

        return wait_for(enough, f"{count} mail(s) to {recipient} with {containing!r}")


def mail(sender: str, to: str | list[str], subject: str, text: str, **headers: str) -> EmailMessage:
    """A plain mail as a person's program writes it; keyword names become headers (``In_Reply_To``)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to if isinstance(to, str) else ", ".join(to)
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain=sender.rsplit("@", 1)[1].rstrip(">"))
    message["Date"] = "Tue, 24 Nov 2026 09:12:00 +0000"
    for name, value in headers.items():
        header = name.replace("_", "-")
        if header in message:
            del message[header]
        message[header] = value
    message.set_content(text)
    return message

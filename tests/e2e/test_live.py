"""Live pages: changes arrive by SSE without a reload, and a client cut off resumes on the other replica."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import httpx2

from tests.e2e.desk import Desk, mail
from tests.support.waiting import PATIENCE_SECONDS, wait_for


@dataclass
class Listener:
    """Reads a server-sent event stream in a thread until closed."""

    url: str
    token: str
    last_id: str | None = None
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx2.Client(timeout=httpx2.Timeout(PATIENCE_SECONDS))
        self.opened = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        assert self.opened.wait(PATIENCE_SECONDS), "the stream opened"

    def _read(self) -> None:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {self.token}"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        try:
            with self.client.stream("GET", self.url, headers=headers) as answer:
                assert answer.status_code == 200, answer.status_code
                self.opened.set()
                for line in answer.iter_lines():
                    self.lines.append(line)
                    if line.startswith("id:"):
                        self.last_id = line[3:].strip()
        except (httpx2.HTTPError, RuntimeError):
            self.lines.append("closed")

    def close(self) -> None:
        self.client.close()

    def saw_number(self, number: int) -> bool:
        return any(re.search(rf'"number": ?{number}\b', line) for line in list(self.lines))


def tickets(desk: Desk, count: int) -> Iterator[int]:
    for _ in range(count):
        title = f"Ao vivo {uuid4().hex[:8]}"
        sender = f"live-{uuid4().hex[:6]}@cliente.example"
        desk.send(mail(sender, desk.mailbox("support"), title, "Olá"), sender, desk.mailbox("support"))
        yield desk.wait_for_item(title)["number"]


def test_stream_resumes_on_the_other_replica_and_misses_nothing(desk: Desk) -> None:
    """B11: cut off, a client names its last id to the other gateway and gets all that came meanwhile, in order."""
    first = Listener(f"{desk.gateways[0]}/events", desk.token)
    seen = next(tickets(desk, 1))
    wait_for(partial(first.saw_number, seen), "the first ticket on the stream")
    first.close()
    missed = list(tickets(desk, 3))
    second = Listener(f"{desk.gateways[1]}/events", desk.token, last_id=first.last_id)
    for number in missed:
        wait_for(partial(second.saw_number, number), f"ticket {number}")
    ids = [int(line[3:]) for line in second.lines if line.startswith("id:")]
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))
    assert first.last_id is not None
    assert min(ids) > int(first.last_id)
    second.close()


def test_answer_of_one_replica_is_seen_on_the_other(desk: Desk) -> None:
    """Users read their own writes, whichever replica serves them."""
    number = next(tickets(desk, 1))
    with desk.client(desk.token, replica=1) as other:
        version = desk.item(number)["version"]
        changed = other.patch(
            f"/api/v1/items/{number}", json={"priority": "urgent"}, headers={"If-Match": f'"{version}"'}
        )
        assert changed.status_code == 200, changed.text
        assert changed.json()["priority"] == "urgent"
        assert desk.item(number)["priority"] == "urgent"


def test_stream_is_for_staff_only(desk: Desk) -> None:
    """Nobody reads what is not theirs: a stranger gets no stream."""
    answer = httpx2.get(f"{desk.gateways[0]}/events", headers={"Accept": "text/event-stream"}, timeout=10)
    assert answer.status_code in {401, 403}

"""What becomes of each mail is shown, with its attempts, and what failed is sent again by hand."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.e2e.desk import Desk, Json
from tests.e2e.test_conversation import open_ticket, person, unique
from tests.support.waiting import wait_for


@contextmanager
def refusing(desk: Desk, address: str) -> Iterator[None]:
    """The world's mail server says 550 to one address; others' mails go on."""
    faults = f"{str(desk.status['urls']['mail']).rstrip('/')}/api/faults"
    assert httpx2.put(faults, json={"refuse_recipients": [address]}, timeout=20).status_code == 200
    try:
        yield
    finally:
        assert httpx2.delete(faults, timeout=20).status_code in {200, 204}


def reply_delivery(desk: Desk, number: int, address: str, status: str) -> Json:
    """The delivery of a public message to an address, once it has a status."""

    def found() -> Json | None:
        rows = desk.get(f"/items/{number}/deliveries")["items"]
        for row in rows:
            if row["kind"] == "message" and row["recipient"]["address"] == address and row["status"] == status:
                return dict(row)
        return None

    return wait_for(found, f"a delivery to {address} that is {status}")


def test_refused_mail_is_shown_failed_and_sent_again_by_hand(desk: Desk) -> None:
    """R6: the attempt shows the server's words; another recipient's mail is not held up; retry sends it once."""
    sender, follower = person(), person()
    number, _ = open_ticket(desk, sender, unique("Caixa cheia"))
    desk.wait_for_mail(sender)
    assert desk.change(number, {"follow": [{"address": follower, "name": "Ana"}]}).status_code == 200
    with refusing(desk, follower):
        message = desk.post(f"/items/{number}/messages", {"text": "Chegou a peça.", "public": True})
        failed = reply_delivery(desk, number, follower, "failed")
    assert failed["attempts"][-1]["code"] == 550
    reply_delivery(desk, number, sender, "sent")
    assert desk.sent(follower) == []

    desk.post(f"/deliveries/{failed['id']}/retry", {}, expect=(200, 202))
    sent = reply_delivery(desk, number, follower, "sent")
    assert sent["id"] == failed["id"]
    assert [attempt["outcome"] for attempt in sent["attempts"]] == ["refused", "sent"]
    assert [m.text.count("Chegou a peça.") for m in desk.wait_for_mail(follower, "Chegou a peça.")] == [1]
    shown = next(m for m in desk.messages(number) if m["id"] == message["id"])
    assert shown["delivery"] == "sent"

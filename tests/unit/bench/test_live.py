"""What the live stream told, and when it was there whole."""

from datetime import UTC, datetime

import httpx2

from services.portal_gateway.domain.feed import FeedEvent
from tests.bench.latency import Seen, ticket_waits
from tests.bench.live import CREATED, Told, listening
from tests.bench.waits import LOST, milliseconds

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def event(number: int, kind: str = CREATED) -> bytes:
    """As the gateway says it."""
    return FeedEvent(number, NOON, kind, "item:1", None, 1, 1).as_sse()


def test_an_event_is_told_once_it_is_whole() -> None:
    """The moment is that of its last line; greetings, pings, and other events are no new items."""
    told = Told()
    said = b"retry: 2000\nid: 4\nevent: hello\ndata: {}\n\n: ping\n\nid: 5\n\n" + event(6) + event(7, "intake.refused")
    for moment, line in enumerate(said.decode().splitlines()):
        told.line(line, float(moment))
    whole = said[: said.index(event(6)) + len(event(6))].decode().splitlines()
    assert told.at == {6: float(len(whole) - 1)}


def test_what_the_stream_did_not_tell_has_waited_longest() -> None:
    """A ticket that is in the read model and not on the stream makes no figure better."""
    seen = Seen(None, at={"Question a": 2.0, "Question b": 2.0}, numbers={"Question a": 6, "Question b": 7})
    waits = ticket_waits(["a", "b"], {"a": 1.0, "b": 1.0}, seen.live({6: 2.5}))
    assert waits == [1.5, LOST]
    assert milliseconds(waits, 0.95) is None


async def test_a_client_hears_the_stream_of_new_items() -> None:
    """It asks the gateway for them alone."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert (request.url.path, request.url.params["types"]) == ("/events", CREATED)
        return httpx2.Response(200, content=event(6) + event(8))

    async with (
        httpx2.AsyncClient(base_url="http://desk.example/api/v1", transport=httpx2.MockTransport(answer)) as client,
        listening(client, "http://desk.example") as told,
    ):
        await told.over.wait()
    assert sorted(told.at) == [6, 8]

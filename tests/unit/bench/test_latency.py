"""The rate of the waits is a tenth of what was measured; what never came is the longest wait."""

import httpx2

from tests.bench.latency import Staff, rate_after, ticket_waits
from tests.bench.waits import LOST, milliseconds

TICKET = {"number": 7, "id": "00000000-0000-0000-0000-000000000007"}


def test_the_rate_is_a_tenth_of_the_highest_and_at_least_one() -> None:
    """A desk that nothing is known of gets a modest rate."""
    assert rate_after({"whole_path": {"mails_per_second": 80.0}}) == 8.0
    assert rate_after({"whole_path": {"mails_per_second": 0.0}}) == 1.0
    assert rate_after({}) == 5.0


def test_a_mail_that_became_no_ticket_has_waited_longest() -> None:
    """Whether the door refused it or it was lost behind the door: it makes no percentile better."""
    names = [f"bench-wait-{n}" for n in range(20)]
    due = dict.fromkeys(names, 1.0)
    seen = {f"Question {name}": 1.25 for name in names}
    assert milliseconds(ticket_waits(names, due, seen), 0.95) == 250.0
    del seen["Question bench-wait-3"], due["bench-wait-4"]
    waits = ticket_waits(names, due, seen)
    assert (len(waits), waits.count(LOST)) == (20, 2)
    assert milliseconds(waits, 0.95) is None


def api(status: int) -> httpx2.AsyncClient:
    """The API: every ticket can be read, whatever is said to it is answered so; 0 for no answer at all."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json={"priority": "low"}, headers={"ETag": '"1"'})
        if not status:
            raise httpx2.ReadTimeout("silent", request=request)
        return httpx2.Response(status)

    return httpx2.AsyncClient(base_url="http://desk.example", transport=httpx2.MockTransport(answer))


async def test_a_command_counts_as_answered_only_with_its_new_state() -> None:
    """One that is refused, not answered, or only accepted has waited longest; a change and a note alike."""
    for status, late, missing in ((200, 0, 0), (202, 2, 0), (503, 0, 2), (0, 0, 2)):
        async with api(status) as client:
            staff = Staff(client)
            for turn in (0, 1):
                await staff.command(TICKET, turn)
        assert (staff.late, staff.missing, staff.waits.count(LOST)) == (late, missing, late + missing), status
        assert (len(staff.waits), len(staff.spoken)) == (2, 2 - missing), status


async def test_an_answer_that_the_api_does_not_take_is_told() -> None:
    """Nobody waits for it to reach the customer."""
    for status, taken in ((201, True), (503, False), (0, False)):
        async with api(status) as client:
            assert await Staff(client).reply(TICKET, "bench-say-1") is taken, status

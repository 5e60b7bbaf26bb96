"""Replies of one try are in threads of their own."""

from collections.abc import Mapping, Sequence

import pytest

from tests.bench.mails import Mail
from tests.bench.threads import Threads


class Desk:
    """Acknowledges mails that begin threads, but for the first few that it is given."""

    def __init__(self, puts_off: int = 0) -> None:
        self.begun: list[Mail] = []
        self._puts_off = puts_off

    async def begin(self, mails: Sequence[Mail]) -> Mapping[str, str]:
        taken = mails[self._puts_off :]
        self._puts_off = max(0, self._puts_off - len(mails))
        self.begun += taken
        return {mail.name: f"<{mail.name}@ack.example>" for mail in taken}


async def test_every_reply_of_a_try_has_a_sender_and_a_thread_of_its_own() -> None:
    """However many the rate needs; threads of the tries before are used again."""
    desk = Desk()
    threads = Threads("support@desk.example", desk.begin)
    for turn, count in enumerate((3, 7, 5)):
        replies = await threads.replies(turn, count)
        assert len({mail.name for mail in replies}) == len({mail.sender for mail in replies}) == count
        assert len({mail.answer_to for mail in replies}) == count
    assert len({mail.sender for mail in desk.begun}) == len(desk.begun) == 7
    assert f"In-Reply-To: <{desk.begun[6].name}@ack.example>".encode() in b"".join(mail.raw for mail in replies)


async def test_threads_have_about_as_many_replies_each() -> None:
    """Those with the fewest come first; what one got at most is told."""
    threads = Threads("support@desk.example", Desk().begin)
    for turn, count in enumerate((2, 4, 2, 4)):
        await threads.replies(turn, count)
    assert threads.told() == {"threads": 4, "most_replies_in_a_thread": 3}


async def test_what_the_desk_puts_off_is_begun_by_others() -> None:
    """A thread without an acknowledgement is none; a desk that acknowledges nothing ends the measuring."""
    threads = Threads("support@desk.example", Desk(puts_off=2).begin)
    assert len(await threads.replies(0, 3)) == 3
    deaf = Threads("support@desk.example", Desk(puts_off=1000).begin)
    with pytest.raises(RuntimeError, match=r"of 9 mails .* 0 were acknowledged"):
        await deaf.replies(0, 3)

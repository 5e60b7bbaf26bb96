"""Threads that customers answer in.

Invariant: of the replies of one try no two are in one thread, and so no two are of one sender; over all tries threads
have about as many each, so that none meets a cap that a customer would not meet.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.mails import Mail, reply, thread

#: Takes mails that begin threads in; Message-IDs of the acknowledgements that came, by the mails' names.
Begin = Callable[[Sequence[Mail]], Awaitable[Mapping[str, str]]]
#: On a busy machine some of the first may be put off; then others follow.
TURNS = 3


@dataclass
class Thread:
    """One that the desk has acknowledged.

    Attributes:
        begun: the mail that began it.
        acknowledged_by: Message-ID of the acknowledgement.
        replies: that were written in it.
    """

    begun: Mail
    acknowledged_by: str
    replies: int = 0


class Threads:
    """As many as the largest try so far has needed.

    Args:
        mailbox: that the customers write to.
        begin: how threads are begun.
    """

    def __init__(self, mailbox: str, begin: Begin) -> None:
        self._mailbox = mailbox
        self._begin = begin
        self._asked = 0
        self._open: list[Thread] = []

    async def replies(self, turn: int, count: int) -> list[Mail]:
        """So many customers' answers, each in a thread of its own: those that had the fewest so far.

        Raises:
            RuntimeError: the desk acknowledges no mails.
        """
        await self._enough(count)
        chosen = sorted(self._open, key=lambda each: each.replies)[:count]
        for each in chosen:
            each.replies += 1
        return [
            reply(f"bench-reply{turn}-{number}", each.begun, each.acknowledged_by) for number, each in enumerate(chosen)
        ]

    async def _enough(self, count: int) -> None:
        for _ in range(TURNS):
            missing = count - len(self._open)
            if missing <= 0:
                return
            numbers = range(self._asked, self._asked + missing)
            self._asked += missing
            mails = [thread(f"bench-thread-{number}", self._mailbox, number) for number in numbers]
            ids = await self._begin(mails)
            self._open += [Thread(mail, ids[mail.name]) for mail in mails if mail.name in ids]
        if len(self._open) < count:
            raise RuntimeError(f"of {self._asked} mails that begin threads {len(self._open)} were acknowledged")

    def told(self) -> dict[str, int]:
        """How many there are, and how many replies one got at most, over all tries."""
        most = max((each.replies for each in self._open), default=0)
        return {"threads": len(self._open), "most_replies_in_a_thread": most}

"""Which mail of the sink answers which mail of the load.

Invariant: a wait is told once for each mail that was sent, from the moment at which it was due to the first mail that
answers it; what answers nothing, comes twice, or comes before it was asked for is counted, never told as a wait.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sunk:
    """A mail that reached the sink.

    Attributes:
        at: seconds of the machine's monotonic clock, the same in every process.
        markers: names of mails of the load that it quotes.
        message_id: with its angle brackets.
    """

    at: float
    recipients: tuple[str, ...]
    markers: frozenset[str]
    message_id: str


@dataclass
class _Awaited:
    name: str
    due_at: float
    must_quote: bool
    answered_at: float | None = None
    answer: str = ""


@dataclass
class Answers:
    """What is awaited, by the address that it comes to; several at one address are told apart by what they quote.

    Attributes:
        doubled: answers to what was answered already.
        same_again: those of them under the Message-ID of the first: one mail, handed over twice.
        unasked: mails that answer nothing.
        early: answers from before the mail was due.
    """

    doubled: int = 0
    same_again: int = 0
    unasked: int = 0
    early: int = 0
    _awaited: dict[str, list[_Awaited]] = field(default_factory=dict)
    _open: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, name: str, recipient: str, due_at: float, *, must_quote: bool = False) -> None:
        """An answer to the mail of this name will come to this address."""
        self._awaited.setdefault(recipient, []).append(_Awaited(name, due_at, must_quote))
        self._open += 1

    def forget(self, name: str, recipient: str) -> None:
        """The mail was not taken by the desk: no answer to it will come."""
        kept = [each for each in self._awaited[recipient] if each.name != name or each.answered_at is not None]
        self._open -= len(self._awaited[recipient]) - len(kept)
        self._awaited[recipient] = kept
        self._changed.set()

    def arrived(self, mail: Sunk) -> None:
        """A mail is in the sink."""
        for recipient in mail.recipients:
            self._arrived(recipient, mail)
        self._changed.set()

    def _arrived(self, recipient: str, mail: Sunk) -> None:
        fits = [a for a in self._awaited.get(recipient, []) if not a.must_quote or a.name in mail.markers]
        if not fits:
            self.unasked += 1
            return
        open_ones = [awaited for awaited in fits if awaited.answered_at is None]
        if not open_ones:
            self.doubled += 1
            self.same_again += mail.message_id in {awaited.answer for awaited in fits}
        elif mail.at < open_ones[0].due_at:
            self.early += 1
        else:
            open_ones[0].answered_at, open_ones[0].answer = mail.at, mail.message_id
            self._open -= 1

    @property
    def open(self) -> int:
        """How many are awaited still."""
        return self._open

    def waits(self, names: Iterable[str]) -> list[float]:
        """Seconds that each of these mails waited for its answer; those without one are not among them."""
        wanted = set(names)
        return [
            awaited.answered_at - awaited.due_at
            for each in self._awaited.values()
            for awaited in each
            if awaited.name in wanted and awaited.answered_at is not None
        ]

    def due(self, names: Iterable[str]) -> dict[str, float]:
        """When each of these mails was due."""
        wanted = set(names)
        return {a.name: a.due_at for each in self._awaited.values() for a in each if a.name in wanted}

    def message_ids(self, names: Iterable[str]) -> dict[str, str]:
        """Message-IDs of the answers to these mails, as far as there are answers."""
        wanted = set(names)
        return {a.name: a.answer for each in self._awaited.values() for a in each if a.name in wanted and a.answer}

    async def all_arrived(self, seconds: float) -> bool:
        """Wait until nothing is awaited; false when that takes longer."""
        try:
            async with asyncio.timeout(seconds):
                while self._open:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

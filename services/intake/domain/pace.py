"""How fast one sender may write: a cap a minute, so that one does not make all others wait.

Invariant: memory is bounded; a sender that stays under the cap is never slowed.
"""

from collections import OrderedDict, deque

WINDOW_SECONDS = 60.0
SENDERS_KEPT = 10_000


class SenderPace:
    """The mails of the last minute, by sender's address."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, sender: str, now_seconds: float) -> bool:
        """Whether one more mail of this sender is taken now; counts it when it is.

        Args:
            sender: envelope sender; the null sender has no cap.
            now_seconds: a clock that never goes back.
        """
        if not sender or self._per_minute == 0:
            return True
        name = sender.lower()
        times = self._sent.pop(name, None) or deque()
        while times and now_seconds - times[0] >= WINDOW_SECONDS:
            times.popleft()
        allowed = len(times) < self._per_minute
        if allowed:
            times.append(now_seconds)
        self._sent[name] = times
        while len(self._sent) > SENDERS_KEPT:
            self._sent.popitem(last=False)
        return allowed

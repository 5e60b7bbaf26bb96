"""Hard or soft: whether an address is dead for good, or a mail merely was not taken.

Hard is only what would fail for every mail to that address: nobody of that name, no such domain, moved away, a host
that takes no mail. A full or disabled mailbox, a policy, a block list, a size, a time-out are soft: suppressing an
address for them would silence a customer who is there.

What a server says in words weighs more than its code: many give a code that means something else (RFC 3463 §2).
"""

import re

from services.intake.domain.bounces import reasons


def _any(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_SOFT, _PERHAPS_SOFT = _any(reasons.SOFT), _any(reasons.PERHAPS_SOFT)
_HARD, _DEAD_DOMAIN, _NOT_DEAD = _any(reasons.HARD), _any(reasons.DEAD_DOMAIN), _any(reasons.NOT_DEAD)
_NOT_OF_RECIPIENT = _any((*reasons.AFTER_DATA, *reasons.AFTER_MAIL))
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>]+>?")
_LINK = re.compile(r"https?://\S+")
_WORDS_READ = 4_000
_DIALOGUE_READ = 8_000


def is_hard(action: str, status: str, words: str, around: str = "") -> bool:
    """Whether a recipient's address is dead for good.

    Args:
        action: of the report, "" where it has none.
        status: enhanced code, "" where there is none.
        words: what the server said of this recipient.
        around: what else the report says of it: which command was refused.
    """
    if _is_soft_by_code(action, status):
        return False
    if status not in reasons.HARD_CODES and _NOT_OF_RECIPIENT.search((around or words)[:_DIALOGUE_READ]):
        return False
    said = " ".join(_LINK.sub(" ", _ADDRESS.sub(" ", words[:_WORDS_READ])).split())
    if _SOFT.search(said):
        return False
    if _HARD.search(said) or (_DEAD_DOMAIN.search(said) and not _NOT_DEAD.search(said)):
        return True
    return status in reasons.HARD_CODES and not _PERHAPS_SOFT.search(said)


def _is_soft_by_code(action: str, status: str) -> bool:
    if action in {"delayed", "delivered", "relayed", "expanded"} or status in reasons.SENDER_CODES:
        return True
    return status.startswith(reasons.NOT_NOW) and status != reasons.BUT_DEAD

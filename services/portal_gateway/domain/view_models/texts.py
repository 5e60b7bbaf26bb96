"""A message's text as pages show it: the words themselves, and how many lines of quotation are folded away."""

from dataclasses import dataclass

from services.portal_gateway.domain.view_models.wrapping import flowing


@dataclass(frozen=True, slots=True)
class Text:
    """What a message says.

    Attributes:
        words: the message without what it quotes; never empty where the mail has any text.
        folded: the whole text, "" where nothing is folded.
        folded_lines: how many lines the whole has more.
    """

    words: str
    folded: str = ""
    folded_lines: int = 0


def folded(text: str, full_text: str) -> Text:
    """Fold a message's quotation, and let what a mail program wrapped flow; folding only hides."""
    words, whole = text.strip(), full_text.strip()
    if not words:
        return Text(flowing(whole))
    if not whole or whole == words:
        return Text(flowing(words))
    lines = len([line for line in whole.splitlines() if line.strip()])
    kept = len([line for line in words.splitlines() if line.strip()])
    return Text(flowing(words), flowing(whole), max(lines - kept, 1))


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 ticket", "23 tickets"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

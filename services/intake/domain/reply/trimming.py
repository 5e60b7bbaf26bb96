"""The reply without quotation and signature.

Losing a customer's words is the worst fault, showing too much the least. So only what is announced as quotation, or
marked as such at the end, is left out; what stands after a marked quotation is an answer and stays; where nothing of
one's own would be left, everything stays.

Invariant: every line of the result is a line of the text, in its order.
"""

# ruff: noqa: RUF001 - signs of many alphabets

import re

from services.intake.domain.reply.attributions import INLINE
from services.intake.domain.reply.markers import Marker, find_marker, is_quoted, is_rule
from services.intake.domain.reply.signature import is_signature, without_signature

#: Longer texts are shown whole.
MAX_LINES, MAX_LETTERS = 10_000, 1_000_000
_INLINE = re.compile("|".join(INLINE), re.IGNORECASE)
_WRAPPED = 60
_MAX_MARKERS = 50


def trim(text: str) -> str:
    """The sender's own words of a plain text; the whole text where no quotation is found."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES or len(text) > MAX_LETTERS:
        return text
    kept = _tidy(without_signature(_own(lines)))
    return "\n".join(kept) if any(line.strip() for line in kept) else text.strip("\n")


def _own(lines: list[str]) -> list[str]:
    """The lines that are no quotation."""
    position = 0
    for _ in range(_MAX_MARKERS):
        marker = find_marker(lines, position)
        if marker is None:
            return _without_trailing_quote(lines)
        cut = _cut_at(lines, marker)
        if cut is not None:
            return cut
        position = marker.end
    return lines


def _cut_at(lines: list[str], marker: Marker) -> list[str] | None:
    """What is left when a marker's quotation goes: all, where nothing own would be; none where it announces none."""
    before, after = lines[: marker.start], lines[marker.end :]
    own_before = any(line.strip() for line in before)
    body = _first_words(after)
    if body is not None and _is_block_quoted(after, body):
        own_after = _answers(after)
        if own_after and own_before and marker.loose:
            return None
        if own_after:
            return [*_tidy(before), "", *own_after] if own_before else own_after
        return before if own_before else lines
    if not marker.certain:
        return None
    if not own_before:
        # Nothing of one's own above: what follows is what was sent. Without an address the line may be a sentence.
        announced = "".join(lines[marker.start : marker.end])
        return after if body is not None and "@" in announced and not _is_header(lines, marker) else lines
    return lines if _INLINE.search("\n".join(before[-40:])) else before


def _is_header(lines: list[str], marker: Marker) -> bool:
    """A forwarded mail keeps the lines that say whose it is."""
    return marker.end - marker.start > 1 and ":" in lines[marker.start] and ":" in lines[marker.start + 1]


def _first_words(lines: list[str]) -> int | None:
    return next((number for number, line in enumerate(lines) if line.strip()), None)


def _is_block_quoted(lines: list[str], first: int) -> bool:
    """Whether the quotation is marked, by ``>`` or by ``|`` down its side."""
    if is_quoted(lines[first]):
        return True
    block = [line for line in lines[first:] if line.strip()]
    return len(block) > 1 and all(line.lstrip().startswith("|") for line in block)


def _answers(lines: list[str]) -> list[str]:
    """What the sender wrote below or between marked quotations; empty where there is nothing.

    One answer below stands alone; answers between keep the quotations above them, which they answer.
    """
    runs = _runs(lines)
    spoken = [number for number, (quoted, run) in enumerate(runs) if not quoted and not _is_empty(run)]
    if not spoken:
        return []
    if len(spoken) == 1:
        return _own_of(runs[spoken[0]][1])
    first = 0 if runs[0][0] else spoken[0]
    kept = [line for _, run in runs[first : spoken[-1]] for line in run]
    return [*kept, *_own_of(runs[spoken[-1]][1])]


def _own_of(run: list[str]) -> list[str]:
    """A run of unmarked lines up to the next announcement in it."""
    marker = find_marker(run)
    return run[: marker.start] if marker is not None and marker.certain and marker.start > 0 else run


def _is_empty(run: list[str]) -> bool:
    """Nothing said: blank, a signature, or only the announcement of the next quotation."""
    marker = find_marker(run)
    own = run[: marker.start] if marker is not None else run
    return is_signature(own)


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Lines in runs that are quoted or not; a blank line joins what is above, a broken line its quotation."""
    runs: list[tuple[bool, list[str]]] = []
    for number, line in enumerate(lines):
        quoted = is_quoted(line) or line.lstrip().startswith("|") or _is_broken_off(lines, number)
        if runs and (not line.strip() or runs[-1][0] == quoted):
            runs[-1][1].append(line)
        else:
            runs.append((quoted, [line]))
    return runs


def _is_broken_off(lines: list[str], number: int) -> bool:
    """The end of a long quoted line that a mailer wrapped without marking it."""
    if not 0 < number < len(lines) - 1 or not lines[number].strip():
        return False
    above, below = lines[number - 1], lines[number + 1]
    unfinished = len(above) >= _WRAPPED and not above.rstrip().endswith((".", "?", "!", ":", "。", "？"))
    return is_quoted(above) and is_quoted(below) and unfinished and len(lines[number]) < _WRAPPED


def _without_trailing_quote(lines: list[str]) -> list[str]:
    """A marked quotation at the end goes, if anything stands above it."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_quoted(lines[end - 1]) or is_rule(lines[end - 1])):
        end -= 1
    return lines[:end] if end else lines


def _tidy(lines: list[str]) -> list[str]:
    """Without blank lines at the ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]

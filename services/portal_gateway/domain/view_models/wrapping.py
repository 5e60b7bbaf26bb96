"""Hard-wrapped mail text as flowing paragraphs, for pages of any width; what is said stays as it is.

Mail programs break lines at some 72 characters. On a phone each of them is broken again, and every other line holds a
word or two. Only what a program must have broken is joined: the next word would not have fitted, and somewhere in the
run a sentence goes on with a small letter. Lists, tables, logs, addresses, quotations and signatures keep their lines.
"""

import re
from itertools import pairwise

#: Shorter lines were broken by somebody who meant it, longer ones by nobody.
SHORTEST_WIDTH, LONGEST_WIDTH = 56, 100
_KEPT = re.compile(r"\s|$|>|\||--|[-*+•·\u2013]\s|\d{1,3}[.)]\s|[A-Za-z][.)]\s|https?://")


def flowing(text: str) -> str:
    """The text, whose lines end in a line feed, with each broken run of lines as one line."""
    lines = text.split("\n")
    width = max((len(line) for line in lines if len(line) <= LONGEST_WIDTH), default=0)
    if width < SHORTEST_WIDTH:
        return text
    found: list[str] = []
    run = [lines[0]]
    for before, line in pairwise(lines):
        if _was_broken(before, line, width):
            run.append(line)
        else:
            found += _joined(run)
            run = [line]
    return "\n".join(found + _joined(run))


def _was_broken(before: str, line: str, width: int) -> bool:
    """Whether a program broke here: the first word of the next line would not have fitted into this one."""
    if _KEPT.match(before) or _KEPT.match(line) or len(before) > LONGEST_WIDTH:
        return False
    return len(before.rstrip()) + 1 + len(line.split(" ", 1)[0]) > width


def _joined(run: list[str]) -> list[str]:
    goes_on = any(line[0].islower() for line in run[1:])
    return [" ".join(line.rstrip() for line in run)] if goes_on else run

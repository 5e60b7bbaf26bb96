"""Who says who sent it: results of our own border's checks only.

Anybody can write an Authentication-Results header; only those that carry our border's authserv-id count, and the border
must have deleted forged ones. Source: RFC 8601 §2.2, §5.
"""

import re

_RESULT = re.compile(r"^\s*(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_WORST_LAST = ("pass", "neutral", "none", "policy", "temperror", "softfail", "permerror", "fail")


def border_results(values: list[bytes], authserv_id: str) -> dict[str, str]:
    """spf, dkim, dmarc and arc as our border found them, lower case; empty where it did not speak.

    Of several dkim signatures one that passes counts; of two spf or dmarc results the worse one.
    """
    if not authserv_id:
        return {}
    found: dict[str, list[str]] = {}
    for value in values:
        text = _without_comments(value[:20_000].decode("latin-1"))
        said_by, _, results = text.partition(";")
        if (said_by.split() or [""])[0].strip().lower() != authserv_id.lower():
            continue
        for result in results.split(";"):
            match = _RESULT.match(result)
            if match is not None:
                found.setdefault(match[1].lower(), []).append(match[2].lower())
    return {method: _chosen(method, results) for method, results in found.items()}


def _without_comments(text: str) -> str:
    """Without comments and quoted words: a sender's address may stand in them, and say what it likes."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in text:
        inside = quoted or depth > 0
        if escaped:
            escaped = False
        elif letter == "\\" and inside:
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "()":
            depth = depth + 1 if letter == "(" else max(0, depth - 1)
        elif not inside:
            kept.append(letter)
    return "".join(kept)


def _chosen(method: str, results: list[str]) -> str:
    if method == "dkim" and "pass" in results:
        return "pass"
    return max(results, key=lambda result: _WORST_LAST.index(result) if result in _WORST_LAST else len(_WORST_LAST))

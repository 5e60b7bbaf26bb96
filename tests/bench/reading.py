"""How many mails a second one core reads, beside the bare parser of the standard library.

Two mails: plain text of 2 kB, as answers are, and HTML of 50 kB with its plain alternative, as newsletters and long
threads are. Each is read by `read_mail` (text, sanitised HTML, trimmed reply, kind, files, names, flags) and by the
bare parser (`email.message_from_bytes` with `policy.default`, every part decoded, nothing judged).
The two take turns in one process, so that a busy moment meets both; what counts is processor time.
"""

import email
import email.policy
import statistics
import time
from collections.abc import Callable
from typing import Any

from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail

WORDS = "The ONT in the shop reboots every twenty minutes and the light stays red until somebody restarts it. "
HEAD = (
    "From: Marta Silva <marta@sorriso.example>\r\nTo: support@desk.example\r\n"
    "Subject: =?utf-8?q?Re=3A_Liga=C3=A7=C3=A3o_em_baixo?=\r\nDate: Tue, 24 Nov 2026 09:12:00 +0000\r\n"
    "Message-ID: <bench@sorriso.example>\r\nIn-Reply-To: <1042.a@desk.example>\r\nMIME-Version: 1.0\r\n"
    "Received: from mx.sorriso.example by mx.desk.example; Tue, 24 Nov 2026 09:12:01 +0000\r\n"
)
ON = "On Tue, Nov 24, 2026 at 9:12 AM Support <support@desk.example> wrote:"


def text_of_2_kb() -> bytes:
    """An answer with what it quotes."""
    own = (WORDS * 10)[:1_000]
    quoted = "\r\n".join(f"> {WORDS[:70]}" for _ in range(13))
    return f"{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{own}\r\n\r\n{ON}\r\n{quoted}\r\n".encode()


def html_of_50_kb() -> bytes:
    """A long thread in HTML, its plain words beside it."""
    cell = f'<b>Row</b> {WORDS}<a href="https://x.example/?a=1&amp;b=2">link</a>'
    row = f'<tr><td style="font:12px" width="10"><p class="MsoNormal">{cell}</p></td></tr>'
    quoted = f"<blockquote type=cite><table>{row * (49_000 // len(row))}</table></blockquote>"
    html = f"<html><head><style>p{{margin:0}}</style></head><body><p>{WORDS}</p>{quoted}</body></html>"
    html += " " * max(0, 50_000 - len(html))
    plain = f"{WORDS}\r\n\r\n{ON}\r\n" + "\r\n".join(f"> {WORDS[:70]}" for _ in range(40))
    return (
        f"{HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode()


def bare(raw: bytes) -> None:
    """Parse and decode, no more."""
    for part in email.message_from_bytes(raw, policy=email.policy.default).walk():
        if not part.is_multipart():
            part.get_content()


def ours(raw: bytes) -> None:
    """Everything that the desk wants to know."""
    if not isinstance(read_mail(raw), ParsedMail):
        raise TypeError("the mail of the measurement was not read")


def rate(read: Callable[[bytes], None], raw: bytes, seconds: float) -> float:
    """Mails a second of processor time."""
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        read(raw)
        count += 1
    return count / spent


def measure_reading(rounds: int, seconds: float) -> dict[str, Any]:
    """Mails a second a core for each of the two mails, and the ratio to the bare parser."""
    found: dict[str, Any] = {"method": f"{rounds} rounds of {seconds:g} s of processor time each, in turn; medians"}
    for name, raw in (("text_2_kb", text_of_2_kb()), ("html_50_kb", html_of_50_kb())):
        rates = [(rate(ours, raw, seconds), rate(bare, raw, seconds)) for _ in range(rounds)]
        mine, theirs = (statistics.median(values) for values in zip(*rates, strict=True))
        found[name] = {
            "bytes": len(raw),
            "mails_per_second_a_core": round(mine),
            "bare_per_second_a_core": round(theirs),
            "ratio_to_bare_parser": round(statistics.median(a / b for a, b in rates), 3),
        }
    return found

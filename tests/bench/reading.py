"""How many mails a second one core reads, beside the bare parser of the standard library.

Two mails: plain text of 2 kB, as answers are, and HTML of 50 kB with its plain alternative, as newsletters and long
threads are. Each is read by `read_mail` (text, sanitised HTML, trimmed reply, kind, files, names, flags) and by the
bare parser (`email.message_from_bytes` with `policy.default`, every part decoded, nothing judged).
The two take turns in one process, so that a busy moment meets both; what counts is processor time.

    python -m tests.bench.reading [--rounds 7] [--seconds 1]
"""

import argparse
import email
import email.policy
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

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


def main() -> int:
    """Print machine, method and figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    told = parser.parse_args()
    print = sys.stdout.write  # noqa: A001 - a script prints
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(f"method: {told.rounds} rounds of {told.seconds:g} s of processor time each, in turn; medians\n")
    for name, raw in (("2 kB text", text_of_2_kb()), ("50 kB HTML", html_of_50_kb())):
        rates = [(rate(ours, raw, told.seconds), rate(bare, raw, told.seconds)) for _ in range(told.rounds)]
        mine, theirs = (statistics.median(values) for values in zip(*rates, strict=True))
        ratio = statistics.median(a / b for a, b in rates)
        print(f"{name} ({len(raw):,} bytes): {mine:,.0f} mails/s a core; bare {theirs:,.0f}; ratio {ratio:.2f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

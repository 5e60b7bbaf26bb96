"""``deskstream explain``: whoever asks why a mail became what it became is told, by machine and in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.intake.commands import app
from tests.unit.intake.mails import mail, multimail, part
from tests.unit.intake.reports import GONE, dsn

MAILS = Path(__file__).parents[2] / "fixtures" / "mails"
#: What scripts rely on.
FIELDS = {
    "file", "outcome", "error", "subject", "from", "html", "text", "reply", "attachments", "automatic", "bounces",
    "message_id", "in_reply_to", "references",
}  # fmt: skip


def explain(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["explain", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in explain(*arguments).split("\n") if line]


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(raw: bytes, name: str = "one.eml") -> str:
        (tmp_path / name).write_bytes(raw)
        return str(tmp_path / name)

    return write


def test_every_mail_is_one_json_line_with_all_its_fields() -> None:
    """Also where its text holds line ends of its own; what goes through a pipe is for machines."""
    files = sorted(map(str, MAILS.glob("*.eml")))
    found = rows("mail", *files)
    assert [row["file"] for row in found] == files
    assert all(row["outcome"] == "message" and set(row) >= FIELDS for row in found)
    photo = next(row for row in found if "03-ont-photo" in row["file"])
    assert photo["from"] == {"address": "rui.tavares@clinicasorriso.example", "name": "Rui Tavares"}
    assert set(photo["attachments"][0]) == {"filename", "content_type", "size", "sha256", "inline"}


def test_mail_that_cannot_be_read_says_why(written: Any) -> None:
    """R3: quarantine with its reason, as the desk would end it."""
    row = rows("mail", written(b"X-Large: " + b"x" * 600_000 + b"\r\n\r\nwords"))[0]
    assert row["outcome"] == "quarantine"
    assert row["error"].startswith("head_too_large: ")


def test_people_are_told_what_and_why(written: Any) -> None:
    """Who, which files, which reply and what was left out, which kind and what says so."""
    words = "Yes.\n\nOn Tue, Nov 24, 2026 at 9:12 AM S <s@desk.example> wrote:\n> On?"
    file = part("1", 'Content-Type: text/csv; name="stock.csv"')
    raw = multimail("mixed", part(words, "Content-Type: text/plain"), file)
    told = explain("mail", "--text", written(raw.replace(b"Subject: ", b"In-Reply-To: <a@b>\r\nSubject: Re: ")))
    assert "from:           Marta Silva <marta@sorriso.example>" in told
    assert "stock.csv (text/csv, 1 bytes) sha256 " in told
    assert "reply:          Yes.\n" in told
    assert "left out:       from line 3 of the text on, as quotation or signature: On Tue" in told
    bounce = explain("mail", "--text", written(dsn(GONE)))
    assert "automatic:      bounce: it has a part message/delivery-status" in bounce
    assert "bounces:        ana@gone.example hard 5.1.1: smtp; 550 5.1.1" in bounce
    away = explain("mail", "--text", written(mail("x", "Auto-Submitted: auto-replied")))
    assert "automatic:      auto_reply: Auto-Submitted: auto-replied" in away


def test_mail_cannot_command_the_terminal_it_is_shown_on(written: Any) -> None:
    """Escape sequences of a text, a name or HTML are shown as what they are: nothing."""
    raw = mail("a\x1b]0;owned\x07\x9b31m".encode(), "Content-Type: text/plain; charset=utf-8", subject="\x1b[2J\u202ex")
    for command, content in (("mail", raw), ("reply", b"\x1b[2Jwords"), ("html", b"<p>\x1b[2J\xc2\x9bwords</p>")):
        told = explain(command, "--text", written(content, f"one.{command}"))
        assert not set(told) & set("\x1b\x07\x9b\u202e")


def test_reply_and_html_are_explained_by_themselves(written: Any) -> None:
    """A plain text's reply; HTML, sanitised once and once more; a JSON file is a list of fragments."""
    text = written(b"Yes.\r\n\r\nOn Tue, Nov 24, 2026 at 9:12 AM S <s@d.example> wrote:\r\n> On?\r\n", "one.txt")
    assert rows("reply", text) == [{"file": text, "reply": "Yes."}]
    fragments = written(json.dumps(["<b onclick=x>a</b>", "<script>x</script>"]).encode(), "all.json")
    assert [(row["input"], row["output"], row["again"]) for row in rows("html", fragments)] == [
        ("<b onclick=x>a</b>", "<b>a</b>", "<b>a</b>"),
        ("<script>x</script>", "", ""),
    ]


def test_only_the_named_border_is_believed(written: Any) -> None:
    """RFC 8601: the operator names whose word counts."""
    file = written(mail("x", "Authentication-Results: mx.desk.example; dmarc=pass"))
    assert rows("mail", file)[0]["authentication"] == {}
    assert rows("mail", "--border", "mx.desk.example", file)[0]["authentication"] == {"dmarc": "pass"}

"""Mail files become what an SMTP client needs, byte for byte."""

from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.send.delivery import Outcome, outcome_of
from deploy.local.send.mails import Mail, read_mails

PLAIN = b"From: Ana <ana@x.example>\nTo: Support <support@desk.example>, other@y.example\nMessage-ID: <1@x>\n\nHi\xe9\n"


def read(path: Path, to: tuple[str, ...] = ()) -> list[Mail]:
    return list(read_mails(path, to, "desk.example", "support@desk.example"))


def test_bytes_stay_except_line_ends(tmp_path: Path) -> None:
    """Whatever octets a mail has, they are sent; every line ends as SMTP has it."""
    (tmp_path / "a.eml").write_bytes(PLAIN)
    mail = read(tmp_path / "a.eml")[0]
    assert mail.content == PLAIN.replace(b"\n", b"\r\n")
    assert mail.message_id == "<1@x>"


def test_the_envelope_comes_from_the_headers(tmp_path: Path) -> None:
    """From sends; the desk's own addresses receive, others are other people's business."""
    (tmp_path / "a.eml").write_bytes(PLAIN)
    mail = read(tmp_path / "a.eml")[0]
    assert (mail.sender, mail.recipients) == ("ana@x.example", ("support@desk.example",))
    assert read(tmp_path / "a.eml", ("hardware@desk.example",))[0].recipients == ("hardware@desk.example",)


def test_a_mail_for_nobody_here_goes_to_support(tmp_path: Path) -> None:
    """So that any folder of mails can be tried."""
    (tmp_path / "a.eml").write_bytes(b"From: a@b.c\nTo: someone@else.example\n\nHi\n")
    assert read(tmp_path / "a.eml")[0].recipients == ("support@desk.example",)


def test_a_bounce_keeps_its_null_sender(tmp_path: Path) -> None:
    """RFC 5321 §4.5.5: a report must not be answered by another report."""
    (tmp_path / "a.eml").write_bytes(b"Return-Path: <>\nFrom: mailer-daemon@b.c\n\nfailed\n")
    assert read(tmp_path / "a.eml")[0].sender == ""


def test_a_mailbox_file_is_all_its_mails(tmp_path: Path) -> None:
    """Each has a name of its own in the evidence."""
    (tmp_path / "box").write_bytes(b"From x Thu Jan  1 00:00:00 2026\n" + PLAIN + b"\nFrom y Thu Jan  1\n" + PLAIN)
    assert [mail.name for mail in read(tmp_path / "box")] == ["box:1", "box:2"]


def test_a_folder_is_read_in_order_without_its_notes(tmp_path: Path) -> None:
    """Expectations and scripts beside the mails are not sent."""
    for name in ("b.eml", "a.eml", "a.json", ".hidden", "score.py"):
        (tmp_path / name).write_bytes(PLAIN)
    assert [mail.name for mail in read(tmp_path)] == ["a.eml", "b.eml"]


def test_a_mail_without_headers_is_still_a_mail(tmp_path: Path) -> None:
    """Broken mails are what the desk must be tried with."""
    (tmp_path / "a.eml").write_bytes(b"\x00\xff nonsense")
    mail = read(tmp_path / "a.eml")[0]
    assert (mail.sender, mail.message_id, mail.recipients) == ("", "", ("support@desk.example",))


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    """One line, not a traceback."""
    with pytest.raises(StackError, match="there is no"):
        read(tmp_path / "none")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(250, Outcome.ACCEPTED), (451, Outcome.DEFERRED), (421, Outcome.DEFERRED), (550, Outcome.REFUSED)],
)
def test_a_reply_code_is_an_outcome(code: int, outcome: Outcome) -> None:
    """RFC 5321 §4.2.1."""
    assert outcome_of(code) is outcome

"""What the mail catcher makes of a mail, and the answer it writes for a customer."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local.mail_catcher.door import Faults
from deploy.local.mail_catcher.reading import Opened, answer_to, as_json, open_mail
from deploy.local.mail_catcher.store import Caught, MailStore


def caught(**headers: str) -> Opened:
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Bom dia\nMarta")
    mail.add_alternative("<p>Bom dia</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="nota.pdf")
    raw = mail.as_bytes()
    return open_mail(Caught(7, "2026-01-01T00:00:00+00:00", "desk@d.example", ("marta@c.example",), len(raw)), raw)


DESK = {"From": "Desk <desk@d.example>", "To": "Marta Silva <marta@c.example>", "Subject": "[#1] Router"}


def test_an_answer_is_threaded_and_goes_where_the_mail_asks() -> None:
    """RFC 5322 §3.6.4: In-Reply-To is the mail, References its ancestors and it; Reply-To beats From."""
    mail = caught(**DESK, Message_ID="<2@d>", References="<0@d> <1@d>", Reply_To="support+1@d.example")
    answer = answer_to(mail, "marta@c.example", "Obrigada", [])
    assert answer["In-Reply-To"] == "<2@d>"
    assert answer["References"] == "<0@d> <1@d> <2@d>"
    assert answer["To"] == "support+1@d.example"
    assert answer["From"] == "Marta Silva <marta@c.example>"
    assert answer["Subject"] == "Re: [#1] Router"
    assert answer.get_content().startswith("Obrigada")
    assert "> Bom dia" in answer.get_content()


def test_an_answer_without_reply_to_goes_to_from_and_keeps_one_re() -> None:
    """Re: is not stacked."""
    answer = answer_to(caught(**{**DESK, "Subject": "RE: Router"}), "marta@c.example", "Ok", [])
    assert answer["To"] == "Desk <desk@d.example>"
    assert answer["Subject"] == "RE: Router"


def test_a_mail_is_told_to_tests_whole() -> None:
    """Headers in order, text, HTML, attachments with size and hash."""
    told = as_json(caught(**DESK, Auto_Submitted="auto-replied"))
    assert (told["subject"], told["auto_submitted"]) == ("[#1] Router", "auto-replied")
    assert told["text"].startswith("Bom dia")
    assert told["html"].startswith("<p>")
    assert [(file["name"], file["size"]) for file in told["attachments"]] == [("nota.pdf", 4)]
    assert ["Subject", "[#1] Router"] in told["headers"]


def test_a_broken_mail_is_shown_as_far_as_it_goes() -> None:
    """Unknown charsets and binary rubbish end in text, not in an error."""
    for raw in (b"Content-Type: text/plain; charset=klingon\n\nnuq\xff", b"\x00\x01", b""):
        opened = open_mail(Caught(1, "", "", (), 0), raw)
        assert as_json(opened)["id"] == 1


async def test_caught_mails_survive_a_restart_and_numbers_go_on(tmp_path: Path) -> None:
    """A second catcher on the same folder lists the same mails, newest first."""
    store = MailStore(tmp_path)
    await store.add("a@b", ["X@y"], b"one")
    await store.add("a@b", ["z@y"], b"two")
    again = MailStore(tmp_path)
    assert [mail.number for mail in again.newest_first()] == [2, 1]
    assert [again.raw(mail) for mail in again.newest_first("x@Y")] == [b"one"]
    assert (await again.add("a@b", ["z@y"], b"three")).number == 3
    assert [mail.number for mail in again.newest_first(after=2)] == [3]


async def test_followers_of_the_list_miss_no_change(tmp_path: Path) -> None:
    """A change between two looks is told at the next."""
    store = MailStore(tmp_path)
    changes = store.changes(patience_seconds=0.05)
    assert await anext(changes) is False
    await store.add("a@b", ["c@d"], b"one")
    assert await anext(changes) is True
    assert await anext(changes) is False
    await changes.aclose()


def test_a_fault_is_spent_after_its_times() -> None:
    """What is meant for two mails meets two; refused recipients stay."""
    faults = Faults(answer=451, times=2, refuse_recipients=["a@b"])
    assert faults.spend().answer == 451
    assert faults.spend().spend() == Faults(refuse_recipients=["a@b"])
    assert Faults(answer=451).spend().answer == 451


@pytest.mark.parametrize("bad", [{"answer": 250}, {"times": 0}, {"delay_seconds": -1}, {"unknown": 1}])
def test_a_fault_that_is_none_is_refused(bad: dict[str, int]) -> None:
    """A test that misspells its fault must not pass by accident."""
    with pytest.raises(ValidationError):
        Faults(**bad)

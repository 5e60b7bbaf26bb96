"""Internal text, and another's, is found wherever it went; a page that nobody read proves nothing."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.checker.report import judge
from tests.chaos.checker.seen import Evidence, Page
from tests.chaos.checker.stand_in import AGENT, ANA, MAIL, NOTE, RUI, evidence, given, mail
from tests.chaos.history import Kind, Outcome

OTHER = "mk00000000m2"


def leak(e: Evidence) -> None:
    e.mails = [*e.mails[:-1], mail(RUI.address, "m-1", f"Ana wrote: {MAIL} {NOTE}", 1.6)]


def leak_on_a_page(e: Evidence) -> None:
    e.pages = {"/portal/requests/a": Page(MAIL, f"<p>{MAIL} {NOTE}</p>")}


def leak_in_a_mail_that_was_put_off(e: Evidence) -> None:
    e.mails = [*e.mails, mail(RUI.address, "m-1", f"Ana wrote: {MAIL} {NOTE}", 1.6, "451")]


def leak_in_half_a_mail(e: Evidence) -> None:
    whole = mail(RUI.address, "m-1", f"Ana wrote: {MAIL} {NOTE}", 1.6, "cut")
    e.mails = [*e.mails, replace(whole, raw=whole.raw[: whole.raw.index(NOTE.encode()) + len(NOTE)])]


def leak_in_a_coded_subject(e: Evidence) -> None:
    subject = "=?utf-8?b?" + b64encode(f"Ärger {NOTE}".encode()).decode() + "?="
    coded = mail(RUI.address, "m-1", f"Ana wrote: {MAIL}", 1.6)
    e.mails = [*e.mails[:-1], replace(coded, raw=coded.raw.replace(b"Subject: ", f"Subject: {subject} ".encode()))]


def leak_in_a_file(e: Evidence) -> None:
    coded = mail(RUI.address, "m-1", f"Ana wrote: {MAIL}", 1.6)
    message = coded.message
    message.add_attachment(f"{NOTE} in a file".encode(), "application", "octet-stream")
    e.mails = [*e.mails[:-1], replace(coded, raw=message.as_bytes())]


def another(e: Evidence) -> None:
    e.inputs = {
        **e.inputs,
        OTHER: given(OTHER, Kind.FORM, 6.0, Outcome.UNKNOWN, begun_by=OTHER, sender="eva@x.example"),
    }


def anothers_text_in_a_mail(e: Evidence) -> None:
    another(e)
    e.mails = [*e.mails[:-3], mail(ANA.address, "m-3", f"We look at it, {AGENT}, and {OTHER}", 3.5), *e.mails[-2:]]


def anothers_text_on_a_page(e: Evidence) -> None:
    another(e)
    e.pages = {"/portal/requests/a": Page(MAIL, f"<p>{MAIL} {OTHER}</p>")}


def page_that_is_not_shown(e: Evidence) -> None:
    e.pages = {**e.pages, "/portal/requests/b": Page(MAIL, None)}


def page_without_its_request(e: Evidence) -> None:
    e.pages = {"/portal/requests/a": Page(MAIL, "<p>Something went wrong</p>")}


def no_page(e: Evidence) -> None:
    e.pages = {}


@pytest.mark.parametrize(
    ("spoil", "checks"),
    [
        (leak, {"private_leaks"}),
        (leak_on_a_page, {"private_leaks"}),
        (leak_in_a_mail_that_was_put_off, {"private_leaks"}),
        (leak_in_half_a_mail, {"private_leaks"}),
        (leak_in_a_coded_subject, {"private_leaks"}),
        (leak_in_a_file, {"private_leaks"}),
        (anothers_text_in_a_mail, {"private_leaks"}),
        (anothers_text_on_a_page, {"private_leaks"}),
        (page_that_is_not_shown, {"pages_unread"}),
        (page_without_its_request, {"pages_unread"}),
        (no_page, {"pages_unread"}),
    ],
)
def test_each_leak_is_found(spoil: Callable[[Evidence], None], checks: set[str]) -> None:
    """In a mail that was taken, put off or cut off, in a header, a file or on a page."""
    spoilt = evidence()
    spoil(spoilt)
    assert {check for check, count in judge(spoilt).counts.items() if count} == checks

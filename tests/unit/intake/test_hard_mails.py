"""Mails that are hard to read, each read as it means."""

import pytest

from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from tests.unit.intake.hard_mails import hard_mails

HARD = hard_mails()


@pytest.mark.parametrize("name", HARD)
def test_hard_mail_is_read_as_it_means(name: str) -> None:
    """R24: subject, words and files, whatever charset, encoding or structure a program chose."""
    hard = HARD[name]
    found = read_mail(hard.raw)
    assert isinstance(found, ParsedMail)
    assert (found.subject, found.text) == (hard.subject, hard.text)
    assert tuple(one.name for one in found.attachments) == hard.files

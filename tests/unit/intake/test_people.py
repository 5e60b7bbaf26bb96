"""Who wrote a mail and to whom."""

import pytest

from services.intake.domain.address_list import read_addresses
from services.intake.domain.addresses import domain_of, without_detail
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from tests.unit.intake.mails import mail


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("Marta Silva <marta@x.example>", "Marta Silva", "marta@x.example"),
        ('"Silva, Marta" <marta@x.example>', "Silva, Marta", "marta@x.example"),
        ("marta@x.example (Marta Silva)", "Marta Silva", "marta@x.example"),
        ("marta@x.example", "", "marta@x.example"),
        ("=?utf-8?q?Jos=C3=A9?= <jose@x.example>", "José", "jose@x.example"),
        ("=?utf-8?q?Jos=C3=A9_=3Cjose=40x=2Eexample=3E?=", "José", "jose@x.example"),
        ("'Marta' <marta@x.example>", "Marta", "marta@x.example"),
        ("<marta@x.example>", "", "marta@x.example"),
        ("Marta Silva marta@x.example", "Marta Silva", "marta@x.example"),
        ("Marta <mailto:marta@x.example>", "Marta", "marta@x.example"),
        ("Team: marta@x.example;", "", "marta@x.example"),
        ("josé@hotel.example", "", "josé@hotel.example"),
        ("Marta <marta@x.example", "Marta", "marta@x.example"),
        ('Marta <"marta.silva"@x.example>', "Marta", "marta.silva@x.example"),
        ("Marta <'marta@x.example'>", "Marta", "marta@x.example"),
        ('Marta <marta@x.example">', "Marta", "marta@x.example"),
        ("<<marta@x.example>>", "", "marta@x.example"),
        ("Marta: Sales <marta@x.example>", "Marta: Sales", "marta@x.example"),
        ("Marta <@relay.example:marta@x.example>", "Marta", "marta@x.example"),
    ],
)
def test_one_address_is_read(written: str, name: str, address: str) -> None:
    """RFC 5322, encoded, commented, quoted, unclosed."""
    found = read_addresses([written.encode()])
    assert [(one.name, one.address) for one in found] == [(name, address)]


@pytest.mark.parametrize("written", ["", "undisclosed-recipients:;", "Marta", '"marta@x.example"', "a b@", "@x", "<>"])
def test_what_is_no_address_is_none(written: str) -> None:
    """Nothing is made up."""
    assert read_addresses([written.encode()]) == []


def test_several_addresses_keep_their_order() -> None:
    """Commas separate outside quotes and comments only."""
    found = read_addresses([b'"A, B" <ab@x.example>, c@x.example (x, y), Group: d@x.example, e@x.example;'])
    assert [one.address for one in found] == ["ab@x.example", "c@x.example", "d@x.example", "e@x.example"]


def test_answer_goes_to_the_next_best_address() -> None:
    """Where From has no address the nearest header is taken, and a flag says so."""
    found = read(mail(sender="Marta", subject="x").replace(b"To:", b"Reply-To: marta@x.example\r\nTo:", 1))
    assert found.sender is not None
    assert found.sender.address == "marta@x.example"
    assert "no_from" in found.flags


def test_forged_senders_are_flagged() -> None:
    """Two From headers, several authors, a name that is another address: staff and rules are warned."""
    two = read(mail("x", "From: other@y.example"))
    assert {"two_from_headers", "from_with_several_addresses"} <= set(two.flags)
    named = read(mail(sender='"boss@company.example" <thief@z.example>'))
    assert "name_looks_like_another_address" in named.flags
    assert not read(mail()).flags


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@X.Example", "x.example"),
        ("a@x.example.", "x.example"),
        ("a@bücher.example", "xn--bcher-kva.example"),
        ("a", ""),
    ],
)
def test_domains_compare_as_servers_compare_them(address: str, domain: str) -> None:
    """Case folds, a last dot is nothing, U-labels are their A-labels."""
    assert domain_of(address) == domain


def test_detail_behind_plus_belongs_to_the_mailbox() -> None:
    """support+anything is support."""
    assert without_detail("Support+x.y@Desk.example") == "support@desk.example"

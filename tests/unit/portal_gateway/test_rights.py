"""Who is staff, where they may be sent after signing in, and what a password is."""

from uuid import UUID

import pytest
from argon2 import PasswordHasher

from services.portal_gateway.domain.passwords import ALPHABET, Passwords, new_password
from services.portal_gateway.domain.rights import safe_next, staff_of
from shared.addresses import normalise, person_id
from shared.contracts.state import PersonState

PERSON = PersonState(version=1, id=UUID(int=7), address="rita@desk.example", name="Rita", role="agent")
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_staff_are_active_people_with_a_role() -> None:
    """P72: a customer, and staff who left, are nobody of staff; only administrators administer."""
    agent = staff_of(PERSON)
    assert agent is not None
    assert agent.actor == f"agent:{PERSON.id}"
    assert not agent.is_administrator
    assert staff_of(PERSON.model_copy(update={"role": None})) is None
    assert staff_of(PERSON.model_copy(update={"active": False})) is None
    chief = staff_of(PERSON.model_copy(update={"role": "administrator", "name": ""}))
    assert chief is not None
    assert chief.is_administrator
    assert chief.name == "rita@desk.example"


@pytest.mark.parametrize(
    "wanted",
    ["/workspace", "/workspace/tickets?status=new&next=//x", "/workspace?view=mine", "/workspace/tickets/1042"],
)
def test_signing_in_leads_back_into_the_workspace(wanted: str) -> None:
    """Whoever was sent to sign in comes back to where they were."""
    assert safe_next(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "https://evil.example/workspace",
        "//evil.example/workspace",
        "/workspacevil",
        "/portal",
        "/workspace/\\evil",
        "/workspace//evil",
        "/workspace/\nSet-Cookie:x",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_nowhere_else(wanted: str | None) -> None:
    """An address that a stranger made does not lead out of the workspace."""
    assert safe_next(wanted) == "/workspace"


def test_a_password_fits_its_own_hash_only() -> None:
    """Hashes tell right from wrong; nobody's hash, and a damaged one, fit nothing."""
    kept = QUICK.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert QUICK.fits(kept, "correct horse")
    assert not QUICK.fits(kept, "correct horse ")
    assert not QUICK.fits(None, "correct horse")
    assert not QUICK.fits("$argon2id$damaged", "correct horse")


def test_new_passwords_can_be_read_aloud() -> None:
    """No letter or digit looks like another; none comes twice."""
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert [len(group) for group in password.split("-")] == [5, 5, 5, 5]
        assert set(password) <= set(ALPHABET) | {"-"}


def test_one_address_is_one_person_whatever_its_case() -> None:
    """P24: case, white space and the form of the domain's name make no other person."""
    assert normalise(" Marta@Exemplo.PT ") == "marta@exemplo.pt"
    assert normalise("ana@MÜNCHEN.example.") == "ana@xn--mnchen-3ya.example"
    assert person_id("Marta@Exemplo.pt") == person_id("marta@exemplo.pt")
    assert normalise("nobody") == "nobody"

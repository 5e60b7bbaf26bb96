"""A form as it is asked, and as it is shown again."""

from services.portal_gateway.domain.sayings import say_in
from services.portal_gateway.domain.view_models.portal import ENGLISH, confirmation, portal_frame
from services.portal_gateway.domain.view_models.portal_forms import form_again, form_page
from shared.contracts.state import BrandState, FieldOption, FieldSpec, FormState
from tests.unit.portal_gateway.portal.builders import REQUEST, item, message, ref

FORM = FormState(version=1, key="hardware", type="hardware", title="Report a device", mailbox="hardware")
SHOP = FieldSpec(
    key="shop", label="Your name", kind="select", required=True, options=(FieldOption(key="porto", label="Porto"),)
)
KIND = REQUEST.model_copy(update={"fields": (SHOP, FieldSpec(key="serial", label="Serial number"))})


def test_the_types_fields_are_asked_in_their_order() -> None:
    """P10, P12: the form asks what its type has, by the names that are posted; only what may be left out says so."""
    page = form_page(FORM, KIND, "/portal/forms/hardware", "token")
    assert [(q.name, q.required) for q in page.own_questions] == [("fields.shop", True), ("fields.serial", False)]
    assert [q.name for q in page.questions] == ["title", "text", "name", "address"]
    assert page.heading == ""
    assert page.missing == ()


def test_a_refused_form_keeps_everything_and_names_each_field() -> None:
    """P11: the summary says how many things are missing, each sentence names its own field."""
    typed = {"fields.shop": "", "fields.serial": "HG-814", "text": "Está partido", "title": "", "name": "Ana"}
    page = form_again(
        form_page(FORM, KIND, "/", "token"), typed, {"fields.shop": "missing", "title": "missing"}, ENGLISH
    )
    assert page.heading == "2 things are missing"
    assert [(q.name, q.error) for q in page.missing] == [
        ("fields.shop", "Choose an answer to “Your name”."),
        ("title", "Say in a few words what it is about."),
    ]
    assert {q.name: q.value for q in (*page.own_questions, *page.questions)} == {**typed, "address": ""}


def test_wrong_answers_are_not_called_missing() -> None:
    """A date that is none is there, so nothing is missing."""
    page = form_again(form_page(FORM, KIND, "/", "token"), {"address": "ana"}, {"address": "no_address"}, ENGLISH)
    assert page.heading == "Please check one thing"


def test_pages_own_words_are_translated_and_administrators_words_are_not() -> None:
    """E17: a Portuguese reader is asked in Portuguese; a label stays as it was written, even if it is one of ours."""
    page = form_page(FORM, KIND, "/", "token", say_in("pt"))
    assert [q.label for q in page.questions] == ["Qual é o assunto?", "O que aconteceu?", "O seu nome", "O seu e-mail"]
    assert [q.label for q in page.own_questions] == ["Your name", "Serial number"]
    assert page.title == "Report a device"


def test_a_confirmation_says_in_short_what_was_sent() -> None:
    """P6: the number, the title, where the answer goes, and the beginning of a long text."""
    ours = item(ref())
    sent = message(ours, "word " * 200, subject="Fish stopped eating")
    page = confirmation(1042, sent)
    assert (page.number, page.title, page.address) == (1042, "Fish stopped eating", "ana@cliente.example")
    assert page.text.endswith("word …")
    assert len(page.text) < 300
    assert confirmation(1042, None).address == ""


def test_the_frame_is_the_brands() -> None:
    """P13: the name and its first letter; a desk without a brand still has a page."""
    brand = BrandState(version=3, key="main", name="«Lagoon & Reef»")
    assert (portal_frame(brand, "/x.css", 1, "pt").mark, portal_frame(brand, "/x.css", 1, "pt").language) == ("L", "pt")
    assert portal_frame(None, "/x.css", 1).brand == "Help"

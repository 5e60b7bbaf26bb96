"""The customers' pages speak four languages, whole."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from services.portal_gateway.domain.sayings import CATALOGUES, language_of, say_in
from services.portal_gateway.domain.sayings.days import DAYS
from services.portal_gateway.domain.view_models import portal, portal_errors, portal_forms
from services.portal_gateway.domain.view_models.times import Clock, moment
from tests.unit.portal_gateway.portal.builders import NOW

ROOT = Path(__file__).parents[4] / "services" / "portal_gateway"
PLACES = re.compile(r"\{(\w+)\}")
OTHERS = [language for language in CATALOGUES if language != "en"]


def sentences_of_templates() -> set[str]:
    """Every literal that a template of the portal says by `t(…)`."""
    environment, found = Environment(autoescape=True), set()
    for template in sorted((ROOT / "templates" / "portal").glob("*.html")):
        for call in environment.parse(template.read_text()).find_all(nodes.Call):
            first = call.args[0] if call.args else None
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(first, nodes.Const):
                found.add(str(first.value))
    return found


def sentences_of_view_models() -> set[str]:
    """What view models say: every sentence of their own that is not a name, a path or a docstring."""
    found = set()
    for module in (portal, portal_errors, portal_forms):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
                found.add(node.value)
    return {text for text in found if re.match(r"[A-Z“{]", text) and text not in {"Help", "Retry-After"}}


def sentences() -> set[str]:
    return sentences_of_templates() | sentences_of_view_models()


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said_in_every_language(language: str) -> None:
    """E17: no page of the portal falls back to English in the middle, and no catalogue keeps what nobody says."""
    assert len(sentences()) > 80
    assert sentences() - set(CATALOGUES[language]) == set()
    assert set(CATALOGUES[language]) - sentences() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_named_places_are_the_same_in_every_language(language: str) -> None:
    """A sentence that lost its number or its name would not say what it is about."""
    for english, said in CATALOGUES[language].items():
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(said)), english


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.5", "pt"),
        ("de-DE, fr;q=0.4, es;q=0.8", "es"),
        ("de", "en"),
        ("en;q=0, fr", "fr"),
        ("fr;q=0.5, en;q=0.5", "fr"),
        ("ES", "es"),
        ("*, pt;q=broken, fr;v=1", "en"),
        (",".join(["xx"] * 500) + ",pt", "en"),
    ],
)
def test_the_reader_gets_the_language_they_prefer(accepted: str, language: str) -> None:
    """E17: the browser's order counts (RFC 9110 §12.5.4); what is not ours, or broken, is passed over."""
    assert language_of(accepted) == language


def test_what_administrators_wrote_is_not_translated() -> None:
    """A label that happens to be one of our sentences stays as it was written."""
    say = say_in("pt")
    assert say("Order {number}", number="{name}") == "Order {name}"
    assert say("Request #{number}", number=7) == "Pedido #7"


@pytest.mark.parametrize(("language", "words"), [("en", "Today"), ("pt", "Hoje"), ("es", "Hoy"), ("fr", "Aujourd’hui")])
def test_moments_are_named_in_the_language(language: str, words: str) -> None:
    """E17: days and months have the reader's names."""
    shown = moment(NOW, Clock(NOW, NOW.tzinfo or NOW.astimezone().tzinfo, DAYS[language]))  # type: ignore[arg-type]
    assert shown.words == f"{words} 09:30"
    assert "2026" in shown.full
    assert {len(DAYS[language].weekdays), len(DAYS[language].short_weekdays)} == {7}
    assert {len(DAYS[language].months), len(DAYS[language].short_months)} == {12}

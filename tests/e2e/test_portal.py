"""The portal form: rows, not code; no JavaScript; clear refusals; one ticket however often one clicks."""

import re
from typing import Any
from uuid import uuid4

import httpx2
from selectolax.lexbor import LexborHTMLParser

from tests.e2e.desk import Desk
from tests.support.waiting import wait_for


def unique(words: str) -> str:
    return f"{words} {uuid4().hex[:8]}"


def hidden_fields(page: str) -> dict[str, str]:
    form = LexborHTMLParser(page).css_first("main form") or LexborHTMLParser(page).css_first("form")
    assert form is not None
    inputs = form.css("input[type=hidden]")
    return {str(node.attributes["name"]): node.attributes.get("value") or "" for node in inputs}


def form_url(desk: Desk, key: str) -> str:
    return f"{str(desk.status['urls']['portal']).rstrip('/')}/forms/{key}"


def test_form_makes_a_ticket_and_shows_its_number_once(desk: Desk) -> None:
    """P4, P5, P6: name, address and words suffice; twice clicked is one ticket with one number."""
    title, sender = unique("Balcão: peixe doente"), f"loja-{uuid4().hex[:6]}@aquario.example"
    url = form_url(desk, "request")
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(url)
        assert page.status_code == 200
        values = {**hidden_fields(page.text), "name": "Loja 7", "address": sender, "title": title, "text": "Ajuda"}
        first, second = browser.post(url, data=values), browser.post(url, data=values)
    assert first.status_code == 200, first.text[:800]
    item = desk.wait_for_item(title)
    assert f"#{item['number']}" in first.text
    assert f"#{item['number']}" in second.text
    assert len(desk.find(title)) == 1
    assert item["channel"] == "portal"
    desk.wait_for_mail(sender, f"[#{item['number']}]")


def test_form_follows_its_fields_without_a_restart(desk: Desk) -> None:
    """P10, P11, P12: a required select added to one type is served, asked for, refused without, and kept."""
    kinds = {kind["key"]: kind for kind in desk.get("/types")["items"]}
    shop = {
        "key": "shop",
        "label": "Which shop?",
        "kind": "select",
        "required": True,
        "options": [{"key": "porto", "label": "Porto"}, {"key": "lisboa", "label": "Lisboa"}],
    }
    others = [field for field in kinds["hardware"]["fields"] if field["key"] != "shop"]
    saved = desk.http.patch(
        "/api/v1/types/hardware",
        json={"fields": [*others, shop]},
        headers={"If-Match": f'"{kinds["hardware"]["version"]}"'},
    )
    assert saved.status_code == 200, saved.text
    url, title = form_url(desk, "hardware"), unique("Termóstato partido")
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = _page_with(browser, url, "Which shop?")
        values: dict[str, Any] = {
            **hidden_fields(page),
            "name": "Ana",
            "title": title,
            "text": "Está partido",
            "address": f"ana-{uuid4().hex[:6]}@aquario.example",
        }
        refused = browser.post(url, data=values)
        assert refused.status_code == 422
        assert "Which shop?" in refused.text
        assert "Está partido" in refused.text, "typed text is kept"
        assert desk.find(title) == []
        values = {**values, **hidden_fields(refused.text), "fields.shop": "porto"}
        good = browser.post(url, data=values)
    assert good.status_code == 200, good.text[:800]
    item = desk.wait_for_item(title)
    assert re.search(rf"#{item['number']}\b", good.text)
    assert item["type"] == "hardware"
    assert item["fields"]["shop"] == "porto"
    assert "Which shop?" not in httpx2.get(form_url(desk, "request"), timeout=20).text


def _page_with(browser: httpx2.Client, url: str, words: str) -> str:
    def page() -> str | None:
        text = browser.get(url).text
        return text if words in text else None

    return wait_for(page, f"{words!r} on the form")

"""The portal's pages with sample data."""

from dataclasses import replace
from typing import Any

from services.portal_gateway.domain.view_models.portal import (
    ENGLISH,
    Seen,
    confirmation,
    form_links,
    portal_frame,
    request_page,
)
from services.portal_gateway.domain.view_models.portal_errors import away, no_such_link, portal_error, sent_before
from services.portal_gateway.domain.view_models.portal_forms import form_again, form_page
from services.portal_gateway.domain.view_models.times import Clock
from shared.contracts.state import BrandState, ChangeState
from tests.browser.sample import (
    ANA,
    FORMS,
    NOW,
    RITA,
    TYPES,
    ZONE,
    an_id,
    at,
    file,
    item,
    message,
    ref,
)

CLOCK = Clock(NOW, ZONE)
BRAND = BrandState(version=1, key="main", name="Lagoon & Reef", colour="#0b5d6b")
FRAME = portal_frame(BRAND, "/portal/brand.css", 26_214_400)
_FISH = item(
    20418,
    "My two clownfish stopped eating",
    ANA,
    None,
    "waiting_on_customer",
    "normal",
    assignee=RITA,
    kind="request",
    channel="portal",
    since=at("11:40"),
    fields={"shop": "vigo", "order": "LR-58213"},
)
_SAID = (
    message(
        _FISH,
        ANA,
        "09:12",
        "The two clownfish I bought on Saturday stopped eating yesterday. The water is at 25 °C and I changed 10 % "
        "on Sunday.",
        channel="portal",
        attachments=(file("tank.jpg", "image/jpeg", 2_100_000), file("values.txt", "text/plain", 812)),
    ),
    message(
        _FISH,
        ref(RITA),
        "11:40",
        "Hello Ana, that can happen in the first days. Two questions: how high is ammonia (NH₃) today, and do you "
        "see white spots on the fins? Please do not add medicine yet. https://lagoon.example/care/clownfish tells "
        "more.",
    ),
    message(_FISH, ref(RITA), "11:45", "Never on a page of a customer.", public=False),
)


def _step(version: int, clock: str, old: str, new: str) -> ChangeState:
    return ChangeState(
        version=version,
        item_id=_FISH.id,
        event_id=an_id(f"step {version}"),
        event="changed",
        at=at(clock),
        actor=f"agent:{RITA.id}",
        changes={"status": (old, new)},
        correlation_id=an_id("correlation"),
    )


_STEPS = (_step(2, "10:05", "new", "in_progress"), _step(4, "11:40", "in_progress", "waiting_on_customer"))


def _form() -> Any:
    return form_page(FORMS[0], TYPES["request"], "/portal/forms/request", "token")


_TYPED = {
    "title": "My two clownfish stopped eating",
    "text": "The two clownfish I bought on Saturday stopped eating yesterday. The water is at 25 °C and I changed "
    "10 % on Sunday.",
    "name": "Ana Torres",
    "address": "ana.torres@correo.example",
    "fields.order": "LR-58213",
}


def request(**changes: Any) -> Any:
    seen = Seen(
        _FISH,
        TYPES["request"],
        _SAID,
        _STEPS,
        ANA.id,
        "/portal/requests/token",
        "token",
        BRAND.name,
        lambda message, place: f"/files/{message.id}/{place}",
        lambda message: f"/messages/{message.id}",
    )
    return replace(request_page(seen, CLOCK), **changes)


def pages() -> dict[str, tuple[str, int, dict[str, Any]]]:
    """Path -> template, status, values."""
    typed = form_again(_form(), _TYPED, {})
    error = portal_error(500, "/portal", "0197a4c2-5a3e-7c11-8f43-64f4ce0b3d55")
    return {
        "/portal": (
            "portal/home.html",
            200,
            {"forms": form_links(FORMS, lambda key: f"/portal/forms/{key}"), "greeting": ""},
        ),
        "/portal/forms/request": ("portal/form.html", 200, {"form": _form()}),
        "/portal/forms/refused": (
            "portal/form.html",
            422,
            {"form": form_again(_form(), _TYPED, {"fields.shop": "missing"})},
        ),
        "/portal/forms/away": ("portal/form.html", 503, {"form": replace(typed, problem=away(ENGLISH))}),
        "/portal/forms/twice": ("portal/form.html", 422, {"form": replace(typed, problem=sent_before(ENGLISH))}),
        "/portal/sent": (
            "portal/confirmation.html",
            200,
            {"confirmation": confirmation(_FISH.number, _SAID[0].model_copy(update={"subject": _FISH.title}))},
        ),
        "/portal/waiting": ("portal/waiting.html", 202, {"url": "/portal/waiting", "wait_seconds": 1}),
        "/portal/requests/token": ("portal/request.html", 200, {"request_page": request(), "live_url": ""}),
        "/portal/requests/empty": (
            "portal/request.html",
            422,
            {"request_page": request(error="Write something before you send it."), "live_url": ""},
        ),
        "/portal/requests/sent": ("portal/request.html", 200, {"request_page": request(sent="here"), "live_url": ""}),
        "/portal/missing": ("portal/error.html", 404, {"error": no_such_link("/portal")}),
        "/portal/broken": ("portal/error.html", 500, {"error": error}),
    }

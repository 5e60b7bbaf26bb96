"""The workspace's pages with sample data."""

from dataclasses import replace
from typing import Any

from services.portal_gateway.domain.view_models.conflicts import conflict_page
from services.portal_gateway.domain.view_models.conversation import Told, conversation
from services.portal_gateway.domain.view_models.decisions import why
from services.portal_gateway.domain.view_models.errors import error_page
from services.portal_gateway.domain.view_models.frame import Counts, Frame, frame
from services.portal_gateway.domain.view_models.held import held_page
from services.portal_gateway.domain.view_models.lists import list_page, row
from services.portal_gateway.domain.view_models.names import Names, people_named
from services.portal_gateway.domain.view_models.new_ticket import new_ticket
from services.portal_gateway.domain.view_models.notices import Toast, Undo
from services.portal_gateway.domain.view_models.quarantine import quarantine_list, quarantine_page
from services.portal_gateway.domain.view_models.rules import rule_card
from services.portal_gateway.domain.view_models.ticket import Shown, TicketPage, ticket_page
from services.portal_gateway.domain.view_models.times import Clock
from shared.contracts.answers import Conflict
from shared.contracts.state import MailboxState, OrganisationState, QuarantineState
from tests.browser.sample import NOW, ORGANISATIONS, RITA, STAFF, TEAMS, TYPES, ZONE, an_id, at
from tests.browser.sample_story import DECISION, DELIVERIES, RULES, STEPS
from tests.browser.sample_tickets import ITEMS, MESSAGES, ONT

CLOCK = Clock(NOW, ZONE)
DESK = "Ribalink"
MAILBOXES = (
    MailboxState(
        version=1, key="support", address="suporte@ribalink.example", label="Support", type="request", team="support"
    ),
    MailboxState(
        version=1,
        key="hardware",
        address="hardware@ribalink.example",
        label="Hardware",
        type="hardware",
        team="hardware",
    ),
)
NAMES = Names(
    types=TYPES,
    teams=TEAMS,
    people={**people_named(ITEMS), **{person.id: person for person in STAFF}},
    organisations={one.id: one for one in ORGANISATIONS},
    mailboxes={box.key: box for box in MAILBOXES},
    rules={str(rule.id): rule.name for rule in RULES},
)
COUNTS = Counts(
    open=58, mine=11, unassigned=4, teams={"support": 19, "hardware": 23, "development": 16}, held=1, quarantine=5
)
TOLD = Told(
    item=ONT,
    messages=MESSAGES,
    steps=STEPS,
    decisions=(DECISION,),
    deliveries=DELIVERIES,
    names=NAMES,
    file_url=lambda _message, file: f"/files/{file.name}",
)


def framed(here: str, theme: str = "") -> Frame:
    return frame(
        RITA, desk=DESK, counts=COUNTS, teams=tuple(TEAMS.values()), here=here, csrf="csrf", feed=17, theme=theme
    )


def ticket(**composer: object) -> TicketPage:
    organisation = OrganisationState(
        version=1,
        id=an_id("Clínica Dentária Sorriso"),
        name="Clínica Dentária Sorriso",
        domains=("sorriso.example",),
    )
    shown = Shown(
        told=TOLD,
        staff=STAFF,
        organisation=(organisation, 3, 41),
        related=(ITEMS[9],),
        token="token",
        desk=DESK,
        composer=composer,
    )
    return ticket_page(shown, CLOCK)


def _letter(  # a row of a table
    clock: str, subject: str, sender: str, code: str, error: str, **more: object
) -> QuarantineState:
    return QuarantineState.model_validate(
        {
            "version": 1,
            "id": an_id(subject),
            "status": "open",
            "error_code": code,
            "error": error,
            "sender": sender,
            "recipients": ("compras@ribalink.example",),
            "subject": subject,
            "raw_blob": "blob",
            "size_bytes": 54_081,
            "head": HEAD,
            "accepted_at": at(clock),
            **more,
        }
    )


HEAD = (
    "Message-ID: <8f21c@oceano.example>\nIn-Reply-To: <4772.c3@ribalink.example>\n"
    "From: Proveedor Océano <facturas@oceano.example>\nSubject: RE: RE: Factura 2231-11 y fotos del daño\n"
    "Content-Type: multipart/mixed; boundary=b1\n\n--b1\nContent-Type: text/plain; charset=utf-8\n\n"
    "Buenos días, adjunto la factura corregida y las fotos del palet dañado."
)
LETTERS = (
    _letter(
        "11:48",
        "RE: RE: Factura 2231-11 y fotos del daño",
        "facturas@oceano.example",
        "unreadable",
        "part 2 of 3 ends too early",
        message_id="8f21c@oceano.example",
    ),
    _letter("11:20", "Automatic reply: your ticket #4786", "noreply@parcel.example", "loop", "it went through 6 times"),
    _letter("09:05", "", "", "no_sender", "it has no From address to answer to"),
    _letter(
        "07:31",
        "Re: Router in stairwell B",
        "alice@atlantico.example",
        "unknown_mailbox",
        "none of its recipients is a mailbox of ours",
        recipients=("help-old@ribalink.example",),
    ),
    _letter("06:12", "Backup finished", "root@nas.example", "too_slow", "reading it takes over 10 s"),
)
_DONE = (
    _letter("18:42", "Fwd: contrato", "t.brito@brito.example", "unreadable", "x", status="released", item_number=4764),
    _letter("17:02", "Cheap pumps", "deal@spam.example", "no_sender", "x", status="discarded", last_action_by="Rita"),
)


BY_CHANGE = tuple(sorted(ITEMS, key=lambda one: one.updated_at, reverse=True))


def _list(asked: dict[str, str], items: Any = BY_CHANGE, title: str = "All open", **more: Any) -> dict[str, Any]:
    return {"list": list_page(asked, items, NAMES, CLOCK, title=title, count=len(items), **more)}


def _quarantine(handled: bool = False, mail: QuarantineState | None = None, empty: bool = False) -> dict[str, Any]:
    states = () if empty else _DONE if handled else LETTERS
    page = None
    if mail is not None:
        page = quarantine_page(mail, CLOCK, raw=HEAD.encode(), mailboxes=MAILBOXES)
    return {"quarantine": quarantine_list(states, CLOCK, handled=handled, waiting=len(LETTERS)), "mail": page}


def _held() -> dict[str, Any]:
    blocks = [entry.block for entry in conversation(TOLD, CLOCK) if entry.block and entry.block.kind == "held"]
    return {"held": held_page((ONT, block) for block in blocks)}


def _conflict() -> Any:
    clash = Conflict(
        yours="waiting_on_customer",
        theirs="on_hold",
        by="agent:x",
        by_name="Inês Duarte",
        at=at("12:13").isoformat(),
    )
    return conflict_page(ONT, {"status": clash}, NAMES, CLOCK)


def _new(typed: dict[str, Any], faults: dict[str, str]) -> Any:
    return new_ticket(tuple(TYPES.values()), NAMES, typed=typed, faults=faults, token="token")


_TYPED = {
    "address": "loja.porto@lagoon.example",
    "name": "Loja Porto",
    "type": "request",
    "title": "The till prints nothing since noon",
    "text": "Called at 12:05. The printer is on, its light is green.",
}
ERROR_ID = "0197a4c2-5a3e-7c11-8f43-64f4ce0b3d55"
UNDO = Toast("4826 set to Solved", undo=Undo("/workspace/items/4826/change", 5, (("status", "in_progress"),)))


def pages() -> dict[str, tuple[str, int, dict[str, Any]]]:
    """Path -> template, status, values."""
    asked = {"team": "hardware", "status": "new"}
    filters = {"q": "till printer", "team": "hardware"}
    cards = tuple(rule_card(rule, NAMES) for rule in RULES)
    return {
        "/workspace": ("workspace/list.html", 200, {"frame": framed("open"), **_list({}, next_cursor="abc")}),
        "/workspace/filtered": (
            "workspace/list.html",
            200,
            {"frame": framed("team:hardware"), **_list(asked, ITEMS[:2], "Hardware"), "toast": UNDO},
        ),
        "/workspace/nothing": ("workspace/list.html", 200, {"frame": framed("open"), **_list(filters, ())}),
        "/workspace/empty": ("workspace/list.html", 200, {"frame": framed("open"), **_list({}, ())}),
        "/workspace/mine": (
            "workspace/list.html",
            200,
            {"frame": framed("mine"), **_list({"assignee": "me"}, (), "Assigned to me")},
        ),
        "/workspace/items/4821": ("workspace/ticket.html", 200, {"frame": framed(""), "ticket": ticket()}),
        "/workspace/items/note": (
            "workspace/ticket.html",
            200,
            {
                "frame": framed(""),
                "ticket": ticket(note=True, typed_note="Spare supply is in van 2. @Joana can you be there?"),
            },
        ),
        "/workspace/items/newer": (
            "workspace/ticket.html",
            409,
            {
                "frame": framed(""),
                "ticket": ticket(typed="Olá Marta, o técnico passa aí hoje.", newer="Marta Silva wrote meanwhile."),
            },
        ),
        "/workspace/items/4821/conflict": (
            "workspace/conflict.html",
            409,
            {"frame": framed(""), "conflict": _conflict()},
        ),
        "/workspace/items/4821/decisions": (
            "workspace/why.html",
            200,
            {"frame": framed(""), "number": 4821, "decisions": (why(DECISION, RULES, NAMES, CLOCK),)},
        ),
        "/workspace/new": ("workspace/new.html", 200, {"frame": framed(""), "form": _new({}, {})}),
        "/workspace/new/refused": (
            "workspace/new.html",
            422,
            {"frame": framed(""), "form": _new(_TYPED, {"fields.shop": ""})},
        ),
        "/workspace/quarantine": ("workspace/quarantine.html", 200, {"frame": framed("quarantine"), **_quarantine()}),
        "/workspace/quarantine/one": (
            "workspace/quarantine.html",
            200,
            {"frame": framed("quarantine"), **_quarantine(mail=LETTERS[0])},
        ),
        "/workspace/quarantine/handled": (
            "workspace/quarantine.html",
            200,
            {"frame": framed("quarantine"), **_quarantine(handled=True)},
        ),
        "/workspace/quarantine/empty": (
            "workspace/quarantine.html",
            200,
            {"frame": framed("quarantine"), **_quarantine(empty=True)},
        ),
        "/workspace/held": ("workspace/held.html", 200, {"frame": framed("held"), **_held()}),
        "/workspace/held/empty": (
            "workspace/held.html",
            200,
            {"frame": framed("held"), "held": held_page(())},
        ),
        "/workspace/rules": ("workspace/rules.html", 200, {"frame": framed("rules"), "rules": cards, "empty": None}),
        "/workspace/rules/one": ("workspace/rule.html", 200, {"frame": framed("rules"), "rule": cards[2]}),
        "/workspace/find": (
            "workspace/find.html",
            200,
            {
                "frame": framed(""),
                "words": "miramar",
                "tickets": tuple(row(one, NAMES, CLOCK) for one in (ITEMS[1], ITEMS[4])),
                "organisations": ((ORGANISATIONS[2].id, ORGANISATIONS[2].name),),
            },
        ),
        "/workspace/waiting": ("workspace/waiting.html", 202, {"frame": framed(""), "url": "/workspace/waiting"}),
        **{
            f"/workspace/error/{status}": (
                "workspace/error.html",
                status,
                {"frame": framed(""), "error": error_page(status, "/workspace", ERROR_ID)},
            )
            for status in (403, 404, 500, 503)
        },
        "/workspace/sign-in": (
            "sign_in.html",
            200,
            {"desk": DESK, "error": "", "next": "/workspace", "address": ""},
        ),
        "/workspace/sign-in/refused": (
            "sign_in.html",
            401,
            {
                "desk": DESK,
                "error": "That is not the right address and password.",
                "next": "/workspace",
                "address": "rita@ribalink.example",
            },
        ),
        "/error/503": ("error.html", 503, {"desk": DESK, "error": error_page(503, "/", ERROR_ID)}),
    }


def row_changed() -> dict[str, Any]:
    """What a live list is sent when a ticket was solved and three new ones fit."""
    solved = ITEMS[2].model_copy(update={"status": "solved", "state": "finished", "version": 6})
    counts = replace(COUNTS, open=57)
    changed = frame(RITA, desk=DESK, counts=counts, teams=tuple(TEAMS.values()), here="open", csrf="csrf", feed=18)
    return {"changed": (row(solved, NAMES, CLOCK),), "new_count": 3, "first_url": "/workspace", "frame": changed}

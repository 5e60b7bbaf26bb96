"""Tickets of the sample desk: rows for the list, one with a whole conversation."""

from datetime import datetime
from uuid import UUID

from shared.contracts.state import (
    ActionTaken,
    Attempt,
    ChangeState,
    Check,
    DecisionState,
    DeliveryState,
    MessageState,
    PersonRef,
    RuleState,
    Verdict,
)
from tests.browser.sample import (
    INES,
    JOANA,
    MARTA,
    MIGUEL,
    RITA,
    TOMAS,
    an_id,
    at,
    customer,
    file,
    item,
    message,
    ref,
)

ONT = item(
    4821,
    "ONT reboots every 20 minutes since last night, practice is offline",
    MARTA,
    "Clínica Dentária Sorriso",
    "in_progress",
    "urgent",
    assignee=RITA,
    since=at("08:41"),
    messages=6,
    held=1,
    fields={"equipment": "HG-814, 2231-0771"},
    tags=("Batch 2231",),
    followers=(
        customer("Sorriso reception", "rececao@sorriso.example"),
        customer("Dr. Paulo Reis", "paulo.reis@sorriso.example"),
        ref(TOMAS),
    ),
    version=9,
)

ITEMS = (
    ONT,
    item(
        4829,
        "Sin conexión en recepción después de la tormenta",
        customer("Carlos Ibáñez", "carlos@miramar.example"),
        "Hotel Miramar",
        "new",
        "high",
        since=at("11:36"),
        messages=2,
        tags=("Hardware",),
    ),
    item(
        4826,
        "Router RB-450 in stairwell B overheats, fan is dead",
        customer("Alice Moreau", "alice@atlantico.example"),
        "Residencial Atlântico",
        "in_progress",
        "high",
        assignee=RITA,
        since=at("10:10"),
        messages=4,
    ),
    item(
        4818,
        "Pedido de IP fixo para o sistema de alarme",
        customer("Nuno Castro", "nuno@padariacentral.example"),
        "Padaria Central",
        "in_progress",
        "normal",
        assignee=TOMAS,
        kind="request",
        team="support",
        since=at("07:10"),
        messages=3,
        tags=("Fibre",),
    ),
    item(
        4815,
        "Two access points show the wrong VLAN after the migration on the second floor",
        customer("Carlos Ibáñez", "carlos@miramar.example"),
        "Hotel Miramar",
        "in_progress",
        "normal",
        assignee=INES,
        since=at("06:20"),
        messages=9,
    ),
    item(
        4811,
        "Invoice PDF shows the old company address",
        customer("Teresa Brito", "t.brito@brito.example"),
        "Brito & Filhos",
        "new",
        "low",
        assignee=MIGUEL,
        kind="development",
        team="development",
        since=at("05:02"),
        messages=2,
        tags=("Dev",),
    ),
    item(
        4809,
        "SFP module not recognised in slot 3 (third one from this batch)",
        customer("Pedro Vidal", "pedro@tui.example"),
        "Ayuntamiento de Tui",
        "in_progress",
        "normal",
        assignee=RITA,
        since=at("09:00", 1),
        messages=7,
    ),
    item(
        4807,
        "API returns 502 when the order has more than 40 lines",
        customer("Hugo Lemos", "hugo@coopminho.example"),
        "Cooperativa do Minho",
        "in_progress",
        "high",
        assignee=MIGUEL,
        kind="development",
        team="development",
        since=at("11:00", 1),
        messages=11,
        tags=("Dev",),
        channel="api",
    ),
    item(
        4798,
        "Add a second contact to outage messages",
        customer("Helena Rocha", "helena@vilar.example"),
        "Escola Básica de Vilar",
        "new",
        "low",
        kind="request",
        team="support",
        since=at("10:12", 1),
    ),
    item(
        4790,
        "ONT batch 2231: power supply drops under load",
        ref(TOMAS),
        None,
        "on_hold",
        "high",
        assignee=RITA,
        since=at("09:14", 6),
        messages=14,
        tags=("Hardware",),
    ),
    item(
        4786,
        "¿Podemos usar nuestro propio router con la fibra?",
        customer("Elena Prieto", "elena@prieto.example"),
        "Gestoría Prieto",
        "waiting_on_customer",
        "low",
        assignee=JOANA,
        kind="request",
        team="support",
        since=at("09:40", 3),
        messages=5,
        tags=("Fibre",),
    ),
    item(
        4779,
        "Web hook for paid invoices arrives twice",
        customer("Hugo Lemos", "hugo@coopminho.example"),
        "Cooperativa do Minho",
        "waiting_on_customer",
        "normal",
        assignee=MIGUEL,
        kind="development",
        team="development",
        since=at("08:00", 4),
        messages=8,
    ),
    item(
        4771,
        "Old cable modem to pick up from the storage room",
        customer("Alice Moreau", "alice@atlantico.example"),
        "Residencial Atlântico",
        "on_hold",
        "low",
        assignee=JOANA,
        since=at("08:30", 8),
        messages=3,
    ),
    item(
        4764,
        "Signal level on port 12 keeps drifting below -27 dBm",
        customer("ana.torres@correo.example", "ana.torres@correo.example"),
        None,
        "solved",
        "normal",
        assignee=TOMAS,
        since=at("08:30", 12),
        messages=6,
    ),
)

STRANGER = PersonRef(id=an_id("stranger"), address="jorge.silva@correo.example", name="Jorge Silva")
QUOTE = "\n".join(
    ["On Mon, 23 Nov 2026 at 08:41, Rita Almeida <hardware@ribalink.example> wrote:"]
    + [f"> line {number} of what was written before" for number in range(1, 31)]
)
_FIRST = (
    "Bom dia, desde ontem à noite a ONT reinicia de 20 em 20 minutos. Sem internet não conseguimos abrir as fichas "
    "dos pacientes. Já desliguei e voltei a ligar duas vezes."
)
_REPLY = (
    "Bom dia Marta, obrigada pela foto. A luz vermelha indica falha de alimentação. Vou verificar a linha daqui e "
    "digo-lhe algo até às 9:15."
)
_SECOND = "Rita, voltou a cair agora mesmo. Temos doentes à espera, alguém pode vir cá hoje?"

MESSAGES: tuple[MessageState, ...] = (
    message(
        ONT,
        MARTA,
        "08:14",
        _FIRST,
        mailbox="hardware",
        attachments=(file("ont-luzes.jpg", "image/jpeg", 1_200_000), file("syslog-0811.txt", "text/plain", 48_000)),
    ),
    message(ONT, ref(RITA), "08:41", _REPLY, full_text=f"{_REPLY}\n\n" + "\n".join(QUOTE.splitlines()[:12])),
    message(
        ONT,
        ref(TOMAS),
        "09:20",
        "@Rita same batch as #4790. Power supply drops to 10.4 V under load. Swap it from van stock.",
        public=False,
    ),
    message(ONT, MARTA, "10:02", _SECOND, full_text=f"{_SECOND}\n\n{QUOTE}", html="<p>Rita, voltou a cair</p>"),
    message(
        ONT,
        STRANGER,
        "10:20",
        "Bom dia, sou o marido da Marta. A chave da sala técnica está na receção do prédio ao lado.",
        held=True,
        mailbox="hardware",
    ),
    message(
        ONT,
        ref(RITA),
        "10:31",
        "Olá Marta, o técnico Jorge passa aí hoje entre as 14:00 e as 14:30 com uma fonte nova.",
    ),
)

ACKNOWLEDGE = RuleState(
    version=1,
    id=an_id("rule acknowledge"),
    name="Acknowledge",
    trigger="created",
    position=1,
    filter={"all": [{"field": "requester.staff", "is": False}]},
    actions=(
        {
            "do": "mail",
            "to": "requester",
            "subject": "We received your request",
            "text": "Hello {{requester.name}},\n\nwe have received your request. Its number is #{{number}}.",
        },
    ),
)
TO_HARDWARE = RuleState(
    version=2,
    id=an_id("rule hardware"),
    name="Hardware to the hardware team",
    trigger="created",
    position=2,
    filter={"all": [{"field": "type", "is": "hardware"}]},
    actions=({"do": "assign", "team": "hardware", "member": "in_turn"},),
)
TO_DEVELOPMENT = RuleState(
    version=1,
    id=an_id("rule development"),
    name="Urgent development work to Inês",
    enabled=False,
    trigger="changed",
    position=3,
    filter={
        "all": [
            {"field": "type", "is": "development"},
            {"field": "priority", "changed_to": "urgent"},
            {"any": [{"field": "requester.staff", "is": True}, {"field": "tags", "contains": "Dev"}]},
        ]
    },
    actions=(
        {"do": "assign", "team": "development", "member": str(INES.id)},
        {"do": "tag", "tags": ["escalated"]},
        {"do": "note", "text": "Raised to urgent: look at it today."},
    ),
)
RULES = (ACKNOWLEDGE, TO_HARDWARE, TO_DEVELOPMENT)

DECISION = DecisionState(
    version=2,
    id=an_id("decision"),
    event_id=an_id("created"),
    item_id=ONT.id,
    item_number=ONT.number,
    item_version=1,
    trigger="created",
    rule_set_version=7,
    verdicts=(
        Verdict(
            rule_id=ACKNOWLEDGE.id,
            rule_name=ACKNOWLEDGE.name,
            rule_version=1,
            matched=True,
            reason="its filter holds",
            checks=(Check(field="requester.staff", op="is", expected=False, saw=False, ok=True),),
            actions=(ActionTaken(index=0, do="mail", outcome="done"),),
        ),
        Verdict(
            rule_id=TO_HARDWARE.id,
            rule_name=TO_HARDWARE.name,
            rule_version=2,
            matched=True,
            reason="its filter holds",
            checks=(Check(field="type", op="is", expected="hardware", saw="hardware", ok=True),),
            actions=(ActionTaken(index=0, do="assign", outcome="done"),),
        ),
        Verdict(
            rule_id=TO_DEVELOPMENT.id,
            rule_name=TO_DEVELOPMENT.name,
            rule_version=1,
            matched=False,
            reason="type is does not hold",
            checks=(Check(field="type", op="is", expected="development", saw="hardware", ok=False),),
        ),
    ),
    at=at("08:14"),
)


def step(  # a row of a table
    version: int,
    clock: str,
    event: str,
    actor: str,
    name: str,
    **changes: tuple[object, object],
) -> ChangeState:
    return ChangeState.model_validate(
        {
            "version": version,
            "item_id": ONT.id,
            "event_id": an_id(f"event {version}"),
            "event": event,
            "at": at(clock),
            "actor": actor,
            "actor_name": name,
            "changes": changes,
            "correlation_id": an_id("correlation"),
        }
    )


_RITA = f"agent:{RITA.id}"
STEPS = (
    step(1, "08:14", "created", f"customer:{MARTA.id}", "Marta Silva", title=(None, ONT.title), status=(None, "new")),
    step(
        2,
        "08:14",
        "changed",
        f"rule:{TO_HARDWARE.id}",
        TO_HARDWARE.name,
        team=(None, "hardware"),
        assignee=(None, str(RITA.id)),
    ),
    step(3, "08:41", "message_added", _RITA, "Rita Almeida", status=("new", "in_progress")),
    step(4, "09:20", "message_added", f"agent:{TOMAS.id}", "Tomás Ferreira"),
    step(5, "09:21", "changed", f"agent:{TOMAS.id}", "Tomás Ferreira", priority=("high", "urgent")),
    step(6, "10:02", "message_added", f"customer:{MARTA.id}", "Marta Silva"),
    step(7, "10:20", "message_held", "system:intake", ""),
    step(
        8,
        "10:25",
        "changed",
        _RITA,
        "Rita Almeida",
        followers=([], [str(an_id("paulo.reis@sorriso.example"))]),
        **{"fields.equipment": (None, "HG-814, 2231-0771")},
    ),
    step(9, "10:31", "message_added", _RITA, "Rita Almeida"),
)


def delivery(
    name: str,
    to: PersonRef,
    status: str,
    when: datetime,
    *,
    kind: str = "message",
    message_id: UUID | None = None,
    attempts: tuple[Attempt, ...] = (),
    **more: object,
) -> DeliveryState:
    return DeliveryState.model_validate(
        {
            "version": 1,
            "id": an_id(name),
            "item_id": ONT.id,
            "item_number": ONT.number,
            "kind": kind,
            "message_id": message_id,
            "recipient": to,
            "subject": f"[#4821] {ONT.title}",
            "rfc_message_id": f"4821.{name}@ribalink.example",
            "status": status,
            "attempts": attempts,
            "created_at": when,
            "updated_at": when,
            **more,
        }
    )


_SENT = (Attempt(at=at("08:41"), outcome="sent", code=250),)
_TRIED = (
    Attempt(at=at("10:31"), outcome="unknown"),
    Attempt(at=at("10:46"), outcome="refused", code=550, detail="5.1.1 no such user here"),
)
DELIVERIES = (
    delivery(
        "ack",
        MARTA,
        "sent",
        at("08:14"),
        kind="rule",
        rule_id=str(ACKNOWLEDGE.id),
        text="Hello Marta,\n\nwe have received your request. Its number is #4821.",
        attempts=(Attempt(at=at("08:14"), outcome="sent", code=250),),
    ),
    *(
        delivery(f"first {p.address}", p, "sent", at("08:41"), message_id=MESSAGES[1].id, attempts=_SENT)
        for p in (MARTA, ONT.followers[0], ONT.followers[1])
    ),
    delivery("told", ref(RITA), "sent", at("10:02"), kind="customer_message", message_id=MESSAGES[3].id),
    delivery("second", MARTA, "sent", at("10:31"), message_id=MESSAGES[5].id, attempts=_SENT),
    delivery(
        "failed",
        ONT.followers[0],
        "failed",
        at("10:31"),
        message_id=MESSAGES[5].id,
        attempts=_TRIED,
        reason="no such user here",
    ),
    delivery("queued", ONT.followers[1], "queued", at("10:31"), message_id=MESSAGES[5].id),
)

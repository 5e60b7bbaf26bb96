"""The rules of a fresh desk. Seeded once each; later edits are never overwritten."""

from shared.contracts.state import RuleState
from shared.ids import seed_id

ACKNOWLEDGE_TEXT = """Hello {{requester.name}},

we have received your request. Its number is #{{number}}.
We answer as soon as we can; you can add to it by answering this mail.
"""


def seeded_rules() -> list[RuleState]:
    """*Acknowledge* and *hardware to the hardware team*."""
    return [
        RuleState(
            version=1,
            id=seed_id("rule:acknowledge"),
            name="Acknowledge",
            trigger="created",
            position=1,
            filter={"all": [{"field": "requester.staff", "is": False}]},
            actions=(
                {"do": "mail", "to": "requester", "subject": "We received your request", "text": ACKNOWLEDGE_TEXT},
            ),
        ),
        RuleState(
            version=1,
            id=seed_id("rule:hardware"),
            name="Hardware to the hardware team",
            trigger="created",
            position=2,
            filter={"all": [{"field": "type", "is": "hardware"}]},
            actions=({"do": "assign", "team": "hardware", "member": "in_turn"},),
        ),
    ]

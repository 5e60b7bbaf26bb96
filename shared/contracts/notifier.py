"""Messages of notifier: mails to send that no message carries, and what became of every delivery."""

from datetime import datetime
from uuid import UUID

from shared.contracts.base import Message, message
from shared.contracts.state import DeliveryState, ItemState, PersonRef, SuppressionState


@message("deskstream.notifier.mail.send.v1", "notifier-commands")
class SendMail(Message):
    """A rule's mail about an item. Done once per `effect_key`.

    Attributes:
        subject, text: with placeholders already filled, but ``{{link}}``, which is one recipient's own; "" as subject
            is a neutral one, without a word of the requester's.
        caused_at: time of the event that it follows from; older than the limit, it expires.
    """

    effect_key: UUID
    rule_id: UUID
    rule_name: str
    item: ItemState
    to: tuple[PersonRef, ...]
    subject: str = ""
    text: str
    caused_at: datetime
    accepted_at: datetime | None = None


@message("deskstream.notifier.delivery.retry.v1", "notifier-commands")
class RetryDelivery(Message):
    """Try a failed delivery again; its age starts anew."""

    delivery_id: UUID
    item_id: UUID


class DeliveryFact(Message):
    """What all facts about a delivery carry: the delivery as it is now."""

    delivery: DeliveryState


@message("deskstream.notifier.delivery.queued.v1", "notifier-events")
class DeliveryQueued(DeliveryFact):
    """A mail waits for its first try, or was withheld (expired, suppressed)."""


@message("deskstream.notifier.delivery.attempted.v1", "notifier-events")
class DeliveryAttempted(DeliveryFact):
    """A try did not succeed; another follows at `next_attempt_at`."""


@message("deskstream.notifier.delivery.sent.v1", "notifier-events")
class DeliverySent(DeliveryFact):
    """The mail server took it."""


@message("deskstream.notifier.delivery.failed.v1", "notifier-events")
class DeliveryFailed(DeliveryFact):
    """It will not be tried again by itself: refused for good, given up, or bounced."""


@message("deskstream.notifier.suppression.changed.v1", "notifier-events")
class SuppressionChanged(Message):
    suppression: SuppressionState

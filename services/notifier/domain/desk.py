"""What mails need to know of the desk."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.state import ItemState, MailboxState
from shared.secrets import Keys


@dataclass(frozen=True)
class House:
    """What does not change while a process lives: the desk's secret, its mail host, where its pages are."""

    keys: Keys
    mail_domain: str
    public_url: str


@dataclass(frozen=True)
class Desk:
    """The desk of one moment: its name and its mailboxes by key."""

    house: House
    name: str
    mailboxes: Mapping[str, MailboxState]

    def mailbox_of(self, item: ItemState) -> MailboxState | None:
        """Where answers about an item go: the mailbox that it came through, else the first there is."""
        own = (self.mailboxes[key] for key in item.mailboxes if key in self.mailboxes)
        return next(own, next(iter(self.mailboxes.values()), None))

    def owns(self, address: str) -> bool:
        """Is this the address of a mailbox of ours: a mail to it would come back in by our own door."""
        return address.lower() in {mailbox.address.lower() for mailbox in self.mailboxes.values()}

"""What notifier is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class NotifierSettings(ServiceSettings):
    """Settings of notifier.

    Attributes:
        notifier_senders: mails that are handed over at the same time, each on a connection of its own.
        notifier_answer_seconds: how long the mail server may take to answer for a mail it was given; RFC 5321
            §4.5.3.2.6 asks for ten minutes, since whoever gives up earlier sends twice.
        notifier_consumer: name of inbox rows and consumer group; another one reads everything anew. It begins with the
            service's name, so that lag finds it and no other service's group is joined; dead letters stay the
            service's.
    """

    smtp_url: str = Field(pattern=r"^smtps?://")
    notifier_effects_max_age_hours: float = Field(24, gt=0)
    notifier_consumer: str = Field("notifier", pattern=r"^notifier(-[a-z0-9-]{1,31})?$")
    notifier_senders: int = Field(8, ge=1, le=100)
    notifier_answer_seconds: float = Field(600, gt=0)

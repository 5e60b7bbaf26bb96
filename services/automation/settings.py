"""What automation is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class AutomationSettings(ServiceSettings):
    """How old a cause may be, and under which name it reads.

    Attributes:
        automation_consumer: name of inbox rows and consumer group; another one reads everything anew. It begins with
            the service's name, so that lag finds it and no other service's group is joined; dead letters stay the
            service's.
    """

    automation_effects_max_age_hours: float = Field(24, gt=0)
    automation_consumer: str = Field("automation", pattern=r"^automation(-[a-z0-9-]{1,29})?$")

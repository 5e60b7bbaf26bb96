"""What every route works with, put together once by `app.py`."""

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from services.portal_gateway.domain.waits import Waits
from services.portal_gateway.repository.accounts import AccountRows, PaceRows
from services.portal_gateway.repository.asking import FeedRows
from services.portal_gateway.repository.items import Items
from services.portal_gateway.repository.lists import Lists
from services.portal_gateway.repository.setup import Setup
from services.portal_gateway.settings import GatewaySettings
from services.portal_gateway.use_cases.ask import Desk
from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.sign_in import SignIn
from shared.blobs import Blobs
from shared.clock import Clock
from shared.postgres.pool import Pool
from shared.secrets import Keys


@dataclass(frozen=True)
class Context:
    """Rows, the way to ask owners, and what is needed besides.

    Attributes:
        pool: for what is written on behalf of a request; its statements are short.
        asking: hand it to `use_cases.ask.ask`, or to the use cases that ask.
        pace: counts tries by client or account across replicas.
        waits: clients that this replica told to wait; a flood is put off without a question to the database.
    """

    settings: GatewaySettings
    pool: Pool
    items: Items
    setup: Setup
    lists: Lists
    feed: FeedRows
    asking: Desk
    live: Live
    blobs: Blobs
    keys: Keys
    clock: Clock
    accounts: AccountRows
    pace: PaceRows
    sign_in: SignIn
    waits: Waits = field(default_factory=Waits)


def context_of(connection: HTTPConnection) -> Context:
    """The context of the application that serves this request."""
    context: Context = connection.app.state.context
    return context

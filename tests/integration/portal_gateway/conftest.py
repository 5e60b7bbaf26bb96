"""One desk a module: its tests make items of their own and do not disturb each other's."""

import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from tests.integration.portal_gateway.two_gateways import Desk, running_desk
from tests.support.servers import Templates


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateways(
    kafka_bootstrap: str, database_templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    """Two gateways and tickets, for the tests of one module."""
    prefix, folder = f"t{uuid.uuid4().hex[:10]}-", tmp_path_factory.mktemp("gateways")
    settings = {"gateway_authorise_seconds": 1, "gateway_answer_seconds": 8}
    async with running_desk(kafka_bootstrap, prefix, database_templates, folder, **settings) as desk:
        yield desk


@pytest_asyncio.fixture
async def client(gateways: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """A program with an administrator's token, at the first gateway."""
    async with gateways.client() as found:
        yield found


@pytest_asyncio.fixture
async def other(gateways: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """The same program at the second gateway."""
    async with gateways.client(1) as found:
        yield found

"""One database with the access fixtures for all tests of access, and engines behind the first wall or both walls."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from db.encryption.vault import Vault
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.access.fixtures import AccessFixtures, write_fixtures
from tests.access.policy_table import PolicyTable, read
from tests.resolvers.engine_client import EngineClient

OBJECTS = 10**9
"""The tests ask for more at once than any caller may."""
PATIENCE_MS = 60_000
"""A statement may take as long on a machine that has much else to do."""


@pytest.fixture(scope="session")
def policy() -> PolicyTable:
    """The policy table."""
    return read()


@pytest.fixture(scope="session")
def fixtures_url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template for the fixtures."""
    return kept_database(template)


@pytest.fixture(scope="session")
async def owner(fixtures_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the tables' owner, to whom row-level security does not apply: for the reference, and for the first wall alone."""
    made = await create_pool(fixtures_url, statement_timeout_ms=PATIENCE_MS)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def fixtures(owner: asyncpg.Pool, vault: Vault) -> AccessFixtures:
    """The fixtures, written to the database."""
    async with owner.acquire() as connection:
        return await write_fixtures(connection, vault)


@pytest.fixture(scope="session")
async def served(fixtures_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The database as the hub has it, behind the second wall."""
    made = await create_pool(fixtures_url, role=READER, statement_timeout_ms=PATIENCE_MS)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def first_wall(owner: asyncpg.Pool, fixtures: AccessFixtures) -> EngineClient:
    """A client of an engine behind the first wall alone."""
    return EngineClient(owner, max_objects=OBJECTS)


@pytest.fixture(scope="session")
def both_walls(served: asyncpg.Pool, first_wall: EngineClient) -> EngineClient:
    """A client of an engine behind both walls. The two share documents and plans."""
    made = EngineClient(served, max_objects=OBJECTS)
    made.documents, made.engine.plans = first_wall.documents, first_wall.engine.plans
    return made


@pytest.fixture(scope="session", params=["first", "both"])
def hub(request: pytest.FixtureRequest, first_wall: EngineClient, both_walls: EngineClient) -> EngineClient:
    """A client of an engine behind the first wall alone, or behind both."""
    return first_wall if request.param == "first" else both_walls

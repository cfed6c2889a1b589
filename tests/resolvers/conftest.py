"""What the engine's tests ask."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.encryption.vault import Vault
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.resolvers import command_fixtures
from tests.resolvers.engine_client import EngineClient


@pytest.fixture(scope="session")
def caller(pool: asyncpg.Pool) -> EngineClient:
    """Asks an engine on the template federation."""
    return EngineClient(pool)


@pytest.fixture
async def here(fresh_database_url: str, vault: Vault) -> AsyncIterator[command_fixtures.Hub]:
    """A hub for commands on a database for one test; its first member is a party to no dispute."""
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, role=READER)
    made = await command_fixtures.hub(pool, served, vault)
    await pool.execute("DELETE FROM dispute_party WHERE member_id = $1", made.members[0])
    yield made
    await pool.close()
    await served.close()


@pytest.fixture
def member(here: command_fixtures.Hub) -> int:
    """The first member of the hub for commands."""
    return here.members[0]

"""What the engine's tests ask."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.encryption.vault import Vault
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.resolvers import commands
from tests.resolvers.caller import Caller


@pytest.fixture(scope="session")
def caller(pool: asyncpg.Pool) -> Caller:
    """Asks an engine on the template federation."""
    return Caller(pool)


@pytest.fixture
async def here(fresh_database_url: str, vault: Vault) -> AsyncIterator[commands.Hub]:
    """A hub for commands on a database for one test; its first member is a party to no dispute."""
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, role=READER)
    made = await commands.hub(pool, served, vault)
    await pool.execute("DELETE FROM dispute_party WHERE member_id = $1", made.members[0])
    yield made
    await pool.close()
    await served.close()


@pytest.fixture
def member(here: commands.Hub) -> int:
    """The first member of the hub for commands."""
    return here.members[0]

"""One ground for all tests of the attack, in a database of its own."""

import os
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from db.rollups.maintenance import rebuild_rollups
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.access.disclosure.ground import Digger, Ground
from tests.resolvers.caller import Caller

SIZE = int(os.environ.get("UNIONHUB_DISCLOSURE_TARGETS", "240"))
"""Targets of each register; half of them are attacked, the others if a strategy seems to do better than chance with those."""


@pytest.fixture(scope="session")
def ground_url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template for the ground."""
    return kept_database(template)


@pytest.fixture(scope="session")
async def truth(ground_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The tables' owner: for what is true, never for the attacker."""
    made = await create_pool(ground_url)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def ground(ground_url: str) -> Ground:
    """The registers that are attacked, written to the database, with their roll-ups."""
    connection = await asyncpg.connect(ground_url)
    try:
        found = await Digger(connection, SIZE).dig()
        await rebuild_rollups(ground_url)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return found


@pytest.fixture(scope="session")
async def hub(ground_url: str, ground: Ground) -> AsyncIterator[Caller]:
    """Asks an engine behind both walls."""
    pool = await create_pool(ground_url, role=READER, statement_timeout_ms=60_000)
    yield Caller(pool, max_objects=10**9)
    await pool.close()

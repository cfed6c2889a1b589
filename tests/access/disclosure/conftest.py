"""One population for all tests of the attack, in a database of its own."""

import os
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from db.rollups.maintenance import rebuild_rollups
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.access.disclosure.population import Population, PopulationWriter
from tests.resolvers.engine_client import EngineClient

SIZE = int(os.environ.get("UNIONHUB_DISCLOSURE_TARGETS", "240"))
"""Targets of each register; half of them are attacked, the others if a strategy seems to do better than chance with those."""


@pytest.fixture(scope="session")
def population_url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template for the population."""
    return kept_database(template)


@pytest.fixture(scope="session")
async def truth(population_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The tables' owner: for what is true, never for the attacker."""
    made = await create_pool(population_url)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def population(population_url: str) -> Population:
    """The registers that are attacked, written to the database, with their roll-ups."""
    connection = await asyncpg.connect(population_url)
    try:
        found = await PopulationWriter(connection, SIZE).dig()
        await rebuild_rollups(population_url)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return found


@pytest.fixture(scope="session")
async def hub(population_url: str, population: Population) -> AsyncIterator[EngineClient]:
    """Asks an engine behind both walls."""
    pool = await create_pool(population_url, role=READER, statement_timeout_ms=60_000)
    yield EngineClient(pool, max_objects=10**9)
    await pool.close()

"""One database with the stage for all tests of access, and the hub's engine behind one wall or both."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from db.encryption.vault import Vault
from db.security.row_security import READER
from db.server.connect import create_pool
from tests.access.policy import Policy, read
from tests.access.stage import Stage, set_up
from tests.resolvers.caller import Caller

OBJECTS = 10**9
"""The tests ask for more at once than any caller may."""


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The policy table."""
    return read()


@pytest.fixture(scope="session")
def stage_url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template for the stage."""
    return kept_database(template)


@pytest.fixture(scope="session")
async def owner(stage_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The tables' owner, before whom no wall stands: for the reference, and for the first wall alone."""
    made = await create_pool(stage_url)
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def stage(owner: asyncpg.Pool, vault: Vault) -> Stage:
    """The stage, set up."""
    async with owner.acquire() as connection:
        return await set_up(connection, vault)


@pytest.fixture(scope="session")
async def served(stage_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The database as the hub has it, behind the second wall."""
    made = await create_pool(stage_url, role=READER)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def first_wall(owner: asyncpg.Pool, stage: Stage) -> Caller:
    """Asks an engine behind the first wall alone."""
    return Caller(owner, max_objects=OBJECTS)


@pytest.fixture(scope="session")
def both_walls(served: asyncpg.Pool, first_wall: Caller) -> Caller:
    """Asks an engine behind both; what was validated and compiled for one of the two serves the other."""
    made = Caller(served, max_objects=OBJECTS)
    made.documents, made.engine.plans = first_wall.documents, first_wall.engine.plans
    return made


@pytest.fixture(scope="session", params=["first", "both"])
def hub(request: pytest.FixtureRequest, first_wall: Caller, both_walls: Caller) -> Caller:
    """Asks an engine behind the first wall alone, or behind both."""
    return first_wall if request.param == "first" else both_walls

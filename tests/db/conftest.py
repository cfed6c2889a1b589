"""The callers whose rows are compared, and the pool that they are served from."""

from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest

from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller
from tests.resolvers.personas import callers_of


@pytest.fixture(scope="module")
async def callers(pool: asyncpg.Pool) -> Mapping[str, Caller]:
    return await callers_of(pool)


@pytest.fixture(scope="module")
async def walled(database_url: str, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """The pool as the hub has it: no rows without a scope."""
    made = await create_pool(database_url, size=2, role=READER)
    yield made
    await made.close()

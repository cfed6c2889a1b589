"""One moment of the database for one operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool, *, single: bool) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose statements all see the same moment. A single statement is a snapshot already and pays for no BEGIN."""
    async with pool.acquire() as connection:
        if single:
            yield connection
            return
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection

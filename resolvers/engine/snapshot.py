"""One moment of the database for one operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from resolvers.errors import HubError

WAIT_SECONDS = 5.0
"""How long an operation waits for a connection."""


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool, *, single: bool) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose statements all see the same moment. A single statement is a snapshot already and pays for no BEGIN.

    Raises DATABASE_BUSY when no connection is free in time.
    """
    try:
        connection = await pool.acquire(timeout=WAIT_SECONDS)
    except TimeoutError:
        raise HubError("DATABASE_BUSY", "All connections to the database are busy. Try again shortly.") from None
    try:
        if single:
            yield connection
            return
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await pool.release(connection)

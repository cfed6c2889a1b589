"""One moment of the database for one operation, seen by the scope of who asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from db.meter import holding
from resolvers.access.callers import Caller
from resolvers.errors import HubError

WAIT_SECONDS = 5.0
"""How long an operation waits for a connection."""


@asynccontextmanager
async def snapshot(
    pool: asyncpg.Pool, caller: Caller, *, single: bool, by_key: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees what the caller may see, and whose statements all see the same moment.

    A single statement is a snapshot already and pays for no BEGIN. A connection that carries the caller's scope already is used as it is.
    What finds rows ``by_key`` alone is planned once, everything else for the values of each run. Raises DATABASE_BUSY when no
    connection is free in time.
    """
    try:
        connection = await pool.acquire(timeout=WAIT_SECONDS)
    except TimeoutError:
        raise HubError("DATABASE_BUSY", "All connections to the database are busy. Try again shortly.") from None
    with holding():
        try:
            await connection.set_scope(caller.scope)
            await connection.keep_plans(by_key)
            if single:
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            await pool.release(connection)

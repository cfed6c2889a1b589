"""Roll-ups folded while the hub runs: what has changed is added to the cells now and then, so that the log stays short."""

import asyncio
import logging

import asyncpg

SECONDS = 30.0
"""How long after one folding comes the next."""

WAIT_MS = 1_000
"""How long folding waits for whoever moves a union at the same time; it comes again."""

_log = logging.getLogger("unionhub.rollups")


async def fold_periodically(pool: asyncpg.Pool, seconds: float = SECONDS) -> None:
    """Fold every so often until cancelled. What hinders it is logged, and it is tried again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
                await connection.execute("SET LOCAL statement_timeout = 0")
                folded = await connection.fetchval("SELECT rollup.fold()")
            if folded:
                _log.info("folded %s changes into the roll-ups", folded)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
            _log.warning("roll-ups were not folded: %s", type(fault).__name__)

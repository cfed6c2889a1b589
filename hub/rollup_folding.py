"""Folds changes into the roll-ups while the hub runs, so that the log of changes stays short."""

import asyncio
import logging

import asyncpg

from db.server.connect import PoolBusyError

SECONDS = 30.0
"""The time between two folds."""

WAIT_MS = 1_000
"""How long a fold waits for a lock, as when a union is moved; the next fold tries again."""

_log = logging.getLogger("unionhub.rollups")


async def fold_periodically(pool: asyncpg.Pool, seconds: float = SECONDS) -> None:
    """Fold every ``seconds`` until cancelled. A failure is logged, and the next fold tries again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
                await connection.execute("SET LOCAL statement_timeout = 0")
                folded = await connection.fetchval("SELECT rollup.fold()")
            if folded:
                _log.info("folded %s changes into the roll-ups", folded)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolBusyError) as fault:
            _log.warning("roll-ups were not folded: %s", type(fault).__name__)

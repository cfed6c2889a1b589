"""Folds changes into the roll-ups while the hub runs, so that the log of changes stays short."""

import asyncio
import logging

import asyncpg

from db.server.connect import PoolBusyError

SECONDS = 30.0
"""The longest time between two folds."""

CHANGES = 10_000
"""About how many changes a fold is to find: readers add each of them, and a fold has a fixed cost."""

SHORTEST = 1.0
"""The shortest time between two folds, in seconds."""

WAIT_MS = 1_000
"""How long a fold waits for a lock, as when a union is moved; the next fold tries again."""

_log = logging.getLogger("unionhub.rollups")


def pause(folded: int, seconds: float, longest: float) -> float:
    """How long to wait for the next fold, in seconds, if the last one found ``folded`` changes of as many ``seconds``."""
    return min(longest, max(SHORTEST, seconds * CHANGES / folded)) if folded else longest


async def fold_periodically(pool: asyncpg.Pool, longest: float = SECONDS) -> None:
    """Fold every ``longest`` seconds, sooner while much is written, until cancelled. A failure is logged, and the next fold tries again."""
    clock = asyncio.get_running_loop().time
    last, wait = clock(), longest
    while True:
        await asyncio.sleep(wait)
        try:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
                await connection.execute("SET LOCAL statement_timeout = 0")
                begun = clock()
                folded = await connection.fetchval("SELECT rollup.fold()")
            wait, last = pause(folded, begun - last, longest), begun
            if folded:
                _log.info("folded %s changes into the roll-ups", folded)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolBusyError) as fault:
            _log.warning("roll-ups were not folded: %s", type(fault).__name__)

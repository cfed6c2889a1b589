"""Whether the hub can answer queries: the checks of ``/readyz``."""

import asyncio
import time
from collections.abc import Callable
from functools import cache

import asyncpg

from db.rollups.maintenance import rollups_in_use
from db.security.row_security import Fault, faults
from db.server.connect import PoolBusyError
from db.server.migrate import head
from resolvers.database_faults import LOST

SECONDS = 2.0
"""How long a check may take."""

HELD_SECONDS = 1.0
"""How long a result is cached."""

OK = "ok"

ROLL_UPS = "roll_ups"
WARNINGS = frozenset({ROLL_UPS})
"""Checks that warn only: without roll-ups the hub is slow, not wrong."""

NOT_IN_USE = (
    "not in use: statistics are counted from the records, which takes seconds; run: unionhub db rebuild-rollups"
)
ANOTHER = "not checked: the database is at another revision"


class Readiness:
    """Checks whether queries can be answered. The result is cached for a second, since everyone may request it and the checks use the
    database.

    Args:
        pool: returns the pool while it is open.
    """

    def __init__(self, pool: Callable[[], asyncpg.Pool | None]) -> None:
        self.pool = pool
        self.lock = asyncio.Lock()
        self.found: dict[str, str] = {}
        self.until = float("-inf")

    async def checks(self) -> dict[str, str]:
        """``ok`` or the problem, by check."""
        async with self.lock:
            if time.monotonic() >= self.until:
                opened = self.pool()
                self.found = await check(opened) if opened else {"database": "the hub is starting or stopping"}
                self.until = time.monotonic() + HELD_SECONDS
            return self.found


def is_ready(checks: dict[str, str]) -> bool:
    """Whether queries can be answered, by the results of the checks."""
    return all(found == OK for name, found in checks.items() if name not in WARNINGS)


async def check(pool: asyncpg.Pool) -> dict[str, str]:
    """The results of the checks ``database``, ``migrations``, ``row_security`` and ``roll_ups``: ``ok``, or the problem and what to do."""
    unknown = "not checked: the database cannot be reached"
    weak: list[Fault] = []
    rolled = OK
    try:
        async with asyncio.timeout(SECONDS), pool.acquire() as connection:
            found = await connection.fetchval("SELECT version_num FROM alembic_version")
            if found == newest():
                weak = [fault for fault in await faults(connection) if fault.is_grave]
                rolled = OK if await rollups_in_use(connection) else NOT_IN_USE
    except TimeoutError:
        away = f"no connection answered within {SECONDS:.0f} s"
        return {"database": away, "migrations": unknown, "row_security": unknown, ROLL_UPS: unknown}
    except asyncpg.UndefinedTableError:
        found = None
    except (*LOST, PoolBusyError, asyncpg.PostgresError):
        return {
            "database": "cannot be reached: is it running, and is UNIONHUB_DATABASE_URL right?",
            "migrations": unknown,
            "row_security": unknown,
            ROLL_UPS: unknown,
        }
    if found == newest():
        wall = "; ".join(f"{fault.seen}: {fault.advice}" for fault in weak) or OK
        return {"database": OK, "migrations": OK, "row_security": wall, ROLL_UPS: rolled}
    state = f"the database is at {found}" if found else "the database has not been migrated"
    return {
        "database": OK,
        "migrations": f"{state}, the code is at {newest()}; run: unionhub db upgrade",
        "row_security": ANOTHER,
        ROLL_UPS: ANOTHER,
    }


@cache
def newest() -> str:
    """The newest migration of the code."""
    return head()

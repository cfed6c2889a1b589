"""Roll-ups (汇总): counts kept ready for provinces and cities, so that a province costs what a village costs (docs/adr/0032).

What they hold and how triggers keep them is SQL, in ``db/migrations/rollup.py``. Here is what is done with them now and then: fold the
changes into the cells, build everything anew, compare with the records.
"""

import asyncio

import asyncpg

from db.rollups.layout import FACTS
from db.server.bulk_copy import Progress
from db.server.migrate import connect, require_head

LOCK = 7_021_928
"""Advisory lock of whoever changes cells or places."""


async def set_rollups_aside(connection: asyncpg.Connection) -> None:
    """Inside the caller's transaction: no roll-up is kept, nor read once it is committed, until ``rebuild_rollups``. For bulk loads."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    await connection.execute("SET LOCAL unionhub.rollups = off")
    await connection.execute("UPDATE rollup.state SET ready = false")


BESIDE = 2
"""So many parts are built beside each other, and the cells in as many."""
BEFORE = ("rollup.learn_all()", "rollup.place_all()", *(f"rollup.{fact}_clear()" for fact in FACTS))
PARTS = tuple(
    f"rollup.{fact}_{part}"
    for fact in FACTS
    for part in (*(f"rebuild({number}, {BESIDE})" for number in range(BESIDE)), "rebuild_repeats()")
)
AFTER = tuple(f"rollup.{fact}_keys()" for fact in FACTS)
"""What is built first, then in any order, and last."""


async def rebuild_rollups(url: str, progress: Progress | None = None) -> None:
    """Build all roll-ups anew while others read and write; all or nothing, or none in use until all are there.

    Raises:
        DataError: the database cannot be reached or is not migrated.
    """
    connection = await connect(url)
    steps = Steps(progress)
    try:
        await require_head(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await connection.fetchval("SELECT ready FROM rollup.state"):
            async with connection.transaction(isolation="repeatable_read"):
                await steps.take(connection, *BEFORE, *PARTS, *AFTER)
        else:
            await _build(url, connection, steps)
        for fact in FACTS:
            await connection.execute(f"VACUUM rollup.{fact}_cell, rollup.{fact}_repeat")
        await connection.execute("VACUUM rollup.place, rollup.anchor")
    finally:
        await connection.close()


class Steps:
    """Takes steps of a rebuild and tells how many are done."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress, self.done = progress, 0
        self.tell()

    async def take(self, connection: asyncpg.Connection, *functions: str) -> None:
        """Call these functions of the database, one after the other."""
        for function in functions:
            await connection.execute(f"SELECT {function}")
            self.done += 1
            self.tell()

    def tell(self) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress("roll-ups", self.done, len(BEFORE + PARTS + AFTER))


async def _build(url: str, connection: asyncpg.Connection, steps: Steps) -> None:
    """Build those that nobody reads yet: places first, then all parts, some beside each other, of one moment; keys last."""

    async def build(part: str) -> None:
        async with turn:
            own = await connect(url)
            try:
                async with own.transaction(isolation="repeatable_read"):
                    await own.execute(f"SET TRANSACTION SNAPSHOT '{moment}'")
                    await steps.take(own, part)
            finally:
                await own.close()

    turn = asyncio.Semaphore(BESIDE)

    await steps.take(connection, *BEFORE)
    async with connection.transaction(isolation="repeatable_read"):
        moment = await connection.fetchval("SELECT pg_export_snapshot()")
        try:
            async with asyncio.TaskGroup() as together:
                for part in PARTS:
                    together.create_task(build(part))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
    await steps.take(connection, *AFTER)
    await connection.execute("UPDATE rollup.state SET ready = true")


async def fold_rollups(connection: asyncpg.Connection) -> int:
    """Add the changes to the cells, and follow unions whose place has changed by the passing of a day; how many changes there were."""
    return int(await connection.fetchval("SELECT rollup.fold()"))


async def rollup_differences(connection: asyncpg.Connection, anchors: int | None = None) -> list[str]:
    """Where roll-ups differ from the records, in words: at so many anchors chosen at random, or everywhere. In one snapshot."""
    if not await connection.fetchval("SELECT ready FROM rollup.state"):
        return []
    found: list[str] = []
    chosen = "SELECT id FROM rollup.anchor ORDER BY random() LIMIT $1"
    keys = [row["id"] for row in await connection.fetch(chosen, anchors)]
    for fact in FACTS:
        rows = await connection.fetch(f"SELECT * FROM rollup.{fact}_faults($1) LIMIT 20", keys)  # noqa: S608
        found += [
            f"{fact} at {row['anchor']}, {row['slot']}, {row['key']}: {row['kept']} kept, {row['counted']} counted"
            for row in rows
        ]
    misplaced = await connection.fetch(
        "WITH w AS (SELECT anchor, organization_id FROM rollup.wanted WHERE anchor = ANY ($1)),"
        " p AS (SELECT anchor, organization_id FROM rollup.place WHERE anchor = ANY ($1))"
        " (SELECT * FROM w EXCEPT SELECT * FROM p) UNION ALL (SELECT * FROM p EXCEPT SELECT * FROM w) LIMIT 20",
        keys,
    )
    return found + [f"union {row['organization_id']} has another place at {row['anchor']}" for row in misplaced]

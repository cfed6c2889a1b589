"""Maintenance of the roll-ups (汇总): stored counts by which a province costs what a village costs (docs/adr/0032).

Their tables and triggers are SQL, in ``db/migrations/rollup.py``. Here their cells are folded, rebuilt, and compared with the records.
"""

import asyncio
from typing import Any, Protocol

import asyncpg

from db.rollups.layout import FACTS
from db.server.bulk_copy import Progress
from db.server.migrate import connect, connect_as_operator, require_head

LOCK = 7_021_928
"""Advisory lock for changes of cells or places."""


class Fetchval(Protocol):
    """A connection or a pool, as far as it reads one value."""

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The value of a statement."""


async def set_rollups_aside(connection: asyncpg.Connection) -> None:
    """Switch the triggers of the roll-ups off for the caller's transaction; from its commit until ``rebuild_rollups`` none is read.

    For bulk loads.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    await connection.execute("SET LOCAL unionhub.rollups = off")
    await connection.execute("UPDATE rollup.state SET ready = false")


PARALLEL = 2
"""How many connections build cells at a time, and in how many parts the cells are built."""
BEFORE = ("rollup.learn_all()", "rollup.place_all()", *(f"rollup.{fact}_clear()" for fact in FACTS))
PARTS = tuple(
    f"rollup.{fact}_{part}"
    for fact in FACTS
    for part in (*(f"rebuild({number}, {PARALLEL})" for number in range(PARALLEL)), "rebuild_repeats()")
)
AFTER = tuple(f"rollup.{fact}_keys()" for fact in FACTS)
"""SQL functions of a rebuild: those called first, those called in any order, and those called last."""


async def rebuild_rollups(url: str, progress: Progress | None = None) -> None:
    """Rebuild all roll-ups while others read and write: in one transaction, or, while they are out of use, on several connections.

    Raises:
        DataError: the database cannot be reached or is not migrated.
    """
    connection = await connect(url)
    steps = Steps(progress)
    try:
        await require_head(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await rollups_in_use(connection):
            async with connection.transaction(isolation="repeatable_read"):
                await steps.run(connection, *BEFORE, *PARTS, *AFTER)
        else:
            await _build(url, connection, steps)
        for fact in FACTS:
            await connection.execute(f"VACUUM rollup.{fact}_pack, rollup.{fact}_repeat")
        await connection.execute("VACUUM rollup.place, rollup.anchor")
    finally:
        await connection.close()


async def build_rollups(url: str, progress: Progress | None = None) -> bool:
    """Build all roll-ups if they are not in use: after a bulk load that was interrupted, or a migration that changes what is counted.

    Returns whether they were built.

    Raises:
        DataError: the database cannot be reached or is not migrated.
    """
    connection = await connect_as_operator(url)
    try:
        await require_head(connection)
        if await rollups_in_use(connection):
            return False
    finally:
        await connection.close()
    await rebuild_rollups(url, progress)
    return True


async def rollups_in_use(connection: Fetchval) -> bool:
    """Whether statistics are counted from the roll-ups; otherwise they are counted from the records, which takes seconds."""
    return bool(await connection.fetchval("SELECT ready FROM rollup.state"))


class Steps:
    """Runs the steps of a rebuild and reports how many are done."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress, self.done = progress, 0
        self.report()

    async def run(self, connection: asyncpg.Connection, *functions: str) -> None:
        """Call these SQL functions, one after the other."""
        for function in functions:
            await connection.execute(f"SELECT {function}")
            self.done += 1
            self.report()

    def report(self) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress("roll-ups", self.done, len(BEFORE + PARTS + AFTER))


async def _build(url: str, connection: asyncpg.Connection, steps: Steps) -> None:
    """Build roll-ups that nobody reads yet: places first, then all parts, in parallel and of one snapshot; keys last."""

    async def build(part: str) -> None:
        async with slots:
            own = await connect(url)
            try:
                async with own.transaction(isolation="repeatable_read"):
                    await own.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
                    await steps.run(own, part)
            finally:
                await own.close()

    slots = asyncio.Semaphore(PARALLEL)

    await steps.run(connection, *BEFORE)
    async with connection.transaction(isolation="repeatable_read"):
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in PARTS:
                    tasks.create_task(build(part))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
    await steps.run(connection, *AFTER)
    await connection.execute("UPDATE rollup.state SET ready = true")


async def fold_rollups(connection: asyncpg.Connection) -> int:
    """Add the changes to the cells, and move unions whose place changed because a day has passed; how many changes there were."""
    return int(await connection.fetchval("SELECT rollup.fold()"))


async def rollup_differences(connection: asyncpg.Connection, anchors: int | None = None) -> list[str]:
    """Where roll-ups differ from the records, in words: at ``anchors`` anchors chosen at random, or at all. Needs one snapshot."""
    if not await rollups_in_use(connection):
        return []
    differences: list[str] = []
    chosen = "SELECT id FROM rollup.anchor ORDER BY random() LIMIT $1"
    keys = [row["id"] for row in await connection.fetch(chosen, anchors)]
    for fact in FACTS:
        rows = await connection.fetch(f"SELECT * FROM rollup.{fact}_faults($1) LIMIT 20", keys)  # noqa: S608
        differences += [
            f"{fact} at {row['anchor']}, {row['slot']}, {row['key']}: {row['kept']} kept, {row['counted']} counted"
            for row in rows
        ]
    misplaced = await connection.fetch(
        "WITH w AS (SELECT anchor, organization_id FROM rollup.wanted WHERE anchor = ANY ($1)),"
        " p AS (SELECT anchor, organization_id FROM rollup.place WHERE anchor = ANY ($1))"
        " (SELECT * FROM w EXCEPT SELECT * FROM p) UNION ALL (SELECT * FROM p EXCEPT SELECT * FROM w) LIMIT 20",
        keys,
    )
    return differences + [f"union {row['organization_id']} has another place at {row['anchor']}" for row in misplaced]

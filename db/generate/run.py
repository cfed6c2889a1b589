"""Generate a federation into an empty database: plan it, make rows in other processes, and COPY them in one transaction."""

import asyncio
import os
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter

import asyncpg

from db.encryption.keys import KeyRing, KeySource, from_environment
from db.errors import DataError
from db.generate.federations import Division, Federations, counties, divisions
from db.generate.persons import RESIDENTS
from db.generate.plan import Place, Planner
from db.generate.sealing import MemberSealer
from db.generate.tables import IDENTIFIED, PERSONS, TABLES, Rows
from db.generate.unions import Unions
from db.hierarchies import closures_by_hand
from db.rollups.maintenance import set_rollups_aside
from db.server.bulk_copy import Progress, copy_bytes, without_indexes
from db.server.migrate import connect, require_head

SMALL = 50_000
"""Up to this many members, starting processes takes longer than it saves."""
HAND_OVER = """
UPDATE employer e SET organization_id = l.parent_id FROM organization o
JOIN organization_link l ON l.child_id = o.id AND l.hierarchy = 'TERRITORIAL' AND l.valid_to = o.dissolved_on
WHERE o.id = e.organization_id AND o.dissolved_on IS NOT NULL
"""
"""SQL: the employers of a dissolved union pass to the federation above it."""
DISABLED_TRIGGERS = ("membership_insert", "membership_path_insert")
"""Triggers that are disabled while rows are loaded."""
SET_ENTRY_AND_EXIT = """
SELECT membership_trace(ARRAY(
    SELECT member_id FROM membership GROUP BY 1 HAVING count(*) > 1 OR bool_or(valid_from IS NULL OR valid_to IS NOT NULL)))
"""
"""SQL: compute ``entry`` and ``exit`` of memberships that follow another one or have ended."""
AHEAD = 5
"""The number of chunks that are being made or wait to be written: a few for each process."""


@dataclass(frozen=True, slots=True)
class Generated:
    """The result of a run: rows by table, and its duration in seconds."""

    rows: dict[str, int]
    seconds: float


def make_chunk(seed: int, number: int, places: list[Place], codes: list[str], ring: KeyRing) -> dict[str, bytes]:
    """The rows of one chunk of the plan, as bytes for COPY; the ring's keys seal personal data."""
    unions = Unions(seed, number, codes, MemberSealer(ring))
    for place in places:
        unions.place(place)
    return unions.rows.packed()


def check(members: object, seed: object) -> tuple[int, int]:
    """Check the arguments of a run.

    Raises:
        DataError: they are not numbers in range.
    """
    if isinstance(members, bool) or not isinstance(members, int):
        raise DataError(f"The number of members must be a whole number, not {members!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise DataError(f"The seed must be a whole number, not {seed!r}.")
    if members < 0:
        raise DataError(f"The number of members must not be negative, but is {members}.")
    if members > RESIDENTS:
        raise DataError(
            f"At most {RESIDENTS:,} members can have resident numbers of their own; {members:,} were asked for."
        )
    return members, seed


async def generate(
    url: str,
    members: int,
    seed: int,
    *,
    progress: Progress | None = None,
    pool: Executor | None = None,
    keys: KeySource | None = None,
    extend: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
    analyze: bool = True,
) -> Generated:
    """Write a federation of ``members`` members into a database with divisions and without organizations.

    The same seed gives the same rows, but for sealed values, whose nonces are never used twice. It is one transaction, so a failure
    leaves the database as it was.

    ``pool`` makes the rows and is shut down then (by default one of ``makers``); the rows do not depend on the number of its processes.
    ``keys`` seal personal data (the environment's unless given). ``extend`` may add rows in the same transaction, while tables of persons
    have no indexes. Without ``analyze`` the caller has to run VACUUM (ANALYZE). Roll-ups are out of use until the caller has them rebuilt
    (``rebuild_rollups``).

    Raises:
        DataError: bad arguments; the database cannot be reached, is not migrated, has no divisions, or has
        organizations already.
        KeyRingError: the keys cannot be used.
    """
    members, seed = check(members, seed)
    ring = (keys or from_environment()).ring()
    started = perf_counter()
    connection = await connect(url)
    try:
        await require_head(connection)
        with pool or makers(members) as pool:
            async with connection.transaction():
                await fill(connection, members, seed, ring, pool, extend, progress)
        if analyze:
            await vacuum(connection, progress)
        counts = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608
    finally:
        await connection.close()
    return Generated(counts, perf_counter() - started)


async def fill(
    connection: asyncpg.Connection,
    members: int,
    seed: int,
    ring: KeyRing,
    pool: Executor,
    extend: Callable[[asyncpg.Connection], Awaitable[None]] | None,
    progress: Progress | None,
) -> None:
    """Write what ``generate`` writes, inside the caller's transaction.

    Raises:
        DataError: there are no divisions, or organizations already.
    """
    if await connection.fetchval("SELECT EXISTS (SELECT FROM organization)"):
        raise DataError("The database has organizations already; a federation is generated into an empty one only.")
    provinces = await divisions(connection)
    await set_rollups_aside(connection)
    # members have their union already; without indexes the triggers would scan the whole table for each row
    for trigger in DISABLED_TRIGGERS:
        await connection.execute(f"ALTER TABLE membership DISABLE TRIGGER {trigger}")
    async with without_indexes(connection, PERSONS, progress):
        async with without_indexes(connection, [table for table in TABLES if table not in PERSONS], progress):
            await connection.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")
            async with closures_by_hand(connection):  # they are among the rows
                await load(connection, provinces, members, seed, ring, pool, progress)
            pool.shutdown(wait=False)
        await advance_sequences(connection)
        if extend is not None:
            # rough statistics, so that its queries are planned for these tables
            await connection.execute("SET LOCAL default_statistics_target = 10")
            await connection.execute(f"ANALYZE {', '.join(TABLES)}")
            await extend(connection)
    await connection.execute(HAND_OVER)
    await connection.execute(SET_ENTRY_AND_EXIT)
    for trigger in DISABLED_TRIGGERS:
        await connection.execute(f"ALTER TABLE membership ENABLE TRIGGER {trigger}")


async def vacuum(connection: asyncpg.Connection, progress: Progress | None) -> None:
    """VACUUM and analyze the generated tables."""
    if progress is not None:
        progress("statistics", 0, 1)
    await connection.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
    if progress is not None:
        progress("statistics", 1, 1)


async def advance_sequences(connection: asyncpg.Connection) -> None:
    """Have PostgreSQL assign the next IDs after those of the generator."""
    for table in IDENTIFIED:
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        await connection.execute(f"SELECT setval({sequence}, coalesce(max(id), 1), count(*) > 0) FROM {table}")  # noqa: S608


async def load(
    connection: asyncpg.Connection,
    provinces: list[Division],
    members: int,
    seed: int,
    ring: KeyRing,
    pool: Executor,
    progress: Progress | None,
) -> None:
    """Plan, COPY the unions above the grassroots, then chunk by chunk, while the next chunks are being made."""
    codes = [county.code for _, _, county in counties(provinces) if not county.is_zone]
    chance, above = random.Random(f"unionhub {seed}"), Rows()
    planner = Planner(provinces, members, Federations(chance, above), chance)
    done = 0
    async for places, made in ahead(pool, above, planner.chunks(), seed, codes, ring):
        await copy_all(connection, made)
        done += sum(place.members for place in places)
        if progress is not None and places:
            progress("members", done, members)


def makers(members: int, workers: int | None = None) -> Executor:
    """The pool that makes chunks: ``workers`` processes (by default one for each core, at most four) that start at once; for few members
    a thread."""
    if workers is None and members <= SMALL:
        return ThreadPoolExecutor(1)
    count = workers or min(os.cpu_count() or 1, 4)
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    for _ in range(count):
        pool.submit(start_process)
    return pool


def start_process() -> None:
    """Do nothing: a process that runs this has started and imported the generator."""


async def ahead(
    pool: Executor, above: Rows, chunks: Iterator[list[Place]], seed: int, codes: list[str], ring: KeyRing
) -> AsyncIterator[tuple[list[Place], dict[str, bytes]]]:
    """The rows ``above`` without a township, then the chunks in order with their rows; ``AHEAD`` chunks are being made meanwhile."""
    ready: Future[dict[str, bytes]] = Future()
    ready.set_result(above.packed())
    waiting: deque[tuple[list[Place], Future[dict[str, bytes]]]] = deque([([], ready)])
    for number, places in enumerate(chunks):
        waiting.append((places, pool.submit(make_chunk, seed, number, places, codes, ring)))
        if len(waiting) > AHEAD:
            first, future = waiting.popleft()
            yield first, await asyncio.wrap_future(future)
    while waiting:
        first, future = waiting.popleft()
        yield first, await asyncio.wrap_future(future)


async def copy_all(connection: asyncpg.Connection, made: dict[str, bytes]) -> None:
    """COPY the rows of each table with FREEZE, since this transaction has truncated the tables."""
    for table, data in made.items():
        await copy_bytes(connection, table, TABLES[table], data, freeze=True)

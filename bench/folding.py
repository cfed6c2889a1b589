"""Folding beside writers: transfers at a steady rate, and how long the log of changes gets while the hub's own task folds it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

import asyncpg
import uvloop
from rich.console import Console

from bench.database import Database
from bench.statistics import cpu
from db.rollups.maintenance import rebuild_rollups, rollup_differences
from db.server import embedded
from db.server.connect import create_pool
from hub.rollup_folding import fold_periodically

COPY = "bench_folding"
WRITERS, BATCH = 4, 10
LEAVE = (
    "UPDATE membership SET valid_to = current_date, status = 'TRANSFERRED_OUT' WHERE id = ANY ($1) RETURNING member_id"
)
JOIN = (
    "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from)"
    " SELECT unnest($1::bigint[]), $2, 'ACTIVE', 'APP', current_date, current_date"
)
ACTIVE = "SELECT id FROM membership WHERE valid_to IS NULL AND valid_from < current_date ORDER BY hashint8(id)"
UNIONS = "SELECT DISTINCT organization_id AS id FROM membership WHERE valid_to IS NULL"
CHANGES = "SELECT count(*) FROM rollup.membership_change"


@dataclass(slots=True)
class Writer:
    """Transfers members that nobody else transfers, a batch in each transaction, each to another union."""

    connection: asyncpg.Connection
    memberships: Sequence[int]
    unions: Sequence[int]
    transfers: int = 0

    async def write(self, rate: float, until: float) -> None:
        """Transfer ``rate`` members a second, as far as it can, until a time of ``perf_counter``."""
        chance, begun = Random(self.memberships[0]), perf_counter()
        for first in range(0, len(self.memberships) - BATCH, BATCH):
            await asyncio.sleep(max(0.0, begun + self.transfers / rate - perf_counter()))
            if perf_counter() > until:
                break
            async with self.connection.transaction():
                left = await self.connection.fetch(LEAVE, self.memberships[first : first + BATCH])
                await self.connection.execute(JOIN, [row["member_id"] for row in left], chance.choice(self.unions))
            self.transfers += BATCH


async def measure(url: str, rate: float, seconds: float, console: Console) -> None:
    """Print the rate, the length of the log and the CPU of folding."""
    if not await _ready(url):
        await rebuild_rollups(url)
    connections = [await asyncpg.connect(url) for _ in range(WRITERS + 1)]
    watching = connections.pop()
    memberships, unions = [[row["id"] for row in await watching.fetch(sql)] for sql in (ACTIVE, UNIONS)]
    pool = await create_pool(url, size=1)
    folder = await pool.fetchval("SELECT pg_backend_pid()")
    before, until = cpu(folder), perf_counter() + seconds
    folding = asyncio.create_task(fold_periodically(pool))
    writers = [Writer(each, memberships[number::WRITERS], unions) for number, each in enumerate(connections)]
    writing = [asyncio.create_task(writer.write(rate / WRITERS, until)) for writer in writers]
    lengths = []
    while perf_counter() < until:
        await asyncio.sleep(1)
        lengths.append(await watching.fetchval(CHANGES))
    await asyncio.gather(*writing)
    folding.cancel()
    used, done = cpu(folder) - before, sum(writer.transfers for writer in writers)
    third = len(lengths) // 3
    console.print(
        f"{done / seconds:,.0f} transfers/s for {seconds:.0f} s; changes in the log, median (most) of each third: "
        + ", ".join(
            f"{median(part):,.0f} ({max(part):,})"
            for part in (lengths[:third], lengths[third:-third], lengths[-third:])
        )
        + f"; CPU of folding {1000 * used / done:.2f} ms a transfer, {used / seconds:.2f} s a second"
    )
    await pool.close()
    await watching.execute("SELECT rollup.fold()")
    console.print(f"differences from the records at 20 places: {await rollup_differences(watching, 20) or 'none'}")
    for connection in (*connections, watching):
        await connection.close()


async def _ready(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT ready FROM rollup.state"))
    finally:
        await connection.close()


async def on_a_copy(database: Database, rate: float, seconds: float, console: Console) -> None:
    """Measure on a copy, which is dropped."""
    server = await asyncpg.connect(embedded.with_database(database.url, "postgres"))
    name = urlsplit(database.url).path.removeprefix("/")
    try:
        await server.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
        await server.execute(f"CREATE DATABASE {COPY} TEMPLATE {name} STRATEGY file_copy")
        await measure(embedded.with_database(database.url, COPY), rate, seconds, console)
    finally:
        await server.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
        await server.close()


def folding(database: Database, rate: float, seconds: float, console: Console) -> None:
    """Measure on a copy of one database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(on_a_copy(database, rate, seconds, console))

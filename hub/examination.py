"""What ``unionhub doctor`` asks of a database: migrations, row-level security, data and the planner's statistics."""

from collections.abc import AsyncIterator
from typing import Literal

import asyncpg

from db import rollups
from db.migrate import connect, head
from db.models import Model
from db.row_security import faults

ANCHORS = 3
"""How many places have their roll-ups counted again."""

MANY = 20_000
"""So many changes make statistics slow."""

Row = tuple[str, Literal["ok", "warn", "fail"], str, str]


async def examine_database(url: str, *, embedded: bool = False) -> list[Row]:
    """Findings as ``(check, state, seen, advice)``; the server can be reached and suits. The ``embedded`` one is logged into as its owner.

    Raises:
        DataError: the database went away.
    """
    connection = await connect(url)
    try:
        return [row async for row in _examine(connection, embedded)]
    finally:
        await connection.close()


async def _examine(connection: asyncpg.Connection, embedded: bool) -> AsyncIterator[Row]:
    name, size = await connection.fetchrow(
        "SELECT current_database(), pg_size_pretty(pg_database_size(current_database()))"
    )
    yield "database", "ok", f"PostgreSQL {connection.get_server_version().major}, database {name}, {size}", ""
    try:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        revision = None
    if revision != head():
        seen = (
            f"the database is at {revision}, the code at {head()}" if revision else "the database has not been migrated"
        )
        yield "migrations", "fail", seen, "`unionhub db upgrade`"
        return
    yield "migrations", "ok", f"at {revision}, the newest", ""

    weak = await faults(connection, embedded=embedded)
    for fault in weak:
        yield "row security", "fail" if fault.is_grave else "warn", fault.seen, fault.advice
    if not weak:
        yield "row security", "ok", "every table is behind it, and the service may wear its roles", ""

    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in ("division", "organization", "member")
    }
    if not counts["division"]:
        yield "data", "warn", "no divisions are loaded", "`unionhub db load-divisions`, or `make demo`"
    elif not counts["organization"]:
        yield (
            "data",
            "warn",
            f"{counts['division']:,} divisions, but no organizations",
            "`unionhub db generate --members 100000`, or `make demo`",
        )
    else:
        yield "data", "ok", ", ".join(f"{count:,} {table}s" for table, count in counts.items()), ""

    if counts["organization"]:
        yield await _rollups(connection)

    bare = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY($1) "
        "AND reltuples < 0 AND pg_relation_size(oid) > current_setting('block_size')::bigint ORDER BY relname",
        sorted(Model.metadata.tables),
    )
    if bare:
        tables = ", ".join(row["relname"] for row in bare)
        yield (
            "statistics",
            "warn",
            f"PostgreSQL knows nothing about {tables}: queries may be slow",
            "In psql: `ANALYZE;`",
        )
    else:
        yield "statistics", "ok", "PostgreSQL has statistics of every table that has rows", ""


async def _rollups(connection: asyncpg.Connection) -> Row:
    """Roll-ups of a few places chosen at random, against the records."""
    if not await connection.fetchval("SELECT ready FROM rollup.state"):
        seen = "roll-ups are not in use: statistics are counted from the records"
        return "roll-ups", "warn", seen, "`unionhub db rebuild-rollups`"
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        wrong = await rollups.faults(connection, ANCHORS)
        waiting = await connection.fetchval(
            "SELECT (SELECT count(*) FROM rollup.membership_change) + (SELECT count(*) FROM rollup.insurance_enrolment_change)"
        )
    if wrong:
        return "roll-ups", "fail", f"roll-ups differ from the records: {wrong[0]}", "`unionhub db rebuild-rollups`"
    if waiting > MANY:
        seen = f"{waiting:,} changes wait to be folded: statistics are slow"
        return "roll-ups", "warn", seen, "`unionhub db fold-rollups`; a hub that runs does it every half minute."
    return "roll-ups", "ok", f"{ANCHORS} places equal a recount; {waiting:,} changes wait to be folded", ""

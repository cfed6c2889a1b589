"""What ``unionhub doctor`` asks of a database: migrations, data and the planner's statistics."""

from collections.abc import AsyncIterator
from typing import Literal

import asyncpg

from db.migrate import connect, head
from db.models import Model

Row = tuple[str, Literal["ok", "warn", "fail"], str, str]


async def examine_database(url: str) -> list[Row]:
    """Findings as ``(check, state, seen, advice)``; the server can be reached and suits.

    Raises:
        DataError: the database went away.
    """
    connection = await connect(url)
    try:
        return [row async for row in _examine(connection)]
    finally:
        await connection.close()


async def _examine(connection: asyncpg.Connection) -> AsyncIterator[Row]:
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
        yield "migrations", "fail", seen, "unionhub db upgrade"
        return
    yield "migrations", "ok", f"at {revision}, the newest", ""

    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in ("division", "organization", "member")
    }
    if not counts["division"]:
        yield "data", "warn", "no divisions are loaded", "unionhub db load-divisions, or make demo"
    elif not counts["organization"]:
        yield (
            "data",
            "warn",
            f"{counts['division']:,} divisions, but no organizations",
            "unionhub db generate, or make demo",
        )
    else:
        yield "data", "ok", ", ".join(f"{count:,} {table}s" for table, count in counts.items()), ""

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
            "ANALYZE in psql",
        )
    else:
        yield "statistics", "ok", "PostgreSQL has statistics of every table that has rows", ""

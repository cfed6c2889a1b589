"""What PostgreSQL reads for an operation: rows and blocks, by ``EXPLAIN (ANALYZE, BUFFERS)`` of each of its statements."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from strawberry.utils.str_converters import to_camel_case

from resolvers.engine.declare.sources import Many
from schema import registry, schema

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "

Before = Callable[[asyncpg.Connection, str, tuple[Any, ...]], Awaitable[None]]
"""Called before each statement, with the connection that it will run on and its arguments."""


class WatchedPool:
    """A pool whose statements are seen before they run."""

    def __init__(self, pool: asyncpg.Pool, before: Before) -> None:
        self.pool = pool
        self.before = before

    async def acquire(self, **options: Any) -> "WatchedConnection":
        """A connection."""
        return WatchedConnection(await self.pool.acquire(**options), self.before)

    async def release(self, connection: "WatchedConnection") -> None:
        """Give a connection back."""
        await self.pool.release(connection.connection)


class WatchedConnection:
    """A connection of a watched pool."""

    def __init__(self, connection: asyncpg.Connection, before: Before) -> None:
        self.connection = connection
        self.before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def fetch(self, sql: str, *values: Any) -> Any:
        """Rows of a statement."""
        await self.before(self.connection, sql, values)
        return await self.connection.fetch(sql, *values)

    async def fetch_in(self, role: str, sql: str, *values: Any, kept: bool = False) -> Any:
        """Rows of a statement under SET ROLE."""
        async with self.connection.under_role(role, kept=kept):
            return await self.fetch(sql, *values)


@dataclass
class Read:
    """What statements read: rows of tables and entries of bitmaps, those that were dropped included, and blocks of tables and indexes."""

    rows: float = 0
    blocks: int = 0

    def add(self, plan: Mapping[str, Any]) -> None:
        """Add what a plan read."""
        self.blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self._rows(plan)

    def _rows(self, node: Mapping[str, Any]) -> None:
        if "Relation Name" in node:
            dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            self.rows += (node["Actual Rows"] + dropped) * node["Actual Loops"]
        elif node["Node Type"] == "Bitmap Index Scan":
            self.rows += node["Actual Rows"] * node["Actual Loops"]
        for below in node.get("Plans", ()):
            self._rows(below)


class MeasuredPool(WatchedPool):
    """A pool whose statements are explained before they run; ``read`` is what they have read."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool, self.explain)
        self.read = Read()

    async def explain(self, connection: asyncpg.Connection, sql: str, values: tuple[Any, ...]) -> None:
        """Run a statement under EXPLAIN, with the plan that the session gives it, and add what it read."""
        if await connection.fetchval("SHOW plan_cache_mode") == "force_generic_plan":
            statement = await connection.prepare(sql)  # EXPLAIN of a statement with values has a plan for these
            given = f"({', '.join(map(literal, values))})" if values else ""
            (found,) = await connection.fetch(f"{EXPLAIN}EXECUTE {statement.get_name()}{given}")
        else:
            (found,) = await connection.fetch(EXPLAIN + sql, *values)
        self.read.add(json.loads(found[0])[0]["Plan"])


def literal(value: Any) -> str:
    """A value as PostgreSQL reads it where it knows the type."""
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return literal("{" + ",".join("NULL" if item is None else f'"{escaped(item)}"' for item in value) + "}")
    return "'" + str(value).replace("'", "''") + "'"


def escaped(item: object) -> str:
    """An item within an array's text."""
    return str(item).replace("\\", "\\\\").replace('"', '\\"')


def root_lists() -> dict[str, str]:
    """The root fields that are lists with pages, and the types of their rows."""
    query = schema._schema.query_type
    assert query is not None
    return {
        to_camel_case(name): answer.target
        for name, answer in registry.roots.items()
        if isinstance(answer, Many) and "first" in query.fields[to_camel_case(name)].args
    }

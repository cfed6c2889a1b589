"""A client of the engine that records the statements which the engine sends."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import asyncpg

from db.access import Role
from db.organizations import Hierarchy
from db.security.row_security import Scope
from resolvers.access import callers
from resolvers.access.callers import Grant
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request.document import Answer
from schema import registry, schema
from tests.resolvers.parsed_documents import document

NATIONAL = callers.Caller("national", principal_id=1, everything=True)
"""Who sees everything but health records."""


async def handler_of_all(db: asyncpg.Pool | asyncpg.Connection, caller: callers.Caller = NATIONAL) -> callers.Caller:
    """A caller who sees everything, and health records too, because it has a grant at every union that handles some."""
    unions = await db.fetch(
        "SELECT organization_id AS id FROM care_case UNION SELECT organization_id FROM mutual_aid_claim"
    )
    return replace(
        caller,
        grants=tuple(Grant(Role.FEDERATION, row["id"], Hierarchy.TERRITORIAL) for row in unions),
    )


Hold = Callable[[int], Awaitable[None]]
"""Called before each statement with how many went before it."""


class Watched:
    """A pool that records the statements sent through it and may delay each one."""

    def __init__(self, pool: asyncpg.Pool, hold: Hold | None = None) -> None:
        self.pool = pool
        self.hold = hold
        self.statements: list[str] = []
        self.transactions: list[dict[str, Any]] = []

    async def acquire(self, **options: Any) -> "WatchedConnection":
        return WatchedConnection(self, await self.pool.acquire(**options))

    async def release(self, connection: "WatchedConnection") -> None:
        await self.pool.release(connection.connection)


class WatchedConnection:
    """A connection of a watched pool."""

    def __init__(self, watch: Watched, connection: asyncpg.Connection) -> None:
        self.watch = watch
        self.connection = connection

    async def set_scope(self, scope: Scope) -> None:
        await self.connection.set_scope(scope)

    async def keep_plans(self, keep: bool) -> None:
        await self.connection.keep_plans(keep)

    def transaction(self, **options: Any) -> Any:
        self.watch.transactions.append(options)
        return self.connection.transaction(**options)

    async def fetch_in(self, role: str, sql: str, *values: Any, kept: bool = False) -> list[Any]:
        async with self.connection.under_role(role, kept=kept):
            return await self.fetch(sql, *values)

    async def reading(self, sql: str, *values: Any) -> Any:
        self.watch.statements.append(sql)
        return await self.connection.reading(sql, *values)

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        if self.watch.hold is not None:
            await self.watch.hold(len(self.watch.statements))
        self.watch.statements.append(sql)
        rows: list[Any] = await self.connection.fetch(sql, *values)
        return rows


class EngineClient:
    """A client of one engine; it parses each document once, as the endpoint does."""

    def __init__(
        self, pool: asyncpg.Pool, *, max_objects: int = 25_000, hold: Hold | None = None, **options: Any
    ) -> None:
        self.watched = Watched(pool, hold)
        self.engine = Engine(schema._schema, registry, self.watched, max_objects=max_objects, **options)  # type: ignore[arg-type]
        self.documents: dict[str, Any] = {}
        self.pool = pool
        self.all: callers.Caller | None = None

    async def answer(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        explain: bool = False,
        caller: callers.Caller | None = None,
    ) -> Answer:
        """The answer to a caller, without one to a caller who sees every row."""
        if caller is None:
            caller = self.all = self.all or await handler_of_all(self.pool)
        found = self.documents.get(text)
        if found is None:
            found = self.documents[text] = document(text)
        return await self.engine.execute(found, name, variables or {}, caller=caller, explain=explain)

    async def response(self, text: str, variables: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The parsed response."""
        response: dict[str, Any] = json.loads((await self.answer(text, variables, **more)).body)
        return response

    async def data(self, text: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of an operation; it must have no errors."""
        response = await self.response(text, variables)
        assert "errors" not in response, (response["errors"], text, variables)
        data: dict[str, Any] = response["data"]
        return data

    @property
    def reads_rollups(self) -> bool:
        """Whether any statement that has been sent reads roll-ups."""
        return any("rollup." in statement for statement in self.watched.statements)

    async def count(self, text: str, variables: Mapping[str, Any]) -> int:
        """How many statements an operation sends."""
        self.watched.statements.clear()
        response = await self.response(text, variables)
        assert response.get("data"), (response, text, variables)
        return len(self.watched.statements)

"""Connections: an asyncpg pool for queries, a SQLAlchemy engine for commands, both from one ``postgresql://`` URL.

The pool's connections wear a role that is no owner and sees no row of anybody; ``acquired`` gives one a scope to see by.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.meter import METER, Meter, holding, waiting
from db.row_security import NOBODY, READER, Scope

SESSION = {"jit": "off", "timezone": "UTC", "plan_cache_mode": "force_custom_plan", "application_name": "unionhub"}
CONNECT_SECONDS = 5.0

RENEWED_SECONDS = 10.0
"""A scope that a connection carries is sent again after this long: its sets may have grown stale, which is right but slow."""

LARGE = 15 * 1024
"""Characters of a large statement; asyncpg by itself keeps none of them, and PostgreSQL has one or two megabytes for each."""

MOST_LARGE, LARGEST = 48, 128 * 1024
"""So many large statements are kept prepared on a connection, and none that is larger than this."""

CARRY = "SELECT wall.carry($1, $2, $3, $4)"


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that remembers which scope its session carries, and goes back to the pool without a round trip.

    Once it was released, whatever comes first without a scope of its own goes under ``NOBODY``: nobody sees by the scope of the caller
    before. Without a role, all of this is left out.
    """

    role: str | None = None
    scope: Scope | None = NOBODY
    sent_at = float("-inf")
    is_loose = False
    keeps_plans: bool | None = False
    large: frozenset[str] = frozenset()
    meter: Meter | None = None

    def get_reset_query(self) -> str:
        """No statement."""
        self.meter = None
        if self.role is not None:
            self.is_loose = True
        return ""

    async def carry(self, scope: Scope) -> None:
        """See by this scope from now on: a round trip if the session carries another one, and now and then. Not in a transaction, whose
        end might take the scope away again.

        Raises:
            RuntimeError: in a transaction.
        """
        self.meter = METER.get()
        if self.role is None:
            return
        now = time.monotonic()
        if self.scope == scope and now - self.sent_at < RENEWED_SECONDS:
            self.is_loose = False
            return
        if self.is_in_transaction():
            raise RuntimeError("a scope is set before a transaction begins")
        self.is_loose, self.scope = True, None  # and so it stays if this fails
        values = (scope.role, scope.principal, list(scope.keys), scope.sets)
        rows = await super()._execute(CARRY, values, 1, None)
        scope.sets = rows[0][0]
        self.is_loose, self.scope, self.sent_at = False, scope, now

    async def keep_plans(self, keep: bool) -> None:
        """From now on have PostgreSQL keep one plan of a statement for all values, or plan it for the values of each run (docs/adr/0012): a
        round trip if it was the other way."""
        if self.keeps_plans is not keep:
            self.keeps_plans = None  # and so it stays if this fails
            await super().execute(f"SET plan_cache_mode = {'force_generic_plan' if keep else 'force_custom_plan'}")
            self.keeps_plans = keep

    @asynccontextmanager
    async def wearing(self, role: str, *, kept: bool = False) -> AsyncIterator[None]:
        """Inside a transaction, take another role of the hub: until its end, or that of this block if all goes well. With ``kept``
        PostgreSQL keeps one plan of each statement meanwhile, as ``keep_plans`` says."""
        on, off = [], []
        if self.role is not None:
            before = self.scope.role if self.scope is not None and not self.is_loose else READER
            on.append(f"SET LOCAL ROLE {role}")
            off.append(f"SET LOCAL ROLE {before}")
        if kept and not self.keeps_plans:
            on.append("SET LOCAL plan_cache_mode = force_generic_plan")
            off.append("SET LOCAL plan_cache_mode = force_custom_plan")
        if on:
            await self.execute("; ".join(on))
        yield
        if off:
            await self.execute("; ".join(off))

    async def fetch_in(self, role: str, query: str, *args: Any, kept: bool = False) -> list[Any]:
        """Inside a transaction, rows of one statement in another role of the hub; ``kept`` as in ``wearing``."""
        async with self.wearing(role, kept=kept):
            rows: list[Any] = await self.fetch(query, *args)
        return rows

    async def reading(self, query: str, *args: Any) -> Callable[[int], Awaitable[list[Any]]]:
        """Inside a transaction, reads rows of one statement, at most so many each time; what is not read PostgreSQL need not find."""
        if self.is_loose:
            await self.carry(NOBODY)
        if self.meter is not None:
            self.meter.statements += 1
        cursor = await self.cursor(query, *args)
        read: Callable[[int], Awaitable[list[Any]]] = cursor.fetch
        return read

    def make_room(self, query: str) -> None:
        """Forget all prepared statements before the large ones are too many: questions of callers make new ones, of much memory."""
        if len(query) <= LARGE or query in self.large:
            return
        if len(self.large) >= MOST_LARGE:
            self._drop_local_statement_cache()
            self.large = frozenset()
        self.large |= {query}

    async def execute(self, query: str, *args: Any, **more: Any) -> str:
        """As asyncpg's, under a scope."""
        if self.is_loose:
            await self.carry(NOBODY)
        if self.meter is not None and not args:  # with arguments it goes by _execute
            self.meter.statements += 1
        status: str = await super().execute(query, *args, **more)
        return status

    async def _execute(self, query: str, *args: Any, **more: Any) -> Any:
        self.make_room(query)
        if self.is_loose:
            await self.carry(NOBODY)
        if self.meter is not None:
            self.meter.statements += 1
        return await super()._execute(query, *args, **more)

    async def _executemany(self, *args: Any, **more: Any) -> Any:
        if self.is_loose:
            await self.carry(NOBODY)
        if self.meter is not None:
            self.meter.statements += 1
        return await super()._executemany(*args, **more)

    async def _prepare(self, *args: Any, **more: Any) -> Any:
        if self.is_loose:
            await self.carry(NOBODY)
        return await super()._prepare(*args, **more)

    async def _copy_in(self, *args: Any, **more: Any) -> Any:
        if self.is_loose:
            await self.carry(NOBODY)
        return await super()._copy_in(*args, **more)

    async def _copy_out(self, *args: Any, **more: Any) -> Any:
        if self.is_loose:
            await self.carry(NOBODY)
        return await super()._copy_out(*args, **more)


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """A pool that counts who waits for a connection, and for how long. Where one must be opened first, that is waiting too."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.waiting = 0
        self.on_waited: Callable[[float], None] | None = None
        """Told the seconds of each wait."""

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109
        self.waiting += 1
        began = time.perf_counter()
        try:
            with waiting():
                return await super()._acquire(timeout)
        finally:
            self.waiting -= 1
            if self.on_waited is not None:
                self.on_waited(time.perf_counter() - began)


POOL_SIZE = 8
"""Connections of a pool, unless a setting says otherwise."""


async def create_pool(url: str, *, size: int = POOL_SIZE, statement_timeout_ms: int = 10_000, role: str | None = None) -> Pool:
    """A pool whose connections end any statement after ``statement_timeout_ms`` and keep a thousand prepared, few of them large.

    With a ``role`` (the hub's is ``READER``) every session wears it from its first moment, and ``RESET ROLE`` leads back to it; without
    one a connection has the rights of who logs in, and scopes mean nothing. None is opened before it is needed: the pool can be made
    while the database is down.
    """
    settings = {**SESSION, "statement_timeout": str(statement_timeout_ms)}

    async def initialize(connection: Connection) -> None:
        connection.role = role

    pool: Pool = await Pool(
        url,
        min_size=0,
        max_size=size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        record_class=asyncpg.Record,
        timeout=CONNECT_SECONDS,
        connection_class=Connection,
        statement_cache_size=1000,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=LARGEST,
        init=initialize,
        server_settings=settings if role is None else {**settings, "role": role},
    )
    return pool


@asynccontextmanager
async def acquired(pool: asyncpg.Pool, scope: Scope) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool that sees by a scope."""
    async with pool.acquire() as connection:
        with holding():
            await connection.carry(scope)
            yield connection


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """A SQLAlchemy engine on asyncpg, with ``options`` of ``create_async_engine``."""
    return create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), **options)


__all__ = ["READER", "Connection", "Pool", "Scope", "acquired", "create_engine", "create_pool"]

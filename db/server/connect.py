"""Connections: an asyncpg pool for queries, a SQLAlchemy engine for commands, both from one ``postgresql://`` URL.

Each session of the pool begins under a role that owns nothing and sees no row of a protected table; ``acquired`` gives it a scope.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.meter import METER, Meter, holding, waiting
from db.security.row_security import NOBODY, READER, Scope
from db.server.outage import CANNOT_CONNECT, Outage

SESSION = {"jit": "off", "timezone": "UTC", "plan_cache_mode": "force_custom_plan", "application_name": "unionhub"}
CONNECT_SECONDS = 3.0
"""How long opening a connection may take."""

WAIT_SECONDS = 5.0
"""How long anybody waits for a connection of the pool, opening one included."""

LOCK_MS = 2_000
"""How long a statement waits for a lock."""

SCOPE_SECONDS = 10.0
"""After this long the scope of a session is set again: PostgreSQL computes outdated sets anew in every statement, right but slow."""

MOST_PREPARED, LARGEST = 1_000_000, 128 * 1024
"""Characters of all statements that a connection keeps prepared, and of the longest of them. PostgreSQL takes some 45 bytes a character
for a statement and as much again for its plan, if it is kept."""

SET_SCOPE = "SELECT wall.carry($1, $2, $3, $4)"


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that knows the scope of its session: acquired again for the same scope, it sends nothing.

    After its release the scope is stale, and a statement that comes before ``set_scope`` first gives the session ``NOBODY``: nobody sees
    by the scope of the caller before. Without a role, scopes mean nothing and nothing is sent.

    asyncpg has no hook for this. All of its public methods run statements by ``execute``, ``_execute``, ``_executemany``, ``_prepare``,
    ``_copy_in`` or ``_copy_out``; these are overridden, and a test calls every public method with a stale scope.
    """

    role: str | None = None
    scope: Scope | None = NOBODY
    scope_set_at = float("-inf")
    has_stale_scope = False
    keeps_plans: bool | None = False
    prepared = 0
    """Characters of the statements that ``fetch`` has prepared."""
    meter: Meter | None = None
    is_sound = True
    """Whether its last statement was answered without an error."""

    def get_reset_query(self) -> str:
        """No statement: asyncpg sends it when the connection goes back to the pool."""
        self.meter = None
        if self.role is not None:
            self.has_stale_scope = True
        return ""

    @property
    def needs_rollback(self) -> bool:
        """Whether a transaction is open."""
        return self._top_xact is not None or self._protocol.is_in_transaction()

    async def set_scope(self, scope: Scope) -> None:
        """Give the session a scope: one round trip, or none if it has this scope already and for less than ``SCOPE_SECONDS``.

        Not inside a transaction, whose rollback would take the scope away again.

        Raises:
            RuntimeError: in a transaction.
        """
        self.meter = METER.get()
        if self.role is None:
            return
        now = time.monotonic()
        if self.scope == scope and now - self.scope_set_at < SCOPE_SECONDS:
            self.has_stale_scope = False
            return
        if self.is_in_transaction():
            raise RuntimeError("a scope is set before a transaction begins")
        self.has_stale_scope, self.scope = True, None  # and so it stays if this fails
        values = (scope.role, scope.principal, list(scope.keys), scope.sets)
        rows = await super()._execute(SET_SCOPE, values, 1, None)
        scope.sets = rows[0][0]
        self.has_stale_scope, self.scope, self.scope_set_at = False, scope, now

    async def keep_plans(self, keep: bool) -> None:
        """Choose whether PostgreSQL keeps one plan of a statement for all values, or plans each run for its values (docs/adr/0012).

        One round trip if the session was set the other way, else none.
        """
        if self.keeps_plans is not keep:
            self.keeps_plans = None  # and so it stays if this fails
            await super().execute(f"SET plan_cache_mode = {'force_generic_plan' if keep else 'force_custom_plan'}")
            self.keeps_plans = keep

    @asynccontextmanager
    async def under_role(self, role: str, *, kept: bool = False) -> AsyncIterator[None]:
        """Run this block, inside a transaction, under another role of the hub; when it fails, the role lasts until the rollback.

        With ``kept`` PostgreSQL keeps one plan of each of its statements, as ``keep_plans`` says.
        """
        on, off = [], []
        if self.role is not None:
            before = self.scope.role if self.scope is not None and not self.has_stale_scope else READER
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
        """Rows of one statement under another role of the hub, inside a transaction; ``kept`` as in ``under_role``."""
        async with self.under_role(role, kept=kept):
            rows: list[Any] = await self.fetch(query, *args)
        return rows

    async def reading(self, query: str, *args: Any) -> Callable[[int], Awaitable[list[Any]]]:
        """Open a cursor inside a transaction; the result reads its next rows, at most as many as it is called with.

        PostgreSQL does not compute the rows that are never read.
        """
        await self._begin_statement()
        cursor = await self.cursor(query, *args)
        read: Callable[[int], Awaitable[list[Any]]] = cursor.fetch
        return read

    async def fetch(self, query: str, *args: Any, **more: Any) -> list[Any]:
        """As asyncpg's; a statement stays prepared if there is room (``MOST_PREPARED``), else it is prepared for this run alone.

        A prepared statement is run past asyncpg's layers, which would look for it again. They prepare it anew if the tables have changed.
        """
        known = self._stmt_cache.get((query, asyncpg.Record, False))
        if known is None and len(query) <= LARGEST:
            if self.is_full:
                await self._begin_statement()
                statement = await self.prepare(query, name="")  # the unnamed statement: the next one takes its place
                rows: list[Any] = await statement.fetch(*args)
                return rows
            self.prepared += len(query)
        elif known is not None and not (more or self._query_loggers):
            await self._begin_statement()
            try:
                rows = await self._protocol.bind_execute(known, args, "", 0, False, None)
            except asyncpg.InvalidCachedStatementError:  # it was not run
                self._drop_global_statement_cache()
                if self.is_in_transaction():
                    raise
            except asyncpg.OutdatedSchemaCacheError:  # it was run, but its rows cannot be read
                await self.reload_schema_state()
                raise
            else:
                self.is_sound = True
                return rows
        rows = await super().fetch(query, *args, **more)
        return rows

    @property
    def is_full(self) -> bool:
        """Whether it keeps as many statements prepared as it may; the pool closes it then at its release."""
        return self.prepared >= MOST_PREPARED

    async def _begin_statement(self) -> None:
        """Before every statement: no stale scope, and the operation is charged for it."""
        if self.has_stale_scope:
            await self.set_scope(NOBODY)
        if self.meter is not None:
            self.meter.statements += 1
        self.is_sound = False

    async def execute(self, query: str, *args: Any, **more: Any) -> str:
        """As asyncpg's, under a scope."""
        if not args:  # with arguments it ends in _execute
            await self._begin_statement()
        status: str = await super().execute(query, *args, **more)
        self.is_sound = True
        return status

    async def _execute(self, *args: Any, **more: Any) -> Any:
        await self._begin_statement()
        result = await super()._execute(*args, **more)
        self.is_sound = True
        return result

    async def _executemany(self, *args: Any, **more: Any) -> Any:
        await self._begin_statement()
        return await super()._executemany(*args, **more)

    async def _prepare(self, *args: Any, **more: Any) -> Any:
        if self.has_stale_scope:
            await self.set_scope(NOBODY)
        return await super()._prepare(*args, **more)

    async def _copy_in(self, *args: Any, **more: Any) -> Any:
        if self.has_stale_scope:
            await self.set_scope(NOBODY)
        return await super()._copy_in(*args, **more)

    async def _copy_out(self, *args: Any, **more: Any) -> Any:
        if self.has_stale_scope:
            await self.set_scope(NOBODY)
        return await super()._copy_out(*args, **more)


class PoolBusyError(Exception):
    """All connections of the pool were in use for too long."""


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """A pool that counts who waits for a connection, and for how long; opening a connection is waiting too.

    ``acquire`` raises ``PoolBusyError`` after ``WAIT_SECONDS`` or the given time, and ``DatabaseAwayError`` at once while the database
    cannot be reached (``db.server.outage``).
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, connect=self._open, **more)
        self.outage: Outage | None = None
        self.waiting = 0
        self.on_waited: Callable[[float], None] | None = None
        """Called with the seconds of each wait."""

    # asyncpg's public ``acquire`` makes an object whose ``await`` and ``async with`` both come here
    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109
        if self.outage is not None:
            raise self.outage.refuse()
        if self.is_ready:
            if self.on_waited is not None:
                self.on_waited(0.0)
            return await self._queue.get_nowait().acquire()
        self.waiting += 1
        began = time.perf_counter()
        try:
            with waiting():
                return await super()._acquire(WAIT_SECONDS if timeout is None else timeout)
        except TimeoutError:
            raise PoolBusyError("no connection of the pool became free in time") from None
        finally:
            self.waiting -= 1
            if self.on_waited is not None:
                self.on_waited(time.perf_counter() - began)

    async def _open(self, *args: Any, **more: Any) -> Any:
        """Open a connection. One that cannot be opened begins an outage, if there is none."""

        async def attempt() -> Any:
            return await asyncpg.connect(*args, **more)

        try:
            return await attempt()
        except CANNOT_CONNECT as error:
            if self.outage is None and not self.is_closing():
                self.outage = Outage(error, attempt, self._end_outage)
            if self.outage is None:
                raise
            raise self.outage.refuse() from error

    def _end_outage(self) -> None:
        self.outage = None

    async def close(self) -> None:
        """As asyncpg's."""
        if self.outage is not None:
            self.outage.stop()
        await super().close()

    def terminate(self) -> None:
        """As asyncpg's."""
        if self.outage is not None:
            self.outage.stop()
        super().terminate()

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """As asyncpg's; a connection full of prepared statements is closed, and another one opened when it is needed.

        asyncpg forgets single statements by private methods only, and PostgreSQL returns their memory when the session ends.

        asyncpg releases in a task of its own, so that no cancellation can interrupt it. Most releases send nothing here, and so need no
        task: what does not wait cannot be interrupted. After an error the task also gives the loop time to notice a lost connection.
        """
        held = getattr(connection, "_con", None)  # a connection that was lost has left this proxy
        if held is not None and held.is_full:
            await connection.close()
        elif held is not None and self.is_released_at_once(held, connection._holder):
            held._pool_release_ctr += 1  # what was prepared on it by its last user is no longer of use
            held.get_reset_query()
            connection._holder._release()
            connection._holder._setup_inactive_callback()
            return
        await super().release(connection, timeout=timeout)

    @property
    def is_ready(self) -> bool:
        """Whether the connection that comes next is open and idle, so that nothing is waited for and no timer is needed."""
        idle = self._queue._queue if self._queue is not None else ()
        if not idle or self._closing:
            return False
        return bool(idle[-1].is_connected() and idle[-1]._generation == self._generation)

    def is_released_at_once(self, connection: Connection, holder: Any) -> bool:
        """Whether nothing is sent, and nothing waited for, when a connection is released."""
        protocol = connection._protocol
        return not (
            holder._pool is not self
            or not connection.is_sound
            or connection.is_closed()
            or connection.needs_rollback
            or connection._listeners
            or connection._log_listeners
            or protocol._is_cancelling()
            or protocol.queries_count >= holder._max_queries
            or holder._generation != self._generation
        )


POOL_SIZE = 8
"""Connections of a pool, unless a setting says otherwise."""


async def create_pool(
    url: str, *, size: int = POOL_SIZE, statement_timeout_ms: int = 10_000, role: str | None = None
) -> Pool:
    """A pool whose connections end any statement after ``statement_timeout_ms``, or after ``LOCK_MS`` of waiting for a lock, and keep a
    thousand prepared, or fewer long ones (``MOST_PREPARED``).

    With a ``role`` (the hub's is ``READER``) every session has it from its first moment, and ``RESET ROLE`` leads back to it; without
    one a session has the rights of its login, and scopes mean nothing. A connection is opened when it is first needed, so the pool
    can be made while the database is down.
    """
    settings = {**SESSION, "statement_timeout": str(statement_timeout_ms), "lock_timeout": str(LOCK_MS)}

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
    """A connection of the pool whose session has a scope."""
    async with pool.acquire() as connection:
        with holding():
            await connection.set_scope(scope)
            yield connection


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """A SQLAlchemy engine on asyncpg, with ``options`` of ``create_async_engine``."""
    return create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), **options)


__all__ = ["READER", "Connection", "Pool", "PoolBusyError", "Scope", "acquired", "create_engine", "create_pool"]

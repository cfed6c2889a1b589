"""A snapshot of the database for one operation, with the caller's scope; the steps of a plan run in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from db.meter import holding
from resolvers.access.callers import Caller
from resolvers.engine.execute.bind import BoundOperation
from resolvers.engine.execute.nested_queries import AnswerQuery
from resolvers.engine.execute.objects import ObjectBudget
from resolvers.engine.execute.run import Run, Trace, run_operation
from resolvers.errors import HubError

LONG = """SELECT set_config(name, $1, true)
    FROM unnest(ARRAY['statement_timeout', 'idle_in_transaction_session_timeout']) AS name"""
"""Lets a transaction and its statements take so many milliseconds."""


async def run_in_snapshot(
    pool: asyncpg.Pool, bound: BoundOperation, answer: AnswerQuery, traces: list[Trace] | None
) -> tuple[dict[str, Any], list[HubError]]:
    """The values and errors of the root fields, by one attempt in a snapshot of its own; ``traces`` are those of this attempt alone."""
    if traces is not None:
        traces.clear()
    budget = ObjectBudget(bound.limit, bound.for_role)
    caller = bound.inputs.caller
    if not bound.single:
        async with snapshot(pool, caller, single=False, keeps_plans=bound.operation.keeps_plans) as connection:
            return await run_operation(Run(bound, connection, budget, traces, answer))
    connection = await pool.acquire()
    try:
        with holding():
            await _prepare(connection, caller, keeps_plans=bound.operation.keeps_plans)
            return await run_operation(Run(bound, connection, budget, traces, answer))
    finally:
        await pool.release(connection)


@asynccontextmanager
async def snapshot(
    pool: asyncpg.Pool, caller: Caller, *, single: bool, keeps_plans: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees what the caller may see, and whose statements all see the same snapshot.

    A ``single`` statement is a snapshot already and needs no BEGIN. A connection that carries the caller's scope already is used as it is.
    With ``keeps_plans`` PostgreSQL keeps one plan of each statement, else it plans each run for its values.
    """
    connection = await pool.acquire()
    with holding():
        try:
            await _prepare(connection, caller, keeps_plans=keeps_plans)
            if single:
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            await pool.release(connection)


@asynccontextmanager
async def long_snapshot(pool: asyncpg.Pool, caller: Caller, seconds: float) -> AsyncIterator[asyncpg.Connection]:
    """A snapshot that may last for so many seconds, and each of its statements too. The time for which it only waits for the reader is
    not charged: whoever reads in it says when it works (``holding``)."""
    connection = await pool.acquire()
    try:
        await _prepare(connection, caller, keeps_plans=False)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.fetch(LONG, str(int(seconds * 1000)))
            yield connection
    finally:
        await pool.release(connection)


async def _prepare(connection: asyncpg.Connection, caller: Caller, *, keeps_plans: bool) -> None:
    """Give the session of a connection the caller's scope, and its way to plan."""
    await connection.set_scope(caller.scope)
    await connection.keep_plans(keeps_plans)

"""Logs slow operations with their plan: the engine's steps, rows and time of each statement, and PostgreSQL's EXPLAIN.

No parameter value is logged. The statement is prepared with its placeholders (``$1``), and EXPLAIN shows the generic plan
(``force_generic_plan``), which may differ from the plan that PostgreSQL used. EXPLAIN runs nothing. It is used for one operation in ten
seconds at most, and only while a connection is free.
"""

import asyncio
import logging
import re
import time
from contextlib import nullcontext, suppress
from typing import Any

import asyncpg

from db.meter import METER
from db.server.connect import acquired
from hub.limits.budget import Account
from hub.telemetry.log_formatters import loggable_name
from hub.telemetry.metric_labels import client_of
from hub.telemetry.requests import Telemetry
from resolvers.access.callers import Caller
from resolvers.engine.execute.explain import tree
from resolvers.engine.execute.run import Trace
from resolvers.engine.execute.watch import Watched

log = logging.getLogger("unionhub.slow")

PLAN_SECONDS = 10.0
"""The shortest time between two operations whose statements are explained."""

EXPLAIN_SECONDS = 2.0
"""How long the EXPLAINs of one operation may take."""

MAX_STATEMENTS, MAX_TEXT = 5, 4_000
"""How many statements of an operation are logged, and the characters of a plan or statement."""

PREPARED = "unionhub_slow"
PARAMETER = re.compile(r"\$([0-9]+)")


class SlowLog:
    """Logs slow operations.

    Args:
        milliseconds: the time from which an operation is slow; 0 to log none.
        telemetry: counts slow operations.
        pool: connections for EXPLAIN; without a pool statements are not explained.
    """

    def __init__(self, milliseconds: int, telemetry: Telemetry, pool: asyncpg.Pool | None) -> None:
        self.milliseconds = milliseconds
        self.telemetry = telemetry
        self.pool = pool
        self.asked = float("-inf")
        self.tasks: set[asyncio.Task[None]] = set()

    def watch(self) -> Watched | None:
        """What is recorded of an operation; None if slow operations are not logged."""
        return Watched() if self.milliseconds else None

    def ended(self, watched: Watched, account: Account, operation: str | None, seconds: float, became: int) -> None:
        """Log an operation if it was slow: it took so many seconds and ended with a status."""
        if seconds * 1000 < self.milliseconds:
            return
        self.telemetry.slow.inc()
        meter, caller = account.meter, account.caller
        slowest = sorted(watched.traces, key=lambda trace: -trace.milliseconds)[:MAX_STATEMENTS]
        line: dict[str, Any] = {
            "source": account.source,
            "principal": caller.name,
            "client": client_of(caller, None),
            "operation": loggable_name(operation),
            "status": became,
            "ms": round(seconds * 1000, 3),
            "waited_ms": round(meter.waited * 1000, 3),
            "statements": meter.statements,
            "plan": tree(watched.operation)[:MAX_TEXT] if watched.operation else None,
        }
        now = time.monotonic()
        if not slowest or self.pool is None or now - self.asked < PLAN_SECONDS or not is_free(self.pool):
            log.warning("slow operation", extra={**line, "slowest": [statement_fields(trace) for trace in slowest]})
            return
        self.asked = now
        task = asyncio.create_task(self.explained(line, slowest, caller))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def explained(self, line: dict[str, Any], slowest: list[Trace], caller: Caller) -> None:
        """Log an operation with PostgreSQL's plans, or with the error that prevented them."""
        METER.set(None)
        plans: dict[str, str] = {}
        try:
            async with asyncio.timeout(EXPLAIN_SECONDS):
                await self.explain(slowest, caller, plans)
        except Exception as error:
            line["why_no_plan"] = type(error).__name__
        found = [{**statement_fields(trace), "explain": plans.get(trace.sql)} for trace in slowest]
        log.warning("slow operation", extra={**line, "slowest": found})

    async def explain(self, slowest: list[Trace], caller: Caller, plans: dict[str, str]) -> None:
        """Explain statements under the row-level security of their caller."""
        assert self.pool is not None
        async with acquired(self.pool, caller.scope) as connection:
            for trace in slowest:
                if trace.sql in plans:
                    continue
                try:
                    plans[trace.sql] = await plan_of(connection, trace)
                except asyncpg.PostgresError as error:
                    plans[trace.sql] = type(error).__name__


async def plan_of(connection: asyncpg.Connection, trace: Trace) -> str:
    """PostgreSQL's generic plan of one statement."""
    count = max(map(int, PARAMETER.findall(trace.sql)), default=0)
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    try:
        async with connection.transaction(readonly=True):
            await connection.execute("SET LOCAL lock_timeout = '100ms'; SET LOCAL plan_cache_mode = force_generic_plan")
            async with connection.under_role(trace.role) if trace.role else nullcontext():
                await connection.execute(f"PREPARE {PREPARED} AS {trace.sql}")
                rows = await connection.fetch(f"EXPLAIN EXECUTE {PREPARED}{nulls}")
    finally:
        with suppress(asyncpg.InvalidSQLStatementNameError):
            await connection.execute(f"DEALLOCATE {PREPARED}")
    return "\n".join(row[0] for row in rows)[:MAX_TEXT]


def is_free(pool: asyncpg.Pool) -> bool:
    """Whether a connection is free."""
    return bool(pool.get_idle_size() > 0 or pool.get_size() < pool.get_max_size())


def statement_fields(trace: Trace) -> dict[str, Any]:
    """A statement in a log line. If it failed or was cancelled, ``rows`` is null."""
    return {"path": trace.path, "ms": trace.milliseconds, "rows": trace.rows, "sql": trace.sql[:MAX_TEXT]}

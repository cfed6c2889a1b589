"""Imports as rows: who imported what, when, and what became of it. They survive the hub, and are seen by the union in whose name an import
was made and those above it, behind both walls."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from db.imports import IMPORT_LOCKS, ImportStage
from db.security.row_security import NOBODY
from db.server.connect import PoolBusyError, acquired
from hub.imports.report import ImportReport
from hub.messages import of_row_in_chinese
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, refused, transaction
from resolvers.writing.outcomes import Outcome
from resolvers.writing.scope import NO_UNION, WriteScope, below, role_of

FILES = 0x1448
"""The class of the advisory locks that running imports hold on their file."""

LISTED = 50
"""Jobs in a list."""

CLEAN_SECONDS = 30.0
"""The time between two looks for jobs whose process has died."""

_log = logging.getLogger("unionhub.imports")

BEGIN = """INSERT INTO import_job
    (organization_id, principal, kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes, state, stage)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'RUNNING', 'WAITING') RETURNING id"""
NOTE = """UPDATE import_job SET stage = $2, done_rows = $3, total_rows = $4 WHERE id = $1 AND state = 'RUNNING' RETURNING cancelled_by"""
END = """UPDATE import_job SET state = $2, ended_at = clock_timestamp(), new_rows = $3, changed_rows = $4, same_rows = $5,
    refused_rows = $6, warnings = $7, report = $8::text::jsonb, stage = 'ENDING', done_rows = $9, total_rows = $9 WHERE id = $1"""
STOPPED = """UPDATE import_job SET state = $2, ended_at = clock_timestamp(), report = $3::text::jsonb
WHERE id = $1 AND state IN ('RUNNING', 'BROKEN_OFF')"""
CANCEL = """UPDATE import_job SET cancelled_by = coalesce(cancelled_by, $2) WHERE id = $1 AND state = 'RUNNING' RETURNING id"""
HOLD_FILE = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
SAME_FILE = """SELECT max(id) FROM import_job
WHERE state = 'RUNNING' AND digest = $1 AND kind = $2 AND organization_id = $3"""
JOBS = f"""SELECT j.id, o.name AS union, principal, j.kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes,
state, stage, done_rows, total_rows, started_at, ended_at, new_rows, changed_rows, same_rows, refused_rows, warnings, cancelled_by,
{{report}} AS report
FROM import_job j JOIN organization o ON o.id = j.organization_id WHERE {below("j.organization_id")} AND {{condition}}
ORDER BY j.id DESC LIMIT {LISTED}"""  # noqa: S608 — constants


def union_of(caller: Caller) -> int:
    """The union in whose name a caller imports: of several the first.

    Raises:
        Refused: FORBIDDEN: the caller has no role of a union.
    """
    unions = [grant.organization_id for grant in caller.grants if grant.organization_id is not None]
    if WriteScope.of(caller).is_empty or not unions:
        raise refused(*NO_UNION)
    return unions[0]


async def begin(context: CommandContext, holder: asyncpg.Connection, report: ImportReport) -> int:
    """Write a job in a transaction of its own, and return its key. ``holder``, in the transaction of the import, holds two locks to its
    end: on the file, and on the job, which show that it is running.

    Raises:
        Refused: FORBIDDEN; IMPORT_RUNNING: the same file is being imported.
    """
    options, union = report.options, union_of(context.caller)
    if not await holder.fetchval(HOLD_FILE, FILES, f"{union} {report.kind} {report.digest}"):
        other = await holder.fetchval(SAME_FILE, report.digest, report.kind, union)
        known = "" if other is None else f", as job {other}"
        raise refused("IMPORT_RUNNING", f"The same file is being imported already{known}. Wait until that is done.")
    async with transaction(context) as connection, connection.under_role(role_of(context.caller)):
        key: int = await connection.fetchval(
            BEGIN,
            union,
            context.caller.name,
            report.kind,
            report.file[:200],
            report.digest,
            options.dry_run,
            options.good_rows_only,
            options.refuse_changes,
        )
        await holder.execute("SELECT pg_advisory_xact_lock($1, ($2::bigint % 2147483648)::int)", IMPORT_LOCKS, key)
    return key


async def note(context: CommandContext, key: int, stage: ImportStage, done: int, total: int | None) -> str | None:
    """Write how far a job is, in a transaction of its own, and return who has cancelled it, if somebody has."""
    async with transaction(context) as connection, connection.under_role(role_of(context.caller)):
        by: str | None = await connection.fetchval(NOTE, key, stage.name, done, total)
    return by


async def end(connection: asyncpg.Connection, caller: Caller, key: int, report: ImportReport) -> None:
    """Write what became of a job, in the transaction of its rows."""
    counts = [report.counts[outcome] for outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.SAME, Outcome.REFUSED)]
    stored = orjson.dumps(report.as_json(chinese=False)).decode()
    async with connection.under_role(role_of(caller)):
        await connection.execute(END, key, state_of(report), *counts, report.warnings, stored, report.rows)


async def stopped(context: CommandContext, key: int, report: ImportReport) -> None:
    """Write that a job has stopped, with the report's problem if there is one, in a transaction of its own."""
    state = "BROKEN_OFF" if report.problem is not None else "CANCELLED"
    stored = None if report.problem is None else orjson.dumps(report.as_json(chinese=False)).decode()
    async with transaction(context) as connection, connection.under_role(role_of(context.caller)):
        await connection.execute(STOPPED, key, state, stored)


async def cancel(context: CommandContext, key: int, *, chinese: bool) -> dict[str, Any] | None:
    """Cancel a job in the caller's sight, and return the job, None if there is none. Its process finds that within a second or
    two, wherever it runs; a job that has ended stays as it is."""
    if await job(context, key, chinese=chinese) is None:
        return None
    async with transaction(context) as connection, connection.under_role(role_of(context.caller)):
        await connection.execute(CANCEL, key, context.caller.name)
    return await job(context, key, chinese=chinese)


async def mark_broken(pool: asyncpg.Pool) -> int:
    """Mark the jobs whose processes have died as broken off, and return how many there were."""
    async with acquired(pool, NOBODY) as connection:
        broken: int = await connection.fetchval("SELECT mark_broken_imports()")
    return broken


async def clean(pool: asyncpg.Pool, report_days: int) -> int:
    """Mark jobs as ``mark_broken`` does, and remove the reports of jobs that are older."""
    async with acquired(pool, NOBODY) as connection:
        await connection.execute("SELECT remove_import_reports($1)", report_days)
    return await mark_broken(pool)


async def clean_periodically(pool: asyncpg.Pool, report_days: int, seconds: float = CLEAN_SECONDS) -> None:
    """``clean`` at once and then every so often, until cancelled. A failure is logged."""
    while True:
        try:
            broken = await clean(pool, report_days)
            if broken:
                _log.warning("imports were broken off", extra={"imports": broken})
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolBusyError) as fault:
            _log.warning("broken imports were not looked for: %s", type(fault).__name__)
        await asyncio.sleep(seconds)


def state_of(report: ImportReport) -> str:
    """The state of an import that has ended, as ``db.imports.ImportState`` names it."""
    if report.problem is not None:
        return "UNREADABLE"
    if report.options.dry_run:
        return "REHEARSED"
    return "WRITTEN" if report.keeps_rows else "REFUSED"


async def jobs(context: CommandContext, *, chinese: bool) -> list[dict[str, Any]]:
    """The newest jobs in the caller's sight, without reports."""
    return [as_json(row, chinese=chinese) for row in await _rows(context, "NULL::text", "$5::bigint IS NULL", None)]


async def job(context: CommandContext, key: int, *, chinese: bool) -> dict[str, Any] | None:
    """A job with its report, or None if there is none in the caller's sight."""
    rows = await _rows(context, "report::text", "j.id = $5::bigint", key)
    return as_json(rows[0], chinese=chinese) if rows else None


async def _rows(context: CommandContext, report: str, condition: str, key: int | None) -> list[Any]:
    scope = WriteScope.of(context.caller)
    async with acquired(context.pool, context.caller.scope) as connection:
        rows: list[Any] = await connection.fetch(
            JOBS.format(report=report, condition=condition),
            scope.everything,
            list(scope.territorial),
            list(scope.industrial),
            context.today,
            key,
        )
    return rows


def as_json(row: Mapping[str, Any], *, chinese: bool) -> dict[str, Any]:
    """A job for programs; the report's messages in the caller's language."""
    found = {
        "id": row["id"],
        "union": row["union"],
        "principal": row["principal"],
        "kind": row["kind"],
        "file": row["file_name"],
        "sha256": row["digest"],
        "dryRun": row["is_dry_run"],
        "goodRowsOnly": row["good_rows_only"],
        "refuseChanges": row["refuses_changes"],
        "state": row["state"],
        "stage": row["stage"],
        "doneRows": row["done_rows"],
        "totalRows": row["total_rows"],
        "startedAt": row["started_at"].isoformat(),
        "endedAt": None if row["ended_at"] is None else row["ended_at"].isoformat(),
        "counts": {outcome.name: row[f"{outcome.name.lower()}_rows"] for outcome in Outcome},
        "warnings": row["warnings"],
        "cancelledBy": row["cancelled_by"],
    }
    if row["report"] is not None:
        report = orjson.loads(row["report"])
        for fault in (*report.get("faults", ()), *([report["problem"]] if "problem" in report else [])):
            fault["message"] = of_row_in_chinese(fault["code"], fault["message"]) if chinese else fault["message"]
        found["report"] = report
    return found

"""Imports as rows: who imported what, when, and what became of it. They survive the hub, and are seen by the union in whose name an import
was made and those above it, behind both walls."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from db.imports import IMPORT_LOCKS
from db.server.connect import acquired
from hub.imports.report import ImportReport
from hub.messages import in_chinese
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, refused, transaction
from resolvers.writing.outcomes import Outcome
from resolvers.writing.scope import NO_UNION, WriteScope, below, role_of

LISTED = 50
"""Jobs in a list."""

BEGIN = """INSERT INTO import_job
    (organization_id, principal, kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'RUNNING') RETURNING id"""
END = """UPDATE import_job SET state = $2, ended_at = clock_timestamp(), new_rows = $3, changed_rows = $4, same_rows = $5,
    refused_rows = $6, report = $7::text::jsonb WHERE id = $1"""
STATE = f"""CASE WHEN state = 'RUNNING' AND started_at < now() - interval '10 seconds' AND NOT EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {IMPORT_LOCKS} AND l.objid = (j.id % 2147483648)::oid
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
) THEN 'BROKEN_OFF' ELSE state END"""  # noqa: S608 — a constant
JOBS = f"""SELECT j.id, o.name AS union, principal, j.kind, file_name, digest, is_dry_run, good_rows_only, refuses_changes,
{STATE} AS state, started_at, ended_at, new_rows, changed_rows, same_rows, refused_rows, {{report}} AS report
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


async def begin(context: CommandContext, report: ImportReport) -> int:
    """Write a job in a transaction of its own, and return its key. Raises Refused: FORBIDDEN."""
    options = report.options
    async with transaction(context) as connection, connection.under_role(role_of(context.caller)):
        key: int = await connection.fetchval(
            BEGIN,
            union_of(context.caller),
            context.caller.name,
            report.kind,
            report.file[:200],
            report.digest,
            options.dry_run,
            options.good_rows_only,
            options.refuse_changes,
        )
    return key


async def hold(connection: asyncpg.Connection, key: int) -> None:
    """Show to the end of the transaction that a job is running."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, ($2::bigint % 2147483648)::int)", IMPORT_LOCKS, key)


async def end(connection: asyncpg.Connection, caller: Caller, key: int, report: ImportReport) -> None:
    """Write what became of a job, in the transaction of its rows."""
    counts = [report.counts[outcome] for outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.SAME, Outcome.REFUSED)]
    stored = orjson.dumps(report.as_json(chinese=False)).decode()
    async with connection.under_role(role_of(caller)):
        await connection.execute(END, key, state_of(report), *counts, stored)


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
        "startedAt": row["started_at"].isoformat(),
        "endedAt": None if row["ended_at"] is None else row["ended_at"].isoformat(),
        "counts": {outcome.name: row[f"{outcome.name.lower()}_rows"] for outcome in Outcome},
    }
    if row["report"] is not None:
        report = orjson.loads(row["report"])
        for fault in (*report.get("faults", ()), *([report["problem"]] if "problem" in report else [])):
            fault["message"] = in_chinese(fault["code"], fault["message"]) if chinese else fault["message"]
        found["report"] = report
    return found

"""The checks of ``unionhub doctor`` on the database: migrations, row-level security, data, the planner's statistics."""

from collections.abc import AsyncIterator
from typing import Literal

import asyncpg

from db.consistency.run import examine
from db.encryption.keys import KeySource
from db.encryption.vault import Sealed, SealError, decrypt
from db.errors import DataError
from db.members import RESIDENT_NUMBER
from db.models import Model
from db.rollups.maintenance import rollup_differences, rollups_in_use
from db.security.row_security import faults
from db.server.migrate import connect_as_operator, head, require_known, revision

ANCHORS = 3
"""For how many places the roll-ups are compared with the records."""

MANY = 20_000
"""From this number of unfolded changes statistics are slow."""

Row = tuple[str, Literal["ok", "warn", "fail"], str, str]


async def examine_database(url: str, keys: KeySource | None = None, *, embedded: bool = False) -> list[Row]:
    """Findings as ``(check, state, seen, advice)``; the server can be reached and suits. The ``embedded`` one is logged into as its owner.
    With ``keys``, whether they open what is there.

    Raises:
        DataError: the database went away.
    """
    connection = await connect_as_operator(url)
    try:
        found = [row async for row in _examine(connection, embedded)]
        if keys is not None and all(state != "fail" for check, state, *_ in found if check == "migrations"):
            found += [row async for row in _opened(connection, keys)]
        return found
    finally:
        await connection.close()


async def _examine(connection: asyncpg.Connection, embedded: bool) -> AsyncIterator[Row]:
    name, size = await connection.fetchrow(
        "SELECT current_database(), pg_size_pretty(pg_database_size(current_database()))"
    )
    yield "database", "ok", f"PostgreSQL {connection.get_server_version().major}, database {name}, {size}", ""
    try:
        found = await revision(connection)
        require_known(found)
    except DataError as error:
        seen, _, advice = str(error).partition(". ")
        yield "migrations", "fail", seen, advice
        return
    if found != head():
        seen = f"the database is at {found}, the code at {head()}" if found else "the database has not been migrated"
        yield "migrations", "fail", seen, "`unionhub db upgrade`"
        return
    yield "migrations", "ok", f"at {found}, the newest", ""

    weak = await faults(connection, embedded=embedded)
    for fault in weak:
        yield "row security", "fail" if fault.is_grave else "warn", fault.seen, fault.advice
    if not weak:
        yield "row security", "ok", "every table is behind it, and the service may take on its roles", ""

    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in ("division", "organization", "member")
    }
    if not counts["division"]:
        yield "data", "warn", "no divisions are loaded", "`unionhub db load-divisions`" + ", or `make demo`" * embedded
    elif not counts["organization"]:
        yield (
            "data",
            "warn",
            f"{counts['division']:,} divisions, but no organizations",
            "Load your unions; or, to try it out, synthetic data: `unionhub db generate --members 1000`",
        )
    else:
        yield "data", "ok", ", ".join(f"{count:,} {table}s" for table, count in counts.items()), ""

    yield await _rollups(connection)
    async for row in _derived(connection):
        yield row

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
            f"PostgreSQL has no statistics of {tables}: queries may be slow",
            "In psql: `ANALYZE;`",
        )
    else:
        yield "statistics", "ok", "PostgreSQL has statistics of every table that has rows", ""


async def _derived(connection: asyncpg.Connection) -> AsyncIterator[Row]:
    """Compare closures, members' unions and the like with what they derive from."""
    found = [finding async for finding in examine(connection)]
    wrong = [finding for finding in found if finding.count]
    for finding in wrong:
        yield "derived", "fail", finding.text, finding.advice or "`unionhub db repair`"
    if not wrong:
        yield "derived", "ok", f"{len(found)} checks find nothing that differs from the records", ""


async def _opened(connection: asyncpg.Connection, keys: KeySource) -> AsyncIterator[Row]:
    """Check that the keys decrypt the personal data of some members, the first and the last ones."""
    column = RESIDENT_NUMBER.column
    rows = await connection.fetch(
        f"(SELECT id, {column} AS value FROM member WHERE {column} IS NOT NULL ORDER BY id LIMIT 3) UNION"  # noqa: S608
        f" (SELECT id, {column} FROM member WHERE {column} IS NOT NULL ORDER BY id DESC LIMIT 3)"
    )
    try:
        decrypt(keys.ring(), [Sealed(RESIDENT_NUMBER.table, column, row["id"], row["value"]) for row in rows])
    except SealError as error:
        seen, _, advice = str(error).partition(". ")
        restore = "Name the key file that the data were written with: UNIONHUB_KEY_FILE"
        yield "keys", "fail", f"the keys do not open the personal data: {seen}", advice or restore
        return
    if rows:
        yield "keys", "ok", "the keys open the personal data", ""


async def _rollups(connection: asyncpg.Connection) -> Row:
    """Compare the roll-ups of a few random places with the records."""
    if not await rollups_in_use(connection):
        seen = "roll-ups are not in use: statistics are counted from the records, which takes seconds"
        return "roll-ups", "warn", seen, "`unionhub db rebuild-rollups`"
    try:
        return await _compared(connection)
    except asyncpg.InsufficientPrivilegeError:
        return "roll-ups", "ok", "in use; the tables' owner alone may compare them with the records", ""


async def _compared(connection: asyncpg.Connection) -> Row:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        wrong = await rollup_differences(connection, ANCHORS)
        places = min(ANCHORS, await connection.fetchval("SELECT count(*) FROM rollup.anchor"))
        waiting = await connection.fetchval(
            "SELECT (SELECT count(*) FROM rollup.membership_change) + (SELECT count(*) FROM rollup.insurance_enrolment_change)"
        )
    if wrong:
        return "roll-ups", "fail", f"roll-ups differ from the records: {wrong[0]}", "`unionhub db rebuild-rollups`"
    if waiting > MANY:
        seen = f"{waiting:,} changes wait to be folded: statistics are slow"
        return "roll-ups", "warn", seen, "`unionhub db fold-rollups`; a hub that runs does it every half minute."
    return "roll-ups", "ok", f"{places} places equal a recount; {waiting:,} changes wait to be folded", ""

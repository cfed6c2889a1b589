"""All checks of a database, and the repair of what they find. Both are safe to repeat."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg

from db.consistency import sealed
from db.consistency.checks import CHECKS, FIRST, Check
from db.encryption.keys import KeyRing
from db.errors import DataError
from db.rollups.maintenance import rebuild_rollups, rollup_differences, rollups_in_use
from db.server.bulk_copy import Progress
from db.server.migrate import connect, require_head

SEALED = "{} members have blind indexes or masked values that differ from their encrypted values, first {}"
CLOSED = "{} members have encrypted values that the keys do not open, first {}"
RESTORE = "Compare the key file with its copy, and these rows with a backup."


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found: ``count`` wrong rows (0 for none), in words, and whether they are right now; else what to do."""

    check: str
    count: int
    text: str = ""
    mended: bool = False
    advice: str = ""


def in_words(text: str, count: int, first: Sequence[int]) -> str:
    """The text of a finding, with the number of rows and the first keys."""
    return text.format(f"{count:,}", ", ".join(map(str, first[:FIRST])) + ", …" * (count > FIRST))


async def find(connection: asyncpg.Connection, check: Check) -> list[int]:
    """The keys of the rows that are wrong, in order."""
    return [row["id"] for row in await connection.fetch(f"SELECT id FROM ({check.find}) wrong ORDER BY id")]  # noqa: S608


async def examine(connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    """What the checks that are statements find; those that the login may not run are left out."""
    hidden: set[str] = set()
    for check in CHECKS:
        if check.name in hidden:
            continue
        try:
            keys = await find(connection, check)
        except asyncpg.InsufficientPrivilegeError:
            continue
        hidden |= set(check.hides) if keys else set()
        text = in_words(check.text, len(keys), keys) if keys else ""
        yield Finding(check.name, len(keys), text, advice=check.advice)


async def repair(
    url: str, ring: KeyRing | None, *, dry_run: bool = False, progress: Progress | None = None
) -> AsyncIterator[Finding]:
    """Run every check and mend what can be derived, one check after the other; with ``dry_run`` only check.

    ``ring`` opens the sealed values; without it they are left out.

    Raises:
        DataError: the database cannot be used.
    """
    connection = await connect(url)
    try:
        await require_head(connection)
        await connection.execute("SET row_security = off")  # every row, or an error
        hidden: set[str] = set()
        for check in CHECKS:
            if check.name not in hidden:
                found = await _checked(connection, check, dry_run)
                hidden |= set(check.hides) if found.count else set()
                yield found
        if ring is not None:
            for finding in await _sealed(connection, ring, dry_run, progress):
                yield finding
        if "roll-ups" not in hidden:
            yield await _rollups(url, connection, dry_run, progress)
    finally:
        await connection.close()


async def _checked(connection: asyncpg.Connection, check: Check, dry_run: bool) -> Finding:
    async with connection.transaction():
        if check.lock is not None and not dry_run:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", check.lock)
        keys = await find(connection, check)
        text = in_words(check.text, len(keys), keys) if keys else ""
        if not keys or dry_run or not check.mend:
            return Finding(check.name, len(keys), text, advice=check.advice)
        for first in range(0, len(keys), check.batch):
            for statement in check.mend:
                some = [keys[first : first + check.batch]] if "$1" in statement else []
                await connection.execute(statement, *some)
        left = await find(connection, check)
        return Finding(check.name, len(keys), text, mended=not left)


async def _sealed(
    connection: asyncpg.Connection, ring: KeyRing, dry_run: bool, progress: Progress | None
) -> list[Finding]:
    wrong: list[int] = []
    closed: list[int] = []
    try:
        async for some, unopened in sealed.differing(connection, ring, progress):
            wrong += some
            closed += unopened
            if some and not dry_run:
                async with connection.transaction():
                    await sealed.mend(connection, some)
    except asyncpg.UniqueViolationError as error:
        raise DataError(
            f"Two members have the same value in {error.constraint_name}, one of them among {', '.join(map(str, wrong[-FIRST:]))}."
            " Merge or correct them. Then: `unionhub db repair`"
        ) from None
    findings = [
        Finding(
            "encrypted values", len(closed), in_words(CLOSED, len(closed), closed) if closed else "", advice=RESTORE
        )
    ]
    text = in_words(SEALED, len(wrong), wrong) if wrong else ""
    return [*findings, Finding("blind indexes", len(wrong), text, mended=bool(wrong) and not dry_run)]


async def _rollups(url: str, connection: asyncpg.Connection, dry_run: bool, progress: Progress | None) -> Finding:
    if not await rollups_in_use(connection):
        text, count = "roll-ups are not in use: statistics are counted from the records, which takes seconds", 1
    else:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            differences = await rollup_differences(connection)
        count = len(differences)
        text = f"roll-ups differ from the records: {differences[0]}" if differences else ""
    if not count or dry_run:
        return Finding("roll-ups", count, text)
    await rebuild_rollups(url, progress)
    return Finding("roll-ups", count, text, mended=True)

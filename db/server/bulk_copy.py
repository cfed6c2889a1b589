"""Bulk loads by COPY: rows as text, and tables that are loaded without indexes and constraints, which are then built in one pass."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice

import asyncpg

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and how much there is."""

NULL = "\\N"

LINES_SENT = 500
"""Lines of one message of COPY."""

INDEXES_AND_CONSTRAINTS = """
SELECT c.conrelid::regclass::text AS owner, quote_ident(c.conname) AS name, c.contype::text AS kind,
       pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c
WHERE (c.contype IN ('p', 'u') AND c.conrelid = ANY ($1::regclass[]))
   OR (c.contype = 'f' AND c.conparentid = 0
       AND (c.conrelid = ANY ($1::regclass[]) OR c.confrelid = ANY ($1::regclass[])))
UNION ALL
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, 'i', pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY ($1::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid)
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Dropped:
    """An index or a constraint of the table ``owner``, as the catalog defines it; ``kind`` is p, u or f (constraints) or i (index)."""

    owner: str
    name: str
    kind: str
    definition: str

    @property
    def drop(self) -> str:
        """The statement that drops it."""
        return (
            f"DROP INDEX {self.name}" if self.kind == "i" else f"ALTER TABLE {self.owner} DROP CONSTRAINT {self.name}"
        )

    @property
    def restore(self) -> str:
        """The statement that builds it again, checking every row."""
        return (
            self.definition
            if self.kind == "i"
            else f"ALTER TABLE {self.owner} ADD CONSTRAINT {self.name} {self.definition}"
        )


def cell(value: object) -> str:
    """One value in COPY's text format; None is ``\\N``."""
    if value is None:
        return NULL
    if value is True:
        return "t"
    if value is False:
        return "f"
    if type(value) is int:
        return str(value)
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


async def copy_bytes(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], data: bytes, *, freeze: bool = False
) -> None:
    """COPY rows that are text already; ``freeze`` needs a table that the same transaction has truncated."""
    if data:
        await connection.copy_to_table(table, source=BytesIO(data), columns=columns, format="text", freeze=freeze)


async def copy_rows(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """COPY rows of Python values; ``rows`` may be a generator (see ``copy_lines``)."""
    await copy_lines(connection, table, columns, ("\t".join(map(cell, row)) + "\n" for row in rows))


async def copy_lines(connection: asyncpg.Connection, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY lines of text; with a generator PostgreSQL writes some lines while the next are computed."""
    left = iter(lines)
    parts = iter(lambda: "".join(islice(left, LINES_SENT)), "")
    first = next(parts, "")

    async def sent() -> AsyncIterator[bytes]:
        for part in chain([first], parts):
            yield part.encode()

    if first:
        await connection.copy_to_table(table, source=sent(), columns=columns, format="text")


@asynccontextmanager
async def without_indexes(
    connection: asyncpg.Connection, tables: Sequence[str], progress: Progress | None = None, *, keys: bool = True
) -> AsyncIterator[None]:
    """Drop the indexes and constraints of ``tables`` for this block, and build them at its end, which checks every row.

    It needs the caller's transaction, so that a failure leaves the database as it was. Without ``keys`` the primary and unique keys
    stay, and so do foreign keys of other tables to them. ``progress`` is called with ("indexes", done, total).
    """
    if not connection.is_in_transaction():
        raise RuntimeError("indexes are set aside inside a transaction only")
    dropped = [
        Dropped(row["owner"], row["name"], row["kind"], row["definition"])
        for row in await connection.fetch(INDEXES_AND_CONSTRAINTS, list(tables))
        if keys or row["kind"] == "i" or (row["kind"] == "f" and row["owner"] in tables)
    ]
    order = {"f": 0, "i": 1, "u": 2, "p": 3}
    for each in sorted(dropped, key=lambda each: order[each.kind]):
        await connection.execute(each.drop)
    yield
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    await connection.execute("SET LOCAL max_parallel_maintenance_workers = 2")
    # a second core already for a table of one megabyte
    await connection.execute("SET LOCAL min_parallel_table_scan_size = '1MB'")
    # for the joins that check foreign keys
    await connection.execute("SET LOCAL work_mem = '256MB'")
    for done, each in enumerate(sorted(dropped, key=lambda each: -order[each.kind])):
        if progress is not None:
            progress("indexes", done, len(dropped))
        await connection.execute(each.restore)
    if progress is not None:
        progress("indexes", len(dropped), len(dropped))

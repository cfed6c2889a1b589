"""COPY: rows as text, and loads around which indexes, keys and foreign keys are set aside and built again in one
pass."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice

import asyncpg

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes."""

NULL = "\\N"

PART = 500
"""So many lines are sent at a time while more are made."""

SET_ASIDE = """
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
class Aside:
    """An index or a constraint of ``owner`` as the catalog defines it; ``kind`` is p, u, f (constraints) or i
    (index)."""

    owner: str
    name: str
    kind: str
    definition: str

    @property
    def drop(self) -> str:
        """The statement that takes it away."""
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
    """COPY rows that are already text; ``freeze`` needs a table emptied by the same transaction."""
    if data:
        await connection.copy_to_table(table, source=BytesIO(data), columns=columns, format="text", freeze=freeze)


async def copy_rows(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """COPY rows of Python values, which may be made on the way (see ``copy_lines``)."""
    await copy_lines(connection, table, columns, ("\t".join(map(cell, row)) + "\n" for row in rows))


async def copy_lines(connection: asyncpg.Connection, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY lines of text, which may be made on the way: PostgreSQL writes some while the next ones are made."""
    left = iter(lines)
    parts = iter(lambda: "".join(islice(left, PART)), "")
    first = next(parts, "")

    async def sent() -> AsyncIterator[bytes]:
        for part in chain([first], parts):
            yield part.encode()

    if first:
        await connection.copy_to_table(table, source=sent(), columns=columns, format="text")


@asynccontextmanager
async def indexes_set_aside(
    connection: asyncpg.Connection, tables: Sequence[str], progress: Progress | None = None, *, keys: bool = True
) -> AsyncIterator[None]:
    """Inside the caller's transaction: ``tables`` stand without indexes and foreign keys; at the end all are built and
    every row is checked again. A failure rolls everything back, so the database is as it was.

    Without ``keys`` the primary and unique keys, and what other tables refer to by them, stay in place. ``progress`` is
    told ("indexes", done, total).
    """
    if not connection.is_in_transaction():
        raise RuntimeError("indexes are set aside inside a transaction only")
    found = [
        Aside(row["owner"], row["name"], row["kind"], row["definition"])
        for row in await connection.fetch(SET_ASIDE, list(tables))
        if keys or row["kind"] == "i" or (row["kind"] == "f" and row["owner"] in tables)
    ]
    order = {"f": 0, "i": 1, "u": 2, "p": 3}
    for aside in sorted(found, key=lambda aside: order[aside.kind]):
        await connection.execute(aside.drop)
    yield
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    await connection.execute("SET LOCAL max_parallel_maintenance_workers = 2")
    # a table of a megabyte is worth a second core
    await connection.execute("SET LOCAL min_parallel_table_scan_size = '1MB'")
    # work_mem for the joins that check foreign keys
    await connection.execute("SET LOCAL work_mem = '256MB'")
    for done, aside in enumerate(sorted(found, key=lambda aside: -order[aside.kind])):
        if progress is not None:
            progress("indexes", done, len(found))
        await connection.execute(aside.restore)
    if progress is not None:
        progress("indexes", len(found), len(found))

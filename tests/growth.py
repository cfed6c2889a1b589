"""Copies of a whole federation in the same database, of which its callers see nothing: what a question costs must not grow by them."""

import asyncpg

STEP = 100_000_000
"""How far the keys of one copy are from those of the next; more than any key of the template."""

KEPT = ("alembic_version", "access_version", "access_log_head", "deadline_rule")
"""Tables of one row, and the law."""

COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind,
    a.attname = 'id' OR EXISTS (
        SELECT FROM pg_constraint f WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)
    ) AS is_key,
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)) AS is_unique
FROM pg_attribute a
WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL ($1) ORDER BY 1
"""


async def grow(connection: asyncpg.Connection, copies: int) -> None:
    """Add whole copies of every table, their keys moved and unique texts changed: divisions, unions, members, grants and the rest.

    Triggers and foreign keys are off meanwhile: a copied row refers to copies of what its original refers to. Roll-ups are not copied.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for row in await connection.fetch(TABLES, list(KEPT)):
            columns = await connection.fetch(COLUMNS, row["relname"])
            names = ", ".join(column["name"] for column in columns)
            values = ", ".join(_moved(column) for column in columns)
            await connection.execute(
                f"INSERT INTO {row['relname']} ({names}) OVERRIDING SYSTEM VALUE"
                f" SELECT {values} FROM {row['relname']}, generate_series(1, {copies}) AS copy"
            )
    await connection.execute("ANALYZE")


def _moved(column: asyncpg.Record) -> str:
    """The value of a column in a copy."""
    name, kind = column["name"], column["kind"]
    if column["is_key"] and kind == "bigint":
        return f"{name} + copy * {STEP}"
    if column["is_unique"] and kind == "bytea":
        return f"{name} || int4send(copy)"
    if column["is_unique"] and kind in ("text", "character varying"):
        return f"{name} || '-' || copy"
    return name

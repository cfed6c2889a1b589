"""Key rotation: sealed values are encrypted again with the newest key version, in batches, while the service reads and writes.

A sealed value names its key version, so a rotation that was killed can be resumed, and every value stays readable: the ring keeps the old
versions. A value and its blind index change in one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import asyncpg

from db.access import DOCUMENT, REQUEST_SECRETS
from db.encryption.keys import CipherKind, DigestKind, KeyRing, KeyRingError, changing, read_key_file, write_key_file
from db.encryption.vault import Sealed, Sealer, Secret, decrypt, header
from db.errors import DataError
from db.members import SECRETS
from db.server.bulk_copy import Progress
from db.server.migrate import connect, require_head

BATCH, SCANS = 1_000, 50
LOCK = 7_021_004


@dataclass(frozen=True, slots=True)
class Rotated:
    """The result of a rotation: the version of all rows now, how many rows it wrote, and whether it resumed an earlier rotation."""

    version: int
    rows: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The sealed columns of a table."""

    name: str
    secrets: tuple[Secret, ...]

    @property
    def batch(self) -> int:
        """How many rows are written at a time: few if a row holds a scan of some 200 KiB."""
        return SCANS if DOCUMENT in self.secrets else BATCH

    @property
    def columns(self) -> list[str]:
        """The columns that a rotation writes: each sealed column, then its blind index."""
        return [name for secret in self.secrets for name in (secret.column, secret.index) if name is not None]

    @property
    def is_stale(self) -> str:
        """SQL: a row has a value of another version than the one whose header is ``$1``."""
        return " OR ".join(f"substr({secret.column}, 1, 3) <> $1" for secret in self.secrets)


TABLES = tuple(
    Table(name, tuple(found))
    for name, found in groupby(sorted((*SECRETS, *REQUEST_SECRETS), key=lambda s: s.table), lambda s: s.table)
)


async def rotate_keys(
    url: str,
    key_file: Path,
    cipher: CipherKind = CipherKind.AES_256_GCM,
    digest: DigestKind = DigestKind.SHA_256,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> Rotated:
    """Encrypt all rows with a new key version, which is made and written to the key file first.

    If rows of an older version show that an earlier rotation was not finished, that one is resumed and no version is made. If ``prepare``
    has put a version into the file, that one becomes current.

    Raises:
        DataError: the database or the key file cannot be used, another rotation is running, or a value cannot be opened. Rows written
            until then stay, and the command can be repeated.
    """
    ring = read_key_file(key_file)
    connection = await _alone(url)
    try:
        resumed = await count_stale(connection, ring) > 0
        if not resumed:
            with changing(key_file):
                ring = next_ring(read_key_file(key_file), cipher, digest)
                write_key_file(key_file, ring)
        return Rotated(ring.current, await _rotate(connection, ring, progress, batch), resumed)
    finally:
        await connection.close()


async def reencrypt(url: str, ring: KeyRing, *, progress: Progress | None = None, batch: int = BATCH) -> Rotated:
    """Encrypt all rows with the current version of a ring that is not in a file (``UNIONHUB_KEYS``).

    Raises:
        DataError: as ``rotate_keys`` does.
    """
    connection = await _alone(url)
    try:
        return Rotated(ring.current, await _rotate(connection, ring, progress, batch), False)
    finally:
        await connection.close()


def next_ring(ring: KeyRing, cipher: CipherKind, digest: DigestKind) -> KeyRing:
    """The ring whose current version is the prepared one or, if there is none, a new one."""
    newest = max(ring.versions)
    return KeyRing(newest, ring.versions) if newest > ring.current else ring.with_new(cipher, digest)


def prepare(
    key_file: Path, cipher: CipherKind = CipherKind.AES_256_GCM, digest: DigestKind = DigestKind.SHA_256
) -> int:
    """Put the next version into the key file and do not use it yet, so that the file can be copied to other machines first; its number.

    Raises:
        KeyRingError: the file cannot be used, or a version is prepared already.
    """
    with changing(key_file):
        ring = read_key_file(key_file)
        if max(ring.versions) > ring.current:
            raise KeyRingError(
                f"Version {max(ring.versions)} is prepared already. Once every machine has the file: `unionhub access rotate-keys`"
            )
        made = ring.with_new(cipher, digest)
        write_key_file(key_file, KeyRing(ring.current, made.versions))
        return made.current


async def drop_old(url: str, key_file: Path) -> list[int]:
    """Remove the versions that no row has any more from the key file; their numbers.

    Raises:
        DataError: rows of an older version remain, or the database or the key file cannot be used.
    """
    connection = await _alone(url)
    try:
        with changing(key_file):
            ring = read_key_file(key_file)
            remaining = await count_stale(connection, ring)
            if remaining:
                raise DataError(
                    f"{remaining:,} rows have older keys still. Finish first: `unionhub access rotate-keys`"
                )
            old = {number for number in ring.versions if number < ring.current}
            write_key_file(key_file, ring.without(old))
        return sorted(old)
    finally:
        await connection.close()


async def count_stale(connection: asyncpg.Connection, ring: KeyRing) -> int:
    """How many rows have a sealed value of a version that is not the current one."""
    current = header(ring.newest)
    return sum(
        [
            await connection.fetchval(f"SELECT count(*) FROM {table.name} WHERE {table.is_stale}", current)  # noqa: S608
            for table in TABLES
        ]
    )


async def _alone(url: str) -> asyncpg.Connection:
    """A connection that holds the lock of rotations. It sees every row, or fails: row-level security is off."""
    connection = await connect(url)
    try:
        await require_head(connection)
        await connection.execute("SET row_security = off")
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            raise DataError("Another rotation of keys is running on this database. Wait until it has ended.")
    except BaseException:
        await connection.close()
        raise
    return connection


async def _rotate(connection: asyncpg.Connection, ring: KeyRing, progress: Progress | None, batch: int) -> int:
    done, total = 0, await count_stale(connection, ring)
    if progress is not None:
        progress("rows", 0, total)
    remaining = total
    while remaining:
        for table in TABLES:
            last = 0
            while True:
                rows, last = await _batch(connection, ring, table, last, min(batch, table.batch))
                if not rows:
                    break
                done += rows
                if progress is not None:
                    progress("rows", done, max(done, total))
        # a process that had read the old ring may have written meanwhile
        remaining = await count_stale(connection, ring)
    return done


async def _batch(connection: asyncpg.Connection, ring: KeyRing, table: Table, last: int, size: int) -> tuple[int, int]:
    """Write the next rows after the ID ``last`` in one transaction; how many, and the ID of the last."""
    async with connection.transaction():
        # the records are the same: their versions stay
        await connection.execute("SET LOCAL unionhub.rotating_keys = 'on'")
        columns = ", ".join(secret.column for secret in table.secrets)
        rows = await connection.fetch(
            f"SELECT id, {columns} FROM {table.name} WHERE id > $2 AND ({table.is_stale})"  # noqa: S608
            " ORDER BY id LIMIT $3 FOR UPDATE",
            header(ring.newest),
            last,
            size,
        )
        if not rows:
            return 0, last
        written = [_resealed(ring, secret, rows) for secret in table.secrets]
        values = [each for sealed, indexes in written for each in (sealed, indexes) if each is not None]
        names = table.columns
        arrays = ", ".join(f"${place}::bytea[]" for place in range(2, len(names) + 2))
        try:
            await connection.execute(
                f"UPDATE {table.name} t SET {', '.join(f'{name} = v.{name}' for name in names)}"  # noqa: S608
                f" FROM unnest($1::bigint[], {arrays}) AS v(id, {', '.join(names)}) WHERE t.id = v.id",
                [row["id"] for row in rows],
                *values,
            )
        except asyncpg.UniqueViolationError as error:
            raise DataError(
                f"Two rows of {table.name} have the same value in {error.constraint_name}, between"
                f" {rows[0]['id']} and {rows[-1]['id']} or written since the rotation began. Merge or correct them; what is done"
                " stays done. Then: `unionhub access rotate-keys`"
            ) from None
    return len(rows), int(rows[-1]["id"])


def _resealed(
    ring: KeyRing, secret: Secret, rows: Sequence[asyncpg.Record]
) -> tuple[list[bytes | None], list[bytes | None] | None]:
    """A column's values sealed with the current version, and their blind indexes if it has an index."""
    sealer = Sealer(ring.newest, secret)
    held = [row for row in rows if row[secret.column] is not None]
    clear = dict(
        zip(
            (row["id"] for row in held),
            decrypt(ring, (Sealed(secret.table, secret.column, row["id"], row[secret.column]) for row in held)),
            strict=True,
        )
    )
    sealed = [sealer.seal(row["id"], clear[row["id"]]) if row["id"] in clear else None for row in rows]
    if secret.index is None:
        return sealed, None
    return sealed, [sealer.index(clear[row["id"]]) if row["id"] in clear else None for row in rows]

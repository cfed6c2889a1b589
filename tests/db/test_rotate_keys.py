"""Rotation of keys: killed half way, gone on with, beside readers and writers."""

import asyncio
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from db.encryption.keys import CipherKind, DigestKind, FixedKeys, KeyFile, KeyRingError, read_key_file, write_key_file
from db.encryption.vault import Sealed, Vault, version_of
from db.errors import DataError
from db.members import PHONE, RESIDENT_NUMBER, SECRETS
from db.personal_data.member_columns import personal_columns
from db.personal_data.rotate_keys import LOCK, count_stale, drop_old, prepare, reencrypt, rotate_keys
from tests.conftest import KEY_FILE, MEMBERS
from tests.slow import slow

COLUMNS = ", ".join(["id", *(secret.column for secret in SECRETS), "resident_number_index", "phone_index"])


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The template's keys in a file that a test may change."""
    path = tmp_path / "keys.json"
    write_key_file(path, read_key_file(KEY_FILE))
    return path


@pytest.fixture
async def connection(fresh_database_url):
    made = await asyncpg.connect(fresh_database_url)
    yield made
    await made.close()


async def clear(connection: asyncpg.Connection, vault: Vault) -> dict[tuple[int, str], str]:
    """Every sealed value in clear, by row and column."""
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM member")
    held = [
        Sealed(secret.table, secret.column, row["id"], row[secret.column])
        for row in rows
        for secret in SECRETS
        if row[secret.column] is not None
    ]
    return {(each.row, each.column): text for each, text in zip(held, vault.open(held), strict=True)}


async def versions(connection: asyncpg.Connection) -> dict[int, int]:
    """How many rows have each key version, by their resident number."""
    rows = await connection.fetch("SELECT substr(resident_number, 1, 3), count(*) FROM member GROUP BY 1")
    return {version_of(row[0]): row[1] for row in rows}


@pytest.mark.parametrize(
    ("cipher", "digest"), [(CipherKind.AES_256_GCM, DigestKind.SHA_256), (CipherKind.SM4_GCM, DigestKind.SM3)]
)
async def test_after_a_rotation_every_value_and_index_has_the_new_version_and_reads_as_before(
    fresh_database_url, connection, key_file, cipher, digest
):
    vault = Vault(KeyFile(key_file))
    before = await clear(connection, vault)
    told: list[tuple[str, int, int]] = []
    done = await rotate_keys(
        fresh_database_url, key_file, cipher, digest, progress=lambda *each: told.append(each), batch=700
    )
    assert (done.version, done.rows, done.resumed) == (2, MEMBERS, False)
    assert await versions(connection) == {2: MEMBERS}
    assert await clear(connection, vault) == before
    assert told[0] == ("rows", 0, MEMBERS)
    assert told[-1] == ("rows", MEMBERS, MEMBERS)
    for row in await connection.fetch(f"SELECT {COLUMNS} FROM member"):
        for secret in (RESIDENT_NUMBER, PHONE):
            assert row[secret.index] == vault.indexes(secret, before[row["id"], secret.column])[0]
    assert vault.keys.ring().newest.cipher is cipher


async def test_columns_beside_the_sealed_ones_stay_as_they_are(fresh_database_url, connection, key_file):
    others = "id, name, birth_year_from, resident_number_region, phone_head"
    before = await connection.fetch(f"SELECT {others} FROM member ORDER BY id")
    await rotate_keys(fresh_database_url, key_file)
    assert await connection.fetch(f"SELECT {others} FROM member ORDER BY id") == before


def _rotate_and_hang(url: str, path: str, batches: int) -> None:
    seen = 0

    def hang(what: str, done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen > batches:
            time.sleep(600)

    asyncio.run(rotate_keys(url, Path(path), progress=hang, batch=300))


@slow
async def test_a_rotation_that_was_killed_goes_on_where_it_stopped_and_reading_works_throughout(
    fresh_database_url, connection, key_file
):
    vault = Vault(KeyFile(key_file))
    before = await clear(connection, vault)
    process = multiprocessing.get_context("spawn").Process(
        target=_rotate_and_hang, args=(fresh_database_url, str(key_file), 3)
    )
    process.start()
    try:
        async with asyncio.timeout(60):
            while (await versions(connection)).get(2, 0) < 900:
                await asyncio.sleep(0.05)
                assert process.is_alive()
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    half = await versions(connection)
    assert half == {1: MEMBERS - 900, 2: 900}
    assert await clear(connection, vault) == before

    stop, begun = asyncio.Event(), asyncio.Event()
    reads = 0

    async def read() -> None:
        nonlocal reads
        reader = await asyncpg.connect(fresh_database_url)
        with suppress(asyncio.CancelledError):
            while not stop.is_set():
                assert await clear(reader, vault) == before
                number = before[MEMBERS // 2, "resident_number"]
                found = await reader.fetch(
                    "SELECT id FROM member WHERE resident_number_index = ANY($1)",
                    vault.indexes(RESIDENT_NUMBER, number),
                )
                assert [row["id"] for row in found] == [MEMBERS // 2]
                reads += 1
                begun.set()
        await reader.close()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), 60)
    done = await rotate_keys(fresh_database_url, key_file, batch=100)
    stop.set()
    await reader
    assert (done.version, done.rows, done.resumed) == (2, MEMBERS - 900, True)
    assert await versions(connection) == {2: MEMBERS}
    assert await clear(connection, vault) == before
    assert reads > 1


async def test_rows_that_are_changed_meanwhile_keep_the_change(fresh_database_url, connection, key_file):
    vault = Vault(KeyFile(key_file))
    before = await clear(connection, vault)
    writer = await asyncpg.connect(fresh_database_url)
    changed: dict[int, str] = {}

    async def write(member: int) -> None:
        phone = f"1390000{member:04d}"
        columns = personal_columns(vault, member, phone=phone)
        names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        await writer.execute(f"UPDATE member SET {names} WHERE id = $1", member, *columns.values())
        changed[member] = phone

    async def write_many() -> None:
        for member in range(1, MEMBERS, 97):
            await write(member)
            await asyncio.sleep(0.002)

    await asyncio.gather(rotate_keys(fresh_database_url, key_file, batch=50), write_many())
    await rotate_keys(fresh_database_url, key_file)
    await writer.close()
    after = await clear(connection, vault)
    assert {row: after[row, "phone"] for row in changed} == changed
    assert {key: text for key, text in after.items() if key[0] not in changed} == {
        key: text for key, text in before.items() if key[0] not in changed
    }


async def test_a_writer_with_the_old_ring_is_caught_up_with(fresh_database_url, connection, key_file):
    old = Vault(FixedKeys(read_key_file(key_file)))
    wrote = False

    async def write_late(done: int) -> None:
        nonlocal wrote
        wrote = True
        columns = personal_columns(old, 1, phone="13900000001")
        names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        late = await asyncpg.connect(fresh_database_url)
        await late.execute(f"UPDATE member SET {names} WHERE id = $1", 1, *columns.values())
        await late.close()

    tasks: list[asyncio.Task[None]] = []

    def progress(what: str, done: int, total: int) -> None:
        if done >= 2_000 and not tasks:
            tasks.append(asyncio.get_running_loop().create_task(write_late(done)))

    done = await rotate_keys(fresh_database_url, key_file, progress=progress, batch=100)
    await asyncio.gather(*tasks)
    assert wrote
    ring = read_key_file(key_file)
    if await count_stale(connection, ring):  # it came after the last look: the next run finds it
        assert (await rotate_keys(fresh_database_url, key_file)).resumed
    else:
        assert done.rows == MEMBERS + 1
    assert await count_stale(connection, ring) == 0


async def test_a_prepared_version_writes_only_once_it_is_rotated_to(fresh_database_url, connection, key_file):
    assert prepare(key_file, CipherKind.SM4_GCM, DigestKind.SM3) == 2
    assert read_key_file(key_file).current == 1
    with pytest.raises(KeyRingError, match="Version 2 is prepared already"):
        prepare(key_file)
    done = await rotate_keys(fresh_database_url, key_file)
    assert done.version == 2
    assert read_key_file(key_file).newest.cipher is CipherKind.SM4_GCM
    assert await versions(connection) == {2: MEMBERS}


async def test_old_versions_are_dropped_only_when_no_row_has_them(fresh_database_url, connection, key_file):
    assert await drop_old(fresh_database_url, key_file) == []
    await rotate_keys(fresh_database_url, key_file)
    row = await connection.fetchrow("SELECT id, phone FROM member LIMIT 1")
    first = read_key_file(KEY_FILE)
    (phone,) = Vault(KeyFile(key_file)).open([Sealed("member", "phone", row["id"], row["phone"])])
    stale = Vault(FixedKeys(first)).seal(PHONE, row["id"], phone)
    await connection.execute("UPDATE member SET phone = $2 WHERE id = $1", row["id"], stale)
    with pytest.raises(DataError, match="1 rows have older keys"):
        await drop_old(fresh_database_url, key_file)
    assert (await rotate_keys(fresh_database_url, key_file)).resumed
    assert await drop_old(fresh_database_url, key_file) == [1]
    assert set(read_key_file(key_file).versions) == {2}
    await clear(connection, Vault(KeyFile(key_file)))


async def test_two_rotations_at_once_are_refused_and_make_no_version(fresh_database_url, connection, key_file):
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    with pytest.raises(DataError, match="Another rotation"):
        await rotate_keys(fresh_database_url, key_file)
    assert read_key_file(key_file).current == 1


async def test_a_value_that_cannot_be_opened_stops_the_rotation_and_is_named(fresh_database_url, connection, key_file):
    await connection.execute("UPDATE member a SET phone = b.phone FROM member b WHERE a.id = 1500 AND b.id = 1501")
    with pytest.raises(DataError, match=r"member\.phone of row 1500 cannot be opened"):
        await rotate_keys(fresh_database_url, key_file, batch=500)
    assert await versions(connection) == {1: MEMBERS - 1000, 2: 1000}


async def test_keys_of_a_setting_are_rotated_to_their_current_version(fresh_database_url, connection, key_file):
    ring = read_key_file(key_file).with_new(CipherKind.SM4_GCM, DigestKind.SM3)
    before = await clear(connection, Vault(FixedKeys(ring)))
    done = await reencrypt(fresh_database_url, ring)
    assert (done.version, done.rows) == (2, MEMBERS)
    assert await clear(connection, Vault(FixedKeys(ring))) == before
    assert (await reencrypt(fresh_database_url, ring)).rows == 0


async def test_a_resident_number_that_came_twice_is_told_by_rows_and_not_by_value(
    fresh_database_url, connection, key_file
):
    first, later = Vault(KeyFile(key_file)), read_key_file(key_file).with_new(CipherKind.SM4_GCM, DigestKind.SM3)
    row = await connection.fetchrow("SELECT id, resident_number FROM member WHERE id = 1200")
    (number,) = first.open([Sealed("member", "resident_number", 1200, row["resident_number"])])
    twin = personal_columns(Vault(FixedKeys(later)), 1, resident_number=number)
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(twin, 2))
    await connection.execute(f"UPDATE member SET {names} WHERE id = $1", 1, *twin.values())
    with pytest.raises(DataError, match="the same value in uq_member_resident_number_index") as error:
        await reencrypt(fresh_database_url, later)
    assert number not in str(error.value)

"""What stood in clear before encryption came: it is sealed, found, and gone from the table's pages."""

from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from db.encryption.keys import FixedKeys, KeyRingError, new_ring
from db.encryption.vault import Sealed, Vault
from db.members import PHONE, RESIDENT_NUMBER
from db.server import migrate
from db.server.connect import create_engine
from tests.slow import slow

NUMBER, PHONE_NUMBER, BORN = "37100319900101123X", "13800138000", "1990-01-01"


async def to(url: str, revision: str, keys=None, *, down: bool = False) -> None:
    engine = create_engine(url, poolclass=NullPool)
    go = command.downgrade if down else command.upgrade
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: go(migrate.config(sync, keys), revision))
    await engine.dispose()


@pytest.fixture
def below() -> str:
    """The revision before encryption."""
    revision = ScriptDirectory.from_config(migrate.config()).get_revision("0004")
    assert isinstance(revision.down_revision, str)
    return revision.down_revision


@pytest.fixture
async def connection(empty_database_url, below):
    """A database of before with three members: whole, with odd values, and without any."""
    await to(empty_database_url, below)
    made = await asyncpg.connect(empty_database_url)
    await made.execute(
        "INSERT INTO member (name, sex, birth_date, resident_number, phone, worker_type, is_migrant_worker, is_model_worker)"
        f" VALUES ('甲', 'MALE', '{BORN}', ' 37100319900101123x', '+86 138-0013-8000', 'COURIER', false, false),"
        " ('乙', 'FEMALE', NULL, 'H12345678', '12345', 'COURIER', false, false),"
        " ('丙', 'UNKNOWN', NULL, NULL, NULL, 'COURIER', false, false)"
    )
    yield made
    await made.close()


async def test_what_stood_in_clear_is_sealed_with_index_and_parts(empty_database_url, connection):
    vault = Vault(FixedKeys(new_ring()))
    await to(empty_database_url, "0004", vault.keys)
    first, second, third = await connection.fetch("SELECT * FROM member ORDER BY id")
    opened = vault.open(
        Sealed("member", column, first["id"], first[column]) for column in ("resident_number", "phone", "birth_date")
    )
    assert opened == [NUMBER, PHONE_NUMBER, BORN]
    assert first["resident_number_index"] == vault.indexes(RESIDENT_NUMBER, NUMBER)[0]
    assert first["phone_index"] == vault.indexes(PHONE, PHONE_NUMBER)[0]
    assert (first["resident_number_region"], first["resident_number_tail"]) == ("371003", "123X")
    assert (first["phone_head"], first["phone_tail"], first["birth_year"]) == ("138", "8000", 1990)
    assert vault.open([Sealed("member", "resident_number", second["id"], second["resident_number"])]) == ["H12345678"]
    parts = ("resident_number_region", "resident_number_tail", "phone_head", "phone_tail")
    assert [second[name] for name in parts] == ["", "", "", ""]
    assert {value for name, value in third.items() if value is not None} == {
        third["id"],
        "丙",
        "UNKNOWN",
        "COURIER",
        False,
    }


@slow
async def test_no_page_of_the_table_holds_the_clear_values_afterwards(empty_database_url, connection):
    await migrate.upgrade(empty_database_url, FixedKeys(new_ring()))
    await connection.execute("CHECKPOINT")
    folder = await connection.fetchval("SHOW data_directory")
    path = Path(folder) / await connection.fetchval("SELECT pg_relation_filepath('member')")
    if not path.exists():
        pytest.skip("the server's files are not on this machine")
    held = path.read_bytes()
    assert "甲".encode() in held
    assert NUMBER[:-1].encode() not in held
    assert b"138-0013-8000" not in held


async def test_without_keys_nothing_is_changed_and_the_error_says_what_to_do(
    empty_database_url, connection, below, monkeypatch, tmp_path
):
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(tmp_path / "none.json"))
    with pytest.raises(KeyRingError, match="unionhub access new-key-file"):
        await migrate.upgrade(empty_database_url)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == below
    assert await connection.fetchval("SELECT phone FROM member ORDER BY id LIMIT 1") == "+86 138-0013-8000"


async def test_an_empty_table_needs_no_keys(empty_database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(tmp_path / "none.json"))
    await migrate.upgrade(empty_database_url)


async def test_the_way_back_opens_every_value(empty_database_url, connection, below):
    keys = FixedKeys(new_ring())
    await to(empty_database_url, "0004", keys)
    await to(empty_database_url, below, keys, down=True)
    rows = await connection.fetch("SELECT resident_number, phone, birth_date::text FROM member ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (NUMBER, PHONE_NUMBER, BORN),
        ("H12345678", "12345", None),
        (None, None, None),
    ]


@slow
async def test_half_of_a_number_cannot_be_written(empty_database_url, connection):
    await migrate.upgrade(empty_database_url, FixedKeys(new_ring()))
    for change in ("resident_number = NULL", "phone_index = NULL", "phone_head = NULL"):
        with pytest.raises(asyncpg.CheckViolationError, match="_whole"):
            await connection.execute(f"UPDATE member SET {change} WHERE name = '甲'")

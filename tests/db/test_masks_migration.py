"""Last digits and years that stood in clear before: they are gone from the table and its pages, and every sealed value still opens."""

from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from db.encryption.keys import FixedKeys, new_ring
from db.encryption.vault import Sealed, Vault
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER, SECRETS
from db.server import migrate
from tests.db.test_encryption_migration import to
from tests.slow import slow

PERSONS = [
    ("甲", "371003199307011248", "13845671234", "6200000000000000015", "1993-07-01"),
    ("乙", "H12345678", "12345", None, None),
    ("丙", None, None, None, None),
]
"""Whole, with numbers of other forms, and without any."""

OLD = (
    "INSERT INTO member (id, name, sex, worker_type, is_migrant_worker, is_model_worker, birth_year, birth_date, resident_number,"
    " resident_number_index, resident_number_region, resident_number_tail, phone, phone_index, phone_head, phone_tail, bank_card,"
    " bank_card_tail) OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'FEMALE', 'COURIER', false, false, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
    " $13, $14)"
)
PARTS = "birth_year, resident_number_region, resident_number_tail, phone_head, phone_tail, bank_card_tail"


@pytest.fixture
def vault() -> Vault:
    return Vault(FixedKeys(new_ring()))


@pytest.fixture
def below() -> str:
    """The revision before."""
    revision = ScriptDirectory.from_config(migrate.config()).get_revision("0023")
    assert isinstance(revision.down_revision, str)
    return revision.down_revision


@pytest.fixture
async def connection(empty_database_url, below, vault):
    """A database of before with three members, as it wrote them, and one of them erased."""
    await to(empty_database_url, below, vault.keys)
    made = await asyncpg.connect(empty_database_url)
    for key, (name, number, phone, card, born) in enumerate(PERSONS, 1):
        await made.execute(
            OLD, key, name, born and int(born[:4]), born and vault.seal(BIRTH_DATE, key, born),
            number and vault.seal(RESIDENT_NUMBER, key, number), number and vault.sealer(RESIDENT_NUMBER).index(number),
            number and (number[:6] if len(number) == 18 else ""), number and (number[-4:] if len(number) == 18 else ""),
            phone and vault.seal(PHONE, key, phone), phone and vault.sealer(PHONE).index(phone),
            phone and (phone[:3] if len(phone) == 11 else ""), phone and (phone[-4:] if len(phone) == 11 else ""),
            card and vault.seal(BANK_CARD, key, card), card and card[-4:],
        )  # fmt: skip
    await made.execute(
        "INSERT INTO member (id, name, sex, worker_type, is_migrant_worker, is_model_worker, birth_year) OVERRIDING SYSTEM VALUE"
        " VALUES (4, '已删除', 'MALE', 'COURIER', false, false, 1969)"
    )
    yield made
    await made.close()


def opened(vault, row):
    return tuple(
        None if row[secret.column] is None else vault.open([Sealed("member", secret.column, row["id"], row[secret.column])])[0]
        for secret in SECRETS
    )  # fmt: skip


async def test_what_is_left_in_clear_is_region_first_digits_and_five_years(empty_database_url, connection, vault):
    await migrate.upgrade(empty_database_url, vault.keys)
    rows = await connection.fetch("SELECT * FROM member ORDER BY id")
    assert not [name for name in dict(rows[0]) if name.endswith("_tail") or name == "birth_year"]
    assert [row["birth_year_from"] for row in rows] == [1990, None, None, 1965]
    assert [(row["resident_number_region"], row["phone_head"]) for row in rows[:3]] == [
        ("371003", "138"),
        ("", ""),
        (None, None),
    ]


@slow
async def test_every_sealed_value_opens_as_before_and_is_found_by_its_index(empty_database_url, connection, vault):
    await migrate.upgrade(empty_database_url, vault.keys)
    rows = await connection.fetch("SELECT * FROM member ORDER BY id LIMIT 3")
    assert [opened(vault, row) for row in rows] == [(number, *rest) for _, number, *rest in PERSONS]
    for secret, text in ((RESIDENT_NUMBER, PERSONS[0][1]), (PHONE, PERSONS[0][2])):
        found = await connection.fetchval(
            f"SELECT id FROM member WHERE {secret.index} = ANY ($1)", vault.indexes(secret, text)
        )
        assert found == 1


@slow
async def test_it_needs_no_keys(empty_database_url, connection, monkeypatch, tmp_path):
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(tmp_path / "none.json"))
    await migrate.upgrade(empty_database_url)


@slow
async def test_no_page_of_the_table_holds_the_last_digits_afterwards(empty_database_url, connection, vault):
    folder = await connection.fetchval("SHOW data_directory")

    async def held() -> bytes:
        await connection.execute("CHECKPOINT")
        path = Path(folder) / await connection.fetchval("SELECT pg_relation_filepath('member')")
        if not path.exists():
            pytest.skip("the server's files are not on this machine")
        return path.read_bytes()

    assert b"138\x0b1234" in await held()
    await migrate.upgrade(empty_database_url, vault.keys)
    after = await held()
    assert "甲".encode() in after
    assert b"371003" in after
    for digits in (b"1248", b"\x0b1234", b"\x0b0015"):
        assert digits not in after


async def test_the_way_back_makes_last_digits_and_years_of_the_sealed_values(
    empty_database_url, connection, vault, below
):
    before = await connection.fetch(f"SELECT {PARTS} FROM member ORDER BY id")
    await to(empty_database_url, "0023", vault.keys)
    await to(empty_database_url, below, vault.keys, down=True)
    after = await connection.fetch(f"SELECT {PARTS} FROM member ORDER BY id")
    assert after[:3] == before[:3]
    assert after[3]["birth_year"] == 1965  # nothing sealed says more

"""Members made in bulk for the page: numbers of their own, days and unions as asked, the same for the same seed."""

import random
from collections import Counter
from datetime import date
from time import perf_counter

import asyncpg
import pytest
from stdnum.cn import ric

from db.encryption.keys import KeyFile
from db.encryption.vault import Sealed, Vault
from db.members import PHONE, RESIDENT_NUMBER
from db.page.days import spread, working_days
from db.page.people import Joining, People
from db.page.places import Home, homes, union_id
from tests.conftest import KEY_FILE, SEED

YEAR = (date(2022, 1, 1), date(2023, 1, 1))


@pytest.fixture
async def connection(fresh_database_url):
    made = await asyncpg.connect(fresh_database_url)
    yield made
    await made.close()


def people(connection, seed=SEED):
    return People(connection, KeyFile(KEY_FILE).ring(), seed)


def sealed(secret, rows):
    return [Sealed(secret.table, secret.column, row["id"], row[secret.column]) for row in rows]


async def of_province(connection, code="37"):
    return await homes(connection, code, *YEAR)


async def test_so_many_join_as_asked_on_working_days_of_unions_that_stand(connection):
    among = await of_province(connection)
    made = await people(connection).join(
        "test", Joining(500, among, *YEAR, "COURIER", 1.0, {"QR": 3, "FALLBACK": 1}, kind="PLATFORM", title="快递员")
    )
    rows = await connection.fetch(
        "SELECT m.worker_type, m.is_migrant_worker, s.*, o.established_on, o.dissolved_on FROM member m"
        " JOIN membership s ON s.member_id = m.id JOIN organization o ON o.id = s.organization_id WHERE m.id = ANY ($1)",
        [person.id for person in made],
    )
    assert len(rows) == len({row["member_id"] for row in rows}) == 500
    assert {row["organization_id"] for row in rows} <= {home.union for home in among}
    assert {(row["worker_type"], row["is_migrant_worker"]) for row in rows} == {("COURIER", True)}
    assert set(Counter(row["channel"] for row in rows)) == {"QR", "FALLBACK"}
    for row in rows:
        assert row["valid_from"] in working_days(*YEAR)
        assert row["applied_on"] <= row["valid_from"]
        assert row["established_on"] <= row["applied_on"]
        assert row["valid_to"] == row["dissolved_on"]
        assert (row["status"] == "ACTIVE") == (row["dissolved_on"] is None)
    engaged = await connection.fetch(
        "SELECT e.* FROM engagement e JOIN employer_coverage c USING (employer_id, organization_id) WHERE member_id = ANY ($1)",
        [person.id for person in made],
    )
    assert len(engaged) == sum(person.employer is not None for person in made) > 0
    assert {row["kind"] for row in engaged} == {"PLATFORM"}


async def test_numbers_are_valid_adults_on_joining_and_nobody_elses(connection):
    vault = Vault(KeyFile(KEY_FILE))
    maker, among = people(connection), await of_province(connection)
    made = await maker.join("test", Joining(300, among, *YEAR, migrant=0.5))
    again = await maker.join("more", Joining(300, among, *YEAR))
    joined = {person.id: person.joined for person in [*made, *again]}
    assert len(joined) == 600
    rows = await connection.fetch("SELECT * FROM member WHERE id = ANY ($1)", list(joined))
    numbers = vault.open(sealed(RESIDENT_NUMBER, rows))
    phones = vault.open(sealed(PHONE, rows))
    for row, number, phone in zip(rows, numbers, phones, strict=True):
        assert ric.calc_check_digit(number) == number[-1]
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        assert 18 * 365 <= (joined[row["id"]] - born).days < 60 * 366
        assert (row["sex"] == "MALE") == bool(int(number[16]) % 2)
        assert vault.indexes(RESIDENT_NUMBER, number)[0] == row["resident_number_index"]
        assert row["phone_head"] == phone[:3]
    total = await connection.fetchval("SELECT count(*) FROM member")
    assert total == await connection.fetchval("SELECT count(DISTINCT resident_number_index) FROM member")
    identity = await connection.fetchval("SELECT nextval(pg_get_serial_sequence('member', 'id'))")
    assert identity == max(joined) + 1


async def test_the_same_seed_makes_the_same_persons(new_database, template):
    async def made():
        connection = await asyncpg.connect(new_database(template))
        try:
            return await people(connection).join("test", Joining(50, await of_province(connection), *YEAR))
        finally:
            await connection.close()

    assert await made() == await made()


async def test_nobody_joins_a_union_before_it_is_there(connection):
    union = await union_id(connection, "威海市总工会")
    late = Home(union, None, "371002", established=date(2024, 1, 1))
    with pytest.raises(ValueError, match="no union stands"):
        await people(connection).join("test", Joining(1, [late], *YEAR))
    assert await people(connection).join("test", Joining(0, [late], *YEAR)) == []


async def test_thousands_are_made_in_seconds(connection):
    maker, among = people(connection), await of_province(connection)
    started = perf_counter()
    await maker.join("timed", Joining(5_000, among, *YEAR))
    # with all indexes in place, on a machine that does other things too: a bound that only a mistake breaks
    assert perf_counter() - started < 5


def test_days_follow_the_months_weights_and_leave_holidays_out():
    chance = random.Random(1)
    days = spread(chance, 500, date(2022, 1, 1), date(2023, 1, 1), {1: 0.0, 2: 0.0, 7: 9.0})
    assert days == sorted(days)
    months = Counter(day.month for day in days)
    assert months[1] == months[2] == 0
    assert months[7] > 150
    assert date(2022, 10, 3) not in working_days(date(2022, 10, 1), date(2022, 11, 1))
    assert date(2022, 10, 8) in working_days(date(2022, 10, 1), date(2022, 11, 1))

"""What the generated rows promise: codes, dates, states and sums that agree with each other."""

import hashlib
import random
from collections import Counter
from datetime import date, timedelta

import asyncpg
import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from db.encryption.vault import Sealed
from db.errors import DataError
from db.generate import generate, makers
from db.generate.codes import BODY_ALPHABET, BODY_WEIGHTS, credit_code
from db.generate.federations import Division, spread, union_counts
from db.generate.persons import RESIDENTS
from db.generate.tables import TABLES
from db.members import PHONE, RESIDENT_NUMBER, SECRETS
from db.server import embedded
from tests.conftest import MEMBERS, SEED

REFERENCE = date(2026, 6, 30)


async def count(pool: asyncpg.Pool, condition: str) -> int:
    return await pool.fetchval(f"SELECT count(*) FROM {condition}")


async def test_every_member_asked_for_is_there(pool):
    assert await count(pool, "member") == MEMBERS


async def test_a_person_has_one_open_membership_and_some_have_former_and_applied_ones(pool):
    assert await count(pool, "membership WHERE valid_to IS NULL AND valid_from IS NOT NULL") == MEMBERS
    assert (
        await count(
            pool, "(SELECT DISTINCT member_id FROM membership WHERE valid_to IS NULL AND valid_from IS NOT NULL) m"
        )
        == MEMBERS
    )
    statuses = {row[0] for row in await pool.fetch("SELECT DISTINCT status FROM membership")}
    assert {"ACTIVE", "RETAINED", "TRANSFERRED_OUT"} <= statuses


async def test_memberships_of_one_person_do_not_overlap(pool):
    assert not await count(
        pool,
        "membership a JOIN membership b ON a.member_id = b.member_id AND a.id < b.id AND a.valid_from IS NOT NULL"
        " AND b.valid_from IS NOT NULL AND daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)",
    )


async def test_nobody_joins_under_sixteen_nor_a_union_that_is_not_there(pool):
    assert not await count(
        pool,
        "membership s JOIN member m ON m.id = s.member_id WHERE extract(year FROM s.valid_from) < m.birth_year_from + 16",
    )
    assert not await count(
        pool,
        "membership s JOIN organization o ON o.id = s.organization_id WHERE s.valid_from < o.established_on"
        " OR (o.dissolved_on IS NOT NULL AND (s.valid_to IS NULL OR s.valid_to > o.dissolved_on))",
    )


async def test_resident_numbers_have_checksum_county_birth_date_and_sex(pool, vault):
    counties = {
        row[0]
        for row in await pool.fetch(
            "SELECT code FROM division WHERE level = 'COUNTY' AND kind IN ('STATUTORY', 'REPETITION')"
        )
    }
    rows = await pool.fetch("SELECT * FROM member")
    numbers = vault.open(Sealed("member", "resident_number", row["id"], row["resident_number"]) for row in rows)
    births = vault.open(Sealed("member", "birth_date", row["id"], row["birth_date"]) for row in rows)
    assert len(set(numbers)) == len({row["resident_number_index"] for row in rows}) == MEMBERS
    for row, number, birth in zip(rows, numbers, births, strict=True):
        assert row["resident_number_region"] == number[:6]
        assert row["resident_number_index"] == vault.indexes(RESIDENT_NUMBER, number)[0]
        assert row["birth_year_from"] == int(number[6:10]) // 5 * 5
        assert ric.calc_check_digit(number) == number[-1]
        assert number[:6] in counties
        assert ric.get_birth_date(number).isoformat() == birth
        assert row["sex"] == ("MALE" if int(number[16]) % 2 else "FEMALE")


async def test_phones_are_sealed_with_their_index_and_parts_and_a_few_members_have_a_bank_card(pool, vault):
    rows = await pool.fetch("SELECT * FROM member")
    phones = vault.open(Sealed("member", "phone", row["id"], row["phone"]) for row in rows)
    for row, phone in zip(rows, phones, strict=True):
        assert len(phone) == 11
        assert row["phone_head"] == phone[:3]
        assert row["phone_index"] == vault.indexes(PHONE, phone)[0]
    with_card = [row for row in rows if row["bank_card"]]
    assert 0.01 < len(with_card) / MEMBERS < 0.06
    for card in vault.open(Sealed("member", "bank_card", row["id"], row["bank_card"]) for row in with_card):
        assert luhn.is_valid(card)
        assert len(card) == 19


async def test_credit_codes_pass_both_check_digits_and_are_unique(pool):
    for table, prefixes in (("organization", {"81", "89"}), ("employer", {"91", "92", "12", "51", "11"})):
        codes = [row[0] for row in await pool.fetch(f"SELECT credit_code FROM {table} WHERE credit_code IS NOT NULL")]
        assert len(codes) == len(set(codes)) > 200
        assert {code[:2] for code in codes} <= prefixes
        for code in codes:
            assert uscc.is_valid(code), code
            total = sum(
                BODY_ALPHABET.index(letter) * weight for letter, weight in zip(code[8:16], BODY_WEIGHTS, strict=True)
            )
            assert code[16] == "0123456789X0"[11 - total % 11], code


def test_a_credit_code_has_room_for_every_serial_and_no_more():
    assert credit_code("81", "371000", 31**6 - 1) != credit_code("81", "371000", 0)
    with pytest.raises(ValueError, match="no credit codes are left"):
        credit_code("81", "371000", 31**6)


async def test_every_worker_type_form_scheme_cause_and_state_that_lists_can_show_occurs(pool):
    for table, column, least in (
        ("member", "worker_type", 11),
        ("organization", "form", 8),
        ("insurance_enrolment", "scheme", 4),
        ("dispute_case", "cause", 6),
        ("collective_agreement", "status", 6),
        ("employer", "kind", 6),
        ("membership", "channel", 6),
    ):
        assert await pool.fetchval(f"SELECT count(DISTINCT {column}) FROM {table}") >= least, (table, column)


async def test_no_row_is_later_than_the_reference_day(pool):
    for table, column in (
        ("membership", "applied_on"),
        ("membership", "valid_from"),
        ("engagement", "valid_from"),
        ("dispute_step", "occurred_on"),
        ("agreement_step", "occurred_on"),
        ("recovery", "received_on"),
        ("organization", "established_on"),
        ("insurance_enrolment", "valid_from"),
        ("collective_agreement", "published_on"),
    ):
        assert await pool.fetchval(f"SELECT max({column}) FROM {table}") <= REFERENCE, (table, column)


async def test_an_agreement_stands_where_its_last_step_left_it_and_its_steps_are_in_order(pool):
    rows = await pool.fetch(
        "SELECT a.*, array_agg(s.status ORDER BY s.id) AS states, array_agg(s.occurred_on ORDER BY s.id) AS days"
        " FROM collective_agreement a JOIN agreement_step s ON s.agreement_id = a.id GROUP BY a.id"
    )
    assert len(rows) == await pool.fetchval("SELECT count(*) FROM collective_agreement")
    columns = {
        "REQUESTED": "requested_on",
        "SIGNED": "signed_on",
        "SUBMITTED": "submitted_on",
        "UNDER_REVIEW": "received_on",
        "EFFECTIVE": "effective_on",
    }
    for row in rows:
        assert row["states"][-1] == row["status"]
        assert row["days"] == sorted(row["days"])
        taken = dict(zip(row["states"], row["days"], strict=True))
        for state, column in columns.items():
            assert row[column] == taken.get(state)
        if row["signed_on"] and row["submitted_on"]:
            assert row["submitted_on"] - row["signed_on"] <= timedelta(days=10)
        if row["status"] == "UNDER_REVIEW":
            assert REFERENCE - row["received_on"] < timedelta(days=15)
        if row["status"] == "EFFECTIVE":
            assert row["term_from"] <= REFERENCE < row["term_to"]
        if row["status"] == "EXPIRED":
            assert row["term_to"] <= REFERENCE
        assert (row["number"] is None) == (row["signed_on"] is None)


async def test_a_congress_that_passed_an_agreement_was_quorate(pool):
    rows = await pool.fetch("SELECT * FROM agreement_step WHERE status = 'CONGRESS_PASSED'")
    assert rows
    for row in rows:
        assert 3 * row["present_count"] >= 2 * row["roster_count"]
        assert row["roster_count"] < 2 * row["votes_for"] <= 2 * row["present_count"] <= 2 * row["roster_count"]


async def test_the_covered_workers_of_an_agreement_add_up(pool):
    assert not await count(
        pool,
        "(SELECT a.id FROM collective_agreement a LEFT JOIN agreement_coverage c ON c.agreement_id = a.id"
        " GROUP BY a.id HAVING a.worker_count IS DISTINCT FROM sum(c.worker_count)) x",
    )


async def test_a_case_agrees_with_its_steps_parties_claims_and_recoveries(pool):
    rows = await pool.fetch(
        "SELECT c.*, (SELECT array_agg((s.phase, s.status, s.occurred_on) ORDER BY s.id) FROM dispute_step s"
        " WHERE s.case_id = c.id) AS steps,"
        " (SELECT sum(amount) FROM dispute_claim WHERE case_id = c.id) AS claimed,"
        " (SELECT sum(amount) FROM recovery WHERE case_id = c.id) AS recovered,"
        " (SELECT min(received_on) FROM recovery WHERE case_id = c.id) AS paid_on,"
        " (SELECT count(*) FROM dispute_party WHERE case_id = c.id AND role = 'CLAIMANT') AS claimants"
        " FROM dispute_case c"
    )
    assert len(rows) == MEMBERS // 60
    for row in rows:
        days = [step[2] for step in row["steps"]]
        assert days == sorted(days)
        assert row["steps"][-1][:2] == (row["phase"], row["status"])
        assert days[0] == row["received_on"]
        assert row["claimants"] == row["claimant_count"]
        assert row["is_collective"] == (row["claimant_count"] >= 10)
        assert row["claimed"] == row["amount_claimed"]
        assert (row["closed_on"] is not None) == (row["status"] in ("SETTLED", "DECIDED", "WITHDRAWN", "CLOSED"))
        if row["recovered"] is not None:
            assert row["recovered"] <= row["claimed"]
            assert row["paid_on"] >= row["closed_on"]


async def test_claimants_are_members_of_the_case_under_their_own_name(pool):
    assert not await count(pool, "dispute_party p JOIN member m ON m.id = p.member_id WHERE p.name <> m.name")


async def test_enrolments_fall_within_their_scheme_and_name_an_employer_of_the_union(pool):
    assert not await count(
        pool, "insurance_enrolment WHERE scheme = 'PLATFORM_OCCUPATIONAL_INJURY' AND valid_from < '2022-07-01'"
    )
    assert not await count(
        pool, "insurance_enrolment WHERE (cohort IS NULL) = (scheme = 'COURIER_PRIORITY_WORK_INJURY')"
    )
    assert not await count(
        pool,
        "insurance_enrolment i JOIN employer e ON e.id = i.participant_id WHERE e.organization_id <> i.organization_id",
    )
    assert 0.2 < await count(pool, "insurance_enrolment") / MEMBERS < 0.45


async def test_unorganised_employers_answer_to_the_township_union(pool):
    assert (
        await count(pool, "employer e WHERE NOT EXISTS (SELECT FROM employer_coverage c WHERE c.employer_id = e.id)")
        > 20
    )
    assert not await count(
        pool,
        "employer e JOIN organization o ON o.id = e.organization_id WHERE o.kind <> 'LOCAL_FEDERATION'"
        " AND NOT EXISTS (SELECT FROM employer_coverage c WHERE c.employer_id = e.id)",
    )


async def test_next_ids_follow_the_generated_ones(fresh_database_url):
    connection = await asyncpg.connect(fresh_database_url)
    try:
        for table in ("organization", "member", "membership", "dispute_case"):
            highest = await connection.fetchval(f"SELECT max(id) FROM {table}")
            assert await connection.fetchval(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))") == highest + 1
    finally:
        await connection.close()


async def digest(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        found = {}
        for table in TABLES:
            made = hashlib.sha256()
            columns = ", ".join(
                sorted({*TABLES[table]} - {secret.column for secret in SECRETS})
            )  # a nonce is never used twice
            query = f"SELECT t FROM (SELECT {columns} FROM {table}) t ORDER BY t::text"
            await connection.copy_from_query(query, output=_sink(made))
            found[table] = made.hexdigest()
        return found
    finally:
        await connection.close()


def _sink(made):
    async def write(data: bytes) -> None:
        made.update(data)

    return write


@pytest.fixture
def new_territory(new_database, template):
    """Makes a database with divisions and no organizations; returns its URL."""

    async def make() -> str:
        url = new_database(template)
        connection = await asyncpg.connect(url)
        await connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        await connection.close()
        return url

    return make


async def federation(new_territory, members: int, seed: int, **options) -> dict[str, str]:
    url = await new_territory()
    await generate(url, members, seed, **options)
    return await digest(url)


async def test_the_same_seed_gives_the_same_rows_whoever_makes_them_and_another_seed_others(
    database_url, new_territory
):
    first = await digest(database_url)
    assert await federation(new_territory, MEMBERS, SEED, pool=makers(MEMBERS, 2)) == first
    other = await federation(new_territory, MEMBERS, SEED + 1)
    assert {table for table in TABLES if other[table] == first[table]} == set()


async def test_a_federation_without_members_has_its_skeleton(new_territory):
    url = await new_territory()
    made = await generate(url, 0, 1)
    connection = await asyncpg.connect(url)
    divisions = await connection.fetchval("SELECT count(*) FROM division WHERE kind = 'STATUTORY' AND valid_to IS NULL")
    await connection.close()
    assert made.rows["organization"] > divisions > 6_000
    assert made.rows["member"] == made.rows["membership"] == made.rows["dispute_case"] == 0


async def test_generating_on_a_federation_is_refused(database_url):
    with pytest.raises(DataError, match="has organizations already"):
        await generate(database_url, 10, 1)


async def test_generating_without_divisions_says_what_to_load(bare_database_url):
    with pytest.raises(DataError, match="unionhub db load-divisions"):
        await generate(bare_database_url, 10, 1)


@pytest.mark.parametrize(
    ("members", "seed", "words"),
    [
        (-1, 1, "must not be negative"),
        (10, "one", "seed must be a whole number, not 'one'"),
        (10, 1.5, "seed must be a whole number"),
        (True, 1, "number of members must be a whole number"),
        (RESIDENTS + 1, 1, "At most"),
    ],
)
async def test_arguments_that_make_no_sense_are_refused(database_url, members, seed, words):
    with pytest.raises(DataError, match=words):
        await generate(database_url, members, seed)


async def test_a_failure_in_the_middle_leaves_the_database_as_it_was(new_territory):
    url = await new_territory()
    connection = await asyncpg.connect(url)
    catalog = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT conname || convalidated FROM pg_constraint ORDER BY 1"
    )
    before = await connection.fetch(catalog)

    async def fail(_: asyncpg.Connection) -> None:
        raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError, match="the plug is pulled"):
        await generate(url, 300, 1, extend=fail)
    assert await connection.fetch(catalog) == before
    assert await connection.fetchval("SELECT count(*) FROM organization") == 0
    await generate(url, 300, 1)
    assert await connection.fetch(catalog) == before
    await connection.close()


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(0, [3, 1], [0, 0]), (1, [3, 1], [1, 0]), (2, [9, 1], [1, 1]), (10, [3, 1, 0], [7, 3, 0]), (5, [], [])],
)
def test_shares_follow_weights_and_everyone_gets_one_once_there_are_enough(total, weights, shares):
    assert spread(total, weights) == shares


def test_another_database_of_a_server_keeps_its_host_and_port():
    assert (
        embedded.with_database("postgresql://a:b@h:5433/postgres?sslmode=disable", "x")
        == "postgresql://a:b@h:5433/x?sslmode=disable"
    )
    assert (
        embedded.with_database("postgresql://postgres@/postgres?host=/tmp/s", "x")
        == "postgresql://postgres@/x?host=/tmp/s"
    )


def province(start: int, *townships: int) -> Division:
    """A province of one city whose counties have so many townships, with ids from ``start`` on, a hundred to a county."""
    city = Division(0, "", "", "", False)
    for county, number in enumerate(townships):
        below = [Division(start + 100 * county + place, "", "", "", False) for place in range(number)]
        city.children.append(Division(0, "", "", "", False, below))
    return Division(0, "", "", "", False, [city])


@pytest.mark.parametrize("total", [5, 6, 50])
def test_every_county_has_a_union_once_there_are_as_many_unions_as_counties(total):
    counts = union_counts([province(0, 40, 1, 1), province(1000, 2, 1, 0)], total, random.Random(1))
    assert sum(counts.values()) == total
    in_county = Counter(township // 100 for township, number in counts.items() for _ in range(number))
    assert set(in_county) == {0, 1, 2, 10, 11}


def test_unions_fewer_than_counties_go_where_the_townships_are():
    counts = union_counts([province(0, 40, 1), province(1000, 2, 1)], 3, random.Random(1))
    assert sum(counts.values()) == 3
    assert sum(number for township, number in counts.items() if township < 1000) == 2

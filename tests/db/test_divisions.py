import lzma

import asyncpg
import pytest

from db.errors import DataError
from db.reference.load_divisions import full_name, load_divisions
from db.server.migrate import connect, upgrade
from tests.slow import slow

DUMP = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
TABLES = ("division", "division_closure", "division_alias", "deadline_rule")


async def test_development_zones_are_statistical(pool):
    assert await pool.fetchval("SELECT count(*) FROM division WHERE kind = 'STATISTICAL_ZONE'") == 124


async def test_a_renamed_county_knows_its_predecessor(pool):
    rows = await pool.fetch(
        "SELECT d.code, p.code AS before, p.valid_from, p.valid_to, d.valid_from AS since FROM division d"
        " JOIN division p ON p.id = d.predecessor_id ORDER BY d.code"
    )
    assert [(row["code"], row["before"]) for row in rows] == [("371003", "371081"), ("500120", "500227")]
    assert all(row["valid_to"] == row["since"] for row in rows)
    assert (rows[0]["valid_from"].year, rows[0]["valid_to"].year) == (1989, 2014)


async def test_places_that_the_code_list_has_not_are_found_by_name(pool):
    assert (
        await pool.fetchval(
            "SELECT d.code FROM division d JOIN division_alias a ON a.division_id = d.id WHERE a.name = '临港区'"
        )
        == "371073"
    )
    row = await pool.fetchrow(
        "SELECT d.*, p.code AS parent FROM division d JOIN division p ON p.id = d.parent_id WHERE d.kind ="
        " 'FUNCTIONAL_ZONE'"
    )
    assert (row["code"], row["name"], row["parent"]) == (None, "铜川高新技术产业开发区", "6102")


async def test_the_closure_equals_the_walk_of_parents(pool):
    assert (
        await pool.fetchval(
            "WITH RECURSIVE walk AS (SELECT id AS a, id AS d, 0::bigint AS depth FROM division UNION ALL"
            " SELECT p.parent_id, w.d, w.depth + 1 FROM walk w JOIN division p ON p.id = w.a WHERE p.parent_id"
            " IS NOT NULL),"
            " closed AS (SELECT ancestor_id, descendant_id, depth FROM division_closure WHERE NOT inherited)"
            " SELECT count(*) FROM ((SELECT * FROM walk EXCEPT SELECT * FROM closed) UNION ALL (SELECT * FROM"
            " closed EXCEPT SELECT * FROM walk)) x"
        )
        == 0
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110101001", "北京市东城区东华门街道"),
        ("371003", "山东省威海市文登区"),
        ("441900", "广东省东莞市"),
        ("419001", "河南省济源市"),
    ],
)
async def test_full_names_leave_out_what_only_groups_codes(pool, code, name):
    assert await pool.fetchval("SELECT full_name FROM division WHERE code = $1 AND valid_to IS NULL", code) == name


def test_a_county_named_as_its_city_is_named_once():
    assert full_name("广东省东莞市", "东莞市") == "广东省东莞市"


async def test_the_periods_of_the_law_are_there_with_their_articles(pool):
    rows = await pool.fetch(
        "SELECT r.step, d.code, r.length, r.unit, r.starts_on FROM deadline_rule r LEFT JOIN division d ON d.id"
        " = r.division_id"
        " WHERE r.procedure = 'agreement' AND r.step IN ('reply', 'review') ORDER BY r.step, d.code NULLS FIRST"
    )
    assert [tuple(row) for row in rows] == [
        ("reply", None, 20, "CALENDAR_DAY", "requested_on"),
        ("reply", "31", 15, "CALENDAR_DAY", "requested_on"),
        ("reply", "33", 10, "WORKING_DAY", "requested_on"),
        ("review", None, 15, "CALENDAR_DAY", "received_on"),
    ]
    assert not await pool.fetchval("SELECT count(*) FROM deadline_rule WHERE article = ''")


@slow
async def test_the_territory_is_loaded_down_to_the_townships_a_second_load_changes_nothing_and_villages_can_be_added(
    bare_database_url, tmp_path
):
    await load_divisions(bare_database_url)
    connection = await connect(bare_database_url)
    try:
        rows = await connection.fetch(
            "SELECT level, count(*) AS n FROM division WHERE valid_to IS NULL AND code IS NOT NULL GROUP BY level"
        )
        levels = {"PROVINCE": 31, "CITY": 342, "COUNTY": 2978, "TOWNSHIP": 41352}
        assert {row["level"]: row["n"] for row in rows} == levels
        before = [await connection.fetchval(DUMP.format(table)) for table in TABLES]
        again = await load_divisions(bare_database_url)
        assert (again.divisions, again.deadline_rules) == (0, 0)
        assert [await connection.fetchval(DUMP.format(table)) for table in TABLES] == before

        villages = tmp_path / "villages.csv"
        villages.write_text(
            "code,name,streetCode\n610222103200,艾蒿洼村委会,610222103\n610222103201,犁树坪村委会,610222103\n",
            encoding="utf-8",
        )
        packed = tmp_path / "villages.csv.xz"
        packed.write_bytes(lzma.compress(villages.read_bytes()))
        assert (await load_divisions(bare_database_url, villages=villages)).divisions == 2
        assert (await load_divisions(bare_database_url, villages=packed)).divisions == 0
        row = await connection.fetchrow(
            "SELECT d.full_name, d.level, (SELECT count(*) FROM division_closure WHERE descendant_id = d.id) AS above"
            " FROM division d WHERE code = '610222103200'"
        )
        assert tuple(row) == ("陕西省铜川市宜君县太安镇艾蒿洼村委会", "VILLAGE", 5)
        assert await connection.fetchval(
            "SELECT nextval(pg_get_serial_sequence('division', 'id')) > max(id) FROM division"
        )
    finally:
        await connection.close()


INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'division' ORDER BY 1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"code,name\n1,x\n", "has no column streetCode"),
        (b"code,name,streetCode\n610222103200,x,999999999\n", "names a parent 999999999 that is not loaded"),
        (b"\xff\xfe\x00", "is not a CSV file of divisions"),
    ],
)
async def test_a_file_that_is_no_list_of_villages_is_refused_and_nothing_is_kept(
    fresh_database_url, tmp_path, content, words
):
    path = tmp_path / "villages.csv"
    path.write_bytes(content)
    connection = await asyncpg.connect(fresh_database_url)
    indexes = await connection.fetch(INDEXES)
    with pytest.raises(DataError, match=words):
        await load_divisions(fresh_database_url, villages=path)
    assert await connection.fetchval("SELECT count(*) FROM division WHERE level = 'VILLAGE'") == 0
    assert await connection.fetch(INDEXES) == indexes
    await connection.close()


async def test_a_file_that_is_not_there_is_named(database_url, tmp_path):
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        await load_divisions(database_url, villages=tmp_path / "none.csv")


async def test_a_database_that_is_not_migrated_is_told_how(empty_database_url):
    with pytest.raises(DataError, match=r"has not been migrated\. Run: unionhub db upgrade"):
        await load_divisions(empty_database_url)


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "no url at all", "postgresql://u@host.invalid/x"]
)
async def test_a_database_that_cannot_be_reached_is_said_to_be_so(url):
    with pytest.raises(DataError, match="cannot be reached"):
        await load_divisions(url)


async def test_upgrading_a_database_that_cannot_be_reached_is_said_to_be_so():
    with pytest.raises(DataError, match="cannot be reached"):
        await upgrade("postgresql://nobody@127.0.0.1:1/none")

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql

from db.columns.text_search import contains
from db.members import Member
from db.organizations import Organization


def query(table, needle):
    statement = select(table.id).where(contains(table.name, bindparam("needle"))).order_by(table.id)
    dialect = postgresql.dialect(paramstyle="numeric_dollar")
    return str(statement.compile(dialect=dialect)), needle


@pytest.mark.parametrize("table", [Member, Organization])
@pytest.mark.parametrize(
    "needle",
    ["王", "王伟", "威海市", "总工会", "工", "市威", "没有这个名字", "%", "_", "\\", "委员会", "西藏自治区总工会"],
)
async def test_a_substring_finds_exactly_what_contains_it(pool, table, needle):
    sql, value = query(table, needle)
    found = [row[0] for row in await pool.fetch(sql, value)]
    rows = await pool.fetch(f"SELECT id FROM {table.__tablename__} WHERE position($1 IN name) > 0 ORDER BY id", needle)
    assert found == [row[0] for row in rows]


async def test_the_index_serves_a_rare_needle(pool):
    sql, value = query(Member, "诸葛")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", value))
    assert "ix_member_name_grams" in plan


@pytest.mark.parametrize("text", ["", "王", "王小", "王小明", "欧阳小明", "山东省威海市文登区", "abcdefgh"])
async def test_grams_are_all_characters_and_all_pairs_of_neighbours(pool, text):
    expected = set(text) | {text[place : place + 2] for place in range(len(text) - 1)}
    assert set(await pool.fetchval("SELECT grams($1)", text)) == expected
    pairs = {text[place : place + 2] for place in range(len(text) - 1)} or set(text)
    assert set(await pool.fetchval("SELECT needle_grams($1)", text)) == pairs


@pytest.mark.parametrize(
    ("stored", "sought"),
    [
        ("工会（本级）", "(本级)"),
        ("工会(本级)", "（本级）"),
        ("ＡＢＣ公司", "abc"),
        ("abc公司", "ＡＢC"),
        ("第１２分会", "12"),
        ("甲　乙", "甲 乙"),
    ],
)
async def test_width_and_case_do_not_count(pool, stored, sought):
    found = await pool.fetchval(
        "SELECT grams($1) @> needle_grams($2) AND strpos(folded($1), folded($2)) > 0", stored, sought
    )
    assert found
    assert not await pool.fetchval("SELECT grams($1) @> needle_grams($2)", stored, sought + "丙")

from datetime import date

import asyncpg
import pytest

from db.errors import DataError
from db.hierarchies import TABLES, link, reparent
from db.organizations import Hierarchy
from tests.closure_walk import WALK

LINKED_WALK = """
WITH RECURSIVE walk (ancestor_id, descendant_id, depth) AS (
    SELECT id, id, 0::bigint FROM organization
    WHERE coalesce(established_on, $2) <= $2 AND (dissolved_on IS NULL OR dissolved_on > $2)
    UNION ALL
    SELECT l.parent_id, w.descendant_id, w.depth + 1 FROM walk w JOIN organization_link l ON l.child_id = w.ancestor_id
    WHERE l.hierarchy = $1 AND l.valid_from <= $2 AND (l.valid_to IS NULL OR l.valid_to > $2)
)
"""
CLOSED = (
    "SELECT ancestor_id, descendant_id, depth FROM {} WHERE valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)"
)
DAYS = (date(1952, 6, 1), date(2008, 2, 29), date(2020, 10, 1), date(2026, 6, 30))


async def differences(connection: asyncpg.Connection, hierarchy: Hierarchy, on: date) -> int:
    """How many pairs the closure has that walking the links does not give on a day, or the other way round."""
    closed, walked = CLOSED.format(TABLES[hierarchy]), "SELECT * FROM walk"
    return await connection.fetchval(
        f"{LINKED_WALK} SELECT count(*) FROM (({closed} EXCEPT {walked}) UNION ALL ({walked} EXCEPT {closed})) d"
        " WHERE $1::text IS NOT NULL",
        hierarchy.name,
        on,
    )


async def ancestors(connection: asyncpg.Connection, union: int, hierarchy: Hierarchy, on: date) -> list[int]:
    rows = await connection.fetch(
        f"SELECT ancestor_id FROM {TABLES[hierarchy]} WHERE descendant_id = $1 AND valid_from <= $2"
        " AND (valid_to IS NULL OR valid_to > $2) ORDER BY depth",
        union,
        on,
    )
    return [row["ancestor_id"] for row in rows]


@pytest.fixture
async def connection(pool):
    async with pool.acquire() as acquired:
        transaction = acquired.transaction()
        await transaction.start()
        yield acquired
        await transaction.rollback()


@pytest.mark.parametrize("hierarchy", Hierarchy)
@pytest.mark.parametrize("on", DAYS, ids=str)
async def test_generated_closure_equals_the_walk_of_the_links_on_any_day(connection, hierarchy, on):
    assert await differences(connection, hierarchy, on) == 0


@pytest.mark.parametrize("hierarchy", Hierarchy)
async def test_generated_closure_has_the_very_rows_that_the_hierarchy_commands_compute(connection, hierarchy):
    before = await connection.fetchval(f"SELECT count(*) FROM {TABLES[hierarchy]}")
    unions = [
        row["id"]
        for row in await connection.fetch("SELECT id FROM organization WHERE id % 40 = 1 OR level = 'GRASSROOTS'")
    ]
    changed = await connection.fetchval(
        WALK.format(table=TABLES[hierarchy])
        + f" SELECT count(*) FROM pairs p WHERE NOT EXISTS (SELECT FROM {TABLES[hierarchy]} c"
        " WHERE (c.ancestor_id, c.descendant_id, c.valid_from, c.depth) = (p.ancestor_id, p.descendant_id,"
        " p.valid_from, p.depth)"
        " AND c.valid_to IS NOT DISTINCT FROM p.valid_to)",
        unions[:400],
        hierarchy.name,
    )
    await connection.execute("SELECT wall.recompute_closures($1, $2)", unions[:400], hierarchy.name)
    assert changed == 0
    assert await connection.fetchval(f"SELECT count(*) FROM {TABLES[hierarchy]}") == before


async def test_every_union_but_the_national_federation_has_one_leading_parent_on_any_day_it_exists(connection):
    for on in DAYS:
        wrong = await connection.fetch(
            "SELECT o.id FROM organization o LEFT JOIN organization_link l ON l.child_id = o.id AND l.is_lead"
            " AND l.valid_from <= $1"
            " AND (l.valid_to IS NULL OR l.valid_to > $1) WHERE o.established_on <= $1"
            " AND (o.dissolved_on IS NULL OR o.dissolved_on > $1) GROUP BY o.id HAVING count(l.id) <> 1",
            on,
        )
        assert [row["id"] for row in wrong] == [1]


async def test_every_place_has_its_federation(connection):
    missing = await connection.fetch(
        "SELECT d.full_name FROM division d WHERE d.valid_to IS NULL AND d.code IS NOT NULL AND d.level <> 'VILLAGE'"
        " AND d.name NOT IN ('市辖区', '县', '省直辖县级行政区划', '自治区直辖县级行政区划')"
        " AND NOT EXISTS (SELECT FROM organization o WHERE o.division_id = d.id AND o.kind ="
        " 'LOCAL_FEDERATION') ORDER BY d.code"
    )
    # there the county of the codes is the city, and the city has its federation
    assert [row["full_name"] for row in missing] == ["广东省东莞市", "广东省中山市", "海南省儋州市", "甘肃省嘉峪关市"]


async def two_townships(connection: asyncpg.Connection) -> tuple[int, int, int]:
    """A township union with unions below it, its parent, and a county federation of another city."""
    row = await connection.fetchrow(
        "SELECT l.parent_id AS township, up.parent_id AS county FROM organization_link l"
        " JOIN organization o ON o.id = l.child_id AND o.level = 'GRASSROOTS' AND l.valid_to IS NULL"
        " JOIN organization_link up ON up.child_id = l.parent_id AND up.hierarchy = 'TERRITORIAL' AND"
        " up.valid_to IS NULL"
        " JOIN organization t ON t.id = l.parent_id AND t.level = 'TOWNSHIP' AND t.kind = 'LOCAL_FEDERATION'"
        " WHERE l.hierarchy = 'TERRITORIAL' ORDER BY l.id LIMIT 1"
    )
    elsewhere = await connection.fetchval(
        "SELECT id FROM organization WHERE level = 'COUNTY' AND id > $1 + 5000 ORDER BY id LIMIT 1", row["county"]
    )
    return row["township"], row["county"], elsewhere


async def test_reparenting_keeps_the_old_line_before_the_day_and_the_new_one_from_it_on(connection):
    township, county, elsewhere = await two_townships(connection)
    on, eve = date(2026, 1, 1), date(2025, 12, 31)
    below = [
        row["descendant_id"]
        for row in await connection.fetch(
            "SELECT descendant_id FROM territorial_closure WHERE ancestor_id = $1 AND valid_to IS NULL AND"
            " valid_from < $2",
            township,
            eve,
        )
    ]
    assert len(below) > 1
    old = {union: await ancestors(connection, union, Hierarchy.TERRITORIAL, eve) for union in below}
    await reparent(
        connection, child=township, parent=elsewhere, hierarchy=Hierarchy.TERRITORIAL, on=on, reason="区划调整"
    )
    line = await ancestors(connection, elsewhere, Hierarchy.TERRITORIAL, on)
    for union in below:
        assert await ancestors(connection, union, Hierarchy.TERRITORIAL, eve) == old[union]
        now = await ancestors(connection, union, Hierarchy.TERRITORIAL, on)
        assert now == old[union][: old[union].index(county)] + line
    for day in (*DAYS, eve, on):
        assert await differences(connection, Hierarchy.TERRITORIAL, day) == 0


async def test_reparenting_there_and_back_leaves_three_dated_links(connection):
    township, county, elsewhere = await two_townships(connection)
    for parent, on in ((elsewhere, date(2026, 2, 1)), (county, date(2026, 3, 1))):
        await reparent(connection, child=township, parent=parent, hierarchy=Hierarchy.TERRITORIAL, on=on)
    rows = await connection.fetch(
        "SELECT parent_id, is_lead FROM organization_link WHERE child_id = $1 ORDER BY valid_from", township
    )
    assert [tuple(row) for row in rows] == [(county, True), (elsewhere, True), (county, True)]
    assert (await ancestors(connection, township, Hierarchy.TERRITORIAL, date(2026, 2, 15)))[1] == elsewhere
    for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1)):
        assert await differences(connection, Hierarchy.TERRITORIAL, day) == 0


async def test_an_industrial_link_that_takes_the_lead_ends_the_territorial_lead(connection):
    union = await connection.fetchval(
        "SELECT id FROM organization o WHERE level = 'GRASSROOTS' AND dissolved_on IS NULL AND established_on <"
        " '2026-01-01'"
        " AND NOT EXISTS (SELECT FROM organization_link WHERE child_id = o.id AND hierarchy = 'INDUSTRIAL')"
        " ORDER BY id LIMIT 1"
    )
    industry = await connection.fetchval("SELECT id FROM organization WHERE name = '中国国防邮电工会'")
    on = date(2026, 5, 1)
    await link(connection, child=union, parent=industry, hierarchy=Hierarchy.INDUSTRIAL, on=on, is_lead=True)
    leads = await connection.fetch(
        "SELECT hierarchy FROM organization_link WHERE child_id = $1 AND is_lead AND valid_from <= $2"
        " AND (valid_to IS NULL OR valid_to > $2)",
        union,
        on,
    )
    assert [row["hierarchy"] for row in leads] == ["INDUSTRIAL"]
    assert await ancestors(connection, union, Hierarchy.INDUSTRIAL, on) == [union, industry]
    for hierarchy in Hierarchy:
        assert await differences(connection, hierarchy, on) == 0


@pytest.mark.parametrize(
    ("child", "parent", "on", "words"),
    [
        (12, 999_999_999, date(2026, 1, 1), "There is no union 999999999"),
        (12, 12, date(2026, 1, 1), "stands below"),
        (1, 12, date(2026, 1, 1), "stands below"),
        (12, 1, date(1949, 1, 1), "was established on"),
    ],
)
async def test_a_link_that_cannot_be_is_refused_with_the_reason(connection, child, parent, on, words):
    with pytest.raises(DataError, match=words):
        await link(connection, child=child, parent=parent, hierarchy=Hierarchy.TERRITORIAL, on=on)


async def test_a_link_dated_before_the_last_change_is_refused(connection):
    township, county, elsewhere = await two_townships(connection)
    await reparent(connection, child=township, parent=elsewhere, hierarchy=Hierarchy.TERRITORIAL, on=date(2026, 2, 1))
    with pytest.raises(DataError, match="cannot begin on 2026-01-15"):
        await reparent(connection, child=township, parent=county, hierarchy=Hierarchy.TERRITORIAL, on=date(2026, 1, 15))


async def test_a_union_without_another_parent_cannot_lose_its_lead(connection):
    township, _, elsewhere = await two_townships(connection)
    with pytest.raises(DataError, match="no leading parent"):
        await link(
            connection,
            child=township,
            parent=elsewhere,
            hierarchy=Hierarchy.TERRITORIAL,
            on=date(2026, 2, 1),
            is_lead=False,
        )


async def test_a_link_that_gives_up_the_lead_hands_it_to_the_other_parent(connection):
    row = await connection.fetchrow(
        "SELECT t.child_id, t.parent_id, i.parent_id AS industry FROM organization_link t JOIN organization_link i"
        " ON i.child_id = t.child_id AND i.hierarchy = 'INDUSTRIAL' AND i.valid_to IS NULL"
        " WHERE t.hierarchy = 'TERRITORIAL' AND t.is_lead AND t.valid_to IS NULL AND t.valid_from < '2026-01-01'"
        " AND i.valid_from < '2026-01-01' ORDER BY t.id LIMIT 1"
    )
    on = date(2026, 5, 1)
    await link(
        connection,
        child=row["child_id"],
        parent=row["parent_id"],
        hierarchy=Hierarchy.TERRITORIAL,
        on=on,
        is_lead=False,
    )
    for day, expected in ((date(2026, 4, 30), "TERRITORIAL"), (on, "INDUSTRIAL")):
        leads = await connection.fetch(
            "SELECT hierarchy FROM organization_link WHERE child_id = $1 AND is_lead AND valid_from <= $2"
            " AND (valid_to IS NULL OR valid_to > $2)",
            row["child_id"],
            day,
        )
        assert [lead["hierarchy"] for lead in leads] == [expected]
    for hierarchy in Hierarchy:
        assert await differences(connection, hierarchy, on) == 0

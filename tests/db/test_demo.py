"""The demonstration with few members: what it adds to a generated federation, and that it is loaded once."""

from unittest.mock import AsyncMock

import asyncpg
import pytest

from db.access import Role
from db.demo import load
from db.demo.load import NAMED, REUSED, is_loaded, load_demo
from db.errors import DataError
from db.hierarchies import TABLES
from db.organizations import Hierarchy
from db.reference.load_divisions import load_divisions
from db.server.connect import create_pool
from resolvers.access.callers import Caller, Grant
from tests.resolvers.engine_client import EngineClient as Asking


@pytest.fixture(scope="module")
async def demo(kept_database, page_template):
    url = kept_database(page_template)
    connection = await asyncpg.connect(url)
    yield connection, url
    await connection.close()


async def test_a_second_load_changes_nothing(demo):
    connection, url = demo
    assert await is_loaded(connection)
    before = await connection.fetchval("SELECT count(*) FROM organization")
    assert not await load_demo(url)
    assert await connection.fetchval("SELECT count(*) FROM organization") == before


async def test_a_second_load_builds_rollups_that_an_interrupted_one_left_out(demo, monkeypatch):
    _, url = demo
    building = AsyncMock()
    monkeypatch.setattr(load, "build_rollups", building)
    assert not await load_demo(url)
    building.assert_awaited_once_with(url, None)


async def test_bodies_that_the_generated_federation_has_are_there_once(demo):
    connection, _ = demo
    names = [*REUSED, *(named.name for named in NAMED)]
    rows = await connection.fetch("SELECT name FROM organization WHERE name = ANY ($1) ORDER BY name", names)
    assert [row["name"] for row in rows] == sorted(names)


async def test_the_posts_union_of_chongqing_has_two_parents_and_the_territorial_one_leads(demo):
    connection, _ = demo
    rows = await connection.fetch(
        "SELECT p.name, l.hierarchy, l.is_lead FROM organization_link l JOIN organization o ON o.id = l.child_id"
        " JOIN organization p ON p.id = l.parent_id WHERE o.name = '重庆市国防邮电工会' ORDER BY l.hierarchy"
    )
    assert [tuple(row) for row in rows] == [
        ("中国国防邮电工会", "INDUSTRIAL", False),
        ("重庆市总工会", "TERRITORIAL", True),
    ]


async def test_each_of_the_eleven_villages_of_the_town_has_its_union(demo):
    connection, _ = demo
    rows = await connection.fetch(
        "SELECT o.name, d.code FROM organization o JOIN division d ON d.id = o.division_id"
        " WHERE o.level = 'VILLAGE' AND starts_with(d.code, '610222103')"
    )
    assert len(rows) == len({row["code"] for row in rows}) == 11
    assert all(row["code"].startswith("610222103") for row in rows)
    assert "太安镇艾蒿洼村工会委员会" in {row["name"] for row in rows}


async def test_a_dissolved_project_union_is_below_its_district_only_while_it_existed(demo):
    connection, _ = demo
    rows = await connection.fetch(
        f"SELECT c.valid_from = o.established_on AND c.valid_to = o.dissolved_on AS right FROM organization o"
        f" JOIN {TABLES[Hierarchy.TERRITORIAL]} c ON c.descendant_id = o.id WHERE o.name LIKE '文登区道路%'"
    )
    assert len(rows) == 5
    assert all(row["right"] for row in rows)


async def test_the_demonstration_does_not_touch_another_federation(new_database, template):
    with pytest.raises(DataError, match="not the demonstration's"):
        await load_demo(new_database(template))


async def test_villages_loaded_later_do_not_double_those_of_the_demonstration(demo, tmp_path):
    connection, url = demo
    path = tmp_path / "villages.csv"
    rows = await connection.fetch("SELECT code, name FROM division WHERE level = 'VILLAGE'")
    lines = [f"{row['code']},{row['name']},{row['code'][:9]}" for row in rows]
    path.write_text("\n".join(["code,name,streetCode", *lines]), encoding="utf-8")
    assert (await load_divisions(url, villages=path)).divisions == 0


async def test_the_bureau_of_shenzhen_has_agreements_to_review_one_late_and_one_due_this_week(demo):
    """By the day on which the demonstration was loaded: the bureau's persona sees them in the order of their days."""
    connection, url = demo
    pool = await create_pool(url)
    division = await connection.fetchval("SELECT id FROM division WHERE code = '4403' AND valid_to IS NULL")
    bureau = Caller("shenzhen-hr", 1, (Grant(Role.HR_BUREAU, division_id=division),))
    text = """{ collectiveAgreements(validity: NOT_BEGUN, filter: {status: {eq: UNDER_REVIEW}},
        orderBy: {field: RECEIVED_ON, direction: ASC}) {
        nodes { reviewDueOn reviewDaysLeft overdue steps { status } } } }"""
    response = await Asking(pool).response(text, caller=bureau)
    await pool.close()
    found = response["data"]["collectiveAgreements"]["nodes"]
    mine = [node for node in found if len(node["steps"]) == 8][-5:]
    left = [node["reviewDaysLeft"] for node in mine]
    assert left == sorted(left)
    assert left[0] < 0 < left[-1]
    assert any(0 <= days <= 7 for days in left)
    assert [node["overdue"] for node in mine] == [days < 0 for days in left]

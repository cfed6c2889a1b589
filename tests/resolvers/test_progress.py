"""Progress of targets: counted from the records of the division and below, as of the day, in one statement for all."""

from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from db.server.connect import create_pool
from resolvers.engine.request import global_ids
from tests.resolvers.engine_client import EngineClient

QUIET = """
SELECT d.id FROM division d WHERE d.level = 'COUNTY' AND d.valid_to IS NULL
AND NOT EXISTS (SELECT FROM division_closure c JOIN organization o ON o.division_id = c.descendant_id
                JOIN membership m ON m.organization_id = o.id WHERE c.ancestor_id = d.id)
AND NOT EXISTS (SELECT FROM division_closure c JOIN venue v ON v.division_id = c.descendant_id WHERE c.ancestor_id = d.id)
AND NOT EXISTS (SELECT FROM division_closure c JOIN designation v ON v.division_id = c.descendant_id WHERE c.ancestor_id = d.id)
AND NOT EXISTS (SELECT FROM division_closure c JOIN organization o ON o.division_id = c.descendant_id
                WHERE c.ancestor_id = d.id AND o.form IN ('NEW_FORM', 'UNION_FEDERATION'))
AND (SELECT count(*) FROM division t WHERE t.parent_id = d.id AND t.level = 'TOWNSHIP') >= 4
ORDER BY d.id LIMIT 1
"""
"""A county in which nothing has happened yet."""


class Place:
    """A county with some townships, and rows put into them."""

    def __init__(self, pool: asyncpg.Pool, county: int, townships: list[int], federation: int) -> None:
        self.pool = pool
        self.county = county
        self.townships = townships
        self.federation = federation

    async def put(self, table: str, **values: Any) -> int:
        names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        return int(
            await self.pool.fetchval(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", *values.values())
        )

    async def union(self, form: str, level: str, division: int, established: date, name: str = "新业态工会") -> int:
        return await self.put(
            "organization", name=name, level=level, kind="GRASSROOTS_UNION", form=form, status="NORMAL",
            division_id=division, established_on=established,
        )  # fmt: skip

    async def member(self, union: int, since: date, until: date | None = None, worker_type: str = "COURIER") -> None:
        member = await self.put(
            "member", name="某人", sex="MALE", worker_type=worker_type, is_migrant_worker=False, is_model_worker=False
        )
        await self.put(
            "membership", member_id=member, organization_id=union, status="TRANSFERRED_OUT" if until else "ACTIVE",
            channel="QR", applied_on=since, valid_from=since, valid_to=until,
        )  # fmt: skip

    async def target(self, metric: str, value: str, unit: str, ends_on: date, operator: str = "GE") -> dict[str, Any]:
        key = await self.put(
            "target", organization_id=self.federation, division_id=self.county, metric=metric, operator=operator,
            value=Decimal(value), unit=unit, starts_on=date(2023, 1, 1), ends_on=ends_on,
        )  # fmt: skip
        text = (
            "query ($id: ID!) { node(id: $id) { ... on Target { progress { asOf value denominator ratio met gap } } } }"
        )
        data = await EngineClient(self.pool).data(text, {"id": global_ids.encode("target", key)})
        progress: dict[str, Any] = data["node"]["progress"]
        return progress


@pytest.fixture
async def place(fresh_database_url: str) -> Any:
    pool = await create_pool(fresh_database_url)
    county = await pool.fetchval(QUIET)
    towns = [row["id"] for row in await pool.fetch("SELECT id FROM division WHERE parent_id = $1 ORDER BY id", county)]
    federation = await pool.fetchval("SELECT id FROM organization WHERE division_id = $1 ORDER BY id LIMIT 1", county)
    yield Place(pool, county, towns, federation)
    await pool.close()


YEAR_END = date(2024, 1, 1)


async def test_joins_are_those_of_the_period_by_workers_in_new_forms(place: Place) -> None:
    union = await place.union("NEW_FORM", "GRASSROOTS", place.townships[0], date(2022, 1, 1))
    await place.member(union, date(2022, 12, 31))
    await place.member(union, date(2023, 1, 1))
    await place.member(union, date(2023, 6, 1), date(2023, 7, 1), "TRUCK_DRIVER")
    await place.member(union, date(2023, 12, 31))
    await place.member(union, date(2024, 1, 1))
    await place.member(union, date(2023, 6, 1), None, "EMPLOYEE")
    assert await place.target("NEW_FORM_JOINS", "4", "PERSON", YEAR_END) == {
        "asOf": "2023-12-31", "value": 3, "denominator": None, "ratio": 0.75, "met": False, "gap": "1.0000",
    }  # fmt: skip
    assert (await place.target("NEW_FORM_JOINS", "3", "PERSON", YEAR_END))["met"]


async def test_coverage_is_members_of_the_day_among_the_latest_estimates(place: Place) -> None:
    union = await place.union("NEW_FORM", "GRASSROOTS", place.townships[0], date(2022, 1, 1))
    for until in (None, None, None, date(2024, 2, 1), date(2023, 12, 31)):
        await place.member(union, date(2023, 3, 1), until)
    for worker_type, day, value in (
        ("COURIER", date(2022, 12, 31), 100),
        ("COURIER", date(2023, 6, 30), 5),
        ("TRUCK_DRIVER", date(2023, 6, 30), 1),
        ("COURIER", date(2024, 6, 30), 9),
        ("EMPLOYEE", date(2023, 6, 30), 70),
    ):
        await place.put(
            "population_estimate", organization_id=place.federation, division_id=place.townships[1],
            worker_type=worker_type, as_of=day, value=value, source="摸底",
        )  # fmt: skip
    assert await place.target("NEW_FORM_COVERAGE", "0.8", "RATIO", YEAR_END) == {
        "asOf": "2023-12-31", "value": 4, "denominator": 6, "ratio": 0.6667, "met": False, "gap": "0.1333",
    }  # fmt: skip
    assert (await place.target("NEW_FORM_COVERAGE", "0.6", "RATIO", YEAR_END))["gap"] == "0.0000"
    at_most = await place.target("NEW_FORM_COVERAGE", "0.6", "RATIO", YEAR_END, "LE")
    assert (at_most["met"], at_most["gap"]) == (False, "0.0667")


async def test_county_unions_count_while_they_stand(place: Place) -> None:
    await place.union("NEW_FORM", "COUNTY", place.county, date(2023, 12, 31))
    await place.union("NEW_FORM", "COUNTY", place.county, date(2024, 1, 1))
    await place.union("NEW_FORM", "GRASSROOTS", place.county, date(2023, 1, 1))
    found = await place.target("NEW_FORM_UNIONS", "1", "ORGANIZATION", YEAR_END)
    assert (found["value"], found["met"], found["gap"]) == (1, True, "0.0000")


async def test_concentrated_townships_need_a_regional_union(place: Place) -> None:
    day = date(2023, 2, 1)
    for township in place.townships[:3]:
        await place.put(
            "designation", organization_id=place.federation, division_id=township, kind="NEW_FORM_CONCENTRATED", valid_from=day
        )  # fmt: skip
    await place.union("UNION_FEDERATION", "TOWNSHIP", place.townships[0], day, "某镇新业态工会联合会")
    await place.union("UNION_FEDERATION", "TOWNSHIP", place.townships[1], day, "某镇纺织行业工会联合会")
    await place.union("NEW_FORM", "GRASSROOTS", place.townships[3], day)
    found = await place.target("REGIONAL_FEDERATIONS", "1", "RATIO", YEAR_END)
    assert (found["value"], found["denominator"], found["ratio"], found["met"]) == (1, 3, 0.3333, False)


async def test_parks_count_when_a_union_covers_their_operator(place: Place) -> None:
    day = date(2023, 2, 1)
    for covered in (True, False, None):
        employer = None
        if covered is not None:
            employer = await place.put(
                "employer", name="某园", kind="PRIVATE_ENTERPRISE", division_id=place.county, organization_id=place.federation,
                headcount=9,
            )  # fmt: skip
        if covered:
            await place.put("employer_coverage", organization_id=place.federation, employer_id=employer, valid_from=day)
        await place.put(
            "venue", name="某园", kind="LOGISTICS_PARK", organization_id=place.federation, division_id=place.townships[0],
            employer_id=employer, valid_from=day,
        )  # fmt: skip
    found = await place.target("LOGISTICS_PARKS", "1", "RATIO", YEAR_END)
    assert (found["value"], found["denominator"], found["met"]) == (1, 3, False)


async def test_townships_count_when_they_have_a_centre_that_day(place: Place) -> None:
    for township, until in ((place.townships[0], None), (place.townships[1], date(2023, 6, 1))):
        await place.put(
            "venue", name="某中心", kind="RESPONSE_CENTRE", organization_id=place.federation, division_id=township,
            valid_from=date(2023, 2, 1), valid_to=until,
        )  # fmt: skip
    found = await place.target("RESPONSE_CENTRES", "1", "RATIO", YEAR_END)
    assert (found["value"], found["denominator"]) == (1, len(place.townships))


async def test_a_share_of_nothing_is_neither_met_nor_missed(place: Place) -> None:
    found = await place.target("LOGISTICS_PARKS", "1", "RATIO", YEAR_END)
    assert (found["value"], found["denominator"], found["ratio"], found["met"], found["gap"]) == (
        0,
        0,
        None,
        None,
        None,
    )


async def test_a_target_that_is_still_running_is_counted_today(place: Place) -> None:
    found = await place.target("NEW_FORM_JOINS", "1", "PERSON", date(2400, 1, 1))
    assert "2026" <= found["asOf"] < "2399"

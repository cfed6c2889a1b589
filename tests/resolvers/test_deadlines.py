"""Last days: how periods are counted, and which rule applies to a record."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest
from sqlalchemy import Date, Integer, column, func, select, values

from db.deadlines import DeadlineRule, DeadlineUnit
from db.server.connect import create_pool
from resolvers import overdue
from resolvers.access import callers
from resolvers.deadlines import after
from resolvers.engine.plan.parameters import Binder, Inputs
from resolvers.engine.plan.statement import compiled
from resolvers.working_days import FIRST_PUBLISHED, LAST_PUBLISHED, days_off, festivals, is_provisional, is_working_day
from schema import schema
from tests.resolvers.engine_client import EngineClient

DAY, WORKING, MONTH, YEAR = (
    DeadlineUnit.CALENDAR_DAY,
    DeadlineUnit.WORKING_DAY,
    DeadlineUnit.MONTH,
    DeadlineUnit.YEAR,
)


@pytest.mark.parametrize(
    ("start", "length", "unit", "last"),
    [
        ("2026-03-01", 15, DAY, "2026-03-16"),
        ("2026-12-17", 15, DAY, "2027-01-04"),  # would end on New Year's Day
        ("2027-01-22", 15, DAY, "2027-02-11"),  # would end on the Spring Festival, two days of which are made up for
        ("2027-04-30", 1, WORKING, "2027-05-05"),  # two days of Labour Day on a weekend
        ("2026-12-21", 20, DAY, "2027-01-11"),  # would end on a Sunday
        ("2026-02-08", 10, DAY, "2026-02-24"),  # would end in the Spring Festival
        ("2026-02-04", 10, DAY, "2026-02-14"),  # ends on a Saturday that is worked
        ("2024-02-20", 10, DAY, "2024-03-01"),
        ("2026-03-02", 0, DAY, "2026-03-02"),
        ("2026-03-02", 5, WORKING, "2026-03-09"),  # Monday to the Monday after
        ("2026-03-06", 1, WORKING, "2026-03-09"),  # Friday, then a weekend
        ("2026-03-07", 1, WORKING, "2026-03-09"),  # begins on a Saturday
        ("2026-02-13", 1, WORKING, "2026-02-14"),  # a Saturday that is worked before the Spring Festival
        ("2026-02-13", 2, WORKING, "2026-02-24"),  # the festival: 15 to 23 February
        ("2026-02-13", 5, WORKING, "2026-02-27"),
        ("2026-02-13", 6, WORKING, "2026-02-28"),  # a Saturday that is worked after it
        ("2026-02-13", 7, WORKING, "2026-03-02"),
        ("2026-02-14", 10, WORKING, "2026-03-06"),
        ("2026-01-31", 1, MONTH, "2026-02-28"),
        ("2024-01-31", 1, MONTH, "2024-02-29"),
        ("2026-01-30", 1, MONTH, "2026-02-28"),
        ("2026-03-31", 1, MONTH, "2026-04-30"),
        ("2026-02-28", 1, MONTH, "2026-03-30"),  # would end on a Saturday
        ("2026-11-15", 3, MONTH, "2027-02-15"),
        ("2026-12-31", 12, MONTH, "2027-12-31"),
        ("2026-08-31", 6, MONTH, "2027-03-01"),  # would end on a Sunday
        ("2024-02-29", 1, YEAR, "2025-02-28"),
        ("2024-02-29", 4, YEAR, "2028-02-29"),
        ("2026-06-30", 3, YEAR, "2029-07-02"),  # would end on a Saturday
    ],
)
def test_the_last_day_of_a_period(start: str, length: int, unit: DeadlineUnit, last: str) -> None:
    assert after(date.fromisoformat(start), length, unit) == date.fromisoformat(last)


def test_working_days_follow_the_published_calendar_of_2026() -> None:
    worked = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")
    free = (
        "2026-01-01",
        "2026-01-02",
        "2026-02-16",
        "2026-02-17",
        "2026-02-23",
        "2026-05-01",
        "2026-10-01",
        "2026-10-07",
    )
    assert all(is_working_day(date.fromisoformat(day)) for day in worked)
    assert not any(is_working_day(date.fromisoformat(day)) for day in free)


@pytest.mark.parametrize("year", range(FIRST_PUBLISHED, LAST_PUBLISHED + 1))
def test_every_festival_of_the_regulation_was_off_in_every_published_year(year: int) -> None:
    assert not any(is_working_day(day) for day in festivals(year))


@pytest.mark.parametrize("year", [*range(1999, FIRST_PUBLISHED), *range(LAST_PUBLISHED + 1, 2102)])
def test_in_a_year_without_a_notice_each_festival_takes_one_weekday_of_its_own(year: int) -> None:
    days, off = festivals(year), days_off(year)
    assert len(off) == len(days)
    assert not any(is_working_day(day) for day in {*days, *off})
    assert all(day.weekday() < 5 for day in off)
    weekdays = (date(year, 1, 1) + timedelta(days=number) for number in range(365))
    assert all(is_working_day(day) == (day not in off) for day in weekdays if day.weekday() < 5)
    if 2025 <= year <= 2100:
        assert len(days) == 13


def test_lunar_festivals_lie_where_the_moon_has_them() -> None:
    """Spring Festival on a new moon: whole months, of 29.530588 days, after that of 2026; Mid-Autumn half a month behind one."""
    begin, month = date(2026, 2, 17), 29.530588
    for year in range(2000, 2101):
        off = sorted(festivals(year))
        spring = next(
            day for day in off if (day.month, day.day) > (1, 20) and ((day - begin).days / month + 0.03) % 1 < 0.08
        )
        assert date(year, 1, 20) < spring < date(year, 2, 22)


def test_days_are_provisional_where_no_notice_is_known_yet() -> None:
    assert not is_provisional(date(LAST_PUBLISHED, 12, 31))
    assert is_provisional(date(LAST_PUBLISHED + 1, 1, 1))
    assert not is_provisional(date(FIRST_PUBLISHED - 1, 1, 1))


def test_years_without_a_published_calendar_have_monday_to_friday() -> None:
    assert is_working_day(date(2060, 3, 1))
    assert not is_working_day(date(2060, 3, 6))
    assert after(date(2060, 3, 5), 1, WORKING) == date(2060, 3, 8)


@pytest.fixture(scope="module")
async def places(kept_database, template: str) -> AsyncIterator[asyncpg.Pool]:  # type: ignore[no-untyped-def]
    """A database for agreements and cases of this file's own."""
    pool = await create_pool(kept_database(template))
    yield pool
    await pool.close()


async def agreement(pool: asyncpg.Pool, code: str, kind: str, **days: str | None) -> str:
    """The ID of a new agreement in the division with this code."""
    values = {name: None if day is None else date.fromisoformat(day) for name, day in days.items()}
    values = {"requested_on": date(2026, 2, 13)} | values
    names = ", ".join(values)
    places = ", ".join(f"${index + 3}" for index in range(len(values)))
    key = await pool.fetchval(
        f"INSERT INTO collective_agreement (title, status, worker_count, organization_id, division_id, kind, {names})"
        f" SELECT 'x', 'REQUESTED', 1, 1, id, $2, {places} FROM division WHERE code = $1 AND valid_to IS NULL RETURNING id",
        code,
        kind,
        *values.values(),
    )
    return f"agr_{key:x}"


async def due(caller: EngineClient, id: str) -> dict[str, str | None]:
    text = (
        "query ($id: ID!) { node(id: $id) { ... on CollectiveAgreement { replyDueOn submissionDueOn reviewDueOn } } }"
    )
    found: dict[str, str | None] = (await caller.data(text, {"id": id}))["node"]
    return found


@pytest.mark.parametrize(
    ("code", "kind", "requested", "last"),
    [
        ("110101", "COMPREHENSIVE", "2026-02-13", "2026-03-05"),  # Beijing: the nation's 20 days
        ("110101", "WAGE", "2026-02-13", "2026-03-05"),
        ("310101", "COMPREHENSIVE", "2026-02-13", "2026-02-28"),  # Shanghai: 15 days
        ("330106", "COMPREHENSIVE", "2026-02-13", "2026-03-05"),  # Zhejiang: 10 working days over the festival
        ("330106", "COMPREHENSIVE", "2026-03-02", "2026-03-16"),
        ("33", "WAGE", "2026-03-02", "2026-03-16"),
        ("370102", "WAGE", "2026-02-13", "2026-02-24"),  # Shandong: 10 days for wages, the last in the festival
        ("370102", "WAGE", "2016-12-30", "2017-01-19"),  # before Shandong had a rule
        ("370102", "COMPREHENSIVE", "2026-02-13", "2026-03-05"),  # and the nation's 20 for the rest
        ("310101", "COMPREHENSIVE", "2007-12-31", "2008-01-21"),  # before Shanghai had a rule
        ("310101", "COMPREHENSIVE", "2008-01-01", "2008-01-16"),  # and from its first day
        ("110101", "COMPREHENSIVE", "2004-04-30", None),  # before there was any
    ],
)
async def test_the_rule_of_the_nearest_division_in_force_sets_the_last_day_to_reply(
    places: asyncpg.Pool, code: str, kind: str, requested: str, last: str | None
) -> None:
    id = await agreement(places, code, kind, requested_on=requested)
    assert (await due(EngineClient(places), id))["replyDueOn"] == last


async def test_a_period_that_has_not_begun_has_no_last_day(places: asyncpg.Pool) -> None:
    caller = EngineClient(places)
    id = await agreement(places, "110101", "COMPREHENSIVE")
    assert await due(caller, id) == {"replyDueOn": "2026-03-05", "submissionDueOn": None, "reviewDueOn": None}
    id = await agreement(places, "110101", "COMPREHENSIVE", signed_on="2026-04-01", received_on="2026-04-08")
    found = await due(caller, id)
    assert (found["submissionDueOn"], found["reviewDueOn"]) == ("2026-04-13", "2026-04-23")


async def test_a_rule_made_for_a_city_goes_before_its_province_s_only_there(places: asyncpg.Pool) -> None:
    caller = EngineClient(places)
    township = await places.fetchval("SELECT min(code) FROM division WHERE code LIKE '330106___'")
    codes = ("330106", "330203", township)
    ids = [await agreement(places, code, "WOMEN", requested_on="2026-03-02") for code in codes]
    await places.execute(
        "INSERT INTO deadline_rule (procedure, step, division_id, length, unit, starts_on, article, valid_from, valid_to)"
        " SELECT 'agreement', 'reply', id, 3, 'CALENDAR_DAY', 'requested_on', 'x', '2026-01-01', '2026-07-01'"
        " FROM division WHERE code = '3301' AND valid_to IS NULL"
    )
    ids.append(await agreement(places, "330106", "WOMEN", requested_on="2026-07-01"))
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on CollectiveAgreement { replyDueOn } } }"
    found = (await caller.data(text, {"ids": ids}))["nodes"]
    assert [node["replyDueOn"] for node in found] == ["2026-03-05", "2026-03-16", "2026-03-05", "2026-07-15"]
    await places.execute("DELETE FROM deadline_rule WHERE article = 'x'")


async def test_mediation_lasts_fifteen_days_from_receipt(caller: EngineClient) -> None:
    data = await caller.data("{ disputeCases(first: 50, validity: ANY) { nodes { receivedOn mediationDueOn } } }")
    nodes = data["disputeCases"]["nodes"]
    assert len(nodes) > 20
    for node in nodes:
        received, due_on = (date.fromisoformat(node[name]) for name in ("receivedOn", "mediationDueOn"))
        assert due_on == after(received, 15, DAY) >= received + timedelta(days=15)


async def test_statistics_count_by_the_last_days_that_are_shown(pool: asyncpg.Pool) -> None:
    """The same last day in SQL, from every day about the year's two long festivals."""
    start, length = column("start", Date()), column("length", Integer())
    unit = column("unit", DeadlineRule.__table__.c.unit.type)
    periods = [(10, DAY), (15, DAY), (0, DAY), (5, WORKING), (1, WORKING), (1, MONTH), (6, MONTH), (1, YEAR)]
    days = [since + timedelta(days=number) for since in (date(2023, 9, 10), date(2024, 1, 10)) for number in range(45)]
    every = [(day, *period) for day in days for period in periods]
    binder = Binder()
    wanted = select(func.array_agg(overdue._after(start, length, unit, binder))).select_from(
        values(start, length, unit, name="period").data(every)
    )
    statement = compiled(wanted, binder)
    inputs = Inputs({}, date(2026, 11, 27), callers.Caller("nobody"))
    assert await pool.fetchval(statement.sql, *statement.bind(inputs)) == [after(*each) for each in every]


async def test_a_case_of_december_has_a_provisional_last_day_in_january(places: asyncpg.Pool) -> None:
    """Asked as a field and by the filter; the last day of a year with a notice is not marked."""
    text = "UPDATE dispute_case SET received_on = $2, closed_on = NULL WHERE id = $1 RETURNING number"
    keys = [row["id"] for row in await places.fetch("SELECT id FROM dispute_case ORDER BY id LIMIT 2")]
    start = date(LAST_PUBLISHED, 12, 17)
    marked, known = [
        await places.fetchval(text, key, day)
        for key, day in zip(keys, (start, date(LAST_PUBLISHED, 3, 2)), strict=True)
    ]
    selection = "nodes { number mediationDueOn mediationDueProvisional }"
    data = await EngineClient(places).data(
        "query($day: Date!, $numbers: [String!]) {"
        f" received: disputeCases(validity: ANY, filter: {{receivedOn: {{eq: $day}}}}) {{ {selection} }}"
        f" marked: disputeCases(validity: ANY, filter: {{mediationDueProvisional: {{eq: true}}}}) {{ {selection} }}"
        f" both: disputeCases(validity: ANY, filter: {{number: {{in: $numbers}}}}) {{ {selection} }} }}",
        {"day": start.isoformat(), "numbers": [marked, known]},
    )
    (found,) = data["received"]["nodes"]
    assert found == {
        "number": marked,
        "mediationDueOn": after(start, 15, DAY).isoformat(),
        "mediationDueProvisional": True,
    }
    assert found in data["marked"]["nodes"]
    assert all(node["mediationDueProvisional"] for node in data["marked"]["nodes"])
    assert {node["number"]: node["mediationDueProvisional"] for node in data["both"]["nodes"]} == {
        marked: True,
        known: False,
    }


def test_every_last_day_in_the_schema_says_whether_it_is_provisional() -> None:
    """A generated watch: each ``…DueOn`` of a record and of a filter has its mark beside it. A payload repeats the stored day."""
    types = {
        name: type_.fields
        for name, type_ in schema._schema.type_map.items()
        if not name.endswith("Payload") and hasattr(type_, "fields")
    }
    days = [(type_, name) for type_, fields in types.items() for name in fields if name.lower().endswith("dueon")]
    assert len(days) >= 9
    missing = [(type_, name) for type_, name in days if name.removesuffix("On") + "Provisional" not in types[type_]]
    assert missing == []

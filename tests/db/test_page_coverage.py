"""The page's rows on coverage, certification and insurance, counted by plain SQL: what the page says exactly is there exactly, and rows are
as rows of life are."""

from datetime import date

import asyncpg
import pytest

from db.hierarchies import TABLES as CLOSURES
from db.organizations import Hierarchy

PAGE = date(2023, 2, 13)
WITHIN = (
    "EXISTS (SELECT FROM division_closure c JOIN division d ON d.id = c.ancestor_id AND d.valid_to IS NULL"
    " WHERE c.descendant_id = {} AND d.code = '{}')"
)


@pytest.fixture(scope="module")
async def demo(page_url):
    connection = await asyncpg.connect(page_url)
    yield connection
    await connection.close()


def joins(code: str, more: str = "true") -> str:
    """Distinct migrant workers who joined unions of a division."""
    return (
        "SELECT count(DISTINCT s.member_id) FROM membership s JOIN member m ON m.id = s.member_id"
        f" JOIN organization o ON o.id = s.organization_id WHERE m.is_migrant_worker AND {more}"
        f" AND {WITHIN.format('o.division_id', code)}"
    )


EXACT = {
    "WH1": (joins("3710", "s.valid_from >= '2022-01-01' AND s.valid_from < '2023-01-01'"), 18_011),
    "WH3": (joins("3710", "o.form = 'PROJECT' AND s.valid_from < '2023-02-13'"), 11_827),
    "TC5": (joins("610222103", "s.valid_from < '2023-02-13'"), 1_087),
    "TC4": (
        "SELECT count(DISTINCT o.division_id) FROM organization o WHERE o.level = 'VILLAGE' AND "
        + WITHIN.format("o.division_id", "610222103"),
        11,
    ),
    "TC1": (
        "SELECT count(*) FROM certification c JOIN certification_round r ON r.id = c.round_id"
        " WHERE r.kind = 'FIVE_GOOD_DEMONSTRATION' AND c.awarded_on = r.awarded_on",
        11,
    ),
    "TC2": (
        "SELECT count(DISTINCT c.organization_id) FROM certification c JOIN certification_round r ON r.id = c.round_id"
        " WHERE r.level = 'CITY' AND c.awarded_on BETWEEN '2020-01-01' AND '2023-02-12'",
        38,
    ),
    "CQ8": (
        "SELECT count(DISTINCT e.member_id) FROM insurance_enrolment e JOIN organization o ON o.id = e.organization_id"
        " WHERE e.scheme = 'COURIER_PRIORITY_WORK_INJURY' AND e.cohort = 1 AND e.valid_from < '2023-02-13' AND "
        + WITHIN.format("o.division_id", "50"),
        7_875,
    ),
    "CQ9": (
        "SELECT count(*) FROM policy_issuer i JOIN policy_document d ON d.id = i.document_id WHERE d.title LIKE '%快递员%'",
        11,
    ),
    "CQ10": (
        "SELECT count(*) FROM policy_measure m JOIN policy_document d ON d.id = m.document_id WHERE d.title LIKE '%快递员%'",
        21,
    ),
    "ZJ2": (
        "SELECT count(DISTINCT t.division_id) FROM target t JOIN division d ON d.id = t.division_id AND d.level = 'COUNTY'"
        " WHERE t.metric = 'NEW_FORM_UNIONS' AND starts_with(d.code, '33')",
        90,
    ),
    "ZJ6": (
        "SELECT count(*) FROM policy_measure m JOIN policy_document d ON d.id = m.document_id WHERE d.title LIKE '%兜底建%'",
        6,
    ),
    "WH12": (
        "SELECT count(DISTINCT v.division_id) FROM venue v JOIN division d ON d.id = v.division_id AND d.level = 'TOWNSHIP'"
        " WHERE v.kind = 'RESPONSE_CENTRE' AND starts_with(d.code, '3710')",
        73,
    ),
}


@pytest.mark.parametrize("code", EXACT)
async def test_what_the_page_says_exactly_is_there_exactly(demo, code):
    sql, claim = EXACT[code]
    assert await demo.fetchval(sql) == claim


async def test_who_joined_in_the_year_and_who_joined_through_projects_overlap_and_neither_has_all_of_the_other(demo):
    year = joins("3710", "s.valid_from >= '2022-01-01' AND s.valid_from < '2023-01-01' AND o.form = 'PROJECT'")
    assert 1_000 < await demo.fetchval(year) < 11_000


async def test_nobody_has_two_memberships_at_a_time_and_none_outside_the_life_of_its_union(demo):
    overlapping = await demo.fetchval(
        "SELECT count(*) FROM (SELECT valid_from, lag(coalesce(valid_to, 'infinity')) OVER (PARTITION BY member_id ORDER BY valid_from)"
        " AS before FROM membership WHERE valid_from IS NOT NULL) s WHERE before > valid_from"
    )
    outside = await demo.fetchval(
        "SELECT count(*) FROM membership s JOIN organization o ON o.id = s.organization_id WHERE s.valid_from < o.established_on"
        " OR coalesce(s.valid_to, 'infinity') > coalesce(o.dissolved_on, 'infinity')"
    )
    assert (overlapping, outside) == (0, 0)


async def test_project_unions_end_with_their_works_but_for_a_few(demo):
    rows = await demo.fetch(
        "SELECT p.completed_on, o.dissolved_on FROM construction_project p JOIN organization o ON o.id = p.union_id"
        f" WHERE p.completed_on IS NOT NULL AND {WITHIN.format('p.division_id', '3710')}"
    )
    outlived = sum(row["dissolved_on"] is None or row["dissolved_on"] > row["completed_on"] for row in rows)
    assert len(rows) > 40
    assert 1 <= outlived <= len(rows) // 4


async def test_the_closures_of_the_unions_that_the_page_adds_are_those_of_their_links(demo):
    for hierarchy in Hierarchy:
        wrong = await demo.fetchval(
            f"SELECT count(*) FROM {CLOSURES[hierarchy]} c JOIN organization_link l ON l.child_id = c.descendant_id"
            " AND l.hierarchy = $1 AND l.valid_to IS NOT DISTINCT FROM c.valid_to"
            " WHERE c.depth = 1 AND l.parent_id <> c.ancestor_id",
            hierarchy.name,
        )
        assert wrong == 0
        missing = await demo.fetchval(
            f"SELECT count(*) FROM organization_link l WHERE l.hierarchy = $1 AND NOT EXISTS (SELECT FROM {CLOSURES[hierarchy]} c"
            " WHERE c.descendant_id = l.child_id AND c.ancestor_id = l.parent_id AND c.depth = 1)",
            hierarchy.name,
        )
        assert missing == 0


async def test_things_happen_on_days_that_are_worked_and_not_after_the_day_on_which_the_data_stand(demo):
    days = await demo.fetch(
        "SELECT DISTINCT s.valid_from AS day FROM membership s WHERE s.member_id > 1500 AND s.valid_from IS NOT NULL"
        " UNION SELECT starts_on FROM activity UNION SELECT surveyed_on FROM census_record"
    )
    assert len(days) > 1_000
    assert all(row["day"] <= date(2026, 6, 30) for row in days)
    worked = [row["day"] for row in days if row["day"].weekday() < 5]
    assert len(worked) > 0.95 * len(days)


async def test_estimates_are_to_the_scale_of_the_federation(demo):
    row = await demo.fetchrow(
        "SELECT (SELECT sum(value) FROM population_estimate WHERE as_of = '2025-12-31') AS estimated,"
        " (SELECT count(DISTINCT m.id) FROM membership s JOIN member m ON m.id = s.member_id"
        "  JOIN organization o ON o.id = s.organization_id WHERE m.worker_type = ANY ($1) AND s.valid_from <= '2025-12-31'"
        f" AND (s.valid_to IS NULL OR s.valid_to > '2025-12-31') AND {WITHIN.format('o.division_id', '33')}) AS members",
        ["COURIER", "FOOD_DELIVERY", "TRUCK_DRIVER", "RIDE_HAILING_DRIVER"],
    )
    assert 0.6 < row["members"] / row["estimated"] < 0.95

"""The page's activities, cases, fair and mediation: counted by plain SQL, and asked for in GraphQL as the page's figures ask."""

from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from db.columns.measurement_units import Qualifier
from db.page import (
    chongqing_activity_figures,
    huainan,
    shenzhen,
    shenzhen_figures,
    weihai_activity_figures,
    yunnan_training,
)
from db.page.figure import Figure
from db.server.connect import create_pool
from tests.resolvers.engine_client import EngineClient

FIGURES = (
    *weihai_activity_figures.ACTIVITIES,
    *weihai_activity_figures.CASES,
    *chongqing_activity_figures.FIGURES,
    *huainan.FIGURES,
    *shenzhen_figures.FIGURES,
    *yunnan_training.FIGURES,
)


@pytest.fixture(scope="module")
async def rows(page_url):
    connection = await asyncpg.connect(page_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def asking(page_url):
    pool = await create_pool(page_url)
    yield EngineClient(pool)
    await pool.close()


def held(kind: str, more: str = "true") -> str:
    return (
        "SELECT count(*) FROM activity a JOIN division d ON d.id = a.division_id WHERE starts_with(d.code, '3710')"
        f" AND a.starts_on >= '2022-01-01' AND a.starts_on < '2023-01-01' AND a.kind = '{kind}' AND {more}"
    )


WARM = "SELECT p.id FROM programme p JOIN programme q ON q.id = p.parent_id WHERE q.name = '暖蜂行动'"
RECOVERED = (
    "FROM recovery r JOIN dispute_case c ON c.id = r.case_id JOIN division d ON d.id = c.division_id"
    " WHERE c.is_collective AND starts_with(d.code, '371003') AND r.received_on >= '2023-01-01' AND r.received_on < '2023-02-01'"
)
COUNTED = {
    "WH4": ("SELECT ends_on - starts_on + 1 FROM activity WHERE title = '临港区农民工面点制作免费培训班'", 4),
    "WH5": (
        "SELECT count(*) FROM attendance t JOIN activity a ON a.id = t.activity_id JOIN member m ON m.id = t.member_id"
        " JOIN division d ON d.id = a.division_id WHERE a.kind = 'TRAINING' AND starts_with(d.code, '3710')"
        " AND m.is_migrant_worker AND t.attended_on >= '2022-01-01' AND t.attended_on < '2023-01-01'",
        60_524,
    ),
    "WH6": (held("COMPETITION"), 213),
    "WH7": (f"SELECT count(DISTINCT r.member_id) {RECOVERED}", 39),
    "WH8": (f"SELECT sum(r.amount) {RECOVERED}", Decimal("190000.00")),
    "WH9": (
        "SELECT count(*) FROM dispute_case c JOIN division d ON d.id = c.division_id WHERE starts_with(d.code, '3710')"
        " AND c.cause = 'UNPAID_WAGES' AND c.closed_on >= '2022-01-01' AND c.closed_on < '2023-01-01'",
        98,
    ),
    "WH10": (held("LEGAL_OUTREACH", "a.mode = 'OFFLINE'"), 237),
    "WH11": (held("LEGAL_CHECKUP", "a.employer_id IS NOT NULL"), 166),
    "CQ1": ("SELECT count(DISTINCT employer_id) >= 36 FROM material_distribution WHERE title = '入会知识50问'", True),
    "CQ2": (f"SELECT count(*) FROM ({WARM}) x", 12),
    "CQ3": (f"SELECT count(*) FROM activity WHERE mode = 'OFFLINE' AND programme_id IN ({WARM})", 96),
    "CQ4": (
        f"SELECT count(*) FROM attendance t JOIN activity a ON a.id = t.activity_id WHERE a.programme_id IN ({WARM})",
        7_655,
    ),
    "CQ5": (
        "SELECT count(DISTINCT t.employer_id) FROM attendance t JOIN activity a ON a.id = t.activity_id"
        " WHERE a.title = '2022年重庆市快递行业职工技能竞赛'",
        7,
    ),
    "CQ6": (
        "SELECT count(DISTINCT t.member_id) FROM attendance t JOIN activity a ON a.id = t.activity_id"
        " WHERE a.title = '2022年重庆市快递行业职工技能竞赛'",
        54,
    ),
    "CQ7": (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - started_at)::float8) FROM service_transaction",
        300.0,
    ),
    "HN1": ("SELECT count(DISTINCT employer_id) FROM exhibitor", 80),
    "HN2": ("SELECT sum(headcount) FROM job_offer", 3_000),
    "HN3": (
        "SELECT count(*) FROM activity a JOIN activity f ON f.id = a.parent_id AND f.kind = 'JOB_FAIR'"
        " WHERE a.kind = 'LEGAL_OUTREACH' AND a.starts_on = '2023-02-12'",
        1,
    ),
    "SZ1": ("SELECT count(DISTINCT side) FROM mediation_seat", 3),
    "SZ2": (
        "SELECT count(*) FROM policy_issuer i JOIN policy_document d ON d.id = i.document_id WHERE d.title LIKE '%三方联合调解工作方案'",
        5,
    ),
    "SZ3": (
        "SELECT count(*) FROM mediator WHERE kind = 'PANEL_LAWYER' AND valid_from <= '2023-02-13'"
        " AND (valid_to IS NULL OR valid_to > '2023-02-13')",
        100,
    ),
    "SZ4": ("SELECT count(*) FROM policy_document WHERE title LIKE '三方联合调解%'", 3),
    "SZ5": ("SELECT count(DISTINCT link) FROM legal_service", 6),
    "YN6": ("SELECT count(DISTINCT division_id) FROM attendance WHERE role = 'CADRE'", 5),
}


@pytest.mark.parametrize("code", COUNTED)
async def test_the_rows_are_as_many_as_the_page_says(rows, code):
    sql, claim = COUNTED[code]
    assert await rows.fetchval(sql) == claim


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.code)
async def test_the_query_of_a_figure_answers_what_the_page_claims(asking, figure: Figure):
    value = await asking.data(figure.query)
    for step in figure.path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    if figure.qualifier is Qualifier.EXACT:
        assert Decimal(str(value)) == figure.claim
    else:
        assert figure.claim <= Decimal(str(value)) <= figure.claim * 2


async def test_nobody_attends_before_joining_or_twice_at_one_session(rows):
    assert not await rows.fetchval(
        "SELECT count(*) FROM attendance t WHERE t.member_id IS NOT NULL AND NOT EXISTS (SELECT FROM membership s"
        " WHERE s.member_id = t.member_id AND s.valid_from <= t.attended_on)"
    )
    assert not await rows.fetch(
        "SELECT 1 FROM attendance WHERE member_id IS NOT NULL GROUP BY activity_id, member_id HAVING count(*) > 1"
    )


async def test_days_are_working_days_but_the_fair_and_spread_over_the_year(rows):
    days = [row[0] for row in await rows.fetch("SELECT DISTINCT starts_on FROM activity WHERE kind <> 'VISIT'")]
    sundays = {day for day in days if day.weekday() == 6}
    assert date(2023, 2, 12) in sundays
    assert len(sundays) < len(days) / 10
    months = await rows.fetchval(
        "SELECT count(DISTINCT date_trunc('month', starts_on)) FROM activity WHERE kind = 'TRAINING' AND starts_on < '2023-01-01'"
        " AND starts_on >= '2022-01-01'"
    )
    assert months == 12


async def test_services_are_passed_on_along_the_chain_and_never_back(rows):
    order = "ARRAY['OUTREACH', 'CONSULTATION', 'DAILY_MEDIATION', 'PRE_ARBITRATION', 'PRE_TRIAL', 'LEGAL_AID']"
    passed = await rows.fetchval("SELECT count(*) FROM legal_service WHERE previous_id IS NOT NULL")
    assert passed > 100
    assert not await rows.fetchval(
        f"SELECT count(*) FROM legal_service s JOIN legal_service p ON p.id = s.previous_id"
        f" WHERE array_position({order}, s.link::text) <= array_position({order}, p.link::text) OR s.opened_on < p.closed_on"
        " OR p.outcome <> 'PASSED_ON'"
    )


async def test_claimants_are_called_as_members_are(rows):
    assert not await rows.fetchval(
        "SELECT count(*) FROM dispute_party p JOIN member m ON m.id = p.member_id WHERE p.name <> m.name"
    )


async def test_links_of_legal_service_are_counted_by_how_they_ended(asking, rows):
    data = await asking.data(
        """{ division(code: "4403") { statistics(kind: LEGAL_SERVICES, from: "2023-01-01", until: "2024-01-01", groupBy: [LINK, OUTCOME])
           { groups { keys { value } records } } } }"""
    )
    found = {
        tuple(key["value"] for key in group["keys"]): group["records"]
        for group in data["division"]["statistics"]["groups"]
        if group["records"]
    }
    wanted = await rows.fetch(
        "SELECT link, outcome, count(*) FROM legal_service s JOIN division d ON d.id = s.division_id WHERE starts_with(d.code, '4403')"
        " AND opened_on >= '2023-01-01' AND opened_on < '2024-01-01' GROUP BY 1, 2"
    )
    assert found == {(row[0], row[1]): row[2] for row in wanted}
    assert {link for link, _ in found} == set(shenzhen.LINKS)


async def test_the_share_settled_before_filing_is_told(asking, rows):
    data = await asking.data(
        """{ division(code: "4403") { statistics(kind: LEGAL_SERVICES, from: "2023-01-01", until: "2024-01-01", where: [{dimension: LINK,
           in: ["PRE_ARBITRATION"]}]) { total { settledBeforeArbitration medianDays } } } }"""
    )
    total = data["division"]["statistics"]["total"]
    share = await rows.fetchval(
        "SELECT avg((outcome = 'SETTLED')::int)::float8 FROM legal_service WHERE link = 'PRE_ARBITRATION' AND opened_on < '2024-01-01'"
    )
    assert float(total["settledBeforeArbitration"]) == pytest.approx(share, abs=0.00005)
    assert 0.5 < share < 0.9
    assert 0 < total["medianDays"] <= 14


async def test_cadres_are_counted_by_prefecture_and_persons_apart_from_attendances(asking):
    data = await asking.data(
        """{ division(code: "53") { statistics(kind: ATTENDANCES, from: "2022-01-01", until: "2023-01-01", groupBy: [CHILD_DIVISION],
             where: [{dimension: ROLE, in: ["CADRE"]}]) { groups { keys { label } attendances } } }
           weihai: division(code: "3710") { statistics(kind: ATTENDANCES, from: "2022-01-01", until: "2023-01-01",
             where: [{dimension: KIND, in: ["TRAINING"]}]) { total { attendances persons sessions } } } }"""
    )
    groups = data["division"]["statistics"]["groups"]
    assert len(groups) == 16
    assert sum(group["attendances"] > 0 for group in groups) == 5
    total = data["weihai"]["statistics"]["total"]
    assert total["sessions"] < total["persons"] < total["attendances"]

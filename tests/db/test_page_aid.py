"""The page's relief, assistance and care: counted by plain SQL, and asked for in GraphQL as the page's figures ask."""

from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest

from db.columns.measurement_units import Qualifier
from db.page import railway_figures, weihai_relief_figures, yunnan_figures, yunnan_training
from db.page.figure import Figure
from db.server.connect import create_pool
from tests.resolvers.engine_client import EngineClient

FIGURES = (
    *weihai_relief_figures.FIGURES,
    *yunnan_figures.AGREED,
    *yunnan_figures.WISHED,
    *yunnan_training.FIGURES,
    *yunnan_figures.GIFTS,
    *yunnan_figures.VISITED,
    *railway_figures.FIGURES,
)


@pytest.fixture(scope="module")
async def rows(page_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(page_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def asking(page_url: str) -> AsyncIterator[EngineClient]:
    pool = await create_pool(page_url)
    yield EngineClient(pool)
    await pool.close()


PAID = (
    "FROM aid_grant g JOIN division d ON d.id = g.division_id WHERE starts_with(d.code, '3710') AND g.kind = '{}'"
    " AND g.status = 'PAID' AND g.paid_on >= '2022-01-01' AND g.paid_on < '2023-01-01'"
)
VISITED = (
    "FROM attendance t JOIN activity a ON a.id = t.activity_id JOIN household h ON h.id = t.household_id"
    " JOIN member m ON m.id = h.member_id JOIN division d ON d.id = h.division_id WHERE a.kind = 'VISIT' AND m.is_migrant_worker"
    " AND starts_with(d.code, '3710') AND t.attended_on >= '2022-01-01' AND t.attended_on < '2023-01-01'"
)
TAKEN_ON = "FROM wish WHERE claimant_kind IN ('UNIT', 'INDIVIDUAL') AND claimed_on >= '2021-07-01' AND claimed_on < '2023-02-13'"
RENEWAL = (
    "FROM cooperation_agreement a JOIN cooperation_agreement b ON b.id = a.predecessor_id AND b.valid_to = a.valid_from"
    " JOIN organization h ON h.id = a.organization_id AND h.name = '上海市总工会'"
    " JOIN organization p ON p.id = a.partner_id AND p.name = '云南省总工会'"
)
GIVEN = (
    "FROM donation g JOIN organization o ON o.id = g.organization_id JOIN division d ON d.id = g.division_id"
    " JOIN division h ON h.id = o.division_id WHERE g.item = '{}' AND g.unit = '{}' AND starts_with(d.code, '{}')"
    " AND starts_with(h.code, '{}') AND g.donated_on >= '{}' AND g.donated_on < '{}'"
)
IN_2022 = ("2022-01-01", "2023-01-01")
SUPPLIES = GIVEN.format("EPIDEMIC_SUPPLIES", "TONNE", "31", "53", *IN_2022)
BASES = (
    "FROM certification c JOIN certification_round r ON r.id = c.round_id AND r.kind = 'RECUPERATION_BASE' AND r.cohort = 1"
    " JOIN organization o ON o.id = r.organization_id AND o.name = '上海市总工会' JOIN venue v ON v.id = c.venue_id"
    " JOIN division d ON d.id = v.division_id AND starts_with(d.code, '53')"
    " WHERE c.status = 'AWARDED' AND c.awarded_on <= '2023-02-13' AND c.valid_to > '2023-02-13'"
)
VISITED_CADRES = (
    "FROM roster_entry e JOIN attendance t ON t.member_id = e.member_id JOIN activity a ON a.id = t.activity_id AND a.kind = 'VISIT'"
    " WHERE t.attended_on >= '2022-01-01' AND t.attended_on < '2023-01-01'"
)
CASE = "FROM care_case c JOIN division d ON d.id = c.division_id AND d.code = '3602' JOIN organization o ON o.id = c.organization_id"
COUNTED = {
    "WH13": (f"SELECT count(DISTINCT h.id) {VISITED}", 1_046),
    "WH13 twice": (f"SELECT count(*) FROM (SELECT h.id {VISITED} GROUP BY h.id HAVING count(*) = 2) twice", 187),
    "WH14": (f"SELECT sum(g.amount) / 2000000 BETWEEN 1 AND 1.1 {PAID.format('RELIEF')}", True),
    "WH15": (f"SELECT count(DISTINCT g.dependant_id) {PAID.format('TUITION')}", 134),
    "WH16": (f"SELECT sum(g.amount) {PAID.format('TUITION')}", Decimal("2607000.00")),
    "YN1": (
        "SELECT count(*) FROM wish WHERE is_collective AND claimed_on = '2023-02-09' AND claimant_kind = 'UNION'"
        " AND claimant_id IS NOT NULL",
        600,
    ),
    "YN1 by": ("SELECT count(DISTINCT claimant_id) FROM wish WHERE claimed_on = '2023-02-09'", 16 + 8),
    "YN2": (f"SELECT count(*) {TAKEN_ON}", 2_046),
    "YN2 fulfilled": (f"SELECT count(delivered_on)::numeric / count(*) > 0.95 {TAKEN_ON}", True),
    "YN3": ("SELECT count(DISTINCT standard_value) = 1 AND max(standard_value) = 500 FROM wish", True),
    "YN4": (f"SELECT count(*) {RENEWAL} WHERE a.signed_on >= '2021-01-01' AND a.signed_on < '2022-01-01'", 1),
    "YN5": (
        f"SELECT count(DISTINCT l.kind) {RENEWAL} JOIN cooperation_line l ON l.agreement_id = a.id"
        " JOIN activity t ON t.line_id = l.id AND t.starts_on >= a.valid_from AND t.starts_on < a.valid_to",
        4,
    ),
    "YN6 line": (
        "SELECT count(*) FROM activity a JOIN cooperation_line l ON l.id = a.line_id AND l.kind = 'TRAINING' WHERE a.mode = 'ONLINE'",
        2,
    ),
    "YN7": (f"SELECT sum(g.quantity) {GIVEN.format('AMBULANCE', 'VEHICLE', '53', '31', *IN_2022)}", 4),
    "YN7 by": (f"SELECT count(DISTINCT g.donor_name) {GIVEN.format('AMBULANCE', 'VEHICLE', '53', '31', *IN_2022)}", 2),
    "YN8": (
        f"SELECT sum(g.quantity) {GIVEN.format('BUSINESS_VAN', 'VEHICLE', '53', '31', '2023-02-09', '2023-02-10')}",
        4,
    ),
    "YN8 health": ("SELECT count(*) FROM donation WHERE item = 'HEALTH_PRODUCTS' AND quantity IS NULL", 1),
    "YN9": (f"SELECT count(*) {BASES}", 2),
    "YN10": (
        "SELECT sum(budget) FROM aid_project WHERE spent <= budget AND completed_on < '2023-02-13'",
        Decimal("130000.00"),
    ),
    "YN10b": ("SELECT count(DISTINCT kind) FROM aid_project", 3),
    "YN11": (f"SELECT sum(g.quantity) {GIVEN.format('PRODUCE', 'TONNE', '31', '53', *IN_2022)}", 260),
    "YN12": (f"SELECT sum(g.quantity) {SUPPLIES}", 176),
    "YN12 levels": (f"SELECT count(DISTINCT o.level) {SUPPLIES}", 3),
    "YN13": ("SELECT count(DISTINCT member_id) FROM roster_entry", 344),
    "YN13b": (f"SELECT count(DISTINCT e.member_id) {VISITED_CADRES}", 344),
    "CR1": (f"SELECT c.closed_on - c.opened_on BETWEEN 81 AND 99 {CASE}", True),
    "CR2": (f"SELECT count(DISTINCT s.member_id) {CASE} JOIN care_shift s ON s.case_id = c.id", 4),
    "CR2 days": (
        f"SELECT count(DISTINCT s.served_on) = max(c.closed_on - c.opened_on) + 1 {CASE} JOIN care_shift s ON s.case_id = c.id",
        True,
    ),
    "CR3": (f"SELECT count(*) {CASE} JOIN aid_grant g ON g.member_id = c.member_id AND g.kind = 'CONDOLENCE'", 1),
    "CR3b": (
        f"SELECT count(*) {CASE} JOIN mutual_aid_claim m ON m.case_id = c.id JOIN mutual_aid_enrolment e ON e.id = m.enrolment_id"
        " WHERE e.valid_from <= m.filed_on AND e.valid_to > m.filed_on AND e.member_id = c.member_id",
        1,
    ),
    "CR4": (
        f"SELECT count(*) {CASE} JOIN care_step f ON f.case_id = c.id AND f.kind = 'REMOTE_FILING'"
        " JOIN care_step t ON t.case_id = c.id AND t.kind = 'TRANSFER' AND t.occurred_on > f.occurred_on"
        " JOIN division b ON b.id = t.from_division_id AND b.code = '3602' JOIN division n ON n.id = t.to_division_id AND n.code = '3401'",
        1,
    ),
}


@pytest.mark.parametrize("code", COUNTED)
async def test_the_rows_are_as_many_as_the_page_says(rows: asyncpg.Connection, code: str) -> None:
    sql, claim = COUNTED[code]
    assert await rows.fetchval(sql) == claim


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.code)
async def test_the_query_of_a_figure_answers_what_the_page_claims(asking: EngineClient, figure: Figure) -> None:
    value = await asking.data(figure.query)
    for step in figure.path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    found = Decimal(str(value))
    match figure.qualifier:
        case Qualifier.EXACT:
            assert found == figure.claim
        case Qualifier.APPROX:
            assert abs(found - figure.claim) <= figure.claim / 10
        case Qualifier.GE:
            assert figure.claim <= found <= figure.claim * Decimal("1.1")


async def test_grants_and_visits_are_to_households_on_file(rows: asyncpg.Connection) -> None:
    assert not await rows.fetchval(
        "SELECT count(*) FROM aid_grant g JOIN household h ON h.id = g.household_id WHERE g.applied_on < h.valid_from"
    )
    assert not await rows.fetchval(
        "SELECT count(*) FROM attendance t JOIN household h ON h.id = t.household_id WHERE t.attended_on < h.valid_from"
    )
    assert not await rows.fetchval(
        "SELECT count(*) FROM household h WHERE NOT EXISTS (SELECT FROM membership s WHERE s.member_id = h.member_id"
        " AND s.valid_from <= h.valid_from)"
    )


async def test_who_is_visited_attends_and_is_cared_for_had_joined(rows: asyncpg.Connection) -> None:
    joined = "EXISTS (SELECT FROM membership m WHERE m.member_id = t.member_id AND m.valid_from <= {})"
    for rest, day in (
        ("roster_entry t JOIN roster r ON r.id = t.roster_id WHERE true", "r.as_of"),
        ("care_case t WHERE true", "t.opened_on"),
        ("care_shift t WHERE true", "t.served_on"),
        ("mutual_aid_enrolment t WHERE true", "t.valid_from"),
        ("wish t WHERE t.member_id IS NOT NULL", "t.proposed_on"),
    ):
        assert not await rows.fetchval(f"SELECT count(*) FROM {rest} AND NOT {joined.format(day)}"), rest


async def test_gifts_and_wishes_are_under_an_agreement_in_term(rows: asyncpg.Connection) -> None:
    for table, day in (
        ("wish", "claimed_on"),
        ("donation", "donated_on"),
        ("aid_project", "started_on"),
        ("activity", "starts_on"),
    ):
        assert not await rows.fetchval(
            f"SELECT count(*) FROM {table} r JOIN cooperation_line l ON l.id = r.line_id"
            f" JOIN cooperation_agreement a ON a.id = l.agreement_id WHERE r.{day} < a.valid_from OR r.{day} >= a.valid_to"
        ), table


async def test_a_wish_says_as_much_as_its_state(rows: asyncpg.Connection) -> None:
    found = await rows.fetch(
        "SELECT status, claimant_kind, claimant_id IS NULL, claimant_name IS NULL, delivered_on IS NULL, confirmed_on IS NULL FROM wish"
        " GROUP BY 1, 2, 3, 4, 5, 6"
    )
    by = {"UNION": (False, True), "UNIT": (True, False), "INDIVIDUAL": (True, True), None: (True, True)}
    ends = {"CONFIRMED": (False, False), "DELIVERED": (False, True), "LAPSED": (True, True)}
    for status, kind, *empty in found:
        assert tuple(empty) == (*by[kind], *ends[status])

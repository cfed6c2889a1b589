"""The page's relief, assistance and care: counted by plain SQL, and asked for in GraphQL as the page's figures ask."""

from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest

from db.connect import create_pool
from db.page import weihai_relief_figures
from db.page.figure import Figure
from db.units import Qualifier
from tests.resolvers.caller import Caller

FIGURES = (*weihai_relief_figures.FIGURES,)


@pytest.fixture(scope="module")
async def rows(page_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(page_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def asking(page_url: str) -> AsyncIterator[Caller]:
    pool = await create_pool(page_url)
    yield Caller(pool)
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
COUNTED = {
    "WH13": (f"SELECT count(DISTINCT h.id) {VISITED}", 1_046),
    "WH13 twice": (f"SELECT count(*) FROM (SELECT h.id {VISITED} GROUP BY h.id HAVING count(*) = 2) twice", 187),
    "WH14": (f"SELECT sum(g.amount) / 2000000 BETWEEN 1 AND 1.1 {PAID.format('RELIEF')}", True),
    "WH15": (f"SELECT count(DISTINCT g.dependant_id) {PAID.format('TUITION')}", 134),
    "WH16": (f"SELECT sum(g.amount) {PAID.format('TUITION')}", Decimal("2607000.00")),
}


@pytest.mark.parametrize("code", COUNTED)
async def test_the_rows_are_as_many_as_the_page_says(rows: asyncpg.Connection, code: str) -> None:
    sql, claim = COUNTED[code]
    assert await rows.fetchval(sql) == claim


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.code)
async def test_the_query_of_a_figure_answers_what_the_page_claims(asking: Caller, figure: Figure) -> None:
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

"""Published figures: each one's own query, asked through GraphQL for the caller, bears its claim out; and it follows the records."""

import os
from collections.abc import AsyncIterator
from decimal import Decimal
from time import perf_counter
from typing import Any

import asyncpg
import pytest

from db.access import Role
from db.organizations import Hierarchy
from db.page.load import ARTICLES
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access import callers
from resolvers.access.callers import PUBLIC, Grant
from resolvers.engine.reference.executor import EXECUTORS
from tests.resolvers import page_document
from tests.resolvers.engine_client import NATIONAL, EngineClient

WHOLE = """{ publishedFigures(first: 80) { totalCount nodes { code article phrase question claim unit qualifier
    isSensitive division { name } organization { name } startsOn endsOn query path value agrees } } }"""
FIGURES = {figure.code: figure for article in ARTICLES for figure in article.figures}


@pytest.fixture(scope="module")
async def pool(page_url: str) -> AsyncIterator[asyncpg.Pool]:
    made = await create_pool(page_url)
    yield made
    await made.close()


async def told(hub: EngineClient, **more: Any) -> dict[str, dict[str, Any]]:
    """All figures by code."""
    response = await hub.response(WHOLE, **more)
    assert "errors" not in response, response["errors"]
    page = response["data"]["publishedFigures"]
    assert page["totalCount"] == len(page["nodes"])
    return {node["code"]: node for node in page["nodes"]}


@pytest.mark.parametrize("executor", ["plan", "default"])
async def test_every_figure_of_the_page_agrees(pool: asyncpg.Pool, executor: Any) -> None:
    found = await told(EngineClient(pool, reference=EXECUTORS[executor], seconds=60))
    assert found.keys() == FIGURES.keys()
    assert {code: node["value"] for code, node in found.items() if node["agrees"] is not True} == {}
    for code, node in found.items():
        assert Decimal(node["claim"]) == FIGURES[code].claim
        assert node["phrase"] == FIGURES[code].phrase


@pytest.mark.parametrize("role", [None, READER], ids=["first wall", "both walls"])
async def test_the_union_of_a_figure_is_told_what_the_national_federation_is(
    pool: asyncpg.Pool, page_url: str, role: str | None
) -> None:
    served = await create_pool(page_url, role=role)
    hub, wrong = EngineClient(served), {}
    rows = await pool.fetch("SELECT code, organization_id FROM published_figure")
    answers = {}
    for union in {row["organization_id"] for row in rows}:
        grant = Grant(Role.FEDERATION, organization_id=union, hierarchy=Hierarchy.TERRITORIAL)
        answers[union] = await told(hub, caller=callers.Caller("union", grants=(grant,)))
    for row in rows:
        node = answers[row["organization_id"]][row["code"]]
        if node["agrees"] is not True:
            wrong[row["code"]] = node["value"]
    assert wrong == {}
    weihai = next(row["organization_id"] for row in rows if row["code"] == "WH1")
    assert answers[weihai]["ZJ1"]["value"] is answers[weihai]["ZJ1"]["agrees"] is None
    await served.close()


async def test_who_has_not_the_records_in_sight_is_told_the_claim_and_no_value(pool: asyncpg.Pool) -> None:
    for caller in (PUBLIC, callers.Caller("nobody")):
        found = await told(EngineClient(pool), caller=caller)
        assert found.keys() == FIGURES.keys()
        assert {(node["value"], node["agrees"]) for node in found.values()} == {(None, None)}


async def test_the_national_federation_is_told_of_health_records_by_their_handler_alone(pool: asyncpg.Pool) -> None:
    found = await told(EngineClient(pool), caller=NATIONAL)
    for code, node in found.items():
        assert node["agrees"] is (None if FIGURES[code].sensitive else True), code


async def test_all_figures_take_little_time(pool: asyncpg.Pool) -> None:
    """Half a second on a machine with nothing else to do; ten times as much is a fault on any."""
    hub, times = EngineClient(pool), []
    for _ in range(4):
        start = perf_counter()
        await told(hub)
        times.append(perf_counter() - start)
    print(f"{len(FIGURES)} figures: first {times[0] * 1000:.0f} ms, then {min(times[1:]) * 1000:.0f} ms")
    assert min(times[1:]) < 5


IN = "IN (SELECT c.descendant_id FROM division_closure c JOIN division d ON d.id = c.ancestor_id AND d.code = '{}')"
CHANGES: dict[str, tuple[str, Decimal]] = {
    # memberships: three who joined in 2022 joined a year before
    "WH1": (
        "UPDATE membership SET applied_on = applied_on - 400, valid_from = valid_from - 400 WHERE id IN (SELECT m.id FROM membership m"
        " JOIN member p ON p.id = m.member_id AND p.is_migrant_worker JOIN organization o ON o.id = m.organization_id"
        f" WHERE o.division_id {IN.format('3710')} AND m.valid_from >= '2022-02-05' AND m.valid_from < '2023-01-01'"
        " ORDER BY m.id LIMIT 3)",
        Decimal(-3),
    ),
    # a competition more
    "WH6": (
        "INSERT INTO activity (organization_id, division_id, kind, mode, title, starts_on, ends_on, is_free) SELECT organization_id,"
        " division_id, kind, mode, '增补竞赛', starts_on, ends_on, is_free FROM activity WHERE kind = 'COMPETITION'"
        f" AND division_id {IN.format('3710')} AND starts_on >= '2022-01-01' AND starts_on < '2023-01-01' LIMIT 1",
        Decimal(1),
    ),
    # money that reached a worker
    "WH8": (
        "UPDATE recovery SET amount = amount + 1000 WHERE id = (SELECT r.id FROM recovery r JOIN dispute_case c ON c.id = r.case_id"
        f" WHERE c.division_id {IN.format('371003')} AND c.is_collective AND r.received_on >= '2023-01-01' AND r.received_on < '2023-02-01'"
        " LIMIT 1)",
        Decimal(1_000),
    ),
    # a target taken back
    "ZJ5": (
        "DELETE FROM target WHERE id = (SELECT t.id FROM target t JOIN division d ON d.id = t.division_id AND d.level = 'COUNTY'"
        " WHERE t.metric = 'NEW_FORM_COVERAGE' AND t.ends_on = '2026-01-01' LIMIT 1)",
        Decimal(-1),
    ),
    # a measure more in the plan
    "ZJ6": (
        "INSERT INTO policy_measure (document_id, position, title) SELECT id, 90, '增补措施' FROM policy_document"
        " WHERE title LIKE '%兜底建%'",
        Decimal(1),
    ),
    # ten posts more at a stand of the fair
    "HN2": (
        "UPDATE job_offer SET headcount = headcount + 10 WHERE id = (SELECT j.id FROM job_offer j JOIN exhibitor e ON e.id = j.exhibitor_id"
        f" JOIN activity a ON a.id = e.activity_id WHERE a.division_id {IN.format('3404')} AND a.starts_on = '2023-02-12' LIMIT 1)",
        Decimal(10),
    ),
    # a lawyer more on the panel
    "SZ3": (
        "INSERT INTO mediator (organization_id, body_id, kind, name, firm, valid_from) SELECT organization_id, body_id, kind, '增补律师',"
        " firm, valid_from FROM mediator WHERE kind = 'PANEL_LAWYER' ORDER BY id LIMIT 1",
        Decimal(1),
    ),
    # a county with a centre less
    "WH12": (
        "UPDATE venue SET kind = 'STATION' WHERE id = (SELECT id FROM venue WHERE kind = 'RESPONSE_CENTRE'"
        f" AND division_id {IN.format('3710')} ORDER BY id LIMIT 1)",
        Decimal(-1),
    ),
    # a wish that a unit took on, and one that a union took on a day later than at the meeting
    "YN2": (
        "INSERT INTO wish (organization_id, division_id, is_collective, item, standard_value, status, claimant_kind, proposed_on,"
        " claimed_on) SELECT organization_id, division_id, is_collective, item, standard_value, 'CLAIMED', claimant_kind, proposed_on,"
        " claimed_on FROM wish WHERE claimant_kind = 'UNIT' ORDER BY id LIMIT 1",
        Decimal(1),
    ),
    "YN1": (
        "UPDATE wish SET claimed_on = claimed_on + 1 WHERE id = (SELECT id FROM wish WHERE claimed_on = '2023-02-09'"
        " AND claimant_kind = 'UNION' ORDER BY id LIMIT 1)",
        Decimal(-1),
    ),
    # six tonnes more
    "YN12": (
        "UPDATE donation SET quantity = quantity + 6 WHERE id = (SELECT id FROM donation WHERE item = 'EPIDEMIC_SUPPLIES' LIMIT 1)",
        Decimal(6),
    ),
    # a base that lapsed before the day of the page
    "YN9": (
        "UPDATE certification SET awarded_on = '2022-02-09', valid_to = '2023-02-09' WHERE id = (SELECT c.id FROM certification c"
        " JOIN certification_round r ON r.id = c.round_id WHERE r.kind = 'RECUPERATION_BASE' AND c.status = 'AWARDED' LIMIT 1)",
        Decimal(-1),
    ),
    # money more for an aid project
    "YN10": (
        "UPDATE aid_project SET budget = budget + 2500 WHERE id = (SELECT id FROM aid_project WHERE kind = 'READING_ROOM')",
        Decimal(2_500),
    ),
    # a visit that was not made in the year after all
    "YN13": (
        "DELETE FROM attendance WHERE member_id = (SELECT e.member_id FROM roster_entry e JOIN attendance t ON t.member_id = e.member_id"
        " GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 1)",
        Decimal(-1),
    ),
    # beside that one, somebody more on the roster who was not visited
    "YN13b": (
        "INSERT INTO roster_entry (roster_id, organization_id, division_id, member_id) SELECT e.roster_id, e.organization_id,"
        " e.division_id, m.id FROM (SELECT * FROM roster_entry LIMIT 1) e, (SELECT id FROM member m WHERE NOT EXISTS (SELECT FROM"
        " attendance t WHERE t.member_id = m.id) LIMIT 1) m",
        Decimal(2),
    ),
    # a colleague more who attended the patient
    "CR2": (
        "INSERT INTO care_shift (case_id, member_id, served_on) SELECT s.case_id, c.member_id, s.served_on FROM care_shift s"
        " JOIN care_case c ON c.id = s.case_id ORDER BY s.id LIMIT 1",
        Decimal(1),
    ),
}
"""For a figure of each kind: a change of rows, and by how much its value follows."""


async def test_values_follow_the_rows(fresh_page_url: str) -> None:
    pool = await create_pool(fresh_page_url)
    try:
        hub = EngineClient(pool)
        before = await told(hub)
        for code, (sql, _) in CHANGES.items():
            assert (await pool.execute(sql)).split()[-1] != "0", code
        after = await told(hub)
    finally:
        await pool.close()
    moved = {code: Decimal(after[code]["value"]) - Decimal(before[code]["value"]) for code in CHANGES}
    assert moved == {code: delta for code, (_, delta) in CHANGES.items()}
    for code in CHANGES:
        exact = FIGURES[code].qualifier.name == "EXACT"
        assert after[code]["agrees"] is (not exact or moved[code] == 0), code


async def test_a_query_that_asks_figures_or_too_much_has_no_value(fresh_page_url: str) -> None:
    refused = (
        "{ publishedFigures(first: 1) { totalCount nodes { value } } }",
        "{ publishedFigures(first: 1) { totalCount nodes { ...itself } } } fragment itself on PublishedFigure { agrees }",
        "{ divisions(first: 200) { totalCount nodes { id } } }",
        "query ($code: String) { division(code: $code) { id } }",
        "{ nothing }",
        "{ divisions(",
        'mutation { createApiKey(input: {name: "x"}) { __typename } }',
    )
    pool = await create_pool(fresh_page_url)
    try:
        for executor in ("plan", "default"):
            hub = EngineClient(pool, reference=EXECUTORS[executor])
            for query in refused:
                await pool.execute("UPDATE published_figure SET query = $1, path = 'divisions.totalCount'", query)
                values = {(node["value"], node["agrees"]) for node in (await told(hub)).values()}
                assert values == {(None, None)}, query
    finally:
        await pool.close()


async def test_the_document_of_the_page_says_what_the_hub_answers(pool: asyncpg.Pool) -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    hub = EngineClient(pool)
    found = await told(hub)
    answers = {code: await hub.data(node["query"]) for code, node in found.items()}
    wanted = page_document.printed(list(found.values()), answers)
    if os.environ.get("UPDATE_DOCS"):
        page_document.PLACE.write_text(wanted)
        return
    assert page_document.PLACE.read_text() == wanted, "the page was changed: make page"

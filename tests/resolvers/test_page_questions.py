"""Questions that officials ask of the page's rows, answered by filters: each by GraphQL and again by plain SQL."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from db.server.connect import create_pool
from tests.resolvers.activity_queries import OF_ACTIVITIES
from tests.resolvers.engine_client import EngineClient

IN = (
    "EXISTS (SELECT FROM division_closure c JOIN division a ON a.id = c.ancestor_id AND a.code = '{code}' AND a.valid_to IS NULL"
    " WHERE c.descendant_id = {column})"
)
STANDS = "o.dissolved_on IS NULL"

QUESTIONS = {
    "which concentrated townships lack a regional union of new forms": (
        """{ division(code: "33") { descendants(first: 200, filter: {level: {eq: TOWNSHIP}, designations: {some: {kind:
           {eq: NEW_FORM_CONCENTRATED}}}, organizations: {none: {dissolvedOn: {isNull: true}, or: [{form: {eq: NEW_FORM}},
           {form: {eq: UNION_FEDERATION}, name: {contains: "新业态"}}]}}}) { totalCount nodes { name } } } }""",
        "division.descendants",
        "SELECT DISTINCT d.name FROM designation g JOIN division d ON d.id = g.division_id WHERE NOT EXISTS (SELECT FROM organization o"
        f" WHERE o.division_id = d.id AND {STANDS} AND (o.form = 'NEW_FORM' OR o.form = 'UNION_FEDERATION' AND o.name LIKE '%新业态%'))",
    ),
    "which counties had no county-level union of new forms at the end of 2023": (
        """{ division(code: "33") { descendants(first: 200, filter: {level: {eq: COUNTY}, organizations: {none: {level: {eq: COUNTY},
           form: {eq: NEW_FORM}, establishedOn: {lt: "2024-01-01"}}}}) { totalCount nodes { name } } } }""",
        "division.descendants",
        "SELECT d.name FROM division d WHERE d.level = 'COUNTY' AND starts_with(d.code, '33') AND NOT EXISTS (SELECT FROM organization o"
        " WHERE o.division_id = d.id AND o.level = 'COUNTY' AND o.form = 'NEW_FORM' AND o.established_on < '2024-01-01')",
    ),
    "which logistics parks have no union": (
        """{ division(code: "33") { venues(first: 200, filter: {kind: {eq: LOGISTICS_PARK}, employer: {isOrganized: {eq: false}}})
           { totalCount nodes { name } } } }""",
        "division.venues",
        "SELECT v.name FROM venue v WHERE v.kind = 'LOGISTICS_PARK' AND NOT EXISTS (SELECT FROM employer_coverage c"
        " WHERE c.employer_id = v.employer_id AND c.valid_to IS NULL)",
    ),
    "which head platform companies were not visited in 2024": (
        """{ division(code: "33") { employers(first: 200, filter: {isPlatformHead: {eq: true}, activities: {none: {kind:
           {eq: EMPLOYER_VISIT}, startsOn: {gte: "2024-01-01", lt: "2025-01-01"}}}}) { totalCount nodes { name } } } }""",
        "division.employers",
        "SELECT e.name FROM employer e WHERE e.is_platform_head AND NOT EXISTS (SELECT FROM activity a WHERE a.employer_id = e.id"
        " AND a.kind = 'EMPLOYER_VISIT' AND a.starts_on >= '2024-01-01' AND a.starts_on < '2025-01-01')",
    ),
    "which project unions outlived their project": (
        """{ division(code: "3710") { organizations(first: 200, filter: {form: {eq: PROJECT}, dissolvedOn: {isNull: true},
           works: {validity: ENDED, some: {completedOn: {lt: "2026-06-30"}}}}) { totalCount nodes { name } } } }""",
        "division.organizations",
        "SELECT o.name FROM organization o JOIN construction_project p ON p.union_id = o.id WHERE o.dissolved_on IS NULL"
        f" AND p.completed_on < '2026-06-30' AND {IN.format(code='3710', column='o.division_id')}",
    ),
    "which units found without a union in the census have one since": (
        """{ division(code: "3710") { employers(first: 200, filter: {isOrganized: {eq: true}, censusRecords: {some: {hasUnion:
           {eq: false}}}}) { totalCount nodes { name } } } }""",
        "division.employers",
        "SELECT e.name FROM employer e WHERE EXISTS (SELECT FROM census_record r WHERE r.employer_id = e.id AND NOT r.has_union)"
        " AND EXISTS (SELECT FROM employer_coverage c WHERE c.employer_id = e.id AND c.valid_to IS NULL)"
        f" AND {IN.format(code='3710', column='e.division_id')}",
    ),
    "which certified unions have lapsed": (
        """{ division(code: "6102") { certifications(first: 200, validity: ENDED, filter: {validTo: {lte: "2026-06-30"}}) { totalCount
           nodes { name: organization { name } } } } }""",
        "division.certifications",
        "SELECT o.name FROM certification c JOIN organization o ON o.id = c.organization_id WHERE c.valid_to <= '2026-06-30'",
    ),
    "which units in the zone have a wage agreement in force": (
        """{ divisions(first: 1, filter: {name: {eq: "铜川高新技术产业开发区"}}) { nodes { employers(first: 200, filter:
           {agreementCoverages: {some: {validTo: {isNull: true}, agreement: {kind: {eq: WAGE}, status: {eq: EFFECTIVE}}}}})
           { totalCount nodes { name } } } } }""",
        "divisions.nodes.0.employers",
        "SELECT DISTINCT e.name FROM employer e JOIN agreement_coverage c ON c.employer_id = e.id AND c.valid_to IS NULL"
        " JOIN collective_agreement a ON a.id = c.agreement_id AND a.kind = 'WAGE' AND a.status = 'EFFECTIVE'"
        " JOIN division d ON d.id = e.division_id WHERE d.name = '铜川高新技术产业开发区'",
    ),
    "which documents did the HR bureau and the city federation issue together": (
        """{ division(code: "50") { policyDocuments(filter: {and: [{issuers: {some: {kind: {eq: HR_BUREAU}}}},
           {issuers: {some: {kind: {eq: UNION}}}}]}) { totalCount nodes { name: title } } } }""",
        "division.policyDocuments",
        "SELECT d.title FROM policy_document d WHERE EXISTS (SELECT FROM policy_issuer i WHERE i.document_id = d.id"
        " AND i.kind = 'HR_BUREAU')"
        " AND EXISTS (SELECT FROM policy_issuer i WHERE i.document_id = d.id AND i.kind = 'UNION')"
        f" AND {IN.format(code='50', column='d.division_id')}",
    ),
}


@pytest.fixture(scope="module")
async def pool(page_url: str) -> AsyncIterator[asyncpg.Pool]:
    made = await create_pool(page_url)
    yield made
    await made.close()


@pytest.mark.parametrize("question", QUESTIONS | OF_ACTIVITIES)
async def test_a_filter_finds_what_plain_sql_finds(pool: asyncpg.Pool, question: str) -> None:
    text, path, sql = (QUESTIONS | OF_ACTIVITIES)[question]
    found: Any = await EngineClient(pool).data(text)
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    names = [node["name"] if isinstance(node["name"], str) else node["name"]["name"] for node in found["nodes"]]
    expected = [row[0] for row in await pool.fetch(sql)]
    assert sorted(names) == sorted(expected)
    assert 0 < found["totalCount"] == len(expected) < 200


async def test_every_village_of_the_town_has_a_union(pool: asyncpg.Pool) -> None:
    data = await EngineClient(pool).data(
        """{ division(code: "610222103") { all: children { totalCount }
           without: children(filter: {organizations: {none: {}}}) { totalCount } } }"""
    )
    assert (data["division"]["all"]["totalCount"], data["division"]["without"]["totalCount"]) == (11, 0)


async def test_counties_below_the_target_are_told_by_its_progress(pool: asyncpg.Pool) -> None:
    data = await EngineClient(pool).data(
        """{ division(code: "33") { targets(first: 200, validity: ANY, filter: {metric: {eq: NEW_FORM_COVERAGE}, division:
           {level: {eq: COUNTY}}}) { nodes { division { name } progress { asOf value denominator ratio met gap } } } } }"""
    )
    progress = [node["progress"] for node in data["division"]["targets"]["nodes"]]
    assert len(progress) == 90
    assert {found["asOf"] for found in progress} == {"2025-12-31"}
    assert all(found["met"] == (found["ratio"] >= 0.8) for found in progress)
    assert 10 < sum(found["met"] for found in progress) < 80

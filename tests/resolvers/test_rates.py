"""Rates of statistics, one measure over another: by plain SQL on the records, in the whole and the groups, through roll-ups and noise."""

from decimal import ROUND_HALF_UP, Decimal

import asyncpg
import pytest

from resolvers.access.callers import PUBLIC
from resolvers.engine.declare.statistics import Rate
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel
from schema import registry
from tests.resolvers.engine_client import EngineClient

RATES = [(kind, name) for kind, found in sorted(registry.statistics.items()) for name in found.rates]
FOUR = Decimal("0.0001")

BEFORE = "('COUNSELLING', 'DAILY_MEDIATION', 'PRE_ARBITRATION')"
ENDED = "('SETTLED', 'DECIDED', 'WITHDRAWN', 'CLOSED')"
COVERED = """EXISTS (SELECT FROM employer_coverage c WHERE c.employer_id = r.id AND c.valid_from <= current_date
    AND (c.valid_to IS NULL OR c.valid_to > current_date))"""
PLAIN = {
    ("CENSUS_RECORDS", "organized_share"): ("census_record r", "surveyed_on", "true", "r.has_union"),
    ("CONSTRUCTION_PROJECTS", "organized_share"): ("construction_project r", "started_on", "true", "r.union_id IS NOT NULL"),
    ("CONSTRUCTION_PROJECTS", "completed_share"): ("construction_project r", "started_on", "true", "r.completed_on IS NOT NULL"),
    ("EMPLOYERS", "organized_share"): ("employer r", "registered_on", "true", COVERED),
    ("CERTIFICATIONS", "awarded_share"): ("certification r", "applied_on", "true", "r.awarded_on IS NOT NULL"),
    ("CERTIFICATION_SCORES", "passed_share"): (
        "certification_score r JOIN certification a ON a.id = r.certification_id", "a.applied_on", "true", "r.is_passed"
    ),
    ("DISPUTE_CASES", "settled_share"): ("dispute_case r", "received_on", f"r.status::text IN {ENDED}", "r.status = 'SETTLED'"),
    ("DISPUTE_CASES", "settled_before_arbitration"): (
        "dispute_case r", "received_on", f"r.status::text IN {ENDED}", f"r.status = 'SETTLED' AND r.phase::text IN {BEFORE}"
    ),
    ("LEGAL_SERVICES", "settled_before_arbitration"): (
        "legal_service r", "opened_on", "r.closed_on IS NOT NULL AND r.link::text IN ('DAILY_MEDIATION', 'PRE_ARBITRATION')",
        "r.outcome = 'SETTLED'"
    ),
    ("WISHES", "delivered_share"): ("wish r", "proposed_on", "true", "r.delivered_on IS NOT NULL"),
    ("AID_GRANTS", "paid_share"): ("aid_grant r", "applied_on", "true", "r.paid_on IS NOT NULL"),
    ("AID_PROJECTS", "completed_share"): ("aid_project r", "started_on", "true", "r.completed_on IS NOT NULL"),
    ("MEMBERSHIPS", "migrant_share"): (
        "membership r JOIN member p ON p.id = r.member_id", "r.valid_from", "true", "p.is_migrant_worker"
    ),
    ("MEMBERSHIPS", "women_share"): ("membership r JOIN member p ON p.id = r.member_id", "r.valid_from", "true", "p.sex = 'FEMALE'"),
}  # fmt: skip
"""Of a rate the records, their day, those in the denominator, and of these the ones in the numerator."""

BY_HAND = {
    ("JOB_OFFERS", "filled_share"),
    *(
        (kind, f"{name}_share")
        for kind in ("COLLECTIVE_AGREEMENTS", "DISPUTE_CASES")
        for name in ("overdue", "on_time")
    ),
}
"""Compared below, or with the lists' own fields in test_statistics."""


def rounded(part: int | Decimal, whole: int | Decimal) -> str | None:
    """A rate as it is given."""
    return str((Decimal(part) / Decimal(whole)).quantize(FOUR, ROUND_HALF_UP)) if whole else None


def asked(kind: str, name: str, more: str = "") -> str:
    """The rate with its two measures, of records that began or were asked for in a period."""
    rate = registry.statistics[kind].rates[name]
    measures = [registry.statistics[kind].measure(of) for of in (rate.part, rate.whole)]
    event = next((measure.event for measure in measures if measure is not None and measure.event), None)
    fields = " ".join(map(camel, (name, rate.part, rate.whole)))
    given = f'kind: {kind}, from: "1990-01-01", until: "2030-01-01"{f", event: {event}" if event else ""}{more}'
    return f"{{ statistics({given}) {{ total {{ {fields} }} groups {{ keys {{ value }} {fields} }} }} }}"  # fmt: skip


def test_every_rate_is_compared() -> None:
    assert set(RATES) == PLAIN.keys() | BY_HAND


@pytest.mark.parametrize(("kind", "name"), sorted(PLAIN))
async def test_a_rate_is_that_of_plain_sql(caller: EngineClient, pool: asyncpg.Pool, kind: str, name: str) -> None:
    records, day, within, inside = PLAIN[kind, name]
    rows = await pool.fetch(
        f"SELECT extract(year FROM {day})::int AS year, count(*) FILTER (WHERE {within}) AS whole,"
        f" count(*) FILTER (WHERE {within} AND {inside}) AS part FROM {records}"
        f" WHERE {day} >= '1990-01-01' AND {day} < '2030-01-01' GROUP BY 1"
    )
    found = (await caller.data(asked(kind, name, ", groupBy: [YEAR]")))["statistics"]
    whole, part = (sum(row[column] for row in rows) for column in ("whole", "part"))
    assert found["total"][camel(name)] == rounded(part, whole)
    years = {str(row["year"]): rounded(row["part"], row["whole"]) for row in rows}
    told = {group["keys"][0]["value"]: group[camel(name)] for group in found["groups"]}
    assert {year: rate for year, rate in told.items() if year in years} == years
    assert all(rate is None for year, rate in told.items() if year not in years)


@pytest.mark.parametrize(("kind", "name"), RATES)
async def test_a_rate_is_the_quotient_of_its_measures_and_null_of_nothing(
    caller: EngineClient, kind: str, name: str
) -> None:
    rate = registry.statistics[kind].rates[name]
    found = (await caller.data(asked(kind, name, ", groupBy: [MONTH]")))["statistics"]
    rows = [found["total"], *found["groups"]]
    for row in rows:
        assert row[camel(name)] == rounded(row[camel(rate.part)], row[camel(rate.whole)])
    assert any(row[camel(name)] is None for row in rows)


async def test_posts_that_nobody_asked_about_are_in_neither_part(caller: EngineClient, pool: asyncpg.Pool) -> None:
    row = await pool.fetchrow(
        "SELECT sum(filled_count) AS part, sum(headcount) AS whole FROM job_offer WHERE filled_count IS NOT NULL"
    )
    total = (await caller.data(asked("JOB_OFFERS", "filled_share")))["statistics"]["total"]
    assert total["filledShare"] == rounded(row["part"] or 0, row["whole"] or 0)


@pytest.mark.parametrize(
    "more", ["", ", groupBy: [WORKER_TYPE]", ", groupBy: [IS_MIGRANT_WORKER, YEAR]", ", groupBy: [CHILD_DIVISION]"]
)
async def test_roll_ups_give_the_rates_that_records_give(pool: asyncpg.Pool, more: str) -> None:
    text = asked("MEMBERSHIPS", "migrant_share", more).replace("migrantShare", "migrantShare womenShare women")
    both, records = EngineClient(pool), EngineClient(pool, rollups=False)
    for who in (None, PUBLIC):
        question = text if who is None else text.replace("1990", "2018").replace("2030", "2026")
        if who is PUBLIC and "YEAR" not in more:
            question = question.replace("2018", "2025")
        response = await both.response(question, caller=who)
        assert response == await records.response(question, caller=who)
        assert "errors" not in response
    assert both.reads_rollups
    assert not records.reads_rollups


async def test_with_aggregates_only_a_rate_tells_no_more_than_what_is_given_of_its_measures(pool: asyncpg.Pool) -> None:
    caller = EngineClient(pool)
    told = 0
    for kind, name in RATES:
        rate = registry.statistics[kind].rates[name]
        question = asked(kind, name).replace("1990", "2025").replace("2030", "2026")
        response = await caller.response(question, caller=PUBLIC)
        assert "errors" not in response, (kind, name, response)
        row = response["data"]["statistics"]["total"]
        part, whole = row[camel(rate.part)], row[camel(rate.whole)]
        assert row[camel(name)] == (
            None if part is None or whole is None else str(min(Decimal(rounded(part, whole) or 0), Decimal("1.0000")))
            if rate.is_part else rounded(part, whole)
        )  # fmt: skip
        told += row[camel(name)] is not None
    assert told > 1


async def test_a_rate_of_another_kind_is_refused_with_those_that_there_are(caller: EngineClient) -> None:
    response = await caller.response("{ statistics(kind: MEMBERSHIPS) { total { settledShare } } }")
    assert response["errors"][0]["extensions"]["code"] == "MEASURE_NOT_OF_KIND"
    assert "migrantShare" in response["errors"][0]["message"]


def test_a_rate_is_rounded_half_up_and_never_above_one_where_it_is_a_part() -> None:
    assert str(Rate("a", "b").of(1, 16)) == "0.0625"
    assert str(Rate("a", "b").of(1, 32)) == "0.0313"
    assert str(Rate("a", "b").of(21, 20)) == "1.0000"
    assert str(Rate("a", "b", is_part=False).of(21, 20)) == "1.0500"
    assert Rate("a", "b").of(0, 0) is None
    assert Rate("a", "b").of(None, 4) is None
    assert Rate("a", "b").of(4, None) is None


async def test_below_a_union_the_rate_is_of_the_sums_of_its_children(caller: EngineClient, pool: asyncpg.Pool) -> None:
    union = await pool.fetchval("SELECT id FROM organization WHERE name = '浙江省总工会'")
    text = """query ($within: ID) { statistics(kind: MEMBERSHIPS, within: $within, groupBy: [CHILD_ORGANIZATION]) {
        total { migrantShare migrants records } groups { migrantShare migrants records } } }"""
    found = (await caller.data(text, {"within": global_ids.encode("org", union)}))["statistics"]
    sums = [sum(group[name] for group in found["groups"]) for name in ("migrants", "records")]
    assert found["total"]["migrantShare"] == rounded(*sums)
    assert len([group for group in found["groups"] if group["migrantShare"] is not None]) > 1

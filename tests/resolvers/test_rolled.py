"""Statistics from roll-ups are those from records: any place, period, event, dimensions and conditions, for callers of every kind, with
changes that are not folded yet."""

import json
import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from db import rollups
from db.connect import create_pool
from resolvers.engine import ids
from resolvers.engine.rolled import Rolled, cut
from tests.db.test_rollups import write
from tests.resolvers.caller import Caller
from tests.resolvers.callers import callers_of

ROUNDS = 60
TEXT = """query ($kind: RecordKind!, $within: ID, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date, $event: RecordEvent,
    $where: [DimensionFilter!], $hierarchy: Hierarchy) {
    statistics(kind: $kind, within: $within, groupBy: $by, from: $from, until: $until, asOf: $asOf, event: $event, where: $where,
        hierarchy: $hierarchy) { total { records persons } groups { keys { value label } records persons } } }"""
BELOW = TEXT.replace("$within: ID", "$id: ID").replace("{\n    statistics(", "{ division(id: $id) {\n    statistics(", 1).replace(
    "within: $within, ", ""
).replace(", $hierarchy: Hierarchy", "").replace(",\n        hierarchy: $hierarchy", "") + " }"  # fmt: skip
DIMENSIONS = {
    "MEMBERSHIPS": ("WORKER_TYPE", "SEX", "CHANNEL", "STATUS", "LEVEL", "FORM", "INDUSTRY", "IS_MODEL_WORKER"),
    "INSURANCE_ENROLMENTS": ("SCHEME", "COHORT", "WORKER_TYPE", "SEX", "INDUSTRY"),
}


@pytest.fixture
async def pool(fresh_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A database of its own, in which something has been written since the roll-ups were built."""
    made = await create_pool(fresh_database_url)
    await write(fresh_database_url, 7, 120)
    yield made
    await made.close()


def asked(chance: random.Random, places: list[str]) -> dict[str, Any]:
    """A statistic at random."""
    kind = chance.choice(list(DIMENSIONS))
    since = date(2014, 1, 1) + timedelta(days=chance.randrange(4_000))
    until = since + timedelta(days=chance.choice((1, 20, 31, 200, 1_500)))
    period = chance.choice(({}, {"asOf": until}, {"from": since, "until": until}, {"until": until}, {"from": since}))
    by = chance.sample(DIMENSIONS[kind], chance.choice((0, 1, 2)))
    place = chance.choice([*places, None])
    if chance.random() < 0.5:
        by.append(chance.choice(("YEAR", "MONTH", "QUARTER", "STATISTICAL_YEAR", "DAY") if until - since < timedelta(300) and period
                                else ("YEAR", "STATISTICAL_YEAR")))  # fmt: skip
    if place is not None and chance.random() < 0.4:
        by.append("CHILD_ORGANIZATION" if place.startswith("org") else "CHILD_DIVISION")
    given: dict[str, Any] = {"kind": kind, "by": by[-3:], **{key: day.isoformat() for key, day in period.items()}}
    if chance.random() < 0.3:
        given["event"] = chance.choice(("BEGAN", "ENDED"))
    if chance.random() < 0.3:
        given["where"] = [{"dimension": "WORKER_TYPE", "in": chance.sample(("EMPLOYEE", "COURIER", "FLEXIBLE"), 2)}]
    if place is not None:
        given["within" if place.startswith("org") else "id"] = place
        if place.startswith("org") and chance.random() < 0.3:
            given["hierarchy"] = "INDUSTRIAL"
    return given


async def places(pool: asyncpg.Pool) -> list[str]:
    """Unions and divisions of every level, those with the most members first."""
    rows = await pool.fetch(
        "(SELECT 'org' AS kind, ancestor_id AS id FROM territorial_closure c JOIN membership m ON m.organization_id = descendant_id"
        " GROUP BY 2 ORDER BY count(*) DESC LIMIT 12)"
        " UNION ALL (SELECT 'org', ancestor_id FROM industrial_closure c JOIN membership m ON m.organization_id = descendant_id"
        " WHERE depth > 0 GROUP BY 2 ORDER BY count(*) DESC LIMIT 4)"
        " UNION ALL (SELECT 'div', ancestor_id FROM division_closure c JOIN organization o ON o.division_id = descendant_id"
        " JOIN membership m ON m.organization_id = o.id GROUP BY 2 ORDER BY count(*) DESC LIMIT 8)"
    )
    return [ids.encode(row["kind"], row["id"]) for row in rows]


async def test_both_ways_give_the_same_answers(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await pool.fetchval("SELECT count(*) FROM rollup.membership_change") > 0
    chance = random.Random("rolled")
    found, callers = await places(pool), await callers_of(pool)
    rolled, plain = Caller(pool), Caller(pool)
    used = []
    of = Rolled.of

    def counted(counting: Any) -> Rolled | None:
        made = of(counting)
        used.append(made is not None)
        return made

    for place in range(ROUNDS):
        given = asked(chance, found)
        caller = callers[chance.choice(("national", "national", "province", "city", "industry", "analyst"))]
        text = BELOW if "id" in given else TEXT
        monkeypatch.setattr(Rolled, "of", counted)
        ours = await rolled.response(text, given, caller=caller)
        monkeypatch.setattr(Rolled, "of", lambda counting: None)
        theirs = await plain.response(text, given, caller=caller)
        assert json.dumps(ours) == json.dumps(theirs), (given, caller.name)
        if place == ROUNDS // 2:
            await pool.execute("SELECT rollup.fold()")
    assert sum(used) > ROUNDS / 4


async def test_an_anchor_out_of_use_is_counted_from_records(pool: asyncpg.Pool) -> None:
    caller = Caller(pool)
    text = "{ statistics(kind: MEMBERSHIPS) { total { records persons } } }"
    before = await caller.data(text)
    await pool.execute("UPDATE rollup.membership_cell SET n = 1000")
    assert await caller.data(text) != before
    async with pool.acquire() as connection, connection.transaction():
        await rollups.set_aside(connection)
    assert await caller.data(text) == before


@pytest.mark.parametrize(
    ("since", "until", "slots", "edges"),
    [
        ("2022-01-01", "2023-01-01", 1, 0),
        ("2022-01-15", "2024-03-10", 3, 2),
        ("2021-11-01", "2024-03-01", 3, 0),
        ("2022-03-02", "2022-03-20", 0, 1),
        ("2022-03-02", "2022-04-20", 0, 1),
        (None, "2026-11-25", 2, 1),
        (None, None, 1, 0),
    ],
)
def test_a_period_is_cut_into_whole_years_and_months_and_days(
    since: str | None, until: str | None, slots: int, edges: int
) -> None:
    first, last = (None if day is None else date.fromisoformat(day) for day in (since, until))
    spans = cut(first, last, monthly=False, daily=False)
    pieces = sorted([*spans.covered, *spans.edges])
    assert (len(spans.slots), len(spans.edges)) == (slots, edges)
    assert pieces[0][0] == (first or date.min)
    assert pieces[-1][1] == (last or date.max)
    assert all(one[1] == other[0] for one, other in pairwise(pieces))

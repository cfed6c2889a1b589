"""Statistics from roll-ups are those from records: any place, period, event, dimensions and conditions, for callers of every kind, with
changes that are not folded yet."""

import json
import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from db.rollups.layout import ENDED, EVER
from db.rollups.maintenance import set_rollups_aside
from db.server.connect import create_pool
from resolvers.engine.request import global_ids
from resolvers.engine.statistics.rollup_slots import cut, slot
from tests.db.test_rollups import write
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of
from tests.resolvers.rollup_dimensions import DIMENSIONS

ROUNDS = 60
TEXT = """query ($kind: RecordKind!, $within: ID, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date, $event: RecordEvent,
    $where: [DimensionFilter!], $hierarchy: Hierarchy) {
    statistics(kind: $kind, within: $within, groupBy: $by, from: $from, until: $until, asOf: $asOf, event: $event, where: $where,
        hierarchy: $hierarchy) { total { records persons } groups { keys { value label } records persons } } }"""
BELOW = TEXT.replace("$within: ID", "$id: ID").replace("{\n    statistics(", "{ division(id: $id) {\n    statistics(", 1).replace(
    "within: $within, ", ""
).replace(", $hierarchy: Hierarchy", "").replace(",\n        hierarchy: $hierarchy", "") + " }"  # fmt: skip


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
    if kind == "MEMBERSHIPS" and chance.random() < 0.3:
        one = chance.choice((("ENTRY", ["FIRST", "RETURNED"]), ("ENTRY", ["TRANSFERRED_IN"]), ("EXIT", ["LEFT"])))
        given["where"] = [*given.get("where", []), {"dimension": one[0], "in": one[1]}]
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
    return [global_ids.encode(row["kind"], row["id"]) for row in rows]


async def test_both_ways_give_the_same_answers(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("SELECT count(*) FROM rollup.membership_change") > 0
    chance = random.Random("rolled")
    anchors, callers = await places(pool), await callers_of(pool)
    both, records = EngineClient(pool), EngineClient(pool, rollups=False)
    used = 0
    for place in range(ROUNDS):
        given = asked(chance, anchors)
        caller = callers[chance.choice(("national", "national", "province", "city", "industry", "analyst"))]
        text = BELOW if "id" in given else TEXT
        both.watched.statements.clear()
        found = await both.response(text, given, caller=caller)
        expected = await records.response(text, given, caller=caller)
        assert json.dumps(found) == json.dumps(expected), (given, caller.name)
        used += both.reads_rollups
        if place == ROUNDS // 2:
            await pool.execute("SELECT rollup.fold()")
    assert used > ROUNDS / 4
    assert not records.reads_rollups


async def test_an_anchor_out_of_use_is_counted_from_records(pool: asyncpg.Pool) -> None:
    caller = EngineClient(pool)
    text = "{ statistics(kind: MEMBERSHIPS) { total { records persons } } }"
    before = await caller.data(text)
    await pool.execute("UPDATE rollup.membership_pack SET n = array_fill(1000, ARRAY[cardinality(n)])")
    assert await caller.data(text) != before
    async with pool.acquire() as connection, connection.transaction():
        await set_rollups_aside(connection)
    assert await caller.data(text) == before


def told(spans: list[tuple[int, int, int]], record: date) -> int:
    """How often a record of a day is counted: it stands in the slots of its day, its year, and all time."""
    return sum(sign for low, high, sign in spans for at in (slot(record), record.year, EVER) if low <= at < high)


@pytest.mark.parametrize("years", [True, False])
@pytest.mark.parametrize("ever", [True, False])
def test_a_period_is_cut_into_slots_that_count_each_of_its_days_once(years: bool, ever: bool) -> None:
    chance, today = random.Random(3), date(2026, 11, 24)
    for _ in range(300):
        days = [date(2014, 1, 1) + timedelta(chance.randrange(4_800)) for _ in range(2)]
        since, until = (None if chance.random() < 0.3 else day for day in sorted(days))
        if since is not None and since == until:
            continue
        spans = cut(since, until, today, years=years, ever=ever)
        records = [
            date(2013, 1, 1),
            date(2030, 1, 1),
            *(date(2014, 1, 1) + timedelta(each) for each in range(0, 4_800, 7)),
        ]
        records += [day + timedelta(add) for day in days for add in (-1, 0, 1)]
        for record in records:
            assert told(spans, record) == ((since is None or record >= since) and (until is None or record < until))


@pytest.mark.parametrize(
    ("since", "until", "spans"),
    [
        ("2022-01-01", "2023-01-01", [(2022, 2023, 1)]),
        ("2021-12-30", "2024-01-03", [("2021-12-30", "2022-01-01", 1), (2022, 2024, 1), ("2024-01-01", "2024-01-03", 1)]),
        ("2022-01-03", "2022-12-30", [("2022-01-01", "2022-01-03", -1), (2022, 2023, 1), ("2022-12-30", "2023-01-01", -1)]),
        ("2022-03-02", "2022-03-20", [("2022-03-02", "2022-03-20", 1)]),
        (None, "2026-11-25", [(EVER, EVER + 1, 1), ("2026-11-25", ENDED, -1)]),
        (None, None, [(EVER, EVER + 1, 1)]),
    ],
)  # fmt: skip
def test_a_period_is_cut_into_few_slots(
    since: str | None, until: str | None, spans: list[tuple[Any, Any, int]]
) -> None:
    ends = (None if day is None else date.fromisoformat(day) for day in (since, until))
    wanted = [tuple(slot(date.fromisoformat(at)) if isinstance(at, str) else at for at in span) for span in spans]
    assert sorted(cut(*ends, date(2026, 11, 24), years=True, ever=True)) == sorted(wanted)  # type: ignore[type-var]

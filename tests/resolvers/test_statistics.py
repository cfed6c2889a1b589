"""Statistics against plain SQL on the records; gaps, periods, drill-down, bad input, and what is out of scope."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from db.clock import today
from resolvers.engine.declare.columns import expression
from resolvers.engine.request import global_ids
from schema import registry
from tests.resolvers import sql_reference
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of
from tests.resolvers.test_bad_input import refused

JOINS = """query ($kind: RecordKind!, $within: ID, $from: Date, $until: Date, $asOf: Date, $by: [Dimension!], $hierarchy: Hierarchy) {
    statistics(kind: $kind, within: $within, from: $from, until: $until, asOf: $asOf, groupBy: $by, hierarchy: $hierarchy) {
        total { records persons } groups { keys { value label organization { id } } records persons } } }"""


def groups(data: Mapping[str, Any], measure: str = "records") -> dict[Any, int]:
    """A measure by the groups' values."""
    found = data["statistics"]["groups"]
    return {tuple(key["value"] for key in group["keys"]): group[measure] for group in found}


async def unions(pool: asyncpg.Pool) -> list[int]:
    """The national federation, a province, a city, a union with members, an industry union, and one that was dissolved."""
    rows = await pool.fetch(
        "(SELECT id FROM organization WHERE level = 'NATIONAL' ORDER BY id LIMIT 1)"
        " UNION ALL (SELECT id FROM organization WHERE name = '浙江省总工会')"
        " UNION ALL (SELECT ancestor_id FROM territorial_closure c JOIN organization o ON o.id = ancestor_id AND level = 'CITY'"
        " JOIN membership m ON m.organization_id = descendant_id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"
        " UNION ALL (SELECT ancestor_id FROM industrial_closure c JOIN membership m ON m.organization_id = descendant_id"
        " WHERE depth > 0 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"
        " UNION ALL (SELECT o.id FROM organization o JOIN membership m ON m.organization_id = o.id WHERE dissolved_on IS NOT NULL LIMIT 1)"
    )
    return [row["id"] for row in rows]


@pytest.mark.parametrize("hierarchy", ["TERRITORIAL", "INDUSTRIAL"])
@pytest.mark.parametrize("day", [None, date(2019, 3, 1), date(2024, 6, 30)])
async def test_members_of_a_subtree_as_of_a_day(
    caller: EngineClient, pool: asyncpg.Pool, hierarchy: str, day: date | None
) -> None:
    for union in await unions(pool):
        below = await sql_reference.ever_below(pool, union, hierarchy)
        rows = await pool.fetch(
            "SELECT p.worker_type, p.sex, p.id FROM membership m JOIN member p ON p.id = m.member_id"
            " WHERE m.organization_id = ANY ($1) AND m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2)",
            list(below),
            day or today(),
        )
        given = {"kind": "MEMBERSHIPS", "within": global_ids.encode("org", union), "by": ["WORKER_TYPE", "SEX"]}
        data = await caller.data(JOINS, {**given, "hierarchy": hierarchy, "asOf": day and day.isoformat()})
        assert groups(data) == Counter((row["worker_type"], row["sex"]) for row in rows)
        assert data["statistics"]["total"] == {"records": len(rows), "persons": len({row["id"] for row in rows})}


async def test_joins_of_a_period_by_month_and_leaves_by_their_last_day(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    given = {"kind": "MEMBERSHIPS", "from": "2022-01-15", "until": "2023-02-01", "by": ["MONTH"]}
    data = await caller.data(JOINS, given)
    rows = await pool.fetch(
        "SELECT to_char(valid_from, 'YYYY-MM') AS month, count(*) FROM membership"
        " WHERE valid_from >= '2022-01-15' AND valid_from < '2023-02-01' GROUP BY 1"
    )
    months = [(f"{month // 12}-{month % 12 + 1:02}",) for month in range(2022 * 12, 2023 * 12 + 1)]
    assert groups(data) == dict.fromkeys(months, 0) | {(row["month"],): row["count"] for row in rows}
    left = await caller.data(
        '{ statistics(kind: MEMBERSHIPS, event: ENDED, until: "2026-01-01") { total { records } } }'
    )
    expected = await pool.fetchval("SELECT count(*) FROM membership WHERE valid_to < '2026-01-01'")
    assert left["statistics"]["total"]["records"] == expected > 0


async def test_children_without_records_are_listed_with_zero_and_all_add_up(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    national, province, *_ = await unions(pool)
    for union in (national, province):
        data = await caller.data(
            JOINS, {"kind": "MEMBERSHIPS", "within": global_ids.encode("org", union), "by": ["CHILD_ORGANIZATION"]}
        )
        children = await sql_reference.children(pool, union, "TERRITORIAL", today())
        found = groups(data)
        assert {global_ids.encode("org", child) for child in children} <= {key for (key,) in found}
        assert 0 in found.values()
        assert sum(found.values()) == data["statistics"]["total"]["records"]
        for group in data["statistics"]["groups"]:
            assert group["keys"][0]["organization"]["id"] == group["keys"][0]["value"]
    data = await caller.data(JOINS, {"kind": "MEMBERSHIPS", "by": ["CHILD_DIVISION"]} | {"asOf": "2026-06-30"})
    assert len(data["statistics"]["groups"]) >= 31


async def test_statistical_years_begin_in_the_month_that_is_set(caller: EngineClient) -> None:
    given = {"kind": "MEMBERSHIPS", "from": "2021-10-01", "until": "2023-10-01", "by": ["STATISTICAL_YEAR"]}
    data = await caller.data(JOINS, given)
    assert list(groups(data)) == [("2022",), ("2023",)]
    assert data["statistics"]["groups"][0]["keys"][0]["label"] == "2022 (2021-10 – 2022-09)"
    parts = [
        await caller.data(JOINS, {"kind": "MEMBERSHIPS", "from": f"{year - 1}-10-01", "until": f"{year}-10-01"})
        for year in (2022, 2023)
    ]
    assert list(groups(data).values()) == [part["statistics"]["total"]["records"] for part in parts]


async def test_what_a_dissolved_union_recorded_counts_for_those_above_it(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    row = await pool.fetchrow(
        "SELECT o.id, l.parent_id FROM organization o JOIN organization_link l ON l.child_id = o.id AND hierarchy = 'TERRITORIAL'"
        " AND l.valid_to = o.dissolved_on WHERE EXISTS (SELECT FROM membership WHERE organization_id = o.id) ORDER BY 1 LIMIT 1"
    )
    ever = "query ($within: ID) { statistics(kind: MEMBERSHIPS, within: $within, event: BEGAN) { total { records } } }"
    own = await caller.data(ever, {"within": global_ids.encode("org", row["id"])})
    above = await caller.data(
        JOINS,
        {
            "kind": "MEMBERSHIPS",
            "until": "2030-01-01",
            "within": global_ids.encode("org", row["parent_id"]),
            "by": ["CHILD_ORGANIZATION"],
        },
    )
    recorded = await pool.fetchval("SELECT count(*) FROM membership WHERE organization_id = $1", row["id"])
    assert (
        own["statistics"]["total"]["records"] == groups(above)[(global_ids.encode("org", row["id"]),)] == recorded > 0
    )


async def test_a_union_out_of_scope_is_answered_as_one_that_does_not_exist(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    callers = await callers_of(pool)
    foreign = await pool.fetchval("SELECT id FROM organization WHERE name = '陕西省总工会'")
    text = "query ($within: ID) { statistics(kind: MEMBERSHIPS, within: $within) { total { records } } }"
    answers = [
        await caller.response(text, {"within": global_ids.encode("org", key)}, caller=callers["city"])
        for key in (foreign, 2**40)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    own = await caller.response(text, {}, caller=callers["city"])
    scope = await sql_reference.ever_below(pool, callers["city"].grants[0].organization_id, "TERRITORIAL")  # type: ignore[arg-type]
    held = await pool.fetchval(
        "SELECT count(*) FROM membership WHERE organization_id = ANY ($1) AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)",
        list(scope),
        today(),
    )
    assert own["data"]["statistics"]["total"]["records"] == held > 0


@pytest.mark.parametrize(
    ("code", "arguments", "selected"),
    [
        ("BAD_PERIOD", 'kind: MEMBERSHIPS, from: "2023-01-01", until: "2023-01-01"', "records"),
        ("BAD_PERIOD", 'kind: MEMBERSHIPS, from: "2023-01-01", until: "2022-01-01"', "records"),
        ("BAD_PERIOD", 'kind: MEMBERSHIPS, from: "2023-01-01", asOf: "2022-01-01"', "records"),
        ("BAD_PERIOD", 'kind: MEMBERSHIPS, asOf: "9999-12-31"', "records"),
        ("VALIDATION", "kind: MEMBERS", "records"),
        ("VALIDATION", "kind: MEMBERSHIPS, groupBy: [COLOUR]", "records"),
        ("TOO_MANY_DIMENSIONS", "kind: MEMBERSHIPS, groupBy: [SEX, WORKER_TYPE, CHANNEL, STATUS]", "records"),
        ("BAD_ARGUMENT", "kind: MEMBERSHIPS, groupBy: [SEX, SEX]", "records"),
        ("BAD_ARGUMENT", "kind: MEMBERSHIPS, groupBy: [DAY, YEAR]", "records"),
        ("DIMENSION_NOT_OF_KIND", "kind: MEMBERSHIPS, groupBy: [CAUSE]", "records"),
        ("DIMENSION_NOT_OF_KIND", "kind: MEMBERSHIPS, groupBy: [CHILD_ORGANIZATION]", "records"),
        ("DIMENSION_NOT_OF_KIND", 'kind: MEMBERSHIPS, where: [{dimension: CAUSE, in: ["OVERTIME"]}]', "records"),
        ("DIMENSION_NOT_OF_KIND", 'kind: MEMBERSHIPS, where: [{dimension: CHILD_ORGANIZATION, in: ["org_1"]}]', "records"),
        ("BAD_ARGUMENT", 'kind: MEMBERSHIPS, where: [{dimension: MONTH, in: ["2022-13"]}]', "records"),
        ("BAD_ARGUMENT", 'kind: MEMBERSHIPS, where: [{dimension: QUARTER, in: ["2022-01"]}]', "records"),
        ("UNKNOWN_CODE", 'kind: MEMBERSHIPS, where: [{dimension: SEX, in: ["MALE", "OTHER"]}]', "records"),
        ("UNKNOWN_CODE", 'kind: EMPLOYERS, where: [{dimension: INDUSTRY, in: ["G"]}]', "records"),
        ("UNKNOWN_CODE", 'kind: EMPLOYERS, where: [{dimension: INDUSTRY, in: ["G-54"]}]', "records"),
        ("MEASURE_NOT_OF_KIND", "kind: MEMBERSHIPS", "amount"),
        ("EVENT_NOT_OF_KIND", "kind: MEMBERSHIPS, event: SIGNED", "records"),
        ("TOO_MANY_GROUPS", 'kind: MEMBERSHIPS, groupBy: [DAY], from: "2015-01-01", until: "2025-01-01"', "records"),
        ("TOO_MANY_GROUPS", 'kind: MEMBERSHIPS, groupBy: [DAY, CHILD_DIVISION], from: "2024-01-01", until: "2025-01-01"', "records"),
        ("BAD_ID", 'kind: MEMBERSHIPS, within: "div_1"', "records"),
    ],
)  # fmt: skip
async def test_what_cannot_be_counted_is_refused_with_its_code(
    caller: EngineClient, code: str, arguments: str, selected: str
) -> None:
    text = f"{{ statistics({arguments}) {{ total {{ {selected} }} }} }}"
    if code == "VALIDATION":
        with pytest.raises(AssertionError, match="does not exist in"):
            await caller.answer(text)
    else:
        await refused(caller, code, text)


async def test_aliases_and_variables_share_a_plan(caller: EngineClient) -> None:
    text = """query ($by: [Dimension!], $until: Date) {
        a: statistics(kind: DISPUTE_CASES, until: $until, groupBy: $by) { groups { keys { value } cases } }
        b: statistics(kind: RECOVERIES, until: $until, groupBy: MONTH) { groups { amount } total { amount } } }"""
    before = caller.engine.statistics()["misses"]
    causes = await caller.data(text, {"by": ["CAUSE"], "until": "2026-01-01"})
    await caller.data(text, {"by": ["CAUSE"], "until": "2025-01-01"})
    assert caller.engine.statistics()["misses"] == before + 1
    phases = await caller.data(text, {"by": ["PHASE", "CAUSE"], "until": "2026-01-01"})
    assert caller.engine.statistics()["misses"] == before + 2
    assert sum(group["cases"] for group in causes["a"]["groups"]) == sum(
        group["cases"] for group in phases["a"]["groups"]
    )


@pytest.mark.parametrize("day", ["2026-11-24", "2024-03-01"])
async def test_overdue_records_are_those_past_the_last_day_that_lists_show(caller: EngineClient, day: str) -> None:
    rows: list[dict[str, Any]] = []
    text = """query ($after: String) { disputeCases(first: 200, after: $after) { pageInfo { endCursor hasNextPage }
        nodes { receivedOn closedOn mediationDueOn overdue cause phase steps { phase status occurredOn } } } }"""
    after = None
    while True:
        page = (await caller.data(text, {"after": after}))["disputeCases"]
        rows += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert any(row["closedOn"] is None or mediated(row) < row["closedOn"] for row in rows if mediated(row))
    late = Counter(
        row["cause"]
        for row in rows
        if row["receivedOn"] <= day
        and (row["closedOn"] is None or row["closedOn"] > day)
        and past(row["mediationDueOn"], mediated(row), day)
    )
    data = await caller.data(
        f'{{ statistics(kind: DISPUTE_CASES, asOf: "{day}", groupBy: [CAUSE]) {{ groups {{ keys {{ value }} overdue }} }} }}'
    )
    assert {key: count for (key,), count in groups(data, "overdue").items() if count} == late
    ever = await caller.data(
        '{ statistics(kind: DISPUTE_CASES, until: "2026-11-01") { total { records overdue overdueShare } } }'
    )
    now = [row for row in rows if past(row["mediationDueOn"], mediated(row), today().isoformat())]
    assert now == [row for row in rows if row["overdue"]]
    total = ever["statistics"]["total"]
    assert total["overdue"] == len(now) > 0
    assert float(total["overdueShare"]) == pytest.approx(len(now) / total["records"], abs=0.00005)


def past(due: str | None, done: str | None, day: str) -> bool:
    """Whether a step with this last day was done after it, or is not done on a day after it."""
    return due is not None and min(done or day, day) > due


def mediated(case: dict[str, Any]) -> str | None:
    """When a case left mediation."""
    mediating, over = ("DAILY_MEDIATION", "PRE_ARBITRATION"), ("SETTLED", "DECIDED", "WITHDRAWN", "CLOSED")
    days = [
        step["occurredOn"]
        for step in case["steps"]
        if step["phase"] not in (*mediating, "COUNSELLING") or (step["phase"] in mediating and step["status"] in over)
    ]
    return min([*days, *([case["closedOn"]] if case["closedOn"] else [])], default=None)


async def test_overdue_agreements_are_those_that_lists_show(caller: EngineClient) -> None:
    text = """{ collectiveAgreements(first: 200, validity: ANY) { nodes {
        replyDueOn submissionDueOn reviewDueOn requestedOn submittedOn receivedOn effectiveOn
        reviewDaysLeft overdue steps { status occurredOn } } } }"""
    rows = (await caller.data(text))["collectiveAgreements"]["nodes"]

    def late(row: dict[str, Any]) -> bool:
        steps, day = [(step["status"], step["occurredOn"]) for step in row["steps"]], today().isoformat()
        answered = min((on for status, on in steps if status != "REQUESTED"), default=None)
        received = row["receivedOn"] or ""
        reviewed = [on for status, on in steps if status == "OBJECTED" and on >= received]
        reviewed += [row["effectiveOn"]] if row["effectiveOn"] else []
        done = (answered, row["submittedOn"], min(reviewed, default=None))
        due = (row["replyDueOn"], row["submissionDueOn"], row["reviewDueOn"])
        return any(past(*step, day) for step in zip(due, done, strict=True))

    assert [late(row) for row in rows] == [row["overdue"] for row in rows]
    for row in rows:
        left = row["reviewDaysLeft"]
        assert left is None or (date.fromisoformat(row["reviewDueOn"]) - today()).days == left
        if left is not None and left < 0:
            assert row["overdue"]
    assert {row["reviewDaysLeft"] is None for row in rows} == {True, False}
    data = await caller.data(
        '{ statistics(kind: COLLECTIVE_AGREEMENTS, event: REQUESTED, asOf: "2026-11-24") { total { records overdue } } }'
    )
    assert data["statistics"]["total"] == {"records": len(rows), "overdue": sum(map(late, rows))}
    assert 0 < sum(map(late, rows)) < len(rows)


async def test_as_of_a_day_the_newest_estimate_of_a_place_counts(caller: EngineClient, pool: asyncpg.Pool) -> None:
    place = await pool.fetchval("SELECT id FROM division WHERE code = '330106' AND valid_to IS NULL")
    text = """query ($id: ID!, $day: Date) { division(id: $id) { statistics(kind: POPULATION_ESTIMATES, asOf: $day) {
        total { records workers } } } }"""
    await pool.execute(
        "INSERT INTO population_estimate (organization_id, division_id, worker_type, as_of, value, source)"
        " SELECT 1, $1, type, day::date, value, 'test' FROM (VALUES ('COURIER', '1971-01-01', 5), ('COURIER', '1972-01-01', 7),"
        " ('TRUCK_DRIVER', '1971-06-01', 11), (NULL, '1971-01-01', 20), (NULL, '1972-01-01', 30)) v (type, day, value)",
        place,
    )
    for day, records, workers in (("1971-12-31", 3, 36), ("1972-01-01", 3, 48), ("1970-01-01", 0, 0)):
        data = await caller.data(text, {"id": global_ids.encode("div", place), "day": day})
        assert data["division"]["statistics"]["total"] == {"records": records, "workers": workers}
    ever = text.replace("asOf: $day", 'from: "1971-01-01", until: "1973-01-01"').replace(", $day: Date", "")
    data = await caller.data(ever, {"id": global_ids.encode("div", place)})
    assert data["division"]["statistics"]["total"] == {"records": 5, "workers": 73}
    await pool.execute("DELETE FROM population_estimate WHERE source = 'test'")


@pytest.mark.parametrize(
    ("kind", "dimension", "value"),
    [
        ("MEMBERSHIPS", "IS_MIGRANT_WORKER", "TRUE"),
        ("MEMBERSHIPS", "IS_MIGRANT_WORKER", "1"),
        ("INSURANCE_ENROLMENTS", "COHORT", "one"),
        ("INSURANCE_ENROLMENTS", "COHORT", "01"),
    ],
)
async def test_a_condition_on_a_value_that_no_record_can_have_is_refused(
    caller: EngineClient, kind: str, dimension: str, value: str
) -> None:
    where = f'where: [{{dimension: {dimension}, in: ["{value}"]}}]'
    await refused(caller, "BAD_ARGUMENT", f"{{ statistics(kind: {kind}, {where}) {{ total {{ records }} }} }}")


async def test_quantities_of_several_units_are_not_added_up(caller: EngineClient, pool: asyncpg.Pool) -> None:
    sums = {row["unit"]: row["sum"] for row in await pool.fetch("SELECT unit, sum(quantity) FROM donation GROUP BY 1")}
    assert len(sums) > 1
    data = await caller.data(
        "{ statistics(kind: DONATIONS, groupBy: [UNIT]) { total { quantity } groups { keys { value } quantity } } }"
    )
    assert data["statistics"]["total"]["quantity"] is None
    told = {key: Decimal(value or 0) for (key,), value in groups(data, "quantity").items()}
    assert told == {unit: value or 0 for unit, value in sums.items()}


async def test_agreements_in_term_have_no_steps_that_could_be_overdue(caller: EngineClient) -> None:
    for measure in ("overdue", "overdueShare"):
        text = f"{{ statistics(kind: COLLECTIVE_AGREEMENTS) {{ total {{ {measure} }} }} }}"
        (error,) = await refused(caller, "BAD_ARGUMENT", text)
        assert "`event: REQUESTED`" in error["message"]


def test_kinds_that_most_unions_have_are_found_by_indexes_that_begin_with_union_and_with_division() -> None:
    found = [statistic for statistic in registry.statistics.values() if statistic.widespread]
    assert {"ORGANIZATIONS", "EMPLOYERS", "MEMBERSHIPS"} <= {statistic.kind for statistic in found}
    for statistic in found:
        for column in map(expression, (statistic.organization, statistic.division)):
            indexes = [column.table.primary_key, *(index.columns for index in column.table.indexes)]
            assert any(next(iter(columns), None) is column for columns in indexes), f"{statistic.kind}: {column}"

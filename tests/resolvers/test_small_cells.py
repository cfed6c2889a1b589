"""Callers with aggregates only: from all that one operation tells, no small cell of a statistic can be worked out."""

from itertools import product
from math import inf
from typing import Any

import asyncpg

from resolvers.access import PUBLIC
from resolvers.engine.small_cells import withheld
from tests.resolvers.caller import Caller

CELL = 10
TABLES = ((), ("SEX",), ("WORKER_TYPE",), ("CHANNEL",), ("SEX", "WORKER_TYPE"), ("CHANNEL", "SEX"), ("WORKER_TYPE", "CHANNEL"),
          ("SEX", "WORKER_TYPE", "CHANNEL"), ("CHANNEL", "WORKER_TYPE", "SEX"))  # fmt: skip
FINEST = ("SEX", "WORKER_TYPE", "CHANNEL")


def operation() -> str:
    """Every table over three dimensions, and the whole, as aliases of one operation."""
    parts = [
        f"t{place}: statistics(kind: MEMBERSHIPS, groupBy: [{', '.join(table)}])"
        " { total { persons } groups { keys { dimension value } persons } }"
        for place, table in enumerate(TABLES)
    ]
    return "{ " + " ".join(parts) + " }"


Sums = list[tuple[frozenset[tuple[str, ...]], float, float]]


def told(data: dict[str, Any], cells: list[tuple[str, ...]]) -> Sums:
    """What the answers say: sets of finest cells, and the bounds of their sum. A rounded figure is within five of the true one."""
    found: Sums = []
    for place in range(len(TABLES)):
        answer = data[f"t{place}"]
        for keys, value in [
            ({}, answer["total"]["persons"]),
            *(({key["dimension"]: key["value"] for key in g["keys"]}, g["persons"]) for g in answer["groups"]),
        ]:
            part = frozenset(
                cell for cell in cells if all(cell[FINEST.index(name)] == value for name, value in keys.items())
            )
            found.append((part, 0, inf) if value is None else (part, value - CELL // 2, value + CELL // 2 - 1))
    return found


def worked_out(sums: Sums, cells: list[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[float, float]]:
    """The tightest bounds of each cell that follow from the sums."""
    bounds: dict[tuple[str, ...], tuple[float, float]] = dict.fromkeys(cells, (0, inf))
    changed = True
    while changed:
        changed = False
        for part, low, high in sums:
            lows, highs = sum(bounds[cell][0] for cell in part), sum(bounds[cell][1] for cell in part)
            for cell in part:
                own = bounds[cell]
                rest = highs - own[1] if own[1] < inf else sum(bounds[other][1] for other in part if other != cell)
                new = (max(own[0], low - rest), min(own[1], high - (lows - own[0])))
                if new != own:
                    bounds[cell], changed = new, True
                    lows += new[0] - own[0]
                    highs = sum(bounds[other][1] for other in part)
    return bounds


async def test_no_small_cell_can_be_worked_out_from_one_operation(caller: Caller, pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "SELECT p.sex, p.worker_type, m.channel, count(DISTINCT p.id) FROM membership m JOIN member p ON p.id = m.member_id"
        " WHERE m.valid_from <= current_date AND (m.valid_to IS NULL OR m.valid_to > current_date) GROUP BY 1, 2, 3"
    )
    true = {(row[0], row[1], row[2]): row[3] for row in rows}
    cells = list(product(*({cell[place] for cell in true} for place in range(3))))
    response = await caller.response(operation(), caller=PUBLIC)
    assert "errors" not in response, response
    bounds = worked_out(told(response["data"], cells), cells)
    small = {cell for cell in cells if true.get(cell, 0) < CELL}
    assert len(small) > 10
    for cell, (low, high) in bounds.items():
        assert low <= true.get(cell, 0) <= high, "the attack is wrong"
    for cell in small:
        low, high = bounds[cell]
        assert min(high, CELL - 1) - low >= CELL - 2, (cell, true.get(cell, 0), bounds[cell])


async def test_counts_are_rounded_and_small_ones_empty(caller: Caller) -> None:
    text = """{ statistics(kind: RECOVERIES, groupBy: [CHILD_DIVISION]) {
        total { records persons amount } groups { records persons amount keys { label division { name } } } } }"""
    found = (await caller.response(text, caller=PUBLIC))["data"]["statistics"]
    for group in (found["total"], *found["groups"]):
        assert all(group[name] is None or group[name] % CELL == 0 for name in ("records", "persons"))
    refused = await caller.response(
        '{ statistics(kind: MEMBERSHIPS, within: "org_1", groupBy: [CHILD_ORGANIZATION]) { total { records } } }',
        caller=PUBLIC,
    )
    assert refused["errors"][0]["extensions"]["code"] == "DIMENSION_WITHHELD"


def test_a_cell_hidden_alone_takes_the_smallest_other_with_it() -> None:
    def row(key: Any, count: int) -> list[Any]:
        return [None, 0, key, None, count, count, None, None]

    rows = [row(None, 163), row("A", 3), row("B", 40), row("C", 120)]
    withheld(rows, 1, 1, CELL)
    assert [found[5] for found in rows] == [160, None, None, 120]


def test_a_sum_does_not_show_its_largest_part() -> None:
    from decimal import Decimal

    rows = [[None, -1, 12, Decimal("190100.00"), Decimal("180000.00"), None]]
    withheld(rows, 0, 1, CELL)
    assert rows[0][3] == Decimal("0.00")


LISTED = """query ($by: [Dimension!], $from: Date, $until: Date) {
    statistics(kind: MEMBERSHIPS, groupBy: $by, from: $from, until: $until) { groups { keys { dimension value } persons } } }"""


async def test_no_group_is_listed_because_somebody_is_in_it(caller: Caller) -> None:
    """What is listed whatever the records say, as children and the months of a period, may be empty; nothing else may."""

    async def groups(given: dict[str, Any], who: Any = PUBLIC) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await caller.response(LISTED, given, caller=who))["data"]["statistics"]["groups"]
        return found

    for given in ({"by": ["SEX", "CHANNEL"]}, {"by": ["WORKER_TYPE", "DAY"]}, {"by": ["DAY"], "from": "2024-01-01"}):
        ours = await groups(given)
        assert all(group["persons"] for group in ours)
        assert len(ours) < len(await groups(given, None)) or "DAY" not in given["by"]
    year = {"from": "2024-01-01", "until": "2025-01-01"}
    left_out = set()
    for given in ({"by": ["CHILD_DIVISION", "WORKER_TYPE"]}, {"by": ["MONTH", "WORKER_TYPE"], **year}):
        ours = await groups(given)
        assert any(group["persons"] is None for group in ours)
        full = {group["keys"][1]["value"] for group in ours if group["persons"]}
        assert {group["keys"][1]["value"] for group in ours} == full
        left_out |= {group["keys"][1]["value"] for group in await groups(given, None)} - full
    assert left_out

"""Joins are not moves: how memberships began and ended, in lists and statistics, against what each person's memberships say."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from db.server.connect import create_pool
from resolvers.engine.request import global_ids
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.sql_reference import MEMBERSHIPS, paths

SINCE, UNTIL = date(2025, 1, 1), date(2026, 1, 1)


async def test_every_membership_says_how_it_began_and_ended(pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(MEMBERSHIPS)
    expected = paths(rows)
    assert {row["id"]: (row["entry"], row["exit"]) for row in rows} == expected
    assert {entry for entry, _ in expected.values()} == {"FIRST", "RETURNED", "TRANSFERRED_IN"}
    assert {gone for _, gone in expected.values()} == {None, "LEFT", "TRANSFERRED_OUT"}
    assert not await pool.fetchval(
        "SELECT count(*) FROM membership WHERE valid_from IS NULL AND (entry, exit) IS NOT NULL"
    )


async def below(pool: asyncpg.Pool, union: int | None) -> set[int]:
    """The unions below one, or all; dissolved ones where they last stood."""
    if union is None:
        return {row["id"] for row in await pool.fetch("SELECT id FROM organization")}
    rows = await pool.fetch(
        "SELECT descendant_id AS id FROM territorial_closure c JOIN organization o ON o.id = c.descendant_id"
        " WHERE ancestor_id = $1 AND (c.valid_to IS NULL OR c.valid_to = o.dissolved_on)",
        union,
    )
    return {row["id"] for row in rows}


def by(answer: Any) -> dict[str | None, int]:
    """The persons of each group."""
    return {group["keys"][0]["value"]: group["persons"] for group in answer["groups"] if group["persons"]}


@pytest.mark.parametrize("rollups", [True, False])
@pytest.mark.parametrize("place", ["", "浙江省总工会"])
async def test_joins_and_leavings_of_a_year_are_told_from_transfers(
    pool: asyncpg.Pool, place: str, rollups: bool
) -> None:
    caller = EngineClient(pool, rollups=rollups)
    union = await pool.fetchval("SELECT id FROM organization WHERE name = $1", place) if place else None
    unions, rows = await below(pool, union), await pool.fetch(MEMBERSHIPS)
    told = paths(rows)
    joined = [row for row in rows if SINCE <= row["valid_from"] < UNTIL and row["organization_id"] in unions]
    left = [
        row for row in rows if row["valid_to"] and SINCE <= row["valid_to"] < UNTIL and row["organization_id"] in unions
    ]

    def persons(found: list[Any], place: int, *values: str) -> int:
        return len({row["member_id"] for row in found if told[row["id"]][place] in values})

    within = f', within: "{global_ids.encode("org", union)}"' if union else ""
    period = f'kind: MEMBERSHIPS, from: "{SINCE}", until: "{UNTIL}"{within}'
    new = 'where: [{dimension: ENTRY, in: ["FIRST", "RETURNED"]}]'
    listed = f'validity: ANY{within}, filter: {{validFrom: {{gte: "{SINCE}", lt: "{UNTIL}"}}, entry: {{in: [FIRST, RETURNED]}}}}'
    answer = await caller.data(
        f"{{ all: statistics({period}) {{ total {{ persons }} }}"
        f" joined: statistics({period}, groupBy: [ENTRY]) {{ groups {{ keys {{ value label }} persons }} }}"
        f" new: statistics({period}, {new}) {{ total {{ records persons }} }}"
        f" left: statistics({period}, event: ENDED, groupBy: [EXIT]) {{ groups {{ keys {{ value }} persons }} }}"
        f" memberships({listed}) {{ totalCount }} }}"
    )
    kinds = ("FIRST", "RETURNED", "TRANSFERRED_IN")
    assert by(answer["joined"]) == {kind: number for kind in kinds if (number := persons(joined, 0, kind))}
    assert by(answer["left"]) == {
        kind: number for kind in ("LEFT", "TRANSFERRED_OUT") if (number := persons(left, 1, kind))
    }
    assert answer["new"]["total"]["persons"] == persons(joined, 0, "FIRST", "RETURNED")
    assert answer["new"]["total"]["records"] == answer["memberships"]["totalCount"]
    assert answer["all"]["total"]["persons"] == len({row["member_id"] for row in joined}) > 0
    labels = {group["keys"][0]["value"]: group["keys"][0]["label"] for group in answer["joined"]["groups"]}
    assert labels["TRANSFERRED_IN"] == "Transferred from another union (转入)"


async def test_a_transfer_between_two_unions_is_neither_join_nor_leaving_above_both(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        caller = EngineClient(pool)
        member, other, day = await pool.fetchrow(
            "SELECT s.member_id, o.id, current_date - 1 FROM membership s, organization o WHERE s.valid_to IS NULL"
            " AND s.valid_from < '2024-01-01' AND s.entry = 'FIRST' AND o.level = 'GRASSROOTS' AND o.dissolved_on IS NULL"
            " AND o.id <> s.organization_id ORDER BY s.id, o.id LIMIT 1"
        )
        text = (
            f'{{ in: statistics(kind: MEMBERSHIPS, from: "{day}", until: "{date.fromordinal(day.toordinal() + 1)}",'
            " groupBy: [ENTRY]) { groups { keys { value } persons } }"
            f' out: statistics(kind: MEMBERSHIPS, event: ENDED, from: "{day}", until: "{date.fromordinal(day.toordinal() + 1)}",'
            " groupBy: [EXIT]) { groups { keys { value } persons } } }"
        )
        before = await caller.data(text)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE membership SET valid_to = $2, status = 'WITHDRAWN' WHERE member_id = $1 AND valid_to IS NULL",
                member,
                day,
            )
            await connection.execute(
                "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from)"
                " VALUES ($1, $2, 'ACTIVE', 'APP', $3, $3)",
                member,
                other,
                day,
            )
        after = await caller.data(text)
        for name, kind in (("in", "TRANSFERRED_IN"), ("out", "TRANSFERRED_OUT")):
            was, now = by(before[name]), by(after[name])
            assert now == was | {kind: was.get(kind, 0) + 1}, name
        await pool.execute(
            "DELETE FROM membership WHERE member_id = $1 AND organization_id = $2 AND valid_to IS NULL", member, other
        )
        assert by((await caller.data(text))["out"]).get("LEFT", 0) == by(before["out"]).get("LEFT", 0) + 1
        rows = await pool.fetch(MEMBERSHIPS)
        assert {row["id"]: (row["entry"], row["exit"]) for row in rows} == paths(rows)
    finally:
        await pool.close()

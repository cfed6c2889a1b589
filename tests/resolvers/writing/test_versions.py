"""Rows that name the version that they expect: who comes late changes nothing, whichever part of the record was changed meanwhile."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from db.model import Versioned
from db.models import Model
from resolvers.writing.declare import EXPECTED_VERSION
from resolvers.writing.kinds import KINDS, PREPARE
from resolvers.writing.outcomes import BatchOptions, OnError
from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_batches import ROWS, statements
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person
from tests.resolvers.writing.test_mutations import ask
from tests.resolvers.writing.test_mutations import employer as employer_input

LATE = [("VERSION_CONFLICT", "expected_version")]
RECORDS = sorted(each.local_table.name for each in Model.registry.mappers if issubclass(each.class_, Versioned))  # type: ignore[attr-defined]


async def version(pool: asyncpg.Pool, table: str, key: int | None) -> int:
    found: int = await pool.fetchval(f"SELECT version FROM {table} WHERE id = $1", key)
    return found


def changed(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with another value."""
    column, value = {
        "unions": ("established_on", "2019-03-05"),
        "employers": ("headcount", 77),
        "persons": ("worker_type", "保安员"),
    }.get(kind, ("valid_from", "2023-03-02"))
    return {**row, column: value}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ROWS])
async def test_a_row_that_comes_late_changes_nothing(writers: Writers, kind: str) -> None:
    row = ROWS[kind](writers)
    first = (await writers.write(kind, row | {"expected_version": ""})).rows[0]
    assert first.version == 1
    second = await writers.write(kind, changed(kind, row) | {"expected_version": 1})
    assert outcomes(second) == ["CHANGED"]
    assert second.rows[0].version == 2
    late = await writers.write(kind, row | {"expected_version": "1"})
    assert codes(late) == LATE
    assert (late.rows[0].id, late.rows[0].version) == (first.id, 2)
    assert outcomes(await writers.write(kind, changed(kind, row) | {"expected_version": 1})) == ["SAME"]


async def test_a_row_expects_no_version_of_what_is_not_there(writers: Writers) -> None:
    result = await writers.write("employers", employer(writers, expected_version=1))
    assert codes(result) == LATE
    assert (result.rows[0].id, result.rows[0].version) == (None, None)


async def test_the_version_of_a_record_counts_what_its_parts_change(writers: Writers) -> None:
    """A person's membership and engagement, an employer's coverage: with the record's own values changed or not."""
    unit = employer(writers)
    row = person(writers, employer=unit["credit_code"])
    unit_key = (await writers.write("employers", unit)).rows[0].id
    key = (await writers.write("persons", row)).rows[0].id
    for more in ({"job_title": "分拣员"}, {"channel": "扫码", "worker_type": "保安员"}):
        row |= more
        before = await version(writers.pool, "member", key)
        result = await writers.write("persons", row | {"expected_version": before})
        assert outcomes(result) == ["CHANGED"]
        assert result.rows[0].version == await version(writers.pool, "member", key) > before
        assert codes(await writers.write("persons", row | {"job_title": "司机", "expected_version": before})) == LATE
    unit |= {"covered_to": "2024-01-01", "headcount": 3}
    result = await writers.write("employers", unit | {"expected_version": 1})
    assert result.rows[0].version == await version(writers.pool, "employer", unit_key) > 1
    assert codes(await writers.write("employers", unit | {"covered_to": "2024-02-01", "expected_version": 1})) == LATE


async def test_the_version_of_a_person_who_leaves_is_told_no_more(writers: Writers) -> None:
    row = person(writers)
    key = (await writers.write("persons", row)).rows[0].id
    left = await writers.write("persons", row | {"left_on": "2024-01-01", "status": "WITHDRAWN", "expected_version": 1})
    assert (outcomes(left), left.rows[0].version) == (["CHANGED"], None)
    assert await version(writers.pool, "member", key) > 1


async def test_of_two_at_once_that_expect_the_same_version_one_comes_late(writers: Writers) -> None:
    row = employer(writers)
    await writers.write("employers", row)
    first, second = await asyncio.gather(
        *(writers.write("employers", row | {"headcount": count, "expected_version": 1}) for count in (5, 6))
    )
    assert sorted([outcomes(first), outcomes(second)]) == [["CHANGED"], ["REFUSED"]]


async def test_a_rehearsal_and_a_batch_that_is_refused_leave_the_version(writers: Writers) -> None:
    row = employer(writers)
    key = (await writers.write("employers", row)).rows[0].id
    for options, more in ((BatchOptions(dry_run=True), []), (BatchOptions(), [employer(writers, name="")])):
        result = await writers.write("employers", row | {"headcount": 9}, *more, options=options)
        assert (result.rows[0].outcome.name, result.rows[0].version) == ("CHANGED", 1)
    late = row | {"headcount": 9, "expected_version": 4}
    good = await writers.write("employers", employer(writers), late, options=BatchOptions(on_error=OnError.SKIP))
    assert outcomes(good) == ["NEW", "REFUSED"]
    assert await version(writers.pool, "employer", key) == 1


async def test_the_version_of_a_person_whom_another_union_keeps_is_not_told(writers: Writers) -> None:
    row = person(writers, joined_on="2020-01-01", left_on="2021-01-01", status="TRANSFERRED_OUT")
    await writers.write("persons", row)
    there = row | {"union": writers.other["name"], "joined_on": "2021-01-01", "left_on": "", "status": ""}
    assert outcomes(await writers.write("persons", there, caller=writers.caller(writers.other["id"]))) == ["CHANGED"]
    result = await writers.write("persons", row | {"leaving_reason": "转出", "expected_version": 9})
    assert codes(result) == LATE
    assert result.rows[0].version is None
    assert "version 9" not in result.rows[0].findings[0].message


async def test_a_command_answers_the_present_version(writers: Writers) -> None:
    row = employer_input(writers)
    (first,) = (await ask(writers, "writeEmployers", records=[row]))["results"]
    assert first["version"] == 1
    (second,) = (await ask(writers, "writeEmployers", records=[row | {"headcount": 4, "expectedVersion": 1}]))[
        "results"
    ]
    assert (second["outcome"], second["version"]) == ("CHANGED", 2)
    (late,) = (await ask(writers, "writeEmployers", records=[row | {"headcount": 5, "expectedVersion": 1}]))["results"]
    assert (late["outcome"], late["id"], late["version"]) == ("REFUSED", first["id"], 2)
    assert [(each["code"], each["column"]) for each in late["findings"]] == [("VERSION_CONFLICT", "expectedVersion")]


async def test_expecting_versions_takes_no_statement_more(writers: Writers) -> None:
    rows = [employer(writers) for _ in range(3)]
    await writers.write("employers", *rows)
    without = await statements(writers, "employers", [row | {"headcount": 8} for row in rows])
    assert (
        await statements(writers, "employers", [row | {"headcount": 9, "expected_version": 1} for row in rows])
        == without
    )


def test_every_kind_takes_a_version_as_its_last_column() -> None:
    assert KINDS.keys() == PREPARE.keys()
    assert all(kind.columns[-1] is EXPECTED_VERSION for kind in KINDS.values())


@pytest.mark.parametrize("table", RECORDS)
async def test_every_change_counts_whatever_the_statement_says(writers: Writers, table: str) -> None:
    async with writers.pool.acquire() as connection:
        change = connection.transaction()
        await change.start()
        before = await connection.fetchrow(f"SELECT id, version, changed_at FROM {table} LIMIT 1")
        assert before is not None, table
        await connection.execute(
            f"UPDATE {table} SET version = 1000, changed_at = '2000-01-01' WHERE id = $1", before["id"]
        )
        after = await connection.fetchrow(
            f"SELECT version, changed_at = now() FROM {table} WHERE id = $1", before["id"]
        )
        await change.rollback()
    assert tuple(after) == (before["version"] + 1, True)


async def test_nobody_but_the_owner_writes_versions(writers: Writers) -> None:
    found = await writers.pool.fetch(
        "SELECT a.attrelid::regclass::text AS name, r.rolname FROM pg_attribute a CROSS JOIN pg_roles r WHERE a.attrelid::regclass::text"
        " = ANY ($1) AND a.attname IN ('version', 'changed_at') AND r.rolname LIKE 'unionhub%'"
        " AND has_column_privilege(r.oid, a.attrelid, a.attnum, 'INSERT, UPDATE')",
        RECORDS,
    )
    # the trigger writes over what a clerk's correction would say
    assert {tuple(row) for row in found} <= {("member", "unionhub_clerk")}

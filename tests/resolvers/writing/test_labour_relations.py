"""What holds for agreements, cases and what belongs to them: statements, two batches at once, both walls, and what is answered of them."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from db.security.row_security import WRITER
from db.server.connect import acquired
from resolvers.slices import registry
from resolvers.writing.kinds import KINDS, LABOUR
from resolvers.writing.scope import WriteScope
from resolvers.writing.write import write_rows
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.writing.conftest import Writers, codes, numbered, outcomes
from tests.resolvers.writing.rows_of_labour_relations import labour_rows
from tests.resolvers.writing.test_agreements import agreement
from tests.resolvers.writing.test_batches import statements
from tests.resolvers.writing.test_disputes import case

MANY = 1_000
every_kind = pytest.mark.parametrize("name", [kind.name for kind, _ in LABOUR])


@every_kind
async def test_one_row_takes_as_many_statements_as_a_thousand(writers: Writers, name: str) -> None:
    rows = await labour_rows(writers, name, MANY)
    one, many = await statements(writers, name, rows[:1]), await statements(writers, name, rows)
    assert one == many
    assert len(one) < 30


@every_kind
async def test_two_equal_batches_at_once_write_each_record_once(writers: Writers, name: str) -> None:
    rows = await labour_rows(writers, name, 20)
    first, second = await asyncio.gather(writers.write(name, *rows), writers.write(name, *reversed(rows)))
    assert sorted([set(outcomes(first)).pop(), set(outcomes(second)).pop()]) == ["NEW", "SAME"]
    assert [row.id for row in first.rows] == [row.id for row in reversed(second.rows)]


@every_kind
async def test_two_rows_about_one_record_are_refused(writers: Writers, name: str) -> None:
    (row,) = await labour_rows(writers, name, 1)
    result = await writers.write(name, row, row)
    assert [[code for code, _ in codes(result, place)] for place in (0, 1)] == [["DUPLICATE"]] * 2
    assert outcomes(await writers.write(name, row)) == ["NEW"]


@every_kind
async def test_the_wall_keeps_what_others_have_without_the_checks(writers: Writers, name: str) -> None:
    """Rows of the other county are written in the county's name, as if every union were in its scope."""
    rows = await labour_rows(writers, name, 2, writers.other)
    first = await writers.write(name, rows[0], caller=writers.caller(writers.other["id"]))
    assert outcomes(first) == ["NEW"], first
    assert {code for code, _ in codes(await writers.write(name, rows[1]))} <= {"NOT_FOUND"}
    table = registry.sources[KINDS[name].record].model.__tablename__
    record = dict(await writers.pool.fetchrow(f"SELECT * FROM {table} WHERE id = $1", first.rows[0].id))
    rights = await writers.pool.fetch(
        "SELECT privilege_type AS right, column_name::text AS name FROM information_schema.column_privileges"
        " WHERE grantee = $1 AND table_name = $2 AND privilege_type IN ('INSERT', 'UPDATE')",
        WRITER, table,
    )  # fmt: skip
    columns = [each["name"] for each in rights if each["right"] == "INSERT" and each["name"] != "id"]
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f'${place}' for place in range(1, len(columns) + 1))})"
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(insert, *(record[name] for name in columns))
        async with connection.transaction(), connection.under_role(WRITER):
            for changed in [each["name"] for each in rights if each["right"] == "UPDATE"][:1]:
                update = f"UPDATE {table} SET {changed} = {changed} WHERE id = $1"
                assert await connection.execute(update, record["id"]) == "UPDATE 0"


@pytest.mark.parametrize("make", [agreement, case])
async def test_a_union_above_is_refused_by_the_wall_without_the_checks(
    writers: Writers, make: Callable[..., dict[str, Any]]
) -> None:
    """A superior union is in sight, so that the row gets as far as PostgreSQL."""
    above = await writers.pool.fetchval("SELECT name FROM organization WHERE id = $1", writers.county["parent"])
    name = "agreements" if make is agreement else "dispute-cases"
    row = (await labour_rows(writers, name, 1))[0] | {"union": above}
    context = writers.context()
    async with acquired(writers.served, context.caller.scope) as connection, connection.transaction():
        checked = await write_rows(connection, context, KINDS[name], numbered([row]))
        assert codes(checked) == [("NOT_FOUND", "union")]
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await write_rows(connection, context, KINDS[name], numbered([row]), scope=WriteScope(everything=True))


async def test_the_wall_takes_no_person_of_another_union_into_a_case(writers: Writers) -> None:
    (row,) = await labour_rows(writers, "dispute-cases", 1)
    key = (await writers.write("dispute-cases", row)).rows[0].id
    stranger = await writers.pool.fetchval(
        "SELECT member_id FROM membership s WHERE NOT EXISTS (SELECT FROM membership o JOIN territorial_closure c"
        " ON c.descendant_id = o.organization_id AND c.ancestor_id = $1 WHERE o.member_id = s.member_id) LIMIT 1",
        writers.county["id"],
    )
    for statement in (
        "INSERT INTO dispute_party (case_id, role, name, member_id) VALUES ($1, 'CLAIMANT', 'x', $2)",
        "INSERT INTO recovery (case_id, member_id, kind, amount, received_on) VALUES ($1, $2, 'WAGE', 1, '2025-05-01')",
    ):
        async with acquired(writers.served, writers.caller().scope) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with connection.transaction(), connection.under_role(WRITER):
                    await connection.execute(statement, key, stranger)


async def test_writers_change_no_name_and_move_no_record(writers: Writers) -> None:
    for statement in (
        "UPDATE dispute_party SET name = 'x'",
        "UPDATE dispute_party SET member_id = NULL",
        "UPDATE dispute_case SET organization_id = 1",
        "UPDATE collective_agreement SET organization_id = 1",
        "UPDATE agreement_step SET agreement_id = 1",
        "DELETE FROM recovery",
    ):
        async with acquired(writers.served, writers.caller().scope) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                async with connection.transaction(), connection.under_role(WRITER):
                    await connection.execute(statement)


ANSWERS = """query ($union: String!, $agreement: String!, $case: String!) {
  organizations(filter: {name: {eq: $union}}) { nodes {
    agreements: statistics(kind: COLLECTIVE_AGREEMENTS, from: "2024-01-01", until: "2024-12-31", event: SIGNED) {
      total { records overdue } }
    cases: statistics(kind: DISPUTE_CASES, from: "2025-01-01", until: "2025-12-31") { total { records overdue settled amount } }
    recoveries: statistics(kind: RECOVERIES, from: "2025-01-01", until: "2025-12-31") { total { records amount } }
  } }
  collectiveAgreement(number: $agreement) { status overdue reviewDaysLeft coverages(validity: ANY) { totalCount } steps { status } }
  disputeCase(number: $case) { status overdue mediationDueOn mediationDaysLeft recoveries { totalCount } }
}"""
COUNTED = {
    "agreements": "SELECT count(*) FROM collective_agreement t WHERE signed_on >= '2024-01-01' AND signed_on < '2024-12-31' AND {below}",
    "cases": "SELECT count(*) FROM dispute_case t WHERE received_on >= '2025-01-01' AND received_on < '2025-12-31' AND {below}",
    "recoveries": "SELECT count(*) FROM recovery r JOIN dispute_case t ON t.id = r.case_id"
    " WHERE r.received_on >= '2025-01-01' AND r.received_on < '2025-12-31' AND {below}",
}
BELOW = "EXISTS (SELECT FROM territorial_closure c WHERE c.descendant_id = t.organization_id AND c.ancestor_id = $1 AND c.valid_to IS NULL)"


async def test_what_was_written_is_answered_and_counted(writers: Writers) -> None:
    """Written in time, nothing is overdue; statistics are those of the records."""
    signed = (await labour_rows(writers, "agreements", 1))[0] | {"effective_on": "2024-05-10"}
    settled = (await labour_rows(writers, "dispute-cases", 1))[0]
    variables = {"union": writers.county["name"], "agreement": signed["number"], "case": settled["number"]}
    client, caller = EngineClient(writers.served), writers.caller()

    async def ask() -> dict[str, Any]:
        response = await client.response(ANSWERS, variables, caller=caller)
        assert {each["extensions"]["code"] for each in response.get("errors", ())} <= {"NOT_FOUND"}, response
        answered: dict[str, Any] = response["data"]
        return answered

    before = (await ask())["organizations"]["nodes"][0]
    assert outcomes(await writers.write("agreements", signed)) == ["NEW"]
    assert outcomes(await writers.write("dispute-cases", settled)) == ["NEW"]
    paid = {"case": settled["number"], "kind": "工资", "amount": "8000", "received_on": "2025-05-06"}
    assert outcomes(await writers.write("case-recoveries", paid)) == ["NEW"]
    answer = await ask()
    after = answer["organizations"]["nodes"][0]
    for name, query in COUNTED.items():
        counted = await writers.pool.fetchval(query.format(below=BELOW), writers.county["id"])
        assert after[name]["total"]["records"] == counted == before[name]["total"]["records"] + 1
    for name in ("agreements", "cases"):
        assert after[name]["total"]["overdue"] == before[name]["total"]["overdue"]
    assert after["cases"]["total"]["settled"] == before["cases"]["total"]["settled"] + 1
    assert answer["collectiveAgreement"] == {
        "status": "EFFECTIVE", "overdue": False, "reviewDaysLeft": None, "coverages": {"totalCount": 0}, "steps": [
            {"status": each} for each in ("REQUESTED", "REPLIED", "SIGNED", "SUBMITTED", "UNDER_REVIEW", "EFFECTIVE")
        ],
    }  # fmt: skip
    assert answer["disputeCase"] == {
        "status": "SETTLED", "overdue": False, "mediationDueOn": "2025-03-18", "mediationDaysLeft": None, "recoveries": {"totalCount": 1},
    }  # fmt: skip
    late = {"case": settled["number"], "phase": "日常调解", "status": "办理中", "occurred_on": "2025-05-01"}
    assert outcomes(await writers.write("case-steps", late)) == ["NEW"]
    reopened = (await ask())["disputeCase"]
    assert (reopened["status"], reopened["overdue"]) == ("IN_PROGRESS", False)

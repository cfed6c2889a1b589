"""What holds for batches of every kind: as many statements for one row as for many, two at once, both walls, the audit log, faults."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import pytest

from db.access import Role
from db.security.row_security import WRITER
from db.server.connect import acquired
from resolvers.access.callers import Caller, Grant
from resolvers.commands.context import Refused
from resolvers.writing.kinds import KINDS
from resolvers.writing.outcomes import BatchOptions, OnError, Outcome
from resolvers.writing.scope import WriteScope
from resolvers.writing.write import write_rows
from tests.resolvers.writing.conftest import Writers, codes, numbered, outcomes
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person
from tests.resolvers.writing.test_organizations import union

MANY = 2_000


async def statements(writers: Writers, kind: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The statements by which rows are written, in a transaction that is taken back."""
    context = writers.context()
    sent: list[str] = []

    def note(record: Any) -> None:
        sent.append(re.sub(r"savepoint_[0-9a-f]+", "savepoint", record.query))

    async with acquired(writers.served, context.caller.scope) as connection, connection.transaction():
        # asyncpg asks a new connection for the types of arrays
        await write_rows(connection, context, KINDS[kind], numbered(rows[:1]), BatchOptions(dry_run=True))
        connection.add_query_logger(note)
        result = await write_rows(connection, context, KINDS[kind], numbered(rows), BatchOptions(dry_run=True))
        connection.remove_query_logger(note)
    assert len({each.outcome for each in result.rows} - {Outcome.REFUSED}) == 1, result.rows[0]
    return sent


ROWS = {"unions": union, "employers": employer, "persons": person}
"""A row of each kind that refers to nothing that is written too."""


@pytest.mark.parametrize("kind", ROWS)
async def test_one_row_takes_as_many_statements_as_many_rows(writers: Writers, kind: str) -> None:
    one = await statements(writers, kind, [ROWS[kind](writers)])
    many = await statements(writers, kind, [ROWS[kind](writers) for _ in range(MANY)])
    assert one == many
    assert len(one) < 25


@pytest.mark.parametrize("kind", ROWS)
async def test_of_two_equal_batches_at_once_one_is_new_and_the_other_the_same(writers: Writers, kind: str) -> None:
    rows = [ROWS[kind](writers) for _ in range(50)]
    first, second = await asyncio.gather(writers.write(kind, *rows), writers.write(kind, *reversed(rows)))
    assert sorted([set(outcomes(first)).pop(), set(outcomes(second)).pop()]) == ["NEW", "SAME"]
    assert [row.id for row in first.rows] == [row.id for row in reversed(second.rows)]


async def test_the_wall_refuses_a_union_above_without_the_check_of_the_core(writers: Writers) -> None:
    """A superior union is in sight, so that the row gets as far as PostgreSQL."""
    name = await writers.pool.fetchval("SELECT name FROM organization WHERE id = $1", writers.county["parent"])
    for kind, row in (("employers", employer(writers, union=name)), ("persons", person(writers, union=name))):
        context = writers.context()
        async with acquired(writers.served, context.caller.scope) as connection, connection.transaction():
            checked = await write_rows(connection, context, KINDS[kind], numbered([row]))
            assert codes(checked) == [("NOT_FOUND", "union")]
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await write_rows(connection, context, KINDS[kind], numbered([row]), scope=WriteScope(everything=True))


STRANGE = {
    "employer": "UPDATE employer SET headcount = 1 WHERE organization_id = $1",
    "employer_coverage": "UPDATE employer_coverage SET valid_to = '2099-01-01' WHERE organization_id = $1",
    "membership": "UPDATE membership SET channel = 'QR' WHERE organization_id = $1",
    "engagement": "UPDATE engagement SET job_title = 'x' WHERE organization_id = $1",
    "insurance_enrolment": "UPDATE insurance_enrolment SET cohort = 1 WHERE organization_id = $1",
    "committee_term": "UPDATE committee_term SET number = 99 WHERE organization_id = $1",
    "member": "UPDATE member SET is_model_worker = true WHERE organization_id = $1",
    "organization": "UPDATE organization SET name = 'x' WHERE id = $1",
}


@pytest.mark.parametrize("table", STRANGE)
async def test_the_wall_changes_no_row_out_of_the_writers_subtree(writers: Writers, table: str) -> None:
    column = "id" if table == "organization" else "organization_id"
    union = await writers.pool.fetchval(
        f"SELECT t.{column} FROM {table} t WHERE NOT EXISTS (SELECT FROM territorial_closure c WHERE c.descendant_id = t.{column}"
        " AND c.ancestor_id = $1) LIMIT 1",
        writers.county["id"],
    )
    assert union is not None
    async with acquired(writers.served, writers.caller().scope) as connection:  # noqa: SIM117
        async with connection.transaction(), connection.under_role(WRITER):
            assert await connection.execute(STRANGE[table], union) == "UPDATE 0"


INSERTED = {
    "employer": (
        "INSERT INTO employer (name, kind, division_id, organization_id, headcount) VALUES ('x', 'PLATFORM', (SELECT min(id) FROM division)"
        ", $1, 1)"
    ),
    "employer_coverage": (
        "INSERT INTO employer_coverage (organization_id, employer_id, valid_from) VALUES ($1, (SELECT min(id) FROM employer), '2020-01-01')"
    ),
    "membership": (
        "INSERT INTO membership (member_id, organization_id, status, channel, applied_on) VALUES ((SELECT min(id) FROM member), $1,"
        " 'APPLIED', 'QR', '2020-01-01')"
    ),
    "engagement": (
        "INSERT INTO engagement (member_id, employer_id, organization_id, kind, valid_from) VALUES ((SELECT min(id) FROM member),"
        " (SELECT min(id) FROM employer), $1, 'PLATFORM', '2020-01-01')"
    ),
    "insurance_enrolment": (
        "INSERT INTO insurance_enrolment (organization_id, member_id, scheme, valid_from) VALUES ($1, (SELECT min(id) FROM member),"
        " 'STANDARD_WORK_INJURY', '2020-01-01')"
    ),
    "committee_term": (
        "INSERT INTO committee_term (organization_id, committee, number, elected_on, chair_name, valid_from) VALUES ($1, 'COMMITTEE', 1,"
        " '2020-01-01', 'x', '2020-01-01')"
    ),
    "organization_link": (
        "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from) VALUES ($1, $1, 'INDUSTRIAL', false,"
        " '2020-01-01')"
    ),
}


@pytest.mark.parametrize("table", INSERTED)
async def test_the_wall_takes_no_row_of_another_union(writers: Writers, table: str) -> None:
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(INSERTED[table], writers.other["id"])


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO member (name, sex, worker_type, is_migrant_worker, is_model_worker) VALUES ('x', 'MALE', 'COURIER', false, false)",
        "INSERT INTO organization (name, level, kind, form, status) VALUES ('x', 'TOWNSHIP', 'LOCAL_FEDERATION', 'FEDERATION', 'NORMAL')",
    ],
)
async def test_the_wall_takes_no_person_and_no_union_that_belongs_nowhere(writers: Writers, statement: str) -> None:
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the writer's"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(statement)


async def test_a_union_of_others_is_not_taken_over_by_a_link(writers: Writers) -> None:
    link = (
        "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from) VALUES ($1, $2, 'INDUSTRIAL', false,"
        " '2020-01-01')"
    )
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(link, writers.other["id"], writers.county["id"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="linked to one of the writer's"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(link, writers.county["id"], writers.other["id"])


async def test_who_has_no_role_of_a_union_writes_nothing(writers: Writers) -> None:
    for caller in (
        Caller("bureau", 2, (Grant(Role.HR_BUREAU, division_id=1),)),
        Caller("worker", 3, (Grant(Role.WORKER),), member_id=1),
        Caller("nobody"),
    ):
        with pytest.raises(Refused) as refusal:
            await writers.write("employers", employer(writers), caller=caller)
        assert [each.code for each in refusal.value.errors] == ["FORBIDDEN"]


async def test_a_grassroots_union_and_the_national_federation_write_too(writers: Writers) -> None:
    row = employer(writers)
    grassroots = writers.caller(writers.county["id"], Role.GRASSROOTS_UNION)
    assert outcomes(await writers.write("employers", row, caller=grassroots)) == ["NEW"]
    everything = Caller("national", everything=True)
    assert outcomes(await writers.write("employers", row, caller=everything)) == ["SAME"]
    assert outcomes(await writers.write("persons", person(writers), caller=everything)) == ["NEW"]


async def test_a_batch_is_one_entry_of_the_audit_log_without_personal_data(writers: Writers) -> None:
    row, bad = person(writers), person(writers, joined_on=None)
    await writers.write("persons", row, bad, options=BatchOptions(on_error=OnError.SKIP))
    await writers.write("persons", row, options=BatchOptions(dry_run=True))
    entries = await writers.pool.fetch("SELECT * FROM access_log ORDER BY id DESC LIMIT 2")
    assert [each["action"] for each in entries] == ["WRITE_RECORDS"] * 2
    (rehearsed, written) = (json.loads(each["fields"]) for each in entries)
    assert written[:5] == ["persons", "NEW 1", "CHANGED 0", "SAME 0", "REFUSED 1"]
    assert rehearsed[:6] == ["persons", "NEW 0", "CHANGED 0", "SAME 1", "REFUSED 0", "DRY_RUN"]
    assert entries[0]["role"] == "FEDERATION"
    assert written[-1].startswith("DIGEST ")
    text = json.dumps([dict(each) for each in entries], default=str, ensure_ascii=False)
    assert not any(value in text for value in (row["name"], row["resident_number"], row["phone"]))


@pytest.mark.parametrize(
    "function",
    [
        "wall.known_persons('{}')",
        "wall.known_memberships('{1}')",
        "wall.taken_credit_codes('employer', '{}')",
        "wall.taken_source_numbers('organization', '{}', '{}')",
        "wall.taken_numbers('dispute_case', '{}')",
        "wall.named_persons('{}', '{}')",
        "wall.persons_of_systems('{}', '{}')",
        "wall.recompute_closures('{1}')",
    ],
)
async def test_what_writers_ask_of_all_records_nobody_else_may(writers: Writers, function: str) -> None:
    async with acquired(writers.served, Caller("national", everything=True).scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
            await connection.fetch(f"SELECT * FROM {function}")
        async with connection.transaction(), connection.under_role(WRITER):
            await connection.fetch(f"SELECT * FROM {function}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE insurance_enrolment SET organization_id = organization_id",
        "UPDATE membership SET member_id = member_id",
        "UPDATE member SET name = name",
        "UPDATE member SET phone = NULL",
        "UPDATE member SET organization_id = NULL",
        "UPDATE organization_link SET parent_id = parent_id",
        "UPDATE territorial_closure SET depth = depth",
        "DELETE FROM membership",
        "INSERT INTO member (bank_card) VALUES ('x')",
    ],
)
async def test_writers_move_no_record_and_change_nothing_that_names_a_person(writers: Writers, statement: str) -> None:
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(statement)


async def test_readers_write_nothing(writers: Writers) -> None:
    async with acquired(writers.served, writers.caller().scope) as connection:
        for statement in (*STRANGE.values(), *INSERTED.values()):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await connection.execute(statement, writers.county["id"])

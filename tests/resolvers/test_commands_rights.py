"""Every table that names a member, by the tables' own foreign keys: what of it is in the person's copy, and what erasure makes of it."""

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Column, Enum, LargeBinary, Text

from db.access import Role
from db.models import Model
from db.organizations import Hierarchy
from db.personal_data.erasure import ERASED_NAME, ERASURE_RULES, as_markdown
from db.personal_data.subject_copy import LEFT_OUT
from db.security.row_security import CLERK
from db.server.connect import acquired
from resolvers.access.callers import Caller, Grant
from tests import programme_rows
from tests.resolvers.command_fixtures import CLOSE, EXPORT, OPEN, Hub

DOCS = Path(__file__).parent.parent.parent / "docs"


def links() -> dict[str, str]:
    """Columns that lead to a member, directly or through a row that names one, with the table that they lead to."""
    found: dict[str, str] = {}
    reached = {"member"}
    while True:
        more = {
            f"{table.name}.{column.name}": key.column.table.name
            for table in Model.metadata.tables.values()
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name in reached
        }
        if more.keys() == found.keys():
            return found
        found, reached = more, reached | {name.split(".")[0] for name in more}


LINKS = links()
TABLES = sorted({"member", *(name.split(".")[0] for name in LINKS)})


def is_text(column: Column[Any]) -> bool:
    """It holds what somebody wrote, or a sealed value: no code, date, number or key."""
    return isinstance(column.type, (Text, LargeBinary)) and not isinstance(column.type, Enum)


GIVEN: dict[str, dict[str, Any]] = {
    "subject_request": {"kind": "CORRECTION"},
    "membership": {"valid_to": date(2027, 1, 1)},
}
"""Values without which a random row would stand in the way of the commands."""


class Rows:
    """Puts random rows about one member into tables; where a row must name another person too, it is a stranger."""

    def __init__(self, here: Hub, member: int) -> None:
        self.pool = here.pool
        self.member = member
        self.chance = random.Random("rights")
        self.pools: dict[str, list[int]] = {"member": here.strangers[-1:]}

    async def about(self, link: str) -> int:
        """A row that leads to the member by one column, and the row between them if there is one."""
        table, column = link.split(".")
        between = LINKS[link]
        key = self.member if between == "member" else await self.about(f"{between}.member_id")
        columns = [column for column in Model.metadata.tables[table].columns if column.name != "id"]
        names, places = (
            ", ".join(column.name for column in columns),
            ", ".join(f"${n + 1}" for n in range(len(columns))),
        )
        given = GIVEN.get(table, {}) | {column: key}
        async with self.pool.acquire() as connection:
            for _ in range(2_000):
                values = [
                    given[each.name] if each.name in given else await self.value(connection, each) for each in columns
                ]
                try:
                    async with connection.transaction():
                        return int(
                            await connection.fetchval(
                                f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id", *values
                            )
                        )
                except (asyncpg.IntegrityConstraintViolationError, asyncpg.NumericValueOutOfRangeError):
                    continue
        raise AssertionError(f"no random row keeps the constraints of {table}")

    async def value(self, connection: asyncpg.Connection, column: Column[Any]) -> Any:
        if f"{column.table.name}.{column.name}" in LINKS and column.nullable:
            return None
        if isinstance(column.type, LargeBinary):
            return self.chance.randbytes(32)
        if is_text(column):
            return f"某文{self.chance.randrange(10**9)}"
        return await programme_rows.value(connection, column, self.chance, self.pools)


async def copy(here: Hub, member: int) -> dict[str, Any]:
    """A worker's copy, behind both walls, but for who looked."""
    payload = await here.ask(EXPORT, {}, here.worker(member))
    assert payload["errors"] == []
    document: dict[str, Any] = json.loads(payload["document"])
    del document["accessLog"]
    return document


def entries(document: dict[str, Any]) -> list[str]:
    """All entries of a copy's lists."""
    return [f"{name}: {entry}" for name, found in document.items() if isinstance(found, list) for entry in found]


async def all_rows(here: Hub, table: str) -> dict[int, dict[str, Any]]:
    rows = await here.pool.fetch(f"SELECT to_jsonb(t) - '{{version,changed_at}}'::text[] FROM {table} t")
    return {row["id"]: row for row in (json.loads(found[0]) for found in rows)}


async def erase(here: Hub, member: int) -> None:
    request = await here.ask(OPEN, {"kind": "ERASURE", "detail": "请删除"}, here.worker(member))
    closed = await here.ask(CLOSE, {"id": request["id"], "resolution": "GRANTED"}, here.federation())
    assert (request["errors"], closed["errors"]) == ([], [])


def test_what_is_left_out_of_the_copy_is_there_and_has_a_reason():
    assert len(LINKS) > 25
    assert LEFT_OUT.keys() <= LINKS.keys()
    assert len(LEFT_OUT) <= 10
    assert all(LEFT_OUT.values())
    assert not [link for link in LEFT_OUT if LINKS[link] == "member"], "who is named has the row in their copy"


async def test_whatever_leads_to_the_member_is_in_their_copy_and_in_nobody_elses(here, member):
    rows, before, others = Rows(here, member), await copy(here, member), await copy(here, here.members[1])
    for link in sorted(LINKS.keys() - LEFT_OUT.keys()):
        if LINKS[link] != "member":
            await rows.about(f"{LINKS[link]}.member_id")
            before = await copy(here, member)
        await rows.about(link)
        after = await copy(here, member)
        assert len(entries(after)) > len(entries(before)) + (LINKS[link] != "member"), link
        before = after
    assert await copy(here, here.members[1]) == others
    assert before.keys() >= {"careSteps", "dependants", "accessGrants", "mediatorPosts"}


def test_erasure_says_of_every_table_and_of_every_text_in_it_what_becomes_of_it():
    assert sorted(ERASURE_RULES) == TABLES
    for table, rule in ERASURE_RULES.items():
        columns = Model.metadata.tables[table].columns
        assert rule.stay
        assert all(rule.texts.values())
        assert all(columns[name].nullable for name in rule.emptied), table
        told = [*rule.written, *rule.texts]
        assert len(told) == len(set(told)), table
        assert {column.name for column in columns if is_text(column)} <= set(told) <= set(columns.keys()), table


def test_the_page_has_the_table_of_erasure():
    assert as_markdown() in (DOCS / "purposes.md").read_text()


async def test_erasure_empties_what_it_says_and_no_more_and_keeps_all_rows(here, member):
    """Behind both walls, by the federation that closes the request."""
    rows = Rows(here, member)
    for link in sorted(LINKS.keys() - LEFT_OUT.keys()):
        await rows.about(link)
    await here.pool.execute("UPDATE dispute_case SET closed_on = received_on WHERE closed_on IS NULL")
    before = {table: await all_rows(here, table) for table in TABLES}
    await erase(here, member)
    for table, rule in ERASURE_RULES.items():
        after = await all_rows(here, table)
        about = []
        if rule.written:
            about = [row[0] for row in await here.pool.fetch(f"SELECT id FROM {table} WHERE {rule.where}", member)]
            assert about, table
        for key, row in before[table].items():
            wanted = dict.fromkeys(rule.emptied) | dict.fromkeys(rule.replaced, ERASED_NAME) if key in about else {}
            assert after[key] == row | wanted, table


async def test_who_was_ill_is_not_readable_any_more_and_not_told_by_the_log(here, member):
    rows = Rows(here, member)
    await rows.about("care_step.case_id")
    ill = await copy(here, member)
    assert ill["careCases"][-1].keys() >= {"diagnosis", "onsetOn"}
    await here.pool.execute(
        "UPDATE care_case SET diagnosis = '某病', onset_on = opened_on WHERE member_id = $1", member
    )
    await here.pool.execute(
        "UPDATE care_step SET note = '病情稳定' WHERE case_id IN (SELECT id FROM care_case WHERE member_id = $1)",
        member,
    )
    before = await here.ask(EXPORT, {}, here.worker(member))
    await erase(here, member)
    after = await here.ask(EXPORT, {}, here.worker(member))
    for text in ("某病", "病情稳定"):
        assert text in before["document"]
        assert text not in after["document"]
    told = [(await here.log())[-2]["fields"]]
    await erase(here, here.members[1])
    told.append((await here.log())[-1]["fields"])
    assert told[0] == told[1]
    assert {"CARE_CASE.DIAGNOSIS", "CARE_STEP.NOTE", "NAME"} <= set(told[0])


async def test_the_clerk_reaches_rows_of_who_has_asked_and_is_not_answered_yet_and_no_others(here, member):
    rows = Rows(here, member)
    for link in ("care_step.case_id", "attendance.household_id"):
        await rows.about(link)
    tables = [
        table for table, rule in ERASURE_RULES.items() if rule.emptied and table not in ("member", "subject_request")
    ]

    async def reached() -> dict[str, int]:
        async with (
            acquired(here.served, here.federation().scope) as connection,
            connection.transaction(),
            connection.under_role(CLERK),
        ):
            return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}

    assert set((await reached()).values()) == {0}
    await here.ask(OPEN, {"kind": "CORRECTION", "detail": "姓名有误"}, here.worker(member))
    assert set((await reached()).values()) == {0}
    await here.ask(OPEN, {"kind": "ERASURE"}, here.worker(member))
    for table, count in (await reached()).items():
        assert count == await here.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE {ERASURE_RULES[table].where}", member
        ), table
    await here.pool.execute("UPDATE subject_request SET closed_on = opened_on")
    assert set((await reached()).values()) == {0}


async def test_a_copy_has_what_the_worker_may_know_and_no_handlers_note_and_no_carer(here, member):
    rows = Rows(here, member)
    party = await rows.about("dispute_party.member_id")
    await here.pool.execute(
        "INSERT INTO dispute_step (case_id, phase, status, actor, occurred_on, note) SELECT case_id, 'DAILY_MEDIATION', 'ACCEPTED',"
        " 'MEDIATION_BODY', current_date, '办案人的记录' FROM dispute_party WHERE id = $1",
        party,
    )
    shift = await rows.about("care_shift.case_id")
    await here.pool.execute("UPDATE care_shift SET member_id = $2 WHERE id = $1", shift, here.members[1])
    carer = await here.pool.fetchval("UPDATE member SET name = '陪护某' WHERE id = $1 RETURNING name", here.members[1])
    found = await copy(here, member)
    assert "办案人的记录" not in str(found)
    assert carer not in str(found)
    (listed,) = [entry for entry in found["careShifts"] if entry["id"] == f"cshift_{shift:x}"]
    assert listed["isCarer"] is False
    assert listed["case"] in [case["id"] for case in found["careCases"]]
    (theirs,) = [entry for entry in (await copy(here, here.members[1]))["careShifts"] if entry["id"] == listed["id"]]
    assert theirs == {**listed, "isCarer": True, "case": None}


async def test_a_national_official_who_is_a_worker_has_their_own_health_records_in_the_copy_and_no_others(here, member):
    await Rows(here, member).about("care_step.case_id")
    national = await here.pool.fetchval("SELECT id FROM organization WHERE level = 'NATIONAL'")
    grants = (Grant(Role.WORKER), Grant(Role.FEDERATION, national, Hierarchy.TERRITORIAL))
    both = Caller("both", principal_id=12, grants=grants, member_id=member, everything=True)
    await here.signs_in(here.worker(member))
    payload = await here.ask(EXPORT, {}, both)
    document = json.loads(payload["document"])
    del document["accessLog"]
    assert document == await copy(here, member)
    own = "SELECT count(*) FROM care_step s JOIN care_case c ON c.id = s.case_id WHERE c.member_id = $1"
    assert len(document["careSteps"]) == await here.pool.fetchval(own, member) > 0

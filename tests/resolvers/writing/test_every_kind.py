"""What holds for every kind of record that is written, from the declaration of its columns."""

import asyncio
import csv
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from python_calamine import CalamineWorkbook

from db.security.row_security import TOP_WRITER, WRITER
from db.server.connect import acquired
from hub.imports.report import ImportOptions
from hub.imports.run import Import, import_file
from hub.imports.template import write_template
from resolvers.access.callers import Caller
from resolvers.writing import relief
from resolvers.writing.columns import PERSON, SOURCE, UNION
from resolvers.writing.declare import TableKind, WritableKind
from resolvers.writing.kinds import KINDS, TABLES
from resolvers.writing.outcomes import BatchOptions, OnError, Outcome
from resolvers.writing.records import union_of
from resolvers.writing.scope import WriteScope
from resolvers.writing.values import CodeType, DayType, DecimalType, DivisionType, YesNoType
from resolvers.writing.write import write_rows
from tests.resolvers.writing.conftest import Writers, codes, numbered, outcomes
from tests.resolvers.writing.rows_of_kinds import BY_HAND, LABOUR_RELATIONS, Rows, can_be_named
from tests.resolvers.writing.test_batches import statements
from tests.slow import sampled

MANY = 1_000
KEPT = {"version", "changed_at"}
AGAINST_OTHERS = {"DATE_ORDER", "FUTURE_DATE", "STATUS_MISMATCH", "VALUES_DISAGREE"}
"""Refusals of a value because of the others of the row."""

every_kind = pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in KINDS.items()])
every_table = pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in TABLES])
SAMPLE = (
    "venues", "activities", "attendances", "exhibitors", "population-estimates", "certification-scores", "roster-entries", "aid-grants",
)  # fmt: skip
"""Kinds of which `make test` tests everything: of a union, a part, without changes, with an empty value in the key, without a union of its
own, behind a function of the wall."""

sampled_table = pytest.mark.parametrize(
    "kind", sampled(TABLES, [KINDS[name] for name in SAMPLE]), ids=lambda kind: kind.name
)


async def stored(writers: Writers, kind: TableKind, keys: list[int | None]) -> list[dict[str, Any]]:
    """Records by key."""
    table = kind.model.__tablename__
    rows = await writers.pool.fetch(f"SELECT * FROM {table} WHERE id = ANY ($1::bigint[])", keys)
    found = {row["id"]: dict(row) for row in rows}
    return [found[key] for key in keys if key is not None]


@every_kind
async def test_a_file_with_the_headings_of_the_template_is_new_and_then_the_same(
    writers: Writers, kind: WritableKind, tmp_path: Path
) -> None:
    write_template(kind, tmp_path / "template.xlsx", chinese=True)
    headings = CalamineWorkbook.from_path(str(tmp_path / "template.xlsx")).get_sheet_by_index(0).to_python()[0]
    rows = await Rows(writers).some(kind, 2)
    path = tmp_path / "sent.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([headings, *([row.get(column.name) for column in kind.columns] for row in rows)])
    for outcome in ("NEW", "SAME"):
        report = await import_file(writers.context(), Import(kind, path, ImportOptions()))
        assert {each.name: number for each, number in report.counts.items() if number} == {outcome: 2}, report.faults


@every_table
async def test_each_value_that_may_change_is_changed_alone(writers: Writers, kind: TableKind) -> None:
    rows = Rows(writers)
    columns = [
        each for each in kind.stored() if not kind.is_fixed(each) and each.name not in SOURCE and can_be_named(each)
    ]
    before = await rows.some(kind, max(len(columns), 1))
    first = await writers.write(kind.name, *before)
    assert set(outcomes(first)) == {"NEW"}, [each for each in first.rows if each.errors][:1]
    keys = [row.id for row in first.rows]
    old = await stored(writers, kind, keys)
    after = [row | {column.name: await rows.another(column, row)} for column, row in zip(columns, before, strict=False)]
    result = await writers.write(kind.name, *after, options=BatchOptions(on_error=OnError.SKIP)) if after else first
    new = await stored(writers, kind, keys)
    for place, (column, was, now) in enumerate(zip(columns, old, new, strict=False)):
        row = result.rows[place]
        if row.errors:
            assert {code for code, _ in codes(result, place)} <= AGAINST_OTHERS, (column.name, row)
            assert isinstance(column.type, DayType | CodeType | DecimalType)
            assert was == now
        else:
            assert row.outcome is Outcome.CHANGED, (column.name, row)
            assert {name for name in was if was[name] != now[name]} == {column.stored_in(), *KEPT}
            assert (now["version"], row.version, row.id) == (was["version"] + 1, now["version"], was["id"])


@sampled_table
async def test_an_empty_value_changes_nothing(writers: Writers, kind: TableKind) -> None:
    row = await Rows(writers).one(kind)
    assert outcomes(await writers.write(kind.name, row)) == ["NEW"]
    keys = {name for key in kind.natural_keys[:1] for name in key}
    needed = {name: value for name, value in row.items() if name in keys or kind.column(name).required}
    assert outcomes(await writers.write(kind.name, needed)) == ["SAME"]


@sampled_table
async def test_a_value_that_records_keep_is_refused_if_it_is_another(writers: Writers, kind: TableKind) -> None:
    rows = Rows(writers)
    row = await rows.one(kind)
    assert outcomes(await writers.write(kind.name, row)) == ["NEW"]
    for column in kind.stored():
        if not kind.is_fixed(column) or column.name in kind.natural_keys[0] or column.name not in row:
            continue
        other = await rows.another(column, row)
        expected = "OTHER_PERSON" if column.refers_to is PERSON else "NOT_CHANGEABLE"
        if column.refers_to is UNION:
            other, expected = (
                await writers.pool.fetchval(
                    "SELECT max(o.name) FROM organization o JOIN territorial_closure c ON c.descendant_id = o.id AND c.depth = 1"
                    " WHERE c.ancestor_id = $1 AND c.valid_to IS NULL AND NOT EXISTS"
                    " (SELECT FROM organization n WHERE n.name = o.name AND n.id <> o.id)",
                    writers.county["id"],
                ),
                "MOVES_UNION",
            )
            if column.stored_in() != "organization_id":
                expected = "NOT_CHANGEABLE"
        result = await writers.write(kind.name, row | {column.name: other})
        assert codes(result) == [(expected, column.name)], (column.name, result)


@every_kind
async def test_every_value_that_is_missing_or_wrong_is_named_with_its_column(
    writers: Writers, kind: WritableKind
) -> None:
    rows, sent, expected = Rows(writers), [], []
    for column in kind.columns:
        row = await rows.one(kind)
        if column.required:
            sent.append(row | {column.name: None})
            expected.append(("REQUIRED", column.name))
        wrong: dict[str, str] = {}
        if isinstance(column.type, CodeType):
            wrong = {"没有的代码": "UNKNOWN_CODE"}
        elif isinstance(column.type, DivisionType):
            wrong = {"33010": "BAD_DIVISION", "999999": "NOT_FOUND"}
        elif column.refers_to is PERSON:
            wrong = {"11010119900307063X": "BAD_VALUE", "110101199003070652": "NOT_FOUND"}
        elif column.refers_to is not None:
            wrong = {"没有的记录": "NOT_FOUND"}
        elif isinstance(column.type, DayType):
            wrong = {"2023-02-30": "BAD_DATE"}
        elif isinstance(column.type, YesNoType):
            wrong = {"也许": "BAD_YES_NO"}
        elif isinstance(column.type, DecimalType):
            wrong = {"很多": "BAD_NUMBER", "-1": "NUMBER_OUT_OF_RANGE"}
        for value, code in wrong.items():
            sent.append(row | {column.name: value})
            expected.append((code, column.name))
    result = await writers.write(kind.name, *sent)
    assert not result.written
    for place, each in enumerate(expected):
        assert each in codes(result, place), (each, result.rows[place])


@sampled_table
async def test_one_row_takes_as_many_statements_as_a_thousand(writers: Writers, kind: TableKind) -> None:
    rows = await Rows(writers).some(kind, MANY)
    one, many = await statements(writers, kind.name, rows[:1]), await statements(writers, kind.name, rows)
    assert one == many
    assert len(one) < 30


@sampled_table
async def test_two_equal_batches_at_once_write_each_record_once(writers: Writers, kind: TableKind) -> None:
    rows = await Rows(writers).some(kind, 20)
    first, second = await asyncio.gather(writers.write(kind.name, *rows), writers.write(kind.name, *reversed(rows)))
    assert sorted([set(outcomes(first)).pop(), set(outcomes(second)).pop()]) == ["NEW", "SAME"]
    assert [row.id for row in first.rows] == [row.id for row in reversed(second.rows)]


@sampled_table
async def test_two_rows_about_one_record_are_refused(writers: Writers, kind: TableKind) -> None:
    row = await Rows(writers).one(kind)
    result = await writers.write(kind.name, row, row)
    assert [[code for code, _ in codes(result, place)] for place in (0, 1)] == [["DUPLICATE"]] * 2


@sampled_table
async def test_what_others_have_is_not_there_and_the_second_wall_keeps_it_without_the_checks(
    writers: Writers, kind: TableKind
) -> None:
    there = Rows(writers, writers.other)
    row, another = await there.some(kind, 2)
    made = await writers.write(kind.name, row, caller=there.caller)
    assert outcomes(made) == ["NEW"], made
    refused = await writers.write(kind.name, another)
    assert ("NOT_FOUND", kind.owner) in codes(refused), refused
    (record,) = await stored(writers, kind, [made.rows[0].id])
    table = kind.model.__tablename__
    columns = ["id", *(each.stored_in() for each in kind.stored())]
    columns += ["organization_id"] if "organization_id" in record and "organization_id" not in columns else []
    free = await writers.pool.fetchval("SELECT nextval($1::text::regclass)", f"{table}_id_seq")
    values = [free, *(record[name] for name in columns[1:])]
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    changeable = next((each.stored_in() for each in kind.stored() if not kind.is_fixed(each)), None)
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute(insert, *values)
        async with connection.transaction(), connection.under_role(WRITER):
            if changeable is not None:
                update = f"UPDATE {table} SET {changeable} = {changeable} WHERE id = $1"
                assert await connection.execute(update, record["id"]) == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(insert, *values)


@sampled_table
async def test_a_union_above_is_refused_by_the_wall_without_the_checks(writers: Writers, kind: TableKind) -> None:
    """A superior union is in sight, so that the row gets as far as PostgreSQL."""
    if kind.column(kind.owner).refers_to is not UNION:
        pytest.skip("its records are parts of others, which are not in sight")
    name = await writers.pool.fetchval("SELECT name FROM organization WHERE id = $1", writers.county["parent"])
    row = await Rows(writers).one(kind) | {"union": name}
    context = writers.context()
    async with acquired(writers.served, context.caller.scope) as connection, connection.transaction():
        assert ("NOT_FOUND", "union") in codes(await write_rows(connection, context, kind, numbered([row])))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await write_rows(connection, context, kind, numbered([row]), scope=WriteScope(everything=True))


RIGHTS = """SELECT privilege_type AS right, array_agg(column_name::text) AS columns FROM information_schema.column_privileges
WHERE grantee = $1 AND table_name = $2 AND privilege_type IN ('INSERT', 'UPDATE') GROUP BY 1"""


@every_table
async def test_writers_may_write_the_declared_columns_and_no_others(writers: Writers, kind: TableKind) -> None:
    table: Any = kind.model.__table__
    columns = {each.stored_in() for each in kind.stored()}
    owner = {"organization_id"} & set(table.c.keys())
    for role in (WRITER, TOP_WRITER):
        rights = {row["right"]: set(row["columns"]) for row in await writers.pool.fetch(RIGHTS, role, table.name)}
        assert rights["INSERT"] == {"id"} | columns | owner
        assert rights.get("UPDATE", set()) == {each.stored_in() for each in kind.stored() if not kind.is_fixed(each)}


async def test_a_record_is_recognized_by_its_number_first_and_by_its_name_if_one_of_both_has_no_number(
    writers: Writers,
) -> None:
    row = await Rows(writers).one(KINDS["venues"])
    bare = row | {"source_system": None, "source_number": None}
    twin = row | {"source_number": f"{row['source_number']}/2"}
    first = await writers.write("venues", bare)
    adopted = await writers.write("venues", row)
    assert (outcomes(first), outcomes(adopted)) == (["NEW"], ["CHANGED"])
    assert first.rows[0].id == adopted.rows[0].id
    other = await writers.write("venues", twin)
    assert outcomes(other) == ["NEW"], "another number is another record of the same name"
    renamed = await writers.write("venues", row | {"name": f"{row['name']}改"})
    assert (outcomes(renamed), renamed.rows[0].id) == (["CHANGED"], first.rows[0].id)
    assert outcomes(await writers.write("venues", bare)) == ["SAME"]
    await writers.write("venues", row)
    assert codes(await writers.write("venues", bare)) == [("AMBIGUOUS", "name")]
    assert [codes(await writers.write("venues", row, bare), place) for place in (0, 1)] == [
        [("DUPLICATE", "name")], [("DUPLICATE", "name"), ("AMBIGUOUS", "name")],
    ]  # fmt: skip


async def test_a_number_of_another_system_is_whole_and_of_one_union(writers: Writers) -> None:
    there = Rows(writers, writers.other)
    row = await there.one(KINDS["venues"])
    await writers.write("venues", row, caller=there.caller)
    mine = await Rows(writers).one(KINDS["venues"])
    result = await writers.write(
        "venues", mine | {"source_number": row["source_number"]}, mine | {"source_system": None, "name": "无系统"},
    )  # fmt: skip
    assert [codes(result, place) for place in (0, 1)] == [
        [("RECORDED_ELSEWHERE", "source_number")], [("REQUIRED", "source_system")],
    ]  # fmt: skip
    activity = await there.one(KINDS["activities"])
    await writers.write("activities", activity, caller=there.caller)
    attended = await Rows(writers).one(KINDS["attendances"])
    result = await writers.write("attendances", attended | {"activity": activity["source_number"]})
    assert codes(result) == [("NOT_FOUND", "activity")]


async def test_an_estimate_of_another_union_for_the_same_division_is_not_written_twice(writers: Writers) -> None:
    row = await Rows(writers).one(KINDS["population-estimates"])
    there = Rows(writers, writers.other)
    for changed in ({}, {"worker_type": None}):
        same = row | changed
        assert outcomes(await writers.write("population-estimates", same)) == ["NEW"]
        elsewhere = same | {"union": there.place["name"]}
        result = await writers.write("population-estimates", elsewhere, caller=there.caller)
        assert codes(result) == [("RECORDED_ELSEWHERE", "division")]
    assert outcomes(await writers.write("population-estimates", row | {"worker_type": None})) == ["SAME"]


async def test_a_record_without_a_whole_natural_key_is_refused(writers: Writers) -> None:
    row = await Rows(writers).one(KINDS["attendances"])
    assert codes(await writers.write("attendances", row | {"resident_number": None})) == [
        ("REQUIRED", "resident_number")
    ]


WRONG = {
    "attendances": ({"attended_on": "2099-01-01"}, ("FUTURE_DATE", "attended_on")),
    "aid-grants": ({"paid_on": "2023-01-01"}, ("DATE_ORDER", "paid_on")),
    "census-records": ({"migrant_count": "127"}, ("VALUES_DISAGREE", "migrant_count")),
    "certifications": ({"status": "APPLIED"}, ("STATUS_MISMATCH", "awarded_on")),
    "legal-services": ({"outcome": None}, ("STATUS_MISMATCH", "outcome")),
    "wishes": ({"claimant_kind": "INDIVIDUAL"}, ("VALUES_DISAGREE", "claimant_name")),
    "donations": ({"quantity": "0"}, ("NUMBER_OUT_OF_RANGE", "quantity")),
    "aid-projects": ({"budget": "0"}, ("NUMBER_OUT_OF_RANGE", "budget")),
    "venues": ({"valid_to": "2023-01-01"}, ("DATE_ORDER", "valid_to")),
    "activities": ({"ends_on": "2023-04-30"}, ("DATE_ORDER", "ends_on")),
}


@pytest.mark.parametrize("name", WRONG)
async def test_values_that_do_not_go_together_are_refused(writers: Writers, name: str) -> None:
    changed, expected = WRONG[name]
    assert codes(await writers.write(name, await Rows(writers).one(KINDS[name]) | changed)) == [expected]


async def test_a_grant_keeps_who_has_written_it(writers: Writers) -> None:
    row = await Rows(writers).one(KINDS["aid-grants"])
    first = await writers.write("aid-grants", row)
    second = Caller("second", 2, writers.caller().grants)
    for caller in (None, second, second):
        row = row | {"amount": int(row["amount"]) + 1}
        assert outcomes(await writers.write("aid-grants", row, caller=caller)) == ["CHANGED"]
    (record,) = await stored(writers, relief.GRANTS, [first.rows[0].id])
    assert record["written_by"] == [1, 2]


@pytest.mark.parametrize(
    ("missing", "column"), [({"resident_number": None}, "resident_number"), ({"amount": None, "item": None}, "amount")]
)
async def test_a_grant_says_to_whom_and_what(writers: Writers, missing: dict[str, None], column: str) -> None:
    row = await Rows(writers).one(KINDS["aid-grants"]) | missing
    assert codes(await writers.write("aid-grants", row)) == [("REQUIRED", column)]


def test_the_columns_of_a_kind_are_told_apart_by_every_heading() -> None:
    for kind in KINDS.values():
        names = [name for column in kind.columns for name in column.heading.names()]
        assert len(names) == len(set(names)), (kind.name, [name for name in names if names.count(name) > 1])
        assert set(BY_HAND) | LABOUR_RELATIONS | {each.name for each in TABLES} == set(KINDS)
        for column in kind.columns:
            if column.example:
                column.type.read(column.example)
    assert all(union_of(kind) for kind in TABLES)

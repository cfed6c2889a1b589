"""Records of one table: what is written of them follows from the declaration of their kind (``TableKind``).

Every check is one statement, or a function over the batch.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import UniqueConstraint

from resolvers.writing.batch import Batch, Cells, refuse_duplicates, refuse_same_record, refuse_unordered
from resolvers.writing.columns import PERSON, SOURCE, UNION
from resolvers.writing.declare import Column, TableKind
from resolvers.writing.parts import DIALECT, Part
from resolvers.writing.references import resolve
from resolvers.writing.scope import below
from resolvers.writing.taken import refuse_taken_codes, refuse_taken_numbers, taken_codes, taken_numbers

Record = Mapping[str, Any]

LOCK = """SELECT pg_advisory_xact_lock(hashtextextended($1, bucket)) FROM
(SELECT DISTINCT owner % 64 AS bucket FROM unnest($2::bigint[]) AS u(owner) ORDER BY bucket) AS buckets"""
"""Of two batches with the same records of a union at once the second waits, where no unique key of the table decides. There are few locks,
since a transaction keeps them."""


async def prepare(batch: Batch) -> Sequence[Part]:
    """What is written of a kind of one table."""
    return (await records_of(batch),)


async def records_of(batch: Batch) -> Part:
    """The rows of the kind's table, checked; other parts of a kind may refer to their keys."""
    kind = table_kind(batch)
    _require_keys(batch)
    await resolve(batch)
    refuse_duplicates(batch, {column.name: cells_of(batch, column) for column in kind.columns})
    await _lock(batch)
    table = kind.model.__tablename__
    codes = await taken_codes(batch, table) if kind.has("credit_code") else set()
    numbers = await taken_numbers(batch, table) if kind.has(*SOURCE) else set()
    found = await recorded(batch)
    if kind.has("credit_code"):
        refuse_taken_codes(batch, found, codes)
    if kind.has(*SOURCE):
        refuse_taken_numbers(batch, found, numbers)
    refuse_changes_of_fixed(batch, found)
    part = Part(
        kind.model,
        found,
        {each.stored_in(): new_cells(batch, each, found) for each in kind.stored() if not kind.is_fixed(each)},
        fixed=_fixed(batch, found),
        ids=await batch.new_keys(table, found),
    )
    check(batch, part)
    return part


def table_kind(batch: Batch) -> TableKind:
    """The kind of a batch, which is one of one table."""
    assert isinstance(batch.kind, TableKind), batch.kind
    return batch.kind


def cells_of(batch: Batch, column: Column) -> Cells:
    """The values of a column as they are stored: of a reference the keys."""
    return batch.keys[column.name] if column.refers_to is not None else batch.values[column.name]


def new_cells(batch: Batch, column: Column, found: Sequence[Record | None]) -> Cells:
    """The same, and for new records what stands for an empty value."""
    cells = cells_of(batch, column)
    if column.same_as:
        instead = batch.values[column.same_as]
    elif column.default is not None:
        instead = [column.default] * len(batch)
    else:
        return cells
    return [
        other if cell is None and old is None else cell for cell, old, other in zip(cells, found, instead, strict=True)
    ]


def _fixed(batch: Batch, found: Sequence[Record | None]) -> Mapping[str, Cells]:
    """The columns that are written with a new record only, and its union, if that is the one of the record that it is part of."""
    kind = table_kind(batch)
    cells = {each.stored_in(): new_cells(batch, each, found) for each in kind.stored() if kind.is_fixed(each)}
    if kind.column(kind.owner).refers_to is not UNION and "organization_id" in kind.model.__table__.c:
        cells["organization_id"] = list(batch.unions[kind.owner])
    return cells


def _require_keys(batch: Batch) -> None:
    """Refuse rows that have no natural key whole, so that a second time they would be other records, and numbers without their system:
    REQUIRED."""
    kind = table_kind(batch)
    if kind.has(*SOURCE):
        system, number = (batch.values[name] for name in SOURCE)
        for row in range(len(batch)):
            if (system[row] is None) != (number[row] is None) and row not in batch.refused:
                missing = SOURCE[0] if system[row] is None else SOURCE[1]
                batch.refuse(row, "REQUIRED", missing, "A number in another system goes with the name of that system.")
    for row in range(len(batch)):
        if row not in batch.refused and not any(
            all(batch.values[name][row] is not None or kind.column(name).empty_is_value for name in key)
            for key in kind.natural_keys
        ):
            missing = next(name for name in kind.natural_keys[0] if batch.values[name][row] is None)
            keys = "; or ".join(", ".join(key) for key in kind.natural_keys)
            batch.refuse(
                row, "REQUIRED", missing, f"Records are recognized by these columns: {keys}. Fill one of these groups."
            )


async def _lock(batch: Batch) -> None:
    """Wait for other batches with records of the same unions, or parts of the same records."""
    kind = table_kind(batch)
    unique = [key for key in kind.natural_keys if is_unique(kind, key)]
    owners = [
        owner
        for row, owner in enumerate(batch.keys[kind.owner])
        if owner is not None and not any(all(batch.values[name][row] is not None for name in key) for key in unique)
    ]
    await batch.connection.fetch(LOCK, f"unionhub {kind.model.__tablename__}", owners)


def is_unique(kind: TableKind, key: Sequence[str]) -> bool:
    """Whether the table has one record at most of a natural key."""
    columns = [kind.column(name) for name in key]
    table: Any = kind.model.__table__
    sets = [
        {column.name for column in each.columns} for each in table.constraints if isinstance(each, UniqueConstraint)
    ]
    sets += [{column.name for column in index.columns} for index in table.indexes if index.unique]
    return {each.stored_in() for each in columns} in sets and not any(each.empty_is_value for each in columns)


async def recorded(batch: Batch) -> list[Record | None]:
    """The record of each row that is there already, by the first natural key that has one: refuses AMBIGUOUS, and DUPLICATE where two rows
    are about one record.

    A record is not the row's if both have an earlier key, which then differ: it comes under another number.
    """
    kind = table_kind(batch)
    found: list[Record | None] = [None] * len(batch)
    for place, key in enumerate(kind.natural_keys):
        cells = [cells_of(batch, kind.column(name)) for name in key]
        rows = [row for row in range(len(batch)) if found[row] is None and _has(batch, row, key)]
        earlier = [[_has(batch, row, each) for row in rows] for each in kind.natural_keys[:place]]
        values = [*([cell[row] for row in rows] for cell in cells), *earlier, *map(all, earlier)]
        records: dict[int, list[Record]] = defaultdict(list)
        for record in await batch.fetch(_query(kind, place), rows, *values):
            records[record["row"]].append(record)
        for row, matches in records.items():
            found[row] = matches[0]
            if len(matches) > 1:
                message = "Several records are meant by this row. Write its number in the source system."
                batch.refuse(row, "AMBIGUOUS", key[-1], message)
    _refuse_same(batch, found)
    return found


def _has(batch: Batch, row: int, key: Sequence[str]) -> bool:
    """Whether a row has the whole of a natural key."""
    columns = [batch.kind.column(name) for name in key]
    return all(cells_of(batch, column)[row] is not None or column.empty_is_value for column in columns)


def _query(kind: TableKind, place: int) -> str:
    """SQL: the records of some rows by a natural key. From $5 on: the rows; the values of each column; for each earlier key whether a row
    has it, and whether all have it, so that no record that has one too is joined to a thousand rows."""
    table: Any = kind.model.__table__
    columns = [kind.column(name) for name in kind.natural_keys[place]]
    stored = [each.stored_in() for each in columns]
    earlier = [
        " OR ".join(f"t.{kind.column(name).stored_in()} IS NULL" for name in key) for key in kind.natural_keys[:place]
    ]
    types = [*(table.c[name].type.compile(DIALECT) for name in stored), *("boolean" for _ in earlier)]
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 6))
    names = ", ".join([*(f"{name}_" for name in stored), *(f"has_{number}" for number in range(place))])
    conditions = [
        f"t.{name} {'IS NOT DISTINCT FROM' if column.empty_is_value else '='} u.{name}_"
        for name, column in zip(stored, columns, strict=True)
    ]
    for number, lacks in enumerate(earlier):
        conditions.append(f"(NOT ${6 + len(types) + number}::boolean OR {lacks})")
        conditions.append(f"(NOT u.has_{number} OR {lacks})")
    lock = "" if all(map(kind.is_fixed, kind.stored())) else " FOR NO KEY UPDATE OF t"
    return (
        f"SELECT u.row, {', '.join(f't.{column.name}' for column in table.c)} FROM unnest($5::int[], {arrays}) AS u(row, {names})"  # noqa: S608
        f" JOIN {table.name} t ON {' AND '.join(conditions)} WHERE {below(union_of(kind))} ORDER BY t.id{lock}"
    )


def union_of(kind: TableKind) -> str:
    """SQL: the union of a record ``t`` of a kind: its own column, or that of what it is part of."""
    if "organization_id" in kind.model.__table__.c:
        return "t.organization_id"
    owner = kind.column(kind.owner)
    assert owner.refers_to is not None
    assert owner.refers_to.union is not None
    parent = owner.refers_to.union.replace("t.", "p.")
    return f"(SELECT {parent} FROM {owner.refers_to.table} p WHERE p.id = t.{owner.stored_in()})"  # noqa: S608


def _refuse_same(batch: Batch, found: Sequence[Record | None]) -> None:
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, record in enumerate(found):
        if record is not None:
            rows_of[record["id"]].append(row)
    for rows in rows_of.values():
        if len(rows) > 1:
            refuse_same_record(batch, rows, batch.kind.natural_keys[-1][-1])


def refuse_changes_of_fixed(batch: Batch, found: Sequence[Record | None]) -> None:
    """Refuse rows that give a fixed column another value than their record has: MOVES_UNION, OTHER_PERSON, NOT_CHANGEABLE."""
    kind = table_kind(batch)
    for column in filter(kind.is_fixed, kind.stored()):
        for row, (old, cell) in enumerate(zip(found, cells_of(batch, column), strict=True)):
            if old is None or cell is None or cell == old[column.stored_in()]:
                continue
            if column.refers_to is UNION and column.stored_in() == "organization_id":
                batch.refuse(
                    row, "MOVES_UNION", column.name,
                    "The record belongs to another union. A move has a day and a reason: it is no correction of a record.",
                )  # fmt: skip
            elif column.refers_to is PERSON:
                batch.refuse(
                    row, "OTHER_PERSON", column.name, "The record with this number is of another person. Compare the number.",
                )  # fmt: skip
            else:
                batch.refuse(
                    row, "NOT_CHANGEABLE", column.name, "A record keeps what was written here first. Write the recorded value.",
                )  # fmt: skip


def check(batch: Batch, part: Part) -> None:
    """Refuse days in the wrong order or the future, and what a rule of the kind refuses: DATE_ORDER, FUTURE_DATE."""
    kind = table_kind(batch)
    merged = {column.name: _merged(part, column) for column in kind.stored()}
    for order in kind.orders:
        refuse_unordered(batch, merged[order.first], merged[order.last], order.last, order.message, equal=order.equal)
    for column in kind.columns:
        for row in range(len(batch)) if column.past else ():
            batch.refuse_future(row, column.name)
    for row in range(len(batch)) if kind.rules else ():
        if row in batch.refused:
            continue
        record = {name: cells[row] for name, cells in merged.items()}
        for rule in kind.rules:
            if rule.broken(record):
                batch.refuse(row, rule.code, rule.column, rule.message)


def _merged(part: Part, column: Column) -> Cells:
    """The values of a column as they will be stored."""
    name = column.stored_in()
    if name in part.values:
        return part.values[name]
    return [cell if old is None else old[name] for cell, old in zip(part.fixed[name], part.existing, strict=True)]

"""Rows of every kind of record, from the examples of its columns; what they refer to is written first."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from resolvers.access.callers import Caller
from resolvers.writing.columns import SOURCE, UNION
from resolvers.writing.declare import Column, TableKind, WritableKind
from resolvers.writing.kinds import KINDS, LABOUR, TABLES
from resolvers.writing.values import CodeType, DayType, DecimalType, DivisionType, YesNoType
from tests.resolvers.writing.conftest import Writers, outcomes
from tests.resolvers.writing.rows_of_labour_relations import labour_rows
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person
from tests.resolvers.writing.test_organizations import union

SERIES = count(1)
DAYS = count()
BY_HAND = {"unions": union, "employers": employer, "persons": person}
LABOUR_RELATIONS = {kind.name for kind, _ in LABOUR}
OF_TABLE: Mapping[str, TableKind] = {kind.model.__tablename__: kind for kind in TABLES}
NAMED = ("source_number", "name", "title", "number")

Row = dict[str, Any]


class Rows:
    """Makes rows for one union, by default the county's."""

    def __init__(self, writers: Writers, place: Mapping[str, Any] | None = None) -> None:
        self.writers = writers
        self.place = place or writers.county
        self.caller: Caller = writers.caller(self.place["id"])
        self.referred: dict[str, list[str]] = {}

    async def some(self, kind: WritableKind, number: int) -> list[Row]:
        """Rows of as many records that are not there yet, with a value in every column that has an example."""
        if kind.name in LABOUR_RELATIONS:
            return await labour_rows(self.writers, kind.name, number, self.place)
        if kind.name in BY_HAND:
            place = {"division": self.place["code"], "parent" if kind.name == "unions" else "union": self.place["name"]}
            return [BY_HAND[kind.name](self.writers, **place) for _ in range(number)]
        assert isinstance(kind, TableKind)
        varied, series = varied_column(kind), next(SERIES)
        rows: list[Row] = [{} for _ in range(number)]
        for column in kind.columns:
            if not (column.example or column.required):
                continue
            values = [column.example] * number
            if column.refers_to is not None:
                several = await self.names(column, number if column.name == varied else 1)
                values = several if column.name == varied else several * number
            elif column.name == varied and isinstance(column.type, DayType):
                values = [str(date(1940, 1, 1) + timedelta(next(DAYS))) for _ in range(number)]
            elif column.name == varied or column.name in NAMED:
                values = [f"{column.example}/{series}/{each}" for each in range(number)]
            for row, value in zip(rows, values, strict=True):
                row[column.name] = value
        return rows

    async def one(self, kind: WritableKind) -> Row:
        """A row of a record that is not there yet."""
        return (await self.some(kind, 1))[0]

    async def names(self, column: Column, number: int = 1) -> list[str]:
        """Values that name as many records to which a column refers, which are written unless they are there."""
        assert column.refers_to is not None
        table = column.refers_to.table
        if column.refers_to is UNION or table == "division":
            return [self.place["name" if column.refers_to is UNION else "code"]] * number
        known = self.referred.setdefault(table, [])
        if len(known) < number:
            kind = (
                KINDS["employers"]
                if table == "employer"
                else KINDS["persons"]
                if table == "member"
                else OF_TABLE[table]
            )
            rows = await self.some(kind, number - len(known))
            result = await self.writers.write(kind.name, *rows, caller=self.caller)
            assert set(outcomes(result)) == {"NEW"}, result.rows[0]
            keys = {"employer": ("credit_code",), "member": ("resident_number",)}.get(table, NAMED)
            key = next(each for each in keys if each in rows[0] and each in column.refers_to.keys)
            known += [row[key] for row in rows]
        return known[:number]

    async def another(self, column: Column, row: Row) -> Any:
        """Another value of a column than a row has."""
        if column.refers_to is UNION:
            return self.place["name"]
        if isinstance(column.type, DivisionType):
            return self.writers.other["code"]
        if column.refers_to is not None:
            return (await self.names(column, 2))[1]
        value = row.get(column.name)
        old = None if value is None else column.type.read(value)
        if isinstance(column.type, CodeType):
            return next(code for code in reversed(list(column.type.codes.labels)) if code != old)
        if isinstance(column.type, YesNoType):
            return "否" if old else "是"
        if isinstance(column.type, DayType):
            return str((old or date(2023, 12, 1)) + timedelta(1))
        if isinstance(column.type, DecimalType):
            return str(next(each for each in (1, 2, 0) if each != old))
        return f"{value or '示例'}改"


def can_be_named(column: Column) -> bool:
    """Whether a record to which the column refers can be written here."""
    known = {"organization", "division", "employer", "member", *OF_TABLE}
    return column.refers_to is None or column.refers_to.table in known


def varied_column(kind: TableKind) -> str:
    """The column by which the records of a kind are told apart."""
    if kind.has(*SOURCE):
        return SOURCE[1]
    columns = [kind.column(name) for name in kind.natural_keys[0]]
    for wanted in (lambda column: column.refers_to is None and not column.type.options and not isinstance(column.type, DayType),
                   lambda column: isinstance(column.type, DayType),
                   lambda column: column.refers_to is not None and column.refers_to.table not in ("organization", "division")):  # fmt: skip
        for column in columns:
            if wanted(column):
                return column.name
    raise AssertionError(f"records of {kind.name} cannot be told apart")

"""A batch while it is checked: the rows' values by column, the keys of what they refer to, and what is wrong with each row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import asyncpg

from resolvers.commands.context import CommandContext
from resolvers.writing.columns import SOURCE
from resolvers.writing.declare import Column, WritableKind
from resolvers.writing.outcomes import Finding, OnConflict, RawRow, Severity
from resolvers.writing.scope import WriteScope
from resolvers.writing.values import BadValue, text_of

Cells = list[Any]
"""The values of one column, one for each row of the batch; None where a row has none."""

Existing = Sequence[Mapping[str, Any] | None]
"""For each row of the batch the row of a table that is there already."""

SHOWN = 60
"""Characters of a value in a report."""


class Batch:
    """The rows of one kind that are checked and written together. Rows are counted from 0 here; their numbers in the input are in
    ``rows``."""

    def __init__(
        self,
        kind: WritableKind,
        rows: Sequence[RawRow],
        context: CommandContext,
        connection: asyncpg.Connection,
        scope: WriteScope,
        on_conflict: OnConflict,
    ) -> None:
        self.kind = kind
        self.rows = rows
        self.context = context
        self.connection = connection
        self.scope = scope
        self.on_conflict = on_conflict
        self.values: dict[str, Cells] = {column.name: [None] * len(rows) for column in kind.columns}
        self.keys: dict[str, list[int | None]] = {}
        self.unions: dict[str, list[int | None]] = {}
        """The unions of the records that rows refer to, by column."""

        self.names: dict[str, list[str | None]] = {}
        """The names of the persons that rows refer to, by column."""

        self.findings: dict[int, list[Finding]] = defaultdict(list)
        self.refused: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def refuse(self, row: int, code: str, column: str | None, message: str) -> None:
        """Note why a row is not written. A value that is missing because it could not be read has one error: that of reading it."""
        known = self.findings.get(row, ()) if code == "REQUIRED" else ()
        if any(each.column == column and each.severity is Severity.ERROR for each in known):
            return
        self._note(row, code, column, message, Severity.ERROR)
        self.refused.add(row)

    def refuse_future(self, row: int, column: str) -> None:
        """Refuse a row whose day is after today: FUTURE_DATE."""
        day = self.values[column][row]
        if day is not None and day > self.context.today:
            self.refuse(row, "FUTURE_DATE", column, "This day is in the future.")

    def warn(self, row: int, code: str, column: str | None, message: str) -> None:
        """Note what somebody should look at in a row that is written."""
        self._note(row, code, column, message, Severity.WARNING)

    def lacks(self, row: int, *columns: str) -> bool:
        """Whether a row has none of these values, and none that could not be read."""
        return all(
            self.values[name][row] is None and not any(each.column == name for each in self.findings.get(row, ()))
            for name in columns
        )

    def _note(self, row: int, code: str, column: str | None, message: str, severity: Severity) -> None:
        shown = None
        if column is not None:
            shown = report_value(self.kind.column(column), self.rows[row].values.get(column))
        self.findings[row].append(Finding(code, column, message, shown, severity))

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        """The rows of a statement in whose text the scope's values are $1 to $4, and ``values`` follow from $5 on."""
        rows: list[Any] = await self.connection.fetch(query, *self.scope.values(self.context.today), *values)
        return rows

    async def new_keys(self, table: str, existing: Existing) -> list[int]:
        """The key of each row: that of the row that is there, or a new one, all from one statement."""
        new = sum(row is None for row in existing)
        found = await self.connection.fetch(
            "SELECT nextval($1::text::regclass) FROM generate_series(1, $2)", f"{table}_id_seq", new
        )
        fresh = (record[0] for record in found)
        return [next(fresh) if row is None else row["id"] for row in existing]


def report_value(column: Column, value: Any) -> str | None:
    """A value as a report may show it: without characters that cannot be printed, and of a personal value the first letter, or the first
    three digits of a number."""
    if value is None:
        return None
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text_of(value).strip()[: 2 * SHOWN])
    if not column.personal:
        return text[:SHOWN]
    kept = 3 if len(text) > 7 and text[:3].isdigit() else 1
    return text[:kept] + "*" * min(len(text) - kept, SHOWN)


def read_values(batch: Batch) -> None:
    """Read the rows' values by the types of their columns: refuses REQUIRED, and what a type refuses. A text is read once, however many
    rows have it."""
    for column in batch.kind.columns:
        cells, name, read = batch.values[column.name], column.name, column.type.read
        known: dict[str, Any] = {}
        for row, raw in enumerate(batch.rows):
            value = raw.values.get(name)
            if type(value) is str:
                if value in known:
                    cells[row] = known[value]
                    continue
                if not value.strip():
                    value = None
            if value is None:
                if column.required:
                    batch.refuse(row, "REQUIRED", name, f"Every row needs a value here: {column.heading.english}.")
                continue
            try:
                cells[row] = read(value)
            except BadValue as bad:
                batch.refuse(row, bad.code, name, bad.message)
            else:
                if type(value) is str:
                    known[value] = cells[row]


def refuse_duplicates(batch: Batch, cells: Mapping[str, Cells] | None = None) -> None:
    """Refuse the rows that are about the same record: DUPLICATE. Rows that an earlier natural key tells apart are not,
    unless they have the same number in a source system, which no two records have.

    They are compared by the rows' values, or by ``cells``: once it is known what rows refer to, two names of one record are the same.
    """
    cells = batch.values if cells is None else cells
    keys = [_key_values(batch, key, cells) for key in batch.kind.natural_keys]
    for place, (key, values) in enumerate(zip(batch.kind.natural_keys, keys, strict=True)):
        rows_of: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for row, each in enumerate(values):
            if None not in each:
                rows_of[each].append(row)
        for rows in rows_of.values():
            earlier_keys = [] if key == SOURCE else keys[:place]
            if len(rows) > 1 and not any(_tells_apart([earlier[row] for row in rows]) for earlier in earlier_keys):
                refuse_same_record(batch, rows, key[-1])


def refuse_same_record(batch: Batch, rows: Sequence[int], column: str) -> None:
    """Refuse rows that are about one record: DUPLICATE."""
    numbers = ", ".join(str(batch.rows[row].number) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    for row in rows:
        if not any(finding.code == "DUPLICATE" for finding in batch.findings.get(row, ())):
            batch.refuse(row, "DUPLICATE", column, f"Rows {numbers} are about the same record. Keep one of them.")


NO_VALUE = object()
"""Stands for an empty value that is a value of its own in natural keys."""


def _key_values(batch: Batch, key: Sequence[str], cells: Mapping[str, Cells]) -> list[tuple[Any, ...]]:
    columns = []
    for name in key:
        empty = NO_VALUE if batch.kind.column(name).empty_is_value else None
        columns.append([empty if cell is None else cell for cell in cells[name]])
    return list(zip(*columns, strict=True))


def _tells_apart(values: Sequence[tuple[Any, ...]]) -> bool:
    return all(None not in each for each in values) and len(set(values)) == len(values)


def rows_with(*columns: Cells) -> Iterator[int]:
    """The rows that have a value in each of the columns."""
    return (row for row, values in enumerate(zip(*columns, strict=True)) if None not in values)


def refuse_unordered(
    batch: Batch, first: Cells, last: Cells, column: str, message: str, *, equal: bool = False
) -> None:
    """Refuse the rows whose second day is before the first or, unless ``equal``, the same: DATE_ORDER."""
    for row in rows_with(first, last):
        if last[row] < first[row] or (last[row] == first[row] and not equal):
            batch.refuse(row, "DATE_ORDER", column, message)

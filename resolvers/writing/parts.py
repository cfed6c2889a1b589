"""The rows of one table that a batch writes: merged with what is there, compared, and written by one INSERT and one UPDATE."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from db.model import Model
from resolvers.writing.batch import Cells, Existing
from resolvers.writing.outcomes import Outcome

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class WallError(Exception):
    """PostgreSQL changed fewer rows than it was told to: the second wall has hidden some, so a check of the core is missing."""


class Part:
    """The rows of ``model``'s table, at most one for each row of the batch.

    ``values`` has the columns as they will be: what a row gives, else what is there, else the default of a new row. ``fixed`` columns are
    written with a new row only. ``ids`` are the keys of all rows; None for a table whose keys nothing of the batch needs. ``kept`` says of
    which rows the caller's union keeps the record, where it may not be all: of others no version is told.

    Of the record's own table the rows in ``existing`` have their ``version``.
    """

    def __init__(
        self,
        model: type[Model],
        existing: Existing,
        given: Mapping[str, Sequence[Any]],
        *,
        fixed: Mapping[str, Sequence[Any]] | None = None,
        defaults: Mapping[str, Any] | None = None,
        present: Sequence[bool] | None = None,
        ids: Sequence[int] | None = None,
        kept: Sequence[bool] | None = None,
    ) -> None:
        self.table: Table = model.__table__  # type: ignore[assignment]
        self.existing = existing
        self.fixed = fixed or {}
        self.ids = ids
        self.kept = [True] * len(existing) if kept is None else kept
        self.written: dict[int, int | None] = {}
        self.present = [True] * len(existing) if present is None else present
        self.values: dict[str, Cells] = {}
        for name, cells in given.items():
            default = (defaults or {}).get(name)
            self.values[name] = [
                cell if cell is not None else default if old is None else old[name]
                for cell, old in zip(cells, existing, strict=True)
            ]

    def changes(self, row: int) -> list[str]:
        """The columns that a row changes."""
        old = self.existing[row]
        assert old is not None
        return [name for name, cells in self.values.items() if cells[row] != old[name]]

    @cached_property
    def outcomes(self) -> Sequence[Outcome | None]:
        """What becomes of each row of the table, once it is checked; None where the batch's row has none in it."""
        return [self._outcome(row) if present else None for row, present in enumerate(self.present)]

    def _outcome(self, row: int) -> Outcome:
        if self.existing[row] is None:
            return Outcome.NEW
        return Outcome.CHANGED if self.changes(row) else Outcome.SAME

    def rows(self, outcome: Outcome, among: Iterable[int]) -> list[int]:
        """The rows with this outcome."""
        return [row for row in among if self.outcomes[row] is outcome]

    def version(self, row: int) -> int | None:
        """The version of a row's record: as it is there or, after ``update`` and ``touch``, as they made it. None if there is no record, or
        the caller's union does not keep it."""
        old = self.existing[row]
        return None if old is None or not self.kept[row] else self.written.get(old["id"], old["version"])

    async def insert(self, connection: asyncpg.Connection, rows: Sequence[int]) -> None:
        """Insert the new ones of these rows."""
        new = self.rows(Outcome.NEW, rows)
        if not new:
            return
        columns: dict[str, Sequence[Any]] = {**self.fixed, **self.values}
        if self.ids is not None:
            columns["id"] = self.ids
        names = ", ".join(columns)
        await connection.execute(
            f"INSERT INTO {self.table.name} ({names}) SELECT {names} FROM {self._arrays(columns)}",  # noqa: S608 — declared names
            *([cells[row] for row in new] for cells in columns.values()),
        )

    async def update(self, connection: asyncpg.Connection, rows: Sequence[int]) -> None:
        """Change those of these rows that differ from what is there.

        Raises:
            WallError: PostgreSQL did not change all of them.
        """
        changed = self.rows(Outcome.CHANGED, rows)
        if not changed:
            return
        columns = {"id": [old and old["id"] for old in self.existing], **self.values}
        sets = ", ".join(f"{name} = u.{name}" for name in self.values)
        written = await connection.fetch(
            f"UPDATE {self.table.name} t SET {sets} FROM {self._arrays(columns)} WHERE t.id = u.id RETURNING t.id, t.version",  # noqa: S608
            *([cells[row] for row in changed] for cells in columns.values()),
        )
        if len(written) != len(changed):
            raise WallError(f"UPDATE {len(written)} of {len(changed)} rows of {self.table.name}")
        self.written.update(written)

    async def touch(self, connection: asyncpg.Connection, rows: Sequence[int]) -> None:
        """Give the records of these rows a new version, because a part of theirs in another table has changed. A record that the caller's
        union does not keep, or no more, stays as it is."""
        keys = [old["id"] for row in rows if (old := self.existing[row]) is not None]
        name = next(iter(self.values))
        written = await connection.fetch(
            f"UPDATE {self.table.name} t SET {name} = t.{name} WHERE t.id = ANY ($1::bigint[]) RETURNING t.id, t.version",  # noqa: S608
            keys,
        )
        self.written.update(dict.fromkeys(keys))
        self.written.update(written)

    def _arrays(self, columns: Mapping[str, Any]) -> str:
        """SQL: the columns' values, sent as one array a column, as rows named ``u``."""
        types = [self.table.c[name].type.compile(DIALECT) for name in columns]
        arrays = ", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(types, 1))
        return f"unnest({arrays}) AS u({', '.join(columns)})"

"""Conditions of a statement on what the caller sees: its own rows, the rows that lead to them, and the row that ``within`` names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Subquery,
    TableValuedAlias,
    and_,
    false,
    literal_column,
    or_,
    select,
)

from resolvers.access.callers import Lens
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.rows import Rows
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Leaf


@dataclass(frozen=True)
class StatementAccess:
    """The ``AccessConditions`` of one statement, for a caller with these lenses."""

    registry: Registry
    lenses: tuple[Lens, ...]
    binder: Binder
    starts: bool = True
    """Whether ``start_below`` is asked for."""

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """See ``AccessConditions``."""
        source = self.registry.sources[typename]
        condition = self.registry.access.visible(source, self.lenses, self.binder, _as_table(table))
        return [] if condition is None else [condition]

    def closure_rows(
        self, closure: FromClause | Mapping[str, ColumnElement[Any]], typename: str, column: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        """See ``AccessConditions``."""
        source = self.registry.sources[typename]
        condition = self.registry.access.closure_rows(_as_table(closure), self.lenses, self.binder, source, column)
        return [] if condition is None else [condition]

    def start_below(
        self, kind: str, key: ColumnElement[int], typename: str, column: ColumnElement[Any]
    ) -> ColumnElement[int] | None:
        """See ``AccessConditions``."""
        if not self.starts:
            return None
        source = self.registry.sources[typename]
        return self.registry.access.start_below(kind, key, self.lenses, self.binder, source, column)


class NamedColumns(dict[str, ColumnElement[Any]]):
    """Columns by name, as ``table.c`` has them."""

    __getattr__ = dict.__getitem__


class ColumnsAsTable:
    """Columns in place of a table: access rules look at columns alone, by name."""

    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self.c = NamedColumns(columns)


def _as_table(table: FromClause | Mapping[str, ColumnElement[Any]]) -> Any:
    return ColumnsAsTable(table) if isinstance(table, Mapping) else table


def visible_rows(
    registry: Registry, source: Source, lenses: tuple[Lens, ...], binder: Binder
) -> list[ColumnElement[bool]]:
    """The condition that the caller sees a row of a source, if there is any."""
    condition = registry.access.visible(source, lenses, binder, None)
    return [] if condition is None else [condition]


def only_visible(rows: Rows, access: StatementAccess, source: Source, parent: TableValuedAlias) -> Rows:
    """Of the rows of a list only those that the caller sees. Where they may see all below the parent, that is asked once for each parent
    and not for each row."""
    registry, lenses, binder = access.registry, access.lenses, access.binder
    conditions = [*rows.access, *visible_rows(registry, source, lenses, binder)]
    all_below = None
    if conditions and rows.below_union is not None:
        all_below = registry.access.sees_all_below(*rows.below_union, lenses, binder)
    if all_below is None:
        return rows.narrowed(*conditions)
    # OFFSET keeps PostgreSQL from asking it of each row after all
    once = select(all_below.label("whole")).offset(literal_column("0", Integer())).correlate(parent).lateral("sight")
    condition = or_(once.c.whole, and_(*conditions))
    return rows.narrowed(condition, beside=once)


def from_caller(rows: Rows, access: StatementAccess, source: Source) -> tuple[Rows, Sequence[Part]]:
    """Of all rows of a type those that the caller sees, found from the caller's own keys: the list costs what the caller sees, and not
    what there is (docs/adr/0045). Returns the rows, and the parts of them that the caller sees; no parts where they see all, or none.

    Callers who see rows by their union get them by union, then by key, as in a list within a union: in that order an index gives the
    first page of any number of rows.
    """
    parts = access.registry.access.parts(source, access.lenses, access.binder)
    if parts is None:
        return rows, []
    column = rows.union
    if column is not None and column is not source.key and any(part.column is column for part in parts):
        rows = replace(rows, order=[column, *rows.order])
    return (rows, parts) if parts else (replace(rows, where=[*rows.where, false()]), [])


def anchor(registry: Registry, typename: str, named: Leaf, lenses: tuple[Lens, ...], binder: Binder) -> Subquery:
    """The key of the row that an argument names, in FROM: no row unless it is there, and the caller sees it or may count it.

    So a statement with it that has no row at all says that there is nothing to ask about.
    """
    source, few_rows = registry.sources[typename], binder.for_few_rows()
    rows = select(source.key.label("key")).where(source.key == binder.key(named, source.prefix))
    visible = registry.access.visible(source, lenses, few_rows, None)
    countable = registry.access.countable(source, lenses, few_rows, None)
    if visible is not None and countable is not None:
        rows = rows.where(or_(visible, countable))
    return rows.subquery("anchor")

"""The rows of a list, and the access conditions on the rows that lead to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, true

from resolvers.engine.declare.columns import Expression


@dataclass(frozen=True)
class BySubtree:
    """Rows of a list found by the keys of all unions at or below one, which ``unions`` selects: ``column`` has the key of a row's union.

    For a subtree of few unions that is cheaper than a look-up for each, which in turn is cheaper for a first page below many.
    """

    unions: Select[Any]
    column: ColumnElement[int]
    from_: FromClause
    where: Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Rows:
    """The rows of one list: FROM, WHERE, and the columns that order them when the caller names no order (the last is unique).

    ``key_column`` is set when FROM has not the target's table but a column with its key: the target is then joined, after the page is cut
    where nothing else needs it before. ``below_union`` is set where the rows are all of unions at or below a key today, by a column of
    their own: the hierarchy, and the key. ``access`` are the conditions that the caller sees the rows which lead to these. ``union`` is the
    column that names the union of the rows, for a list of all rows of a type. ``by_subtree`` has the same rows, found in another way.
    """

    from_: FromClause
    where: Sequence[ColumnElement[bool]]
    order: Sequence[Expression]
    key_column: ColumnElement[int] | None = None
    below_union: tuple[str, ColumnElement[int]] | None = None
    access: Sequence[ColumnElement[bool]] = ()
    union: ColumnElement[int] | None = None
    by_subtree: BySubtree | None = None

    def narrowed(self, *conditions: ColumnElement[bool], beside: FromClause | None = None) -> "Rows":
        """Of these rows those that fulfil further conditions, which may name a row of ``beside``."""

        def joined(from_: FromClause) -> FromClause:
            return from_ if beside is None else beside.join(from_, true())

        by, where = self.by_subtree, [*self.where, *conditions]
        if by is not None:
            by = replace(by, from_=joined(by.from_), where=[*by.where, *conditions])
        return replace(self, from_=joined(self.from_), where=where, by_subtree=by)


class AccessConditions(Protocol):
    """The conditions that a caller sees the rows which lead to those of a list: rows of other types, and rows of a closure, each a union
    and one below it."""

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """The conditions that the caller sees rows of another type. In place of a ``table``, columns by name may stand for its row."""

    def closure_rows(
        self, closure: FromClause | Mapping[str, ColumnElement[Any]], typename: str, column: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        """The conditions that the caller sees rows of a closure whose lower union ``column`` names, a column of rows of ``typename`` that
        they see. In place of a ``closure``, columns by name may stand for its row."""

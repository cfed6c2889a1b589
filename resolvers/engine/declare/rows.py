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
class RolledPlace:
    """The place of a list in the roll-ups, for a list whose count they may have (docs/adr/0049).

    ``kind`` and ``key`` name the place. ``from_`` and ``where`` make the rows that the list has, but wherever they are and whoever sees
    them; ``column`` names their union. ``below`` are the conditions on a row of ``closure``, the closure in the list's FROM, that a union
    is below the place; ``has_last`` says that these keep dissolved unions at their last place, as roll-ups do. No closure is everywhere.
    ``is_open`` says that the rows stand for records which have begun and have no end, whatever the day. ``given`` are the conditions of the
    list's filter.
    """

    kind: str
    key: ColumnElement[int]
    from_: FromClause
    where: Sequence[ColumnElement[bool]]
    column: ColumnElement[int]
    closure: FromClause | None = None
    below: Sequence[ColumnElement[bool]] = ()
    has_last: bool = False
    is_open: bool = False
    given: Sequence[ColumnElement[bool]] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of one list: FROM, WHERE, and the columns that order them when the caller names no order (the last is unique).

    ``key_column`` is set when FROM has not the target's table but a column with its key: the target is then joined, after the page is cut
    where nothing else needs it before. ``below_union`` is set where the rows are all of unions at or below a key today, by a column of
    their own: the hierarchy, and the key. ``access`` are the conditions that the caller sees the rows which lead to these. ``union`` is the
    column that names the union of the rows, for a list of all rows of a type. ``rolled`` is the place of the list in the roll-ups, if it
    may have one. ``by_subtree`` has the same rows, found in another way.
    """

    from_: FromClause
    where: Sequence[ColumnElement[bool]]
    order: Sequence[Expression]
    key_column: ColumnElement[int] | None = None
    below_union: tuple[str, ColumnElement[int]] | None = None
    access: Sequence[ColumnElement[bool]] = ()
    union: ColumnElement[int] | None = None
    rolled: RolledPlace | None = None
    by_subtree: BySubtree | None = None

    def restricted(
        self,
        held: Sequence[ColumnElement[bool]],
        given: Sequence[ColumnElement[bool]],
        table: FromClause | None,
        key: ColumnElement[int],
    ) -> "Rows":
        """The rows that hold on a day and fulfil a filter; with the target's ``table`` and its ``key`` where these need it and it is not in
        FROM."""
        rows = self.narrowed(*held, *given)
        if self.rolled is not None:
            rows = replace(rows, rolled=replace(self.rolled, where=[*self.rolled.where, *held], given=given))
        if table is None:
            return rows
        on = key == self.key_column
        if rows.rolled is not None:
            rows = replace(rows, rolled=replace(rows.rolled, from_=rows.rolled.from_.join(table, on)))
        return replace(rows, from_=rows.from_.join(table, on))

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

    def start_below(
        self, kind: str, key: ColumnElement[int], typename: str, column: ColumnElement[Any]
    ) -> ColumnElement[int] | None:
        """The union at or below that with this key, in a hierarchy, from which all rows of ``typename`` are found that the caller sees
        below it today, whose union ``column`` names: a list below the nation costs a city no more than its own part. None where it is that
        union itself."""

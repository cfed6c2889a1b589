"""The rows of a list, and what of that by which they are reached a caller sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause

from resolvers.engine.declare.columns import Expression


@dataclass
class Rows:
    """The rows of one list: FROM, WHERE, and the columns that order them when the caller names no order (the last is unique).

    ``via`` is set when FROM has not the target's table but a column with its key: the target is then joined, after the page is cut
    where nothing else needs it before. ``below`` is set where the rows are all of unions at or below a key today, by a column of their own:
    the hierarchy, and the key. ``seen`` are the conditions that what leads to the rows is in the caller's sight. ``union`` is the column
    of theirs that names their union, of all rows of a type.
    """

    from_: FromClause
    where: list[ColumnElement[bool]]
    order: Sequence[Expression]
    via: ColumnElement[int] | None = None
    below: tuple[str, ColumnElement[int]] | None = None
    seen: Sequence[ColumnElement[bool]] = ()
    union: ColumnElement[int] | None = None


class Walls(Protocol):
    """What a caller sees of that by which rows are reached: rows of other types, and pairs of a union and one below it."""

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """The conditions that rows of another type are in sight; ``table`` may be columns that stand for such a row, by name."""

    def pairs(
        self, closure: FromClause | Mapping[str, ColumnElement[Any]], typename: str, column: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        """The conditions that the pairs of a closure are in sight, whose lower union ``column`` names, of rows of this type that are in
        sight; ``closure`` may be columns that stand for such a pair, by name."""

"""What callers see of the declared rows and columns: the policy that a registry is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BinaryExpression, ColumnElement, FromClause, true

from resolvers.access.callers import Caller, Lens
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Part:
    """Some of the rows in a caller's sight. ``found`` compares a column with a set of keys, made from the caller's own, so that PostgreSQL
    looks the rows up in an index; ``each`` makes the condition that checks the same of each row. ``whole`` is of rows of the
    unions below a place today: it makes the kind and key of the place (null where there are several), a closure, and the conditions that a
    row of it is below the place."""

    found: Condition
    each: Callable[[], Condition]
    whole: Callable[[], tuple[str, ColumnElement[Any], FromClause, Sequence[Condition]]] | None = None

    @property
    def column(self) -> ColumnElement[Any] | None:
        """The column that is compared, if that is all that ``found`` says."""
        return self.found.left if isinstance(self.found, BinaryExpression) else None


class AccessPolicy:
    """Lets every caller see everything; a service's own policy overrides each method.

    ``lenses`` are those of the caller, and parameters of conditions are bound to ``binder``. ``table`` is the source's table or an alias
    of it; the table itself if none is given.
    """

    def visible(
        self, source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
    ) -> Condition | None:
        """The condition that the caller sees a row; None when they see all."""
        return None

    def parts(self, source: Source, lenses: tuple[Lens, ...], binder: Binder) -> Sequence[Part] | None:
        """What ``visible`` says of the source's table, in parts that may overlap; None when all rows are in sight."""
        return None

    def countable(
        self, source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
    ) -> Condition | None:
        """The condition that a row counts in the caller's statistics; None when all do."""
        return None

    def closure_rows(
        self,
        closure: FromClause,
        lenses: tuple[Lens, ...],
        binder: Binder,
        source: Source,
        column: ColumnElement[Any],
    ) -> Condition | None:
        """The condition that the caller sees a row of a closure, whose lower union ``column`` names; None when they see all. See
        ``AccessConditions``."""
        return None

    def start_below(
        self,
        kind: str,
        key: ColumnElement[Any],
        lenses: tuple[Lens, ...],
        binder: Binder,
        source: Source,
        column: ColumnElement[Any],
    ) -> ColumnElement[Any] | None:
        """The place at or below that of this kind and key from which all rows below it are found that the caller sees, whose place
        ``column`` names; None where it is that place itself."""
        return None

    def sees_all_below(
        self, kind: str, key: ColumnElement[Any], lenses: tuple[Lens, ...], binder: Binder
    ) -> Condition | None:
        """The condition that the caller may have all records counted of the place of this kind (a hierarchy, divisions, everything) and
        key; None where they may nowhere. They see what belongs to a union below such a place today."""
        return true()

    def mask(self, source: Source, name: str, lenses: tuple[Lens, ...], binder: Binder) -> ColumnElement[Any] | None:
        """The expression that answers a column, where that is not the column itself."""
        return None

    def is_masked(self, typename: str, name: str, lenses: tuple[Lens, ...]) -> bool:
        """Whether the caller sees less of a column than the rows hold, for any row."""
        return False

    def viewer(self, caller: Caller) -> Mapping[str, Any]:
        """The fields of ``viewer``."""
        return {"__typename": "Viewer", "persona": caller.name}

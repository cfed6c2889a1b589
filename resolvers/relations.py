"""Relations: how the rows of a list are reached, by a column, within a union's subtree or within a division."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, exists

from db.divisions import DivisionClosure
from resolvers.engine.declare.columns import Expression, alias, expression
from resolvers.engine.declare.rows import Rows, Walls
from resolvers.engine.declare.sources import Source
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.scopes import Scope, hierarchy_of, subtree


class By:
    """The rows whose column has the parent's key, in the order of ``order`` (the key unless named).

    ``via`` is the column of another table, the one that ``column`` is in, which names the rows; those rows of it count that the caller
    sees, which are of the type ``of``. With ``ever`` all rows come, whether they hold or not, and no argument changes that: what a row
    became has ended since, perhaps, and leads on.
    """

    def __init__(
        self,
        column: Expression,
        *,
        order: Sequence[Expression] = (),
        via: Expression | None = None,
        of: str = "",
        ever: bool = False,
    ) -> None:
        self.column = expression(column)
        self.order = order
        self.via = None if via is None else expression(via)
        self.of = of
        self.by_place = ever

    def rows(
        self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder, walls: Walls
    ) -> Rows:
        """See ``Relation``."""
        where = [] if parent is None else [self.column == parent]
        if self.via is not None:
            seen = walls.rows(self.of, self.via.table)
            named = exists(self.via).where(target.key == self.via, *where, *seen)
            where = [named.correlate_except(self.via.table)]
        return Rows(target.table, where, [*self.order, target.key])


class Within:
    """The rows that belong to a union (``column`` names it) or to any union below it.

    The union is the parent, or at the root the argument ``within``; without either, all rows. The subtree is that of the day asked about,
    today without one, with dissolved unions where they last stood. Rows come by union, then by key: that order
    stops early whatever the subtree's size. ``via`` is the column that names the rows when ``column`` is of another table than theirs,
    whose rows are of the type ``of`` and hold in ``period``: the rows are those that one of these leads to that holds on the day, in a
    union that stands. ``held`` is a
    column of the rows' own that says the same of today and is null for those who belong to no union: without ``asOf`` rows are reached by
    it, and only those of whom the caller sees the row of ``of`` that it stands for. ``current`` says that ``column`` names the union of
    today whatever the day asked for, so that the subtree is today's too. Of the subtree the caller is told what they see of it.
    """

    anchor = "Organization"

    def __init__(
        self,
        column: Expression,
        *,
        period: Period | None = None,
        via: Expression | None = None,
        held: Expression | None = None,
        of: str = "",
        current: bool = False,
    ) -> None:
        self.column = expression(column)
        self.period = period
        self.via = None if via is None else expression(via)
        self.held = None if held is None else expression(held)
        self.of = of
        self.current = current
        self.by_place = period is not None

    def rows(
        self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder, walls: Walls
    ) -> Rows:
        """See ``Relation``."""
        within = arguments.get("within")
        anchor = parent if parent is not None else None if within is None else binder.key(within, "org")
        column, via = self.column, self.via
        where: list[ColumnElement[bool]] = []
        own = None if self.held is None or arguments.get("as_of") is not None else self.held
        if own is not None:
            column, via = own, None
            where = [column.is_not(None)] if anchor is None else []
        elif self.period is not None:
            where = [holds(self.period, binder.day(arguments.get("as_of")))]
        from_: FromClause = target.table if via is None else via.table
        if anchor is None:
            return Rows(from_, where, [target.key if via is None else via], via)
        seen = self._seen(target, walls, column, via)
        if arguments.get("scope") is Scope.SELF:
            return Rows(from_, [column == anchor, *where], [from_.c.id], via, seen=seen)
        asked = {"hierarchy": arguments.get("hierarchy")} if self.current else arguments
        closure, held = subtree(asked, binder, last=self.period is None)
        joined = from_.join(closure, closure.c.descendant_id == column)
        below = None if own is None else (hierarchy_of(arguments).name, anchor)
        where = [closure.c.ancestor_id == anchor, held, *where]
        seen = [*seen, *walls.pairs(closure, self.of or target.typename, self.column)]
        return Rows(joined, where, [closure.c.descendant_id, from_.c.id], via, below, seen)

    def _seen(
        self, target: Source, walls: Walls, column: ColumnElement[Any], via: ColumnElement[Any] | None
    ) -> list[ColumnElement[bool]]:
        """The conditions that the rows of ``of``, by which others belong to a union, are in sight."""
        if not self.of:
            return []
        if via is not None:
            return walls.rows(self.of, via.table)
        assert self.via is not None
        return walls.rows(self.of, {str(self.column.key): column, str(self.via.key): target.key})


class WithinDivision:
    """The rows that stand in a division (``column`` names it) or in any division below it; the division is the parent or ``within``."""

    anchor = "Division"
    by_place = False

    def __init__(self, column: Expression, *, deeper: bool = False) -> None:
        self.column = expression(column)
        self.deeper = deeper

    def rows(
        self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder, walls: Walls
    ) -> Rows:
        """See ``Relation``."""
        within = arguments.get("within")
        anchor = parent if parent is not None else None if within is None else binder.key(within, "div")
        if anchor is None:
            return Rows(target.table, [], [target.key])
        if arguments.get("scope") is Scope.SELF:
            return Rows(target.table, [self.column == anchor], [target.key])
        closure = alias(DivisionClosure)
        where = [closure.c.ancestor_id == anchor, *([closure.c.depth > 0] if self.deeper else [])]
        from_ = target.table.join(closure, closure.c.descendant_id == self.column)
        return Rows(from_, where, [closure.c.descendant_id, target.key])

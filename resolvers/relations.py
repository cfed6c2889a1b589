"""Relations: how a list gets its rows from a parent: by a column, within a union's subtree or within a division."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, exists, literal_column, select, true

from db.divisions import DivisionClosure
from resolvers.engine.declare.columns import Expression, alias, expression
from resolvers.engine.declare.rows import AccessConditions, BySubtree, RolledPlace, Rows
from resolvers.engine.declare.sources import Relation, Source
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import BIGINT, Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.scopes import Scope, hierarchy_of, subtree

EVERYTHING = ("EVERYTHING", literal_column("0", BIGINT))
"""The place of all records in the roll-ups."""


class By(Relation):
    """The rows whose ``column`` has the parent's key, ordered by ``order`` and then by key.

    ``via`` is for rows that an association table leads to: ``column`` is that table's column with the parent's key, ``via`` its column with
    the key of the rows, and ``via_type`` its type in the schema; only its rows that the caller sees count. With ``ever`` the list has all
    rows, valid or not, whatever the arguments say: a successor may have ended and lead to its own successor.
    """

    def __init__(
        self,
        column: Expression,
        *,
        order: Sequence[Expression] = (),
        via: Expression | None = None,
        via_type: str = "",
        ever: bool = False,
        few: bool = False,
    ) -> None:
        self.column = expression(column)
        self.order = order
        self.via = None if via is None else expression(via)
        self.via_type = via_type
        self.checks_days = ever
        self.own_rows = via is None
        self.reads_page = via is None and not order
        self.few = few

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        where = [] if parent is None else [self.column == parent]
        if self.via is not None:
            visible = access.rows(self.via_type, self.via.table)
            linked = exists(self.via).where(target.key == self.via, *where, *visible)
            where = [linked.correlate_except(self.via.table)]
        return Rows(target.table, where, [*self.order, target.key])


class AllVisible(Relation):
    """All rows that the caller sees, the oldest first."""

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        return Rows(target.table, [], [target.key])


class Within(Relation):
    """The rows that belong to a union (``column`` has its key) or to any union below it.

    The union is the parent, or at the root the argument ``within``; without either, the list has all rows. The subtree is that of the day
    ``asOf``, by default today, with dissolved unions in their last place; the caller gets the part of it that they see. Rows are ordered by
    union and then by key, so that a page stops early whatever the size of the subtree.

    - ``via``: for rows that an association table leads to (members by their memberships). ``column`` is that table's, ``via`` its column
      with the key of the rows, ``via_type`` its type in the schema, ``period`` its validity: a row counts if an association leads to it
      that is valid on the day, in a union that exists on the day.
    - ``denormalized``: a column of the rows themselves with the union of today, null for rows without one. It replaces ``via`` if ``asOf``
      is not given; a row still counts only if the caller sees the association.
    - ``current``: ``column`` has the union of today whatever the day, so that the subtree is today's too.
    - ``dense``: most unions have rows of their own.
    """

    anchor = "Organization"

    def __init__(
        self,
        column: Expression,
        *,
        period: Period | None = None,
        via: Expression | None = None,
        denormalized: Expression | None = None,
        via_type: str = "",
        current: bool = False,
        dense: bool = False,
    ) -> None:
        self.column = expression(column)
        self.period = period
        self.via = None if via is None else expression(via)
        self.denormalized = None if denormalized is None else expression(denormalized)
        self.via_type = via_type
        self.current = current
        self.dense = dense
        self.checks_days = period is not None

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """See ``Relation``."""
        within = arguments.get("within")
        anchor = parent if parent is not None else None if within is None else binder.key(within, "org")
        column, via = self.column, self.via
        where: list[ColumnElement[bool]] = []
        own = None if self.denormalized is None or arguments.get("as_of") is not None else self.denormalized
        if own is not None:
            column, via = own, None
            where = [column.is_not(None)] if anchor is None else []
        elif self.period is not None:
            where = [holds(self.period, binder.day(arguments.get("as_of")))]
        from_: FromClause = target.table if via is None else via.table
        if anchor is None:
            rolled = RolledPlace(*EVERYTHING, from_, where, column, is_open=own is not None)
            order, union = [target.key if via is None else via], column if via is None else None
            return Rows(from_, where, order, via, union=union, rolled=rolled)
        conditions = self._visible(target, access, column, via)
        if arguments.get("scope") is Scope.SELF:
            return Rows(from_, [column == anchor, *where], [from_.c.id], via, access=conditions)
        chosen = {"hierarchy": arguments.get("hierarchy")} if self.current else arguments
        closure, valid = subtree(chosen, binder, last=self.period is None)
        place, shown_as = (hierarchy_of(arguments).name, anchor), self.via_type or target.typename
        held = [closure.c.ancestor_id == anchor, valid]
        last = self.period is None
        rolled = RolledPlace(*place, from_, where, column, closure, held, has_last=last, is_open=own is not None)
        below = None if own is None else place
        of_closure = access.closure_rows(closure, shown_as, self.column)
        start = None if chosen.get("as_of") else access.start_below(*place, shown_as, self.column)
        below_start: FromClause = closure
        if start is not None:
            once = _once(start, anchor)
            held, below_start = [closure.c.ancestor_id == once.c.key, valid], once.join(closure, true())
        by_subtree = None
        if self.dense and via is None and not of_closure:
            unions = select(closure.c.descendant_id).select_from(below_start).where(*held)
            by_subtree = BySubtree(unions, column, from_, where)
        joined = below_start.join(from_, closure.c.descendant_id == column)
        order = [closure.c.descendant_id, from_.c.id]
        where, conditions = [*held, *where], [*conditions, *of_closure]
        return Rows(joined, where, order, via, below, conditions, rolled=rolled, by_subtree=by_subtree)

    def _visible(
        self, target: Source, access: AccessConditions, column: ColumnElement[Any], via: ColumnElement[Any] | None
    ) -> list[ColumnElement[bool]]:
        """The conditions that the caller sees the associations."""
        if not self.via_type:
            return []
        if via is not None:
            return access.rows(self.via_type, via.table)
        assert self.via is not None
        return access.rows(self.via_type, {str(self.column.key): column, str(self.via.key): target.key})


def _once(key: ColumnElement[int], parent: ColumnElement[int]) -> FromClause:
    """A key that is computed once for each parent, as a table in FROM: the OFFSET keeps PostgreSQL from computing it for each row."""
    table = getattr(parent, "table", None)
    found = select(key.label("key")).offset(literal_column("0", Integer()))
    return (found if table is None else found.correlate(table)).lateral("start")


class WithinDivision(Relation):
    """The rows in a division (``column`` has its key) or in any division below it; the division is the parent or ``within``."""

    anchor = "Division"

    def __init__(self, column: Expression, *, deeper: bool = False) -> None:
        self.column = expression(column)
        self.deeper = deeper

    def rows(
        self,
        target: Source,
        parent: ColumnElement[int] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
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

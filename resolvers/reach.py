"""How lists are reached: by a column, within a union's subtree, within a division, as of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, or_

from db.divisions import DivisionClosure
from db.model import Dated, Term
from db.organizations import Hierarchy, IndustrialClosure, Organization, TerritorialClosure
from resolvers.engine.arguments import Arguments
from resolvers.engine.binder import Binder
from resolvers.engine.source import Expression, Rows, Source, expression


@dataclass(frozen=True)
class Period:
    """The columns that say from when a row holds, and until when (null while it does).

    ``known`` is false where an empty beginning means that nobody wrote it down, not that the row has not begun.
    """

    begins: Expression
    ends: Expression
    known: bool = True

    @classmethod
    def of(cls, model: type[Dated]) -> "Period":
        """The period of a dated row."""
        return cls(model.valid_from, model.valid_to)


class Scope(Term):
    """How far below a union or division a list reaches (范围)."""

    SELF = "It alone (本级)"
    SUBTREE = "It and everything below (本级及下级)"


def holds(period: Period, day: ColumnElement[date]) -> ColumnElement[bool]:
    """The rows that hold on a day: ``from <= day < to``."""
    begins, ends = expression(period.begins), expression(period.ends)
    begun = begins <= day if period.known else or_(begins.is_(None), begins <= day)
    return and_(begun, or_(ends.is_(None), ends > day))


def subtree(arguments: Arguments, binder: Binder, *, last: bool = False) -> tuple[FromClause, ColumnElement[bool]]:
    """The closure of the hierarchy that the caller asks for, and the condition that its rows hold on the day asked for.

    Without ``asOf`` that is today; or with ``last`` the place that each union has, or had when it was dissolved, so that what it has
    recorded still counts.
    """
    industrial = arguments.get("hierarchy") is Hierarchy.INDUSTRIAL
    table = (IndustrialClosure if industrial else TerritorialClosure).__table__
    assert isinstance(table, Table)
    closure = table.alias()
    period = Period(closure.c.valid_from, closure.c.valid_to)
    if last and arguments.get("as_of") is None:
        today = binder.day(None)
        union = Organization.__table__.alias()
        dissolved = exists().where(union.c.id == closure.c.descendant_id, union.c.dissolved_on == closure.c.valid_to)
        return closure, or_(holds(period, today), and_(closure.c.valid_to <= today, dissolved))
    return closure, holds(period, binder.day(arguments.get("as_of")))


class By:
    """The rows whose column has the parent's key, in the order of ``order`` (the key unless named).

    With a ``period`` the caller may ask ``asOf`` a day; without that argument all rows come. ``via`` is the column of another table,
    the one that ``column`` is in, which names the rows.
    """

    def __init__(
        self,
        column: Expression,
        *,
        period: Period | None = None,
        order: Sequence[Expression] = (),
        via: Expression | None = None,
    ) -> None:
        self.column = expression(column)
        self.period = period
        self.order = order
        self.via = None if via is None else expression(via)

    def rows(self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder) -> Rows:
        """See ``Reach``."""
        where = [] if parent is None else [self.column == parent]
        if self.period is not None and arguments.get("as_of") is not None:
            where.append(holds(self.period, binder.day(arguments["as_of"])))
        if self.via is not None:
            where = [exists().where(target.key == self.via, *where)]
        return Rows(target.table, where, [*self.order, target.key])


class Within:
    """The rows that belong to a union (``column`` names it) or to any union below it.

    The union is the parent, or at the root the argument ``within``; without either, all rows. Rows come by union, then by key: that order
    stops early whatever the subtree's size. ``via`` is the column that names the rows when ``column`` is of another table than theirs;
    ``period`` is applied with ``asOf``, and with ``always`` also without it, as of today.
    """

    def __init__(
        self,
        column: Expression,
        *,
        period: Period | None = None,
        always: bool = False,
        via: Expression | None = None,
    ) -> None:
        self.column = expression(column)
        self.period = period
        self.always = always
        self.via = None if via is None else expression(via)

    def rows(self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder) -> Rows:
        """See ``Reach``."""
        from_: FromClause = target.table if self.via is None else self.via.table
        where: list[ColumnElement[bool]] = []
        if self.period is not None and (self.always or arguments.get("as_of") is not None):
            where.append(holds(self.period, binder.day(arguments.get("as_of"))))
        within = arguments.get("within")
        anchor = parent if parent is not None else None if within is None else binder.key(within, "org")
        if anchor is None:
            return Rows(from_, where, [target.key if self.via is None else self.via], self.via)
        if arguments.get("scope") is Scope.SELF:
            return Rows(from_, [self.column == anchor, *where], [from_.c.id], self.via)
        closure, held = subtree(arguments, binder, last=not self.always)
        joined = from_.join(closure, closure.c.descendant_id == self.column)
        return Rows(
            joined, [closure.c.ancestor_id == anchor, held, *where], [closure.c.descendant_id, from_.c.id], self.via
        )


class WithinDivision:
    """The rows that stand in a division (``column`` names it) or in any division below it; the division is the parent or ``within``."""

    def __init__(
        self, column: Expression, *, period: Period | None = None, always: bool = False, deeper: bool = False
    ) -> None:
        self.column = expression(column)
        self.period = period
        self.always = always
        self.deeper = deeper

    def rows(self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder) -> Rows:
        """See ``Reach``."""
        where: list[ColumnElement[bool]] = []
        if self.period is not None and (self.always or arguments.get("as_of") is not None):
            where.append(holds(self.period, binder.day(arguments.get("as_of"))))
        within = arguments.get("within")
        anchor = parent if parent is not None else None if within is None else binder.key(within, "div")
        if anchor is None:
            return Rows(target.table, where, [target.key])
        if arguments.get("scope") is Scope.SELF:
            return Rows(target.table, [self.column == anchor, *where], [target.key])
        table = DivisionClosure.__table__
        assert isinstance(table, Table)
        closure = table.alias()
        if self.deeper:
            where.append(closure.c.depth > 0)
        from_ = target.table.join(closure, closure.c.descendant_id == self.column)
        return Rows(from_, [closure.c.ancestor_id == anchor, *where], [closure.c.descendant_id, target.key])

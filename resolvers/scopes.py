"""The scope of a list or statistic: a union alone or its subtree, in one hierarchy, as of a day."""

from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Date, FromClause, and_, or_, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from db.model import Term
from db.organizations import Hierarchy, IndustrialClosure, TerritorialClosure
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments


class Scope(Term):
    """How far below a union or division a list reaches (范围)."""

    SELF = "It alone (本级)"
    SUBTREE = "It and everything below (本级及下级)"


_DISSOLVED = sql_table("dissolved", sql_column("id", BigInteger()), sql_column("dissolved_on", Date()), schema="wall")
"""The view of dissolved unions, without those that were merged."""


def hierarchy_of(arguments: Arguments) -> Hierarchy:
    """The requested hierarchy; the territorial one by default."""
    return arguments.get("hierarchy") or Hierarchy.TERRITORIAL


def subtree(arguments: Arguments, binder: Binder, *, last: bool = False) -> tuple[FromClause, ColumnElement[bool]]:
    """The closure table of the requested hierarchy, and the condition that its rows are valid on the day ``asOf``, by default today; with
    ``last`` also the last rows of a union that was dissolved by then, so that its records still count.
    """
    industrial = hierarchy_of(arguments) is Hierarchy.INDUSTRIAL
    closure, day = alias(IndustrialClosure if industrial else TerritorialClosure), binder.day(arguments.get("as_of"))
    valid = valid_or_last(closure, day) if last else holds(Period(closure.c.valid_from, closure.c.valid_to), day)
    return closure, valid


def valid_or_last(closure: FromClause, day: ColumnElement[date]) -> ColumnElement[bool]:
    """The rows of a closure that are valid on a day, or were the last ones of a union that was dissolved by then. A merged union has its
    place below its successor, and no last one (migration 0055).

    The day of dissolution is a scalar subquery, run only for the few rows that have ended: for an EXISTS, PostgreSQL may read all unions
    first.
    """
    dissolved = select(_DISSOLVED.c.dissolved_on).where(_DISSOLVED.c.id == closure.c.descendant_id).scalar_subquery()
    ends = closure.c.valid_to
    return and_(closure.c.valid_from <= day, or_(ends.is_(None), ends > day, ends == dissolved))

"""How far a list or statistic reaches: a union alone or its subtree, in one hierarchy, as of a day."""

from datetime import date

from sqlalchemy import ColumnElement, FromClause, and_, or_, select

from db.model import Term
from db.organizations import Hierarchy, IndustrialClosure, Organization, TerritorialClosure
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments


class Scope(Term):
    """How far below a union or division a list reaches (范围)."""

    SELF = "It alone (本级)"
    SUBTREE = "It and everything below (本级及下级)"


def hierarchy_of(arguments: Arguments) -> Hierarchy:
    """The hierarchy that the caller asks for; the territorial one unless said otherwise."""
    return arguments.get("hierarchy") or Hierarchy.TERRITORIAL


def subtree(arguments: Arguments, binder: Binder, *, last: bool = False) -> tuple[FromClause, ColumnElement[bool]]:
    """The closure of the hierarchy that the caller asks for, and the condition that its rows hold on the day asked for, today without
    ``asOf``; with ``last`` also the place where a union was dissolved by then, so that what it has recorded still counts.
    """
    industrial = hierarchy_of(arguments) is Hierarchy.INDUSTRIAL
    closure, day = alias(IndustrialClosure if industrial else TerritorialClosure), binder.day(arguments.get("as_of"))
    held = held_last(closure, day) if last else holds(Period(closure.c.valid_from, closure.c.valid_to), day)
    return closure, held


def held_last(closure: FromClause, day: ColumnElement[date]) -> ColumnElement[bool]:
    """The rows of a closure that hold on a day, or held last for a union that was dissolved by then.

    When it was is looked up for each of the few that have ended: for an EXISTS PostgreSQL may read all unions first.
    """
    union = alias(Organization)
    dissolved = select(union.c.dissolved_on).where(union.c.id == closure.c.descendant_id).scalar_subquery()
    ends = closure.c.valid_to
    return and_(closure.c.valid_from <= day, or_(ends.is_(None), ends > day, ends == dissolved))

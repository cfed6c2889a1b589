"""Which rows of a kind hold on a day (docs/adr/0039): without ``asOf`` a list has those that hold today, others by ``validity``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_

from db.model import Dated, Term
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.plan.parameters import Binder


class Validity(Term):
    """Whether a record holds on the day asked about (有效状态). Each record is in one of the first three."""

    HOLDING = "It has begun and not ended by that day (有效)"
    ENDED = "It has ended by that day (已结束)"
    NOT_BEGUN = "It has not begun by that day, or has no beginning yet: applications, plans, what is under way (未开始)"
    ANY = "Any of them (全部)"


@dataclass(frozen=True)
class Period:
    """The columns that say from when a row holds, and until when (null while it does).

    ``known`` is false where an empty beginning means that it was not recorded, not that the row has not begun.
    """

    begins: Expression
    ends: Expression
    known: bool = True

    @classmethod
    def of(cls, model: type[Dated]) -> "Period":
        """The period of a dated row."""
        return cls(model.valid_from, model.valid_to)

    def has(self, validity: Validity, day: ColumnElement[date]) -> ColumnElement[bool]:
        """The condition that a row is in this state on a day; not for ``ANY``."""
        if validity is Validity.HOLDING:
            return holds(self, day)
        begins, ends = expression(self.begins), expression(self.ends)
        if validity is Validity.ENDED:
            return ends <= day
        begun = func.coalesce(begins <= day, false()) if self.known else or_(begins.is_(None), begins <= day)
        return and_(not_(begun), or_(ends.is_(None), ends > day))


def holds(period: Period, day: ColumnElement[date]) -> ColumnElement[bool]:
    """The rows that hold on a day: ``from <= day < to``."""
    begins, ends = expression(period.begins), expression(period.ends)
    begun = begins <= day if period.known else or_(begins.is_(None), begins <= day)
    return and_(begun, or_(ends.is_(None), ends > day))


def validity_conditions(
    period: Period | None, arguments: Mapping[str, Any], binder: Binder
) -> list[ColumnElement[bool]]:
    """The conditions that ``asOf`` and ``validity`` set on the rows of a kind with this period."""
    if period is None:
        return []
    validity = arguments.get("validity") or Validity.HOLDING
    if validity is Validity.ANY:
        return []
    return [period.has(validity, binder.day(arguments.get("as_of")))]

"""Steps with a last day (到期日), which may be overdue (逾期): as fields, and as SQL for filters and statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Interval,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import Grouping

from db.clock import today
from db.deadlines import DeadlineRule, DeadlineUnit
from db.divisions import DivisionClosure
from resolvers.deadlines import Procedure, last_days
from resolvers.engine.declare.columns import Expression, alias, expression
from resolvers.engine.declare.sources import Computed
from resolvers.engine.declare.statistics import Measure, Rate, where
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.parameters import DATE, Binder
from resolvers.working_days import LAST_PUBLISHED, is_provisional, is_working_day

ONE: ColumnElement[int] = literal_column("1", Integer())
SINCE = date(2004, 1, 1)
"""The first day whose working calendar is known."""


@dataclass(frozen=True)
class TimedStep:
    """A step of records with a last day: when its period starts, when it was done, and the columns that decide which rule applies."""

    procedure: Procedure
    starts_on: Expression
    done_on: Expression
    division: Expression
    kind: Expression | None = None

    @property
    def inputs(self) -> tuple[Expression, ...]:
        """The columns on which the last day of a record depends."""
        return (self.starts_on, self.division) if self.kind is None else (self.starts_on, self.division, self.kind)

    @property
    def due_on(self) -> Computed:
        """The field of the last day."""
        return Computed(self.inputs, last_days(self.procedure, self.starts_on), as_sql=self.last_day)

    @property
    def provisional(self) -> Computed:
        """The field that says whether the last day may still move because its year's days off are not published; null without one."""
        find = last_days(self.procedure, self.starts_on)

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool | None]:
            return [None if last is None else is_provisional(last) for last in await find(fetch, records)]

        def compared(binder: Binder) -> ColumnElement[bool]:
            return self.last_day(binder) > binder.bind(lambda _: date(LAST_PUBLISHED, 12, 31), DATE)

        return Computed(self.inputs, function, as_sql=compared)

    @property
    def days_left(self) -> Computed:
        """The field of the days from today to the last day while the step is not done; negative if it is late."""
        find = last_days(self.procedure, self.starts_on)

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[int | None]:
            day, last_day = today(), await find(fetch, [record[:-1] for record in records])
            return [
                None if last is None or record[-1] is not None else (last - day).days
                for record, last in zip(records, last_day, strict=True)
            ]

        def compared(binder: Binder) -> ColumnElement[int]:
            left = cast(self.last_day(binder) - binder.day(None), Integer())
            return case((expression(self.done_on).is_(None), left))

        return Computed((*self.inputs, self.done_on), function, as_sql=compared)

    def late(self, day: ColumnElement[Any], binder: Binder) -> ColumnElement[bool]:
        """Whether the step was done after its last day, or is not done by a ``day`` after it."""
        done = func.least(func.coalesce(expression(self.done_on), day), day)
        # most steps took no longer than the shortest rule allows: their last day is not computed
        return and_(done > expression(self.starts_on) + self._shortest(), done > self.last_day(binder))

    def _shortest(self) -> ColumnElement[int]:
        """The smallest length of the step's rules; a period takes at least so many days, whatever its unit."""
        rule = alias(DeadlineRule)
        steps = [rule.c.step == step for step in (self.procedure.step, *self.procedure.special.values())]
        shortest = select(func.min(rule.c.length)).where(rule.c.procedure == self.procedure.name, or_(*steps))
        return cast(shortest.scalar_subquery(), Integer)

    def runs(self) -> ColumnElement[bool]:
        """Whether the period has started."""
        return expression(self.starts_on).is_not(None)

    def last_day(self, binder: Binder) -> ColumnElement[date]:
        """The last day by the rule of the nearest division, as ``last_days`` computes it; null if no rule applies."""
        rule, closure = alias(DeadlineRule), alias(DivisionClosure)
        start = expression(self.starts_on)
        codes = {} if self.kind is None else dict.fromkeys(self.procedure.special, self.kind)
        special = [
            and_(cast(expression(kind), Text) == code, rule.c.step == self.procedure.special[code])
            for code, kind in codes.items()
        ]
        above = and_(
            closure.c.ancestor_id == rule.c.division_id,
            closure.c.descendant_id == expression(self.division),
            not_(closure.c.inherited),
        )
        due = (
            select(_after(start, rule.c.length, rule.c.unit, binder))
            .select_from(rule.outerjoin(closure, above))
            .where(
                rule.c.procedure == self.procedure.name,
                rule.c.starts_on == str(start.key),
                or_(rule.c.step == self.procedure.step, *special),
                or_(rule.c.division_id.is_(None), closure.c.depth.is_not(None)),
                rule.c.valid_from <= start,
                or_(rule.c.valid_to.is_(None), rule.c.valid_to > start),
            )
            .order_by(rule.c.step == self.procedure.step, closure.c.depth.asc().nulls_last(), rule.c.id)
            .limit(1)
        )
        return due.correlate_except(rule, closure).scalar_subquery()


@dataclass(frozen=True, eq=False)
class Overdue:
    """Whether a record is late in one of these steps: as a field, a filter condition, and an expression that statistics compute once a
    record."""

    steps: tuple[TimedStep, ...]

    def __call__(self, day: ColumnElement[Any], binder: Binder) -> ColumnElement[bool]:
        """As SQL, as of a day."""
        return func.coalesce(or_(*(step.late(day, binder) for step in self.steps)), false())

    @property
    def field(self) -> Computed:
        """The field: whether one of the steps is late today, or was done late."""
        finders = [last_days(step.procedure, step.starts_on) for step in self.steps]

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool]:
            day, start = today(), 0
            late = [False] * len(records)
            for step, find in zip(self.steps, finders, strict=True):
                end = start + len(step.inputs)
                for place, last in enumerate(await find(fetch, [record[start:end] for record in records])):
                    late[place] |= last is not None and min(records[place][end] or day, day) > last
                start = end + 1
            return late

        needs = tuple(part for step in self.steps for part in (*step.inputs, step.done_on))
        return Computed(needs, function, as_sql=lambda binder: self(binder.day(None), binder))

    def runs(self) -> ColumnElement[bool]:
        """Whether the period of one of the steps has started."""
        return or_(*(step.runs() for step in self.steps))


def timeliness(overdue: Overdue, event: str | None = None) -> dict[str, Measure]:
    """The measures of records with a period under a deadline rule: all, overdue ones and those on time; ``event`` as in ``Measure``."""

    def on_time(is_late: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(overdue.runs(), not_(is_late))

    return {
        "overdue": Measure(
            lambda is_late: func.count().filter(is_late), part=lambda is_late: is_late, event=event, lookup=overdue
        ),
        "on_time": Measure(
            lambda is_late: func.count().filter(on_time(is_late)), part=on_time, event=event, lookup=overdue
        ),
        "timed": where(overdue.runs(), event=event),
    }


TIMELINESS = {"overdue_share": Rate("overdue", "timed"), "on_time_share": Rate("on_time", "timed")}
"""The rates of ``timeliness``."""


def _after(
    start: ColumnElement[Any], length: ColumnElement[Any], unit: ColumnElement[Any], binder: Binder
) -> ColumnElement[date]:
    """The last day of a period, as ``deadlines.after`` computes it."""
    days = binder.bind(lambda inputs: list(working_days(inputs.today.year)), ARRAY(Date()))
    number = cast(length, Integer)
    months = case((unit == DeadlineUnit.YEAR, 12 * number), else_=number)
    later = cast(start + func.make_interval(0, months, type_=Interval()), Date)
    before = case((unit == DeadlineUnit.CALENDAR_DAY, start + number), else_=later) - ONE
    worked = case(
        (unit == DeadlineUnit.WORKING_DAY, func.width_bucket(start, days) + number),
        else_=func.width_bucket(before, days) + ONE,
    )
    return cast(Grouping(days)[worked], Date)


@lru_cache(maxsize=2)
def working_days(year: int) -> tuple[date, ...]:
    """All working days from 2004 to the end of the year after the next."""
    days = (SINCE + timedelta(days=number) for number in range((date(year + 3, 1, 1) - SINCE).days))
    return tuple(day for day in days if is_working_day(day))

"""Steps that have a last day (到期日) and may be overdue (逾期): shown as fields, and as SQL for filters and statistics."""

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
"""The first day whose calendar of work is known."""


@dataclass(frozen=True)
class Timed:
    """A step of records: the day on which its period starts, the day on which it was done, and what the rules look at."""

    procedure: Procedure
    starts_on: Expression
    done_on: Expression
    division: Expression
    kind: Expression | None = None

    @property
    def looked_at(self) -> tuple[Expression, ...]:
        """What the last day of a record depends on."""
        return (self.starts_on, self.division) if self.kind is None else (self.starts_on, self.division, self.kind)

    @property
    def due_on(self) -> Computed:
        """The last day as a field."""
        return Computed(self.looked_at, last_days(self.procedure, self.starts_on), compared=self.last_day)

    @property
    def provisional(self) -> Computed:
        """Whether the last day may still move, for its year's days off are not published yet: a field, null without a last day."""
        find = last_days(self.procedure, self.starts_on)

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool | None]:
            return [None if last is None else is_provisional(last) for last in await find(fetch, records)]

        def compared(binder: Binder) -> ColumnElement[bool]:
            return self.last_day(binder) > binder.bind(lambda _: date(LAST_PUBLISHED, 12, 31), DATE)

        return Computed(self.looked_at, function, compared=compared)

    @property
    def days_left(self) -> Computed:
        """Days from today to the last one while the step is not done, negative when it is late: a field."""
        find = last_days(self.procedure, self.starts_on)

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[int | None]:
            day, found = today(), await find(fetch, [record[:-1] for record in records])
            return [
                None if last is None or record[-1] is not None else (last - day).days
                for record, last in zip(records, found, strict=True)
            ]

        def compared(binder: Binder) -> ColumnElement[int]:
            left = cast(self.last_day(binder) - binder.day(None), Integer())
            return case((expression(self.done_on).is_(None), left))

        return Computed((*self.looked_at, self.done_on), function, compared=compared)

    def late(self, day: ColumnElement[Any], binder: Binder) -> ColumnElement[bool]:
        """The step was done after its last day, or is not done on a day after that."""
        done = func.least(func.coalesce(expression(self.done_on), day), day)
        # what took no longer than any rule allows is not looked up: most of all steps
        return and_(done > expression(self.starts_on) + self._shortest(), done > self.last_day(binder))

    def _shortest(self) -> ColumnElement[int]:
        """The fewest days that any rule gives the step; a period in working days or months takes as many at least."""
        rule = alias(DeadlineRule)
        steps = [rule.c.step == step for step in (self.procedure.step, *self.procedure.special.values())]
        shortest = select(func.min(rule.c.length)).where(rule.c.procedure == self.procedure.name, or_(*steps))
        return cast(shortest.scalar_subquery(), Integer)

    def runs(self) -> ColumnElement[bool]:
        """The period has started."""
        return expression(self.starts_on).is_not(None)

    def last_day(self, binder: Binder) -> ColumnElement[date]:
        """The last day of the step under the rule of the nearest division, as ``last_days`` has it; null where no rule applies."""
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
class Late:
    """Whether a record is late in one of these steps: a field, a condition of filters, and what statistics find once a record."""

    steps: tuple[Timed, ...]

    def __call__(self, day: ColumnElement[Any], binder: Binder) -> ColumnElement[bool]:
        """As of a day, as SQL."""
        return func.coalesce(or_(*(step.late(day, binder) for step in self.steps)), false())

    @property
    def overdue(self) -> Computed:
        """Whether one of the steps is late today, or was done late: a field."""
        finders = [last_days(step.procedure, step.starts_on) for step in self.steps]

        async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool]:
            day, start = today(), 0
            late = [False] * len(records)
            for step, find in zip(self.steps, finders, strict=True):
                end = start + len(step.looked_at)
                for place, last in enumerate(await find(fetch, [record[start:end] for record in records])):
                    late[place] |= last is not None and min(records[place][end] or day, day) > last
                start = end + 1
            return late

        needs = tuple(part for step in self.steps for part in (*step.looked_at, step.done_on))
        return Computed(needs, function, compared=lambda binder: self(binder.day(None), binder))

    def runs(self) -> ColumnElement[bool]:
        """The period of one of the steps has started."""
        return or_(*(step.runs() for step in self.steps))


def timeliness(late: Late, event: str | None = None) -> dict[str, Measure]:
    """How many records have a period under a deadline rule, and how many of them are late or in time; ``event`` as in ``Measure``."""

    def in_time(is_late: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(late.runs(), not_(is_late))

    return {
        "overdue": Measure(
            lambda is_late: func.count().filter(is_late), part=lambda is_late: is_late, event=event, lookup=late
        ),
        "on_time": Measure(
            lambda is_late: func.count().filter(in_time(is_late)), part=in_time, event=event, lookup=late
        ),
        "timed": where(late.runs(), event=event),
    }


TIMELINESS = {"overdue_share": Rate("overdue", "timed"), "on_time_share": Rate("on_time", "timed")}
"""The rates of these."""


def _after(
    start: ColumnElement[Any], length: ColumnElement[Any], unit: ColumnElement[Any], binder: Binder
) -> ColumnElement[date]:
    """The last day of a period, as ``deadlines.after`` has it: so many working days on, or the first one from the day that it ends on."""
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

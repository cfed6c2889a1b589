"""When records count: in a period, or as of a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement

from resolvers.engine.plan.parameters import DATE, Binder, Inputs
from resolvers.engine.statistics import published_periods
from resolvers.engine.statistics.frames import FrameArguments

Bounds = Callable[[Inputs], tuple[date | None, date | None]]
"""Finds the first day of a period and the day after its last; either may be open."""


@dataclass(frozen=True)
class Time:
    """When records count: in a period if there is no ``day``, else as of that day, or as of ``before`` as well as of it."""

    bounds: Bounds
    """Finds the ends of a period; of a day no beginning, and the day after it."""
    day: ColumnElement[date] | None = None
    since: ColumnElement[date] | None = None
    until: ColumnElement[date] | None = None
    before: ColumnElement[date] | None = None

    @classmethod
    def of_frame(cls, frame: FrameArguments, binder: Binder) -> "Time":
        """As the arguments say."""
        if not frame.is_period:
            if frame.for_aggregates_only:
                return cls.of_day(binder, frame.day)
            return cls(frame.bounds, day=binder.day(frame.as_of))
        if frame.protects_persons:
            return cls.of_period(binder, frame.period)
        until = None if frame.until is None else binder.day(frame.until)
        if frame.for_aggregates_only:
            until = binder.bind(lambda inputs: frame.find(inputs).until, DATE)
        return cls(frame.bounds, since=None if frame.since is None else binder.day(frame.since), until=until)

    @classmethod
    def of_day(cls, binder: Binder, find: Callable[[Inputs], date]) -> "Time":
        """As of a day that is known when a run begins."""
        return cls(lambda inputs: (None, published_periods.after(find(inputs))), day=binder.bind(find, DATE))

    @classmethod
    def of_period(cls, binder: Binder, find: Callable[[Inputs], tuple[date, date]]) -> "Time":
        """In a period that is known when a run begins."""
        since = binder.bind(lambda inputs: find(inputs)[0], DATE)
        return cls(find, since=since, until=binder.bind(lambda inputs: find(inputs)[1], DATE))

    @classmethod
    def of_either_day(cls, binder: Binder, find: Callable[[Inputs], tuple[date, date]]) -> "Time":
        """As of either of two days, the earlier one first: what holds on one of them, or on both."""
        day = binder.bind(lambda inputs: find(inputs)[1], DATE)
        return cls(find, day=day, before=binder.bind(lambda inputs: find(inputs)[0], DATE))

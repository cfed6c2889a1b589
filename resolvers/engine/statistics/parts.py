"""One part of a statistic's statement: where, when, under which conditions and by which keys records are counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, cast, null

from resolvers.engine.declare.statistics import Place
from resolvers.engine.plan.parameters import DATE, Binder, Inputs
from resolvers.engine.statistics import published_periods
from resolvers.engine.statistics.question import Dimension

if TYPE_CHECKING:
    from resolvers.engine.statistics.conditions import Condition

Bounds = Callable[[Inputs], tuple[date | None, date | None]]
"""The first day of a period and the day after its last."""


@dataclass(frozen=True)
class Time:
    """When records count: in a period if there is no ``day``, else as of that day, or as of ``before`` as well as of it."""

    bounds: Bounds
    """In a period its ends, for a day the day after it and no beginning."""
    day: ColumnElement[date] | None = None
    since: ColumnElement[date] | None = None
    until: ColumnElement[date] | None = None
    before: ColumnElement[date] | None = None

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
    def of_either(cls, binder: Binder, find: Callable[[Inputs], tuple[date, date]]) -> "Time":
        """What holds on one of two days, or on both."""
        day = binder.bind(lambda inputs: find(inputs)[1], DATE)
        return cls(find, day=day, before=binder.bind(lambda inputs: find(inputs)[0], DATE))


@dataclass(frozen=True)
class Look:
    """What is counted in one part of the statement. ``base`` is 0 for the question itself; others are neighbours (engine/neighbours.py),
    whose rows have this mark less the keys that they are without, as the bits of GROUPING."""

    place: Place
    time: Time
    where: tuple["Condition", ...]
    dimensions: tuple[Dimension, ...]
    base: int = 0
    groups: bool = True
    """Whether the groups are counted; the whole is by ``whole``."""
    whole: bool = True
    partial: tuple[int, ...] = ()
    """The dimensions without each of which groups are counted as well, all others being the same."""
    only: tuple[ColumnElement[bool], ...] = field(default=())
    """Conditions without which nothing at all is counted."""
    is_wider: bool = False
    """Whether it is of the next longer period, which there is not for every one."""
    is_around: bool = True
    """Whether it has all records that are compared with it; else it is of another time."""
    is_either: bool = False
    """Whether it has what holds on the day or a year before; the next look is that of a year before alone."""
    is_judged: bool = True
    """Whether it is compared with by itself."""

    @property
    def keyed(self) -> tuple[Dimension, ...]:
        """The dimensions that it is grouped by."""
        return self.dimensions if self.groups else ()

    def sets(self) -> list[list[int]]:
        """The grouping sets, each as the places of its keys."""
        every = list(range(len(self.keyed)))
        found = [every] if every else []
        found += [[place for place in every if place != without] for without in self.partial if len(every) > 1]
        return [*([[]] if self.whole or not every else []), *found]


def nothing(place: int) -> list[ColumnElement[Any]]:
    """The columns of a measure that a part does not count."""
    return [cast(null(), Integer()).label(f"m{place}{suffix}") for suffix in ("", "l", "t")]

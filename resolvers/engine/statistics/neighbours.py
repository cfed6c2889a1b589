"""The cells that a cell of persons or cases must not come near: the same without one of its conditions, or of another time.

They are counted in the statement of the question, as people and nothing else, and compared in ``overlap``. A condition is a
value in ``where``, a key of a group, or the place; without it the place is the division above, or the whole country. Two cells of which one
has all conditions of the other and some more differ by no less than the smaller does from its neighbours.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, select

from db.divisions import Division
from resolvers.engine.declare.columns import alias
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.statistics import periods, published_periods, row_marks, time_buckets
from resolvers.engine.statistics.parts import Look, Time
from resolvers.engine.statistics.question import Dimension

if TYPE_CHECKING:
    from resolvers.engine.statistics.from_records import Counting


def neighbours(counting: "Counting") -> tuple[Look, ...]:
    """The looks beside that of the question; those of one neighbour have one ``base``."""
    if not counting.is_guarded:
        return ()
    main = replace(counting.look, partial=())
    found = [*_without_conditions(main), _above(counting, main), *_of_other_times(counting, main)]
    return tuple(
        replace(look, base=row_marks.NEIGHBOURS * (place + 1)) for place, looks in enumerate(found) for look in looks
    )


def _without_conditions(main: Look) -> Iterator[list[Look]]:
    """Without each condition of ``where``."""
    for place in range(len(main.where)):
        yield [replace(main, where=main.where[:place] + main.where[place + 1 :])]


def _above(counting: "Counting", main: Look) -> list[Look]:
    """In the division above, or everywhere when there is none. Groups by child are compared with those of their division."""
    if counting.parent is None:
        return []
    division = alias(Division)
    key = counting.parent.c.key
    found = select(division.c.parent_id).where(division.c.id == key).correlate_except(division).scalar_subquery()
    assert counting.head is not None
    above = counting.head.above(found)
    groups = all(item.children is None for item in main.dimensions)
    return [
        replace(main, place=counting.placed(above), groups=groups, only=(above.is_not(None),)),
        replace(main, place=counting.placed(None), groups=groups, only=(above.is_(None),)),
    ]


def _of_other_times(counting: "Counting", main: Look) -> Iterator[list[Look]]:
    """Of a day: a year before, and what began in that year. Of a period: the next longer one. Roll-ups do not have who was there on one of
    two days; there a year before is compared by the numbers alone."""
    binder = counting.binder
    if main.time.day is not None:

        def year(inputs: Inputs) -> tuple[date, date]:
            day = periods.frame(counting, inputs).as_of
            assert day is not None
            return published_periods.before(day), day

        before = replace(main, time=Time.of_day(binder, lambda inputs: year(inputs)[0]), is_around=False)
        if counting.statistic.rollup is None:
            yield [replace(main, time=Time.of_either(binder, year), is_either=True)]
            yield [replace(before, is_judged=False)]
        else:
            yield [before]
        yield [replace(main, time=Time.of_period(binder, year), is_around=False)]
        return

    def longer(inputs: Inputs) -> tuple[date, date]:
        found = periods.frame(counting, inputs)
        since, until = periods.period(counting, inputs)
        return (
            published_periods.wider(since, until, found.unit, inputs)
            if found.unit in published_periods.WIDER
            else (since, until)
        )

    def has_longer(inputs: Inputs) -> bool:
        return periods.frame(counting, inputs).unit in published_periods.WIDER

    time = counting.time_dimension
    if time != "YEAR":
        once = (binder.bind(has_longer, Boolean()),)
        yield [replace(main, time=Time.of_period(binder, longer), groups=time is None, only=once, is_wider=True)]
    if time in published_periods.WIDER:
        wide = Time.of_period(
            binder, lambda inputs: published_periods.wider(*periods.period(counting, inputs), time, inputs)
        )
        yield [replace(main, time=wide, dimensions=_longer(counting, main, published_periods.WIDER[time]), whole=False)]


def _longer(counting: "Counting", main: Look, name: str) -> tuple[Dimension, ...]:
    """The dimensions with a longer one of time."""
    key = time_buckets.bucket(name, counting.event, counting.binder)
    return tuple(
        replace(item, term=type(item.term)[name], key=key) if item.name in time_buckets.TIMES else item
        for item in main.dimensions
    )

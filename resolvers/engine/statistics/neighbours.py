"""The neighbours of cells of persons or cases, which these must not come near: the same without a condition, or of another time.

They are counted in the statement of the question, as people and nothing else, and compared in ``overlap``. A condition is a
value in ``where``, a key of a group, or the place; without it the place is the division above, or the whole country. Two cells of which one
has all conditions of the other and some more differ by no less than the smaller does from its neighbours.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from sqlalchemy import Boolean

from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.statistics import published_periods, row_marks, time_buckets
from resolvers.engine.statistics.frames import FrameArguments
from resolvers.engine.statistics.head import ABOVE
from resolvers.engine.statistics.question import CellSet, Dimension, Population
from resolvers.engine.statistics.times import Time


def neighbours(population: Population, frame: FrameArguments, cells: CellSet) -> tuple[CellSet, ...]:
    """The neighbours of the cells of a question; those that come together are one neighbour, and have one mark."""
    if not population.protects_persons:
        return ()
    cells = replace(cells, also_without=())
    at_other_times = _on_other_days if cells.time.day is not None else _in_longer_periods
    every = [*_without_conditions(cells), _above(population, cells), *at_other_times(population, frame, cells)]
    return tuple(
        replace(each, mark=row_marks.NEIGHBOURS * (place + 1)) for place, sets in enumerate(every) for each in sets
    )


def _without_conditions(cells: CellSet) -> Iterator[list[CellSet]]:
    """Without each condition of ``where``."""
    for place in range(len(cells.conditions)):
        yield [replace(cells, conditions=cells.conditions[:place] + cells.conditions[place + 1 :])]


def _above(population: Population, cells: CellSet) -> list[CellSet]:
    """In the division above, or everywhere when there is none. Groups by child are compared with those of their division."""
    if population.parent is None:
        return []
    has_groups = all(item.children is None for item in cells.dimensions)
    return [
        replace(cells, place=population.place_below(ABOVE), has_groups=has_groups, only_if=(ABOVE.is_not(None),)),
        replace(cells, place=population.place_below(None), has_groups=has_groups, only_if=(ABOVE.is_(None),)),
    ]


def _on_other_days(population: Population, frame: FrameArguments, cells: CellSet) -> Iterator[list[CellSet]]:
    """Of a day: a year before, and what began in that year. Roll-ups do not have who was there on one of two days; there a year before is
    compared by the numbers alone."""
    binder = population.binder

    def year(inputs: Inputs) -> tuple[date, date]:
        day = frame.day(inputs)
        return published_periods.before(day), day

    before = replace(cells, time=Time.of_day(binder, lambda inputs: year(inputs)[0]), contains_cells=False)
    if population.statistic.rollup is None:
        yield [replace(cells, time=Time.of_either_day(binder, year), is_either_day=True)]
        yield [replace(before, is_compared=False)]
    else:
        yield [before]
    yield [replace(cells, time=Time.of_period(binder, year), contains_cells=False)]


def _in_longer_periods(population: Population, frame: FrameArguments, cells: CellSet) -> Iterator[list[CellSet]]:
    """Of a period: the next longer one."""
    binder, time = population.binder, frame.time_dimension

    def has_longer(inputs: Inputs) -> bool:
        return frame.find(inputs).unit in published_periods.WIDER

    def longer(inputs: Inputs) -> tuple[date, date]:
        since, until = frame.period(inputs)
        unit = frame.find(inputs).unit
        return (
            published_periods.wider(since, until, unit, inputs) if unit in published_periods.WIDER else (since, until)
        )

    if time != "YEAR":
        only_if = (binder.bind(has_longer, Boolean()),)
        period = Time.of_period(binder, longer)
        yield [replace(cells, time=period, has_groups=time is None, only_if=only_if, is_longer_period=True)]
    if time in published_periods.WIDER:
        period = Time.of_period(binder, lambda inputs: published_periods.wider(*frame.period(inputs), time, inputs))
        dimensions = _by_longer(population, cells, published_periods.WIDER[time])
        yield [replace(cells, time=period, dimensions=dimensions, has_whole=False)]


def _by_longer(population: Population, cells: CellSet, name: str) -> tuple[Dimension, ...]:
    """The dimensions with a longer one of time."""
    key = time_buckets.bucket(name, population.event, population.binder)
    return tuple(
        replace(item, term=type(item.term)[name], key=key) if item.name in time_buckets.TIMES else item
        for item in cells.dimensions
    )

"""Whether a cell of persons or cases is far enough from its neighbours (resolvers/engine/statistics/neighbours.py) to be given.

The rest, what the neighbour has more than the cell, must be about as many as the smallest cell. Where that ends is moved by a little noise,
the same for the same two sets, so that no exact number of records shows in what is withheld.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from resolvers.engine.statistics import noise, published_periods, row_marks, time_buckets
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.question import Dimension, Question
from resolvers.engine.statistics.row_layout import CELL_KEY, MARK, Row

Rows = Mapping[int, Mapping[tuple[Any, ...], Row]]
"""Rows of groups without some keys and of neighbours, by their mark and keys."""


@dataclass(frozen=True)
class Neighbour:
    """A set of records that a cell is compared with.

    ``row`` counts it; None if it has no record. ``contains_cell`` says that it has all of the cell's records. With ``is_either_day`` it has
    who was there on the cell's day or a year before, and ``before`` counts those of a year before.
    """

    row: Row | None
    contains_cell: bool = True
    before: Row | None = None
    is_either_day: bool = False

    def rest(self, number: int, at: int) -> int:
        """By how many the neighbour differs from a cell of so many, counted in this column."""
        near = _number(self.row, at)
        if self.is_either_day:
            return 2 * near - number - _number(self.before, at)
        return near - number if self.contains_cell else abs(near - number)


@dataclass(frozen=True)
class Neighbourhood:
    """The neighbours of the cells of one answer; ``whole`` is the row of the whole."""

    question: Question
    frame: Frame
    rows: Rows
    whole: Row

    def is_given(self, row: Row, number: int, cell_key: int, kind: bytes) -> bool:
        """Whether a row may be given: its period is one of those that are given, and it is far from all of its neighbours by what stands
        in these columns, how many they are and their cell key."""
        if not self.is_personal:
            return True
        if row[MARK] == row_marks.WHOLE and self.frame.as_of is None and self.frame.unit is None:
            return False
        return all(
            is_enough(
                other.rest(row[number], number), (row[cell_key], _number(other.row, cell_key)), kind, self.smallest
            )
            for other in self.of(row)
        )

    def is_part_given(self, row: Row, at: int, kind: bytes) -> bool:
        """The same of a measure that counts some of a cell's records only, which the whole cell is near to as well."""
        if not self.is_personal:
            return True
        layout = self.question.layout
        cell_key = at + CELL_KEY
        cell_keys = (row[cell_key], row[layout.people_cell_key])
        is_far = is_enough(row[layout.people] - row[at], cell_keys, kind, self.smallest)
        return is_far and self.is_given(row, at, cell_key, kind)

    @cached_property
    def is_personal(self) -> bool:
        """Whether cells are of persons or cases."""
        return self.question.population.statistic.is_personal

    @property
    def smallest(self) -> int:
        """The smallest count that is given."""
        return self.frame.small_cell

    def of(self, row: Row) -> Iterator[Neighbour]:
        """The neighbours of the whole or of a group."""
        keys = self.question.layout.keys(row)
        is_group = row[MARK] == row_marks.GROUP
        if is_group:
            yield from self._without_keys(keys)
        for cells in self.question.neighbours:
            if not cells.is_compared or not (cells.has_groups if is_group else cells.has_whole):
                continue
            if cells.is_longer_period and self.frame.unit not in published_periods.WIDER:
                continue
            mark = cells.mark if is_group else cells.mark - row_marks.without_all(len(keys))
            longer = self._longer(cells.dimensions, keys) if is_group else keys
            before = self._row(mark + row_marks.NEIGHBOURS, longer) if cells.is_either_day else None
            yield Neighbour(self._row(mark, longer), cells.contains_cells, before, cells.is_either_day)

    def _without_keys(self, keys: tuple[Any, ...]) -> Iterator[Neighbour]:
        """The same without each key of a group but that of time."""
        for place in range(len(keys)):
            if place == self._time:
                continue
            if len(keys) == 1:
                yield Neighbour(self.whole)
                continue
            mark = row_marks.PARTIAL - row_marks.without(place, len(keys))
            yield Neighbour(self._row(mark, (*keys[:place], None, *keys[place + 1 :])))

    def _row(self, mark: int, keys: tuple[Any, ...]) -> Row | None:
        return self.rows.get(mark, {}).get(keys)

    @cached_property
    def _time(self) -> int | None:
        """The place of the dimension of time, if there is one."""
        names = [item.name in time_buckets.TIMES for item in self.question.dimensions]
        return names.index(True) if any(names) else None

    def _longer(self, dimensions: Sequence[Dimension], keys: tuple[Any, ...]) -> tuple[Any, ...]:
        """The keys by these dimensions, of which that of time may be longer."""
        place = self._time
        if place is None:
            return keys
        bucket: date | None = keys[place]
        name = dimensions[place].name
        longer = None if bucket is None else time_buckets.first(name, bucket, self.frame.statistical_month)
        return (*keys[:place], longer, *keys[place + 1 :])


def _number(row: Row | None, at: int) -> int:
    """A number or cell key in a row, 0 where there is none."""
    return 0 if row is None else int(row[at])


def is_enough(rest: int, cell_keys: tuple[int, int], kind: bytes, smallest: int) -> bool:
    """Whether two sets with these cell keys differ by enough; noise is drawn only where it decides."""
    if noise.is_few(rest) or rest >= smallest + noise.MOST:
        return not noise.is_few(rest)
    pair = b"|" + kind + b"".join(cell_key.to_bytes(8, signed=True) for cell_key in cell_keys)
    return noise.count(rest, noise.draw(0, pair), smallest) is not None

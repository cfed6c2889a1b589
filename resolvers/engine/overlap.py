"""Whether a cell of persons or cases is far enough from its neighbours (resolvers/engine/neighbours.py) to be given.

The rest, what the neighbour has more than the cell, must be about as many as the smallest cell. Where that ends is moved by a little noise,
the same for the same two sets, so that no exact number of records tells itself by what is withheld.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from resolvers.engine import buckets, marks, noise, windows
from resolvers.engine.question import Frame
from resolvers.engine.row_layout import KEYS, Layout, Row

Rows = Mapping[int, Mapping[tuple[Any, ...], Row]]
"""Rows of groups without some keys and of neighbours, by their mark and keys."""


@dataclass(frozen=True)
class Neighbour:
    """A neighbour of a cell: its row, None where it has no record, and whether it has all that the cell has, or that by which the cell has
    changed."""

    row: Row | None
    is_around: bool = True
    is_change: bool = False


@dataclass(frozen=True)
class Neighbourhood:
    """The neighbours of the cells of one answer; ``whole`` is the row of the whole."""

    layout: Layout
    frame: Frame
    rows: Rows
    whole: Row

    def is_given(self, row: Row, number: int, ticket: int, kind: bytes) -> bool:
        """Whether a row may be given: it is of a period that may be asked about, and far from all of its neighbours by what stands in these
        columns, how many they are and their ticket."""
        if not self.layout.is_personal:
            return True
        if row[1] == marks.WHOLE and self.frame.as_of is None and self.frame.unit is None:
            return False
        cell, smallest = (row[number], row[ticket]), self.frame.small_cell
        return all(is_far(cell, _numbers(other.row, number, ticket), kind, smallest, other) for other in self.of(row))

    def is_part_given(self, row: Row, at: int, kind: bytes) -> bool:
        """The same of a measure that counts some of a cell's records only, which the whole cell is near to as well."""
        if not self.layout.is_personal:
            return True
        people, part = self.layout.people, _numbers(row, at, at + 3)
        whole = _numbers(row, people, people + 1)
        near = not is_far(part, whole, kind, self.frame.small_cell, Neighbour(None))
        return not near and self.is_given(row, at, at + 3, kind)

    def of(self, row: Row) -> Iterator[Neighbour]:
        """The neighbours of the whole or of a group."""
        keys = tuple(row[KEYS : KEYS + len(self.layout.dimensions)])
        group = row[1] == marks.GROUP
        if group:
            yield from self._without_keys(keys)
        timed = self._time is not None
        for look in self.layout.neighbours:
            if not (look.groups if group else look.whole):
                continue
            if look.is_wider and self.frame.unit not in windows.WIDER:
                continue
            mark = look.base if group else look.base - marks.without_all(len(keys))
            asked = self._in(look.dimensions, keys) if group and timed else keys
            yield Neighbour(self.rows.get(mark, {}).get(asked), look.is_around, look.is_change)

    def _without_keys(self, keys: tuple[Any, ...]) -> Iterator[Neighbour]:
        for place, item in enumerate(self.layout.dimensions):
            if item.name in buckets.TIMES:
                continue
            if len(keys) == 1:
                yield Neighbour(self.whole)
                continue
            mark = marks.PARTIAL - marks.without(place, len(keys))
            yield Neighbour(self.rows.get(mark, {}).get((*keys[:place], None, *keys[place + 1 :])))

    @property
    def _time(self) -> int | None:
        names = [item.name in buckets.TIMES for item in self.layout.dimensions]
        return names.index(True) if any(names) else None

    def _in(self, dimensions: Sequence[Any], keys: tuple[Any, ...]) -> tuple[Any, ...]:
        """The keys by these dimensions, of which that of time may be longer."""
        place = self._time
        assert place is not None
        bucket: date | None = keys[place]
        name = dimensions[place].name
        longer = None if bucket is None else buckets.first(name, bucket, self.frame.statistical_month)
        return (*keys[:place], longer, *keys[place + 1 :])


def _numbers(row: Row | None, number: int, ticket: int) -> tuple[int, int]:
    return (0, 0) if row is None else (row[number], row[ticket])


def is_far(cell: tuple[int, int], near: tuple[int, int], kind: bytes, smallest: int, how: Neighbour) -> bool:
    """Whether two sets, each as its number and ticket, differ by enough: by the rest of the larger, by what has changed, or by their
    numbers at least."""
    rest = near[0] if how.is_change else near[0] - cell[0] if how.is_around else abs(near[0] - cell[0])
    pair = b"|" + kind + b"".join(ticket.to_bytes(8, signed=True) for ticket in (cell[1], near[1]))
    return noise.count(rest, noise.draw(0, pair), smallest) is not None

"""What stands where in a row of a statistic's statement, and the columns that put it there.

Whatever counts (``from_records``, ``from_rollups``) writes rows by a ``RowLayout``, and whatever reads them (``groups``) reads by the same.
A row has the parent's key, its mark (``row_marks``), the key of each dimension, the label of each key, the number of people behind the cell
and their cell key, then for each measure its value, its largest part and its cell key. Largest parts and cell keys are for callers with
aggregates only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, cast, null

from resolvers.engine.statistics import row_marks

Row = Sequence[Any]

PARENT, MARK, KEYS = range(3)
"""Where the parent's key, the mark and the first key stand."""
VALUE, LARGEST, CELL_KEY = range(3)
"""Where the value of a measure, its largest part and its cell key stand, from its place on."""
SLOTS = 3
"""How many columns a measure has."""
DECIMAL = ("amount", "quantity")
"""Measures that are decimal numbers, not integers."""


class MeasureColumns(NamedTuple):
    """The columns of one measure."""

    value: ColumnElement[Any]
    largest: ColumnElement[Any]
    cell_key: ColumnElement[Any]


def not_counted() -> MeasureColumns:
    """The columns of a measure that a part of the statement does not count."""
    return MeasureColumns(*(cast(null(), Integer()) for _ in range(SLOTS)))


@dataclass(frozen=True)
class RowLayout:
    """The layout of the rows of a question with so many dimensions and these measures."""

    dimensions: int
    measures: tuple[str, ...]

    @cached_property
    def people(self) -> int:
        """Where the number of people stands."""
        return KEYS + 2 * self.dimensions

    @property
    def people_cell_key(self) -> int:
        """Where the cell key of these people stands."""
        return self.people + 1

    @cached_property
    def measure_places(self) -> tuple[int, ...]:
        """Where each measure stands."""
        return tuple(self.people + 2 + SLOTS * number for number in range(len(self.measures)))

    @cached_property
    def decimals(self) -> tuple[tuple[str, int], ...]:
        """The measures that are decimal numbers, and where each stands."""
        return tuple((name, self.measure(name)) for name in self.measures if name in DECIMAL)

    def measure(self, name: str) -> int:
        """Where a measure stands."""
        return self.measure_places[self.measures.index(name)]

    def label(self, dimension: int) -> int:
        """Where the label of the key of a dimension stands."""
        return KEYS + self.dimensions + dimension

    def keys(self, row: Row) -> tuple[Any, ...]:
        """The keys of a row."""
        return tuple(row[KEYS : KEYS + self.dimensions])

    def blank(self, keys: Sequence[Any], labels: Sequence[Any], values: Sequence[Any]) -> Row:
        """The row of a group without any record, whose measures have these values."""
        return None, row_marks.GROUP, *keys, *labels, 0, 0, *(column for value in values for column in (value, 0, 0))

    def columns(
        self,
        mark: ColumnElement[int],
        keys: Sequence[ColumnElement[Any]],
        counts: Sequence[ColumnElement[Any]],
    ) -> list[ColumnElement[Any]]:
        """The columns of a part of the statement: all of a row but parent and labels, which the whole statement adds. ``counts`` are those
        that ``counts`` makes."""
        return [mark.label("mark"), *(key.label(f"k{place}") for place, key in enumerate(keys)), *counts]

    def counts(
        self, people: ColumnElement[Any], cell_key: ColumnElement[Any], measures: Mapping[str, MeasureColumns]
    ) -> list[ColumnElement[Any]]:
        """The columns of people and measures; of measures that are not among these, as ``not_counted`` has them."""
        found: list[ColumnElement[Any]] = [people.label("people"), cell_key.label("people_t")]
        for number, name in enumerate(self.measures):
            value, largest, own = measures[name] if name in measures else not_counted()
            found += [value.label(f"m{number}"), largest.label(f"m{number}l"), own.label(f"m{number}t")]
        return found

    def without_counts(
        self, mark: ColumnElement[int], keys: Mapping[int, ColumnElement[Any]]
    ) -> list[ColumnElement[Any]]:
        """The columns of a part that counts nothing, in the same order; it has some keys at most."""
        every: list[ColumnElement[Any]] = [keys[place] if place in keys else null() for place in range(self.dimensions)]
        return [mark, *every, *(null() for _ in range(2 + SLOTS * len(self.measures)))]

    def row(
        self,
        parent: ColumnElement[Any],
        counted: Callable[[str], ColumnElement[Any]],
        labels: Sequence[ColumnElement[Any]],
    ) -> list[ColumnElement[Any]]:
        """All columns of a row, from the table that all parts make (``counted`` gives its columns), with the labels of the keys."""
        keys = [counted(f"k{place}") for place in range(self.dimensions)]
        shown = [label.label(f"l{place}") for place, label in enumerate(labels)]
        counts = [counted("people"), counted("people_t")]
        for number in range(len(self.measures)):
            counts += [counted(f"m{number}"), counted(f"m{number}l"), counted(f"m{number}t")]
        return [parent.label("key"), counted("mark"), *keys, *shown, *counts]

"""Where in a row of a statistic what stands, and how the keys of its groups are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.statistics import Measure
from resolvers.engine.request import global_ids
from resolvers.engine.statistics import time_buckets
from resolvers.engine.statistics.dimension_keys import HIDDEN, OUT_OF_SIGHT
from resolvers.engine.statistics.from_records import SLOTS, Counting
from resolvers.engine.statistics.parts import Look
from resolvers.engine.statistics.question import Dimension

Row = Sequence[Any]
KEYS = 2
"""Where in a row the keys begin: behind the parent's key and the mark."""
DECIMAL = ("amount", "quantity")
"""Measures that are decimal numbers, not integers."""
NOT_IN_SIGHT = "Not yours to see (不在可见范围)"
"""The label of the group of all rows that a dimension names and the caller does not see."""


@dataclass(frozen=True)
class Layout:
    """Where in a row what stands: keys, labels, people with their ticket, then the ``SLOTS`` of each measure."""

    dimensions: tuple[Dimension, ...]
    measures: tuple[tuple[str, Measure], ...]
    registry: Registry
    kind: str
    event: str
    is_personal: bool
    of_people: frozenset[str]
    """The measures that count people, by whom a cell is judged."""
    neighbours: tuple[Look, ...]
    """What cells of persons and cases are compared with before they are given."""

    @classmethod
    def of(cls, counting: Counting) -> "Layout":
        """The layout of what a field asks."""
        return cls(
            tuple(counting.dimensions),
            tuple(counting.measures.items()),
            counting.registry,
            counting.kind,
            counting.event_name or ("" if counting.is_stock else "BEGAN"),
            counting.statistic.is_personal,
            frozenset(name for name, found in counting.measures.items() if counting.statistic.is_of_people(found)),
            counting.neighbours,
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The measures in their order."""
        return tuple(name for name, _ in self.measures)

    @cached_property
    def people(self) -> int:
        """Where the number of people stands."""
        return KEYS + 2 * len(self.dimensions)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where each measure stands."""
        return tuple(self.measure(place) for place in range(len(self.measures)))

    @cached_property
    def records(self) -> int:
        """Where the number of records stands."""
        return self.measure(self.names.index("records"))

    @cached_property
    def decimal(self) -> tuple[tuple[str, int], ...]:
        """The measures that are decimal numbers, and where each stands."""
        return tuple((name, at) for name, at in zip(self.names, self.places, strict=True) if name in DECIMAL)

    def measure(self, place: int) -> int:
        """Where a measure stands."""
        return self.people + 2 + SLOTS * place

    @cached_property
    def values(self) -> tuple[Callable[[Row], str | None], ...]:
        """What finds the key of each dimension in a row, made once for all rows."""
        return tuple(self.value(place) for place in range(len(self.dimensions)))

    def value(self, place: int) -> Callable[[Row], str | None]:
        """Finds a key in a row as it is written in an answer; None where the record has no value."""
        item = self.dimensions[place]
        if item.name in time_buckets.TIMES:
            return _written(place, partial(time_buckets.name, item.name))
        if item.target is not None:
            prefix = self.registry.sources[item.target].prefix
            return _written(place, lambda key: OUT_OF_SIGHT if key == HIDDEN else global_ids.encode(prefix, key))
        return _written(place, lambda key: str(key).lower() if isinstance(key, bool) else str(key))

    def label(self, place: int) -> Callable[[Row], str | None]:
        """Finds a key in a row as it is shown to people."""
        item = self.dimensions[place]
        if item.name in time_buckets.TIMES:
            return _written(place, partial(time_buckets.label, item.name))
        if item.target is not None:
            at = KEYS + len(self.dimensions) + place
            return lambda row: NOT_IN_SIGHT if row[KEYS + place] == HIDDEN else row[at]
        if item.codes is not None:
            labels = item.codes.labels
            return _written(place, lambda code: labels.get(code, code))
        return _written(place, _shown)


def _written(place: int, write: Callable[[Any], str | None]) -> Callable[[Row], str | None]:
    """Finds the key of a dimension and writes it, if there is one."""
    at = KEYS + place

    def written(row: Row) -> str | None:
        key = row[at]
        return None if key is None else write(key)

    return written


def _shown(key: Any) -> str:
    """A key that is no code, as it is shown to people."""
    return ("Yes (是)" if key else "No (否)") if isinstance(key, bool) else str(key)

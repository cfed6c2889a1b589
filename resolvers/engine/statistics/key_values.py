"""How the keys of groups are written: as values that can be sent back, and as labels that people read."""

from collections.abc import Callable
from functools import partial
from typing import Any

from resolvers.engine.request import global_ids
from resolvers.engine.statistics import time_buckets
from resolvers.engine.statistics.dimension_keys import HIDDEN, OUT_OF_SIGHT
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.row_layout import KEYS, Row

NOT_IN_SIGHT = "Not yours to see (不在可见范围)"
"""The label of the group of all rows that a dimension names and the caller does not see."""


def value_of(question: Question, place: int) -> Callable[[Row], str | None]:
    """Finds the key of a dimension in a row, as it is written in an answer; None where the record has no value."""
    item = question.dimensions[place]
    if item.name in time_buckets.TIMES:
        return _written(place, partial(time_buckets.name, item.name))
    if item.target is not None:
        prefix = question.population.registry.sources[item.target].prefix
        return _written(place, lambda key: OUT_OF_SIGHT if key == HIDDEN else global_ids.encode(prefix, key))
    return _written(place, lambda key: str(key).lower() if isinstance(key, bool) else str(key))


def label_of(question: Question, place: int) -> Callable[[Row], str | None]:
    """Finds the key of a dimension in a row, as it is shown to people."""
    item = question.dimensions[place]
    if item.name in time_buckets.TIMES:
        return _written(place, partial(time_buckets.label, item.name))
    if item.target is not None:
        at = question.layout.label(place)
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

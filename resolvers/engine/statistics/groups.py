"""From the rows of a statistic to its groups: gaps filled with zeros, and noise in them where the caller has aggregates only."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from resolvers.engine.statistics import published, row_marks, time_buckets
from resolvers.engine.statistics.digests import Digests
from resolvers.engine.statistics.dimension_keys import HIDDEN
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.group_limits import MAX_GROUPS, MAX_ROWS, too_many_groups
from resolvers.engine.statistics.overlap import Neighbourhood
from resolvers.engine.statistics.perturbation import charge, perturb
from resolvers.engine.statistics.question import Dimension, Question
from resolvers.engine.statistics.row_layout import KEYS, MARK, PARENT, Row

Keys = tuple[Any, ...]
"""The keys of one group."""


@dataclass(frozen=True)
class SortedRows:
    """The rows of one parent by what they are."""

    whole: Row
    groups: Mapping[Keys, Row]
    children: Sequence[Mapping[Any, Row]]
    """For each dimension the children that there are, by their key."""
    others: Mapping[int, Mapping[Keys, Row]]
    """Groups without some keys, and neighbours, by their mark."""


def table(question: Question, rows: Sequence[Row], frame: Frame) -> tuple[Row, Sequence[Row]]:
    """The whole and the groups of one parent, in the order of their keys. Raises TOO_MANY_GROUPS and GEOGRAPHY_WITHHELD."""
    found = _sorted(question, rows)
    exact = {keys: _exact(question, row) for keys, row in found.groups.items()}
    total = _exact(question, found.whole)
    if not frame.small_cell:
        return total, _filled(question, frame, exact, found.children)
    if len(exact) > MAX_ROWS:
        raise too_many_groups()
    digests = Digests(question, frame, total[PARENT])
    neighbourhood = Neighbourhood(question, frame, found.others, found.whole)
    blank = perturb(neighbourhood, [total, *exact.values()], digests)
    given = {keys: row for place, (keys, row) in enumerate(exact.items()) if place not in blank}
    groups = _filled(question, frame, given, found.children)
    charge([total, *groups], frame, digests)
    return total, groups


def _sorted(question: Question, rows: Sequence[Row]) -> SortedRows:
    """Raises TOO_MANY_GROUPS and GEOGRAPHY_WITHHELD."""
    layout = question.layout
    whole: Row = ()
    groups: dict[Keys, Row] = {}
    children: list[dict[Any, Row]] = [{} for _ in question.dimensions]
    others: dict[int, dict[Keys, Row]] = {}
    for row in rows:
        match row[MARK]:
            case row_marks.WHOLE:
                whole = row
            case row_marks.REFUSED:
                raise published.too_fine(question.population.statistic.is_personal)
            case row_marks.GROUP:
                groups[layout.keys(row)] = row
            case mark if mark <= row_marks.PARTIAL:
                others.setdefault(mark, {})[layout.keys(row)] = row
            case mark:
                children[mark - 1][row[KEYS + mark - 1]] = row
    if any(len(each) > MAX_ROWS for each in others.values()):
        raise too_many_groups()
    return SortedRows(whole, groups, children, others)


def _filled(
    question: Question, frame: Frame, groups: Mapping[Keys, Row], children: Sequence[Mapping[Any, Row]]
) -> Sequence[Row]:
    """The groups in their order, with those that are listed whatever there is. To callers with aggregates only a group that is not given is
    one without any record: what is listed, and how many groups are too many, is found from what is given."""
    dimensions = question.dimensions
    if not any(_is_listed(item, frame) for item in dimensions):
        if len(groups) > MAX_GROUPS:
            raise too_many_groups()
        return [groups[keys] for keys in sorted(groups, key=lambda keys: [*map(_rank, dimensions, keys)])]
    listed = [
        _listed(item, frame, {keys[place] for keys in groups}, children[place]) for place, item in enumerate(dimensions)
    ]
    if math.prod(len(values) for values in listed) > MAX_GROUPS:
        raise too_many_groups()
    return [groups[keys] if keys in groups else _empty(question, frame, keys, children) for keys in product(*listed)]


def _is_listed(item: Dimension, frame: Frame) -> bool:
    """Whether the values of a dimension are listed without any record: children, and times of a period with both ends."""
    is_bounded = frame.since is not None and frame.until is not None
    return item.children is not None or (item.name in time_buckets.TIMES and is_bounded)


def _listed(item: Dimension, frame: Frame, counted: set[Any], children: Mapping[Any, Row]) -> list[Any]:
    """The values of a dimension in their order: those that have been ``counted``, and those that are listed without any record."""
    values = counted
    if item.children is not None:
        values = values | children.keys()
    elif item.name in time_buckets.TIMES and frame.since is not None and frame.until is not None:
        month = frame.statistical_month
        values = values | set(time_buckets.between(item.name, frame.since, frame.until, month, MAX_GROUPS + 1))
    return sorted(values, key=lambda key: _rank(item, key))


def _rank(item: Dimension, key: Any) -> tuple[bool, Any]:
    """The place of a key among those of its dimension: codes in the order of their list, what has none last."""
    if key is None:
        return True, 1
    if item.target is not None and key == HIDDEN:
        return True, 0
    return False, item.ranks.get(key, len(item.ranks)) if item.ranks else key


def _empty(question: Question, frame: Frame, keys: Keys, children: Sequence[Mapping[Any, Row]]) -> Row:
    """The row of a group without any record; for callers with aggregates only its measures are null."""
    layout = question.layout
    labels = [
        children[place][key][layout.label(place)] if key in children[place] else None for place, key in enumerate(keys)
    ]
    zeros = [None if frame.small_cell else measure.zero for measure in question.measures.values()]
    return _exact(question, layout.blank(keys, labels, zeros))


def _exact(question: Question, row: Row) -> list[Any]:
    """A row whose amounts are written out."""
    written = list(row)
    for name, at in question.layout.decimals:
        written[at] = None if written[at] is None else _written(name, written[at])
    return written


def _written(name: str, value: Any) -> Any:
    """An amount with two places, a quantity without zeros at its end."""
    match name:
        case "amount":
            return Decimal(value).quantize(Decimal("0.01"))
        case "quantity":
            found = Decimal(value)
            return Decimal(f"{found.normalize():f}") if found else Decimal(0)
    return value

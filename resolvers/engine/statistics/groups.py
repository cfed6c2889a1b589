"""From the rows of a statistic to its groups: gaps filled with zeros, and noise in them where the caller has aggregates only."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from resolvers.engine.statistics import published, row_marks, time_buckets
from resolvers.engine.statistics.digests import Digests
from resolvers.engine.statistics.dimension_keys import HIDDEN
from resolvers.engine.statistics.overlap import Neighbourhood
from resolvers.engine.statistics.periods import MAX_GROUPS, MAX_ROWS, too_many_groups
from resolvers.engine.statistics.perturbation import charge, perturb
from resolvers.engine.statistics.question import Dimension, Frame
from resolvers.engine.statistics.row_layout import KEYS, Layout, Row


def table(layout: Layout, rows: Sequence[Row], frame: Frame) -> tuple[Row, Sequence[Row]]:
    """The whole and the groups of one parent, in the order of their keys. Raises TOO_MANY_GROUPS and GEOGRAPHY_WITHHELD."""
    whole, cells, children, others = _sorted_out(layout, rows)
    exact = {keys: _exact(layout, row) for keys, row in cells.items()}
    total = _exact(layout, whole)
    if not frame.small_cell:
        return total, _filled(layout, frame, exact, children)
    if len(cells) > MAX_ROWS:
        raise too_many_groups()
    digests = Digests(layout, frame, whole[0])
    blank = perturb(Neighbourhood(layout, frame, others, whole), [total, *exact.values()], digests)
    given = {keys: row for place, (keys, row) in enumerate(exact.items()) if place not in blank}
    groups = _filled(layout, frame, given, children)
    charge([total, *groups], frame, digests)
    return total, groups


def _filled(
    layout: Layout, frame: Frame, cells: Mapping[tuple[Any, ...], Row], children: list[dict[Any, Row]]
) -> Sequence[Row]:
    """The groups in their order, with those that are listed whatever there is. To callers with aggregates only a group that is not given is
    one without any record: what is listed, and how many groups are too many, is found from what is given."""
    dimensions = layout.dimensions
    known = [_is_known(item, frame) for item in dimensions]
    if not any(known):
        if len(cells) > MAX_GROUPS:
            raise too_many_groups()
        return [cells[keys] for keys in sorted(cells, key=lambda keys: [*map(_rank, dimensions, keys)])]
    listed = [_listed(layout, place, frame, cells, children) for place in range(len(dimensions))]
    if math.prod(len(values) for values in listed) > MAX_GROUPS:
        raise too_many_groups()
    return [cells[keys] if keys in cells else _nothing(layout, frame, keys, children) for keys in product(*listed)]


def _sorted_out(
    layout: Layout, rows: Sequence[Row]
) -> tuple[Row, dict[tuple[Any, ...], Row], list[dict[Any, Row]], dict[int, dict[tuple[Any, ...], Row]]]:
    """The row of the whole, the groups by their keys, for each dimension its children by key, and neighbours by their mark and keys."""
    count = len(layout.dimensions)
    whole: Row = ()
    cells: dict[tuple[Any, ...], Row] = {}
    children: list[dict[Any, Row]] = [{} for _ in range(count)]
    others: dict[int, dict[tuple[Any, ...], Row]] = {}
    for row in rows:
        match row[1]:
            case row_marks.WHOLE:
                whole = row
            case row_marks.REFUSED:
                raise published.too_fine(layout.is_personal)
            case row_marks.GROUP:
                cells[tuple(row[KEYS : KEYS + count])] = row
            case mark if mark <= row_marks.PARTIAL:
                others.setdefault(mark, {})[tuple(row[KEYS : KEYS + count])] = row
            case mark:
                children[mark - 1][row[KEYS + mark - 1]] = row
    if any(len(found) > MAX_ROWS for found in others.values()):
        raise too_many_groups()
    return whole, cells, children, others


def _is_known(item: Dimension, frame: Frame) -> bool:
    """Whether the values of a dimension are listed without any record: children, and times of a period with both ends."""
    is_bounded = frame.since is not None and frame.until is not None
    return item.children is not None or (item.name in time_buckets.TIMES and is_bounded)


def _listed(
    layout: Layout, place: int, frame: Frame, cells: Mapping[tuple[Any, ...], Row], children: list[dict[Any, Row]]
) -> list[Any]:
    """The values of a dimension that are listed."""
    item = layout.dimensions[place]
    seen = {keys[place] for keys in cells}
    if item.children is not None:
        seen |= children[place].keys()
    elif item.name in time_buckets.TIMES and frame.since is not None and frame.until is not None:
        seen |= set(time_buckets.between(item.name, frame.since, frame.until, frame.statistical_month, MAX_GROUPS + 1))
    return sorted(seen, key=lambda key: _rank(item, key))


def _rank(item: Dimension, key: Any) -> tuple[bool, Any]:
    """The place of a key among those of its dimension: codes in the order of their list, what has none last."""
    if key is None:
        return True, 1
    if item.target is not None and key == HIDDEN:
        return True, 0
    return False, item.ranks.get(key, len(item.ranks)) if item.ranks else key


def _nothing(layout: Layout, frame: Frame, keys: tuple[Any, ...], children: list[dict[Any, Row]]) -> Row:
    """The row of a group without any record; for callers with aggregates only its measures are null."""
    count = len(keys)
    labels = [
        children[place][key][KEYS + count + place] if key in children[place] else None for place, key in enumerate(keys)
    ]
    zeros = [None if frame.small_cell else measure.zero for _, measure in layout.measures]
    measured = [value for zero in zeros for value in (zero, 0, 0)]
    return _exact(layout, (None, row_marks.GROUP, *keys, *labels, 0, 0, *measured))


def _exact(layout: Layout, row: Row) -> list[Any]:
    """A row whose amounts are written out."""
    written = list(row)
    for name, at in layout.decimal:
        written[at] = None if written[at] is None else _written(name, written[at])
    return written


def _written(name: str, value: Any) -> Any:
    match name:
        case "amount":
            return Decimal(value).quantize(Decimal("0.01"))
        case "quantity":
            found = Decimal(value)
            return Decimal(f"{found.normalize():f}") if found else Decimal(0)
    return value

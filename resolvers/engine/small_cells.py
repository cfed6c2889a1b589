"""What callers with aggregates only are told of a statistic: no small cell, none that follows from the others, nothing to the unit.

See docs/small-cells.md for what this protects against, and what not.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

KEYS = 2


def withheld(rows: Sequence[list[Any]], dimensions: int, measures: int, cell: int) -> set[int]:
    """Blank and round, in place, the whole (the first row) and its groups, in rows of ``Counting``'s layout; which groups are blank."""
    people = KEYS + 2 * dimensions
    whole, groups = rows[0], rows[1:]
    small = {place for place, row in enumerate(groups) if row[people] < cell}
    _complement(groups, small, dimensions, people)
    for place, row in enumerate(groups):
        _coarsen(row, people, measures, cell, hide=place in small)
    _coarsen(whole, people, measures, cell, hide=whole[people] < cell)
    return small


def _complement(groups: Sequence[list[Any]], small: set[int], dimensions: int, people: int) -> None:
    """A cell that is hidden alone in a line is the line's sum less the others: hide the smallest of these too, until none is alone."""
    lines = list(_lines(groups, dimensions))
    changed = True
    while changed:
        changed = False
        for line in lines:
            hidden = [place for place in line if place in small]
            if len(hidden) == 1 and len(line) > 1:
                small.add(min((place for place in line if place not in small), key=lambda place: groups[place][people]))
                changed = True


def _lines(groups: Sequence[list[Any]], dimensions: int) -> Iterator[list[int]]:
    """The groups that differ in some dimensions and agree in the others: each line has a sum that another statistic may tell."""
    for subset in range(2**dimensions - 1):
        fixed = [KEYS + place for place in range(dimensions) if subset >> place & 1]
        found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for place, row in enumerate(groups):
            found[tuple(row[at] for at in fixed)].append(place)
        yield from found.values()


def _coarsen(row: list[Any], people: int, measures: int, cell: int, *, hide: bool) -> None:
    for place in range(measures):
        at = people + 1 + 3 * place
        value, largest, fewest = row[at : at + 3]
        if value is None or hide or (fewest is not None and fewest < cell):
            row[at] = None
        elif largest is not None:
            row[at] = _to_the_power_above(value, largest)
        elif isinstance(value, int):
            row[at] = None if value < cell else (value + cell // 2) // cell * cell
        else:
            row[at] = round(value, 2 if fewest is not None else 0)


def _to_the_power_above(value: Decimal, largest: Decimal) -> Decimal:
    """A sum to the nearest power of ten that no single part of it exceeds, so that no part shows in it."""
    if not largest:
        return value
    step = Decimal(10) ** (Decimal(largest).adjusted() + 1)
    return ((value / step).quantize(Decimal(1)) * step).quantize(value)

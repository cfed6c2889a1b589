"""Noise in what callers with aggregates only get of a statistic: the cell-key method (docs/small-cells.md).

A count gets two draws from one table of probabilities: one is the same for the same set of records whichever question drew it, so that
asking in other ways averages nothing away; the other is the same for the same set under the same conditions, place and period, so that
equal answers to two questions do not prove equal sets. Counts that come out below the smallest cell are not given.
"""

from bisect import bisect_right
from decimal import Decimal
from hashlib import blake2b
from itertools import accumulate
from math import exp

VARIANCE, MOST = 4.5, 6
"""Variance and largest value of one draw; of both together 9 and 12."""

FLOOR = 5
"""True counts below this one are never given, so that no noise makes a few look like many."""

LARGEST = 5
"""In a sum the largest contribution counts at most so many times the mean of the others."""

STEP = 0.02
"""A median is moved by this fraction of itself, or a quarter, for each step of noise."""


def _weights(width: float) -> list[float]:
    return [exp(-(step**2) / (2 * width)) for step in range(-MOST, MOST + 1)]


def _variance(weights: list[float]) -> float:
    return sum(weight * (place - MOST) ** 2 for place, weight in enumerate(weights)) / sum(weights)


def _table() -> list[int]:
    """Where in 64 bits the probability of each further step begins: of all tables with this variance the one with the most entropy."""
    low, high = 0.1, 1000.0
    while high - low > 1e-9:
        width = (low + high) / 2
        low, high = (width, high) if _variance(_weights(width)) < VARIANCE else (low, width)
    weights = _weights(low)
    return [int(part / sum(weights) * 2**64) for part in accumulate(weights)][:-1]


TABLE = _table()


def draw(ticket: int, salt: bytes) -> int:
    """A step of noise from -6 to 6; the same for the same ticket and salt."""
    digest = blake2b(salt, key=ticket.to_bytes(8, signed=True), digest_size=8).digest()
    return bisect_right(TABLE, int.from_bytes(digest)) - MOST


def noise(ticket: int, kind: bytes, question: bytes) -> int:
    """The noise of a cell: of its set of records, and of this set under the conditions of the question."""
    return draw(ticket, kind) + draw(ticket, b"?" + kind + question)


def count(number: int, step: int, smallest: int) -> int | None:
    """A count as it is given; None of few, whatever the noise, and where it comes out below the smallest cell."""
    found = number + step
    return found if number >= FLOOR and found >= smallest else None


def total(value: Decimal | int, largest: Decimal | int, records: int, step: int) -> Decimal | int:
    """A sum as it is given: its largest part bounded, moved by as much a step, to the power of ten that such a part has."""
    exact, part = Decimal(value), Decimal(largest)
    others = (abs(exact) - part) / (records - 1) if records > 1 else part
    bound = min(part, max(LARGEST * others, Decimal(0)))
    held = exact - (part - bound if exact > 0 else bound - part)
    if not bound:
        return type(value)(held)
    unit = Decimal(10) ** max(bound.adjusted(), 0)
    found = ((held + step * bound) / unit).quantize(Decimal(1)) * unit
    found = max(found, Decimal(0)) if exact >= 0 else found
    return int(found) if isinstance(value, int) else found.quantize(exact)


def share(part: float, whole: int, steps: tuple[int, int], smallest: int) -> float | None:
    """A share as it is given, from both of its sides with noise; None where one of them has few."""
    inside = round(part * whole)
    sides = (count(inside, steps[0], smallest), count(whole - inside, steps[1], smallest))
    return None if sides[0] is None or sides[1] is None else round(sides[0] / (sides[0] + sides[1]), 2)


def median(value: float, step: int) -> float:
    """A median as it is given, to a whole number."""
    return float(max(round(value + step * max(0.25, abs(value) * STEP)), 0 if value >= 0 else -(10**9)))

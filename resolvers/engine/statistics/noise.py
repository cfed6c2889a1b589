"""Noise in what callers with aggregates only get of a statistic: the cell-key method (docs/small-cells.md).

The number of people in a cell gets two draws from one table of probabilities: one is the same for the same set of records whichever
question drew it, so that asking in other ways averages nothing away; the other is the same for the same set under the same conditions,
place and period, so that equal answers to two questions do not prove equal sets. Other counts of the cell are moved with it, and by a draw
of their own, so that together they tell no more of it than the first. Counts that come out below the smallest cell are not given.
"""

from bisect import bisect_right
from decimal import Decimal
from hashlib import blake2b
from itertools import accumulate
from math import exp, floor, log10, sqrt
from statistics import NormalDist

VARIANCE, MOST = 4.5, 6
"""Variance and largest value of one draw; of both together 9 and 12."""

FLOOR = 5
"""True counts below this one are never given, so that no noise makes a few look like many."""

LARGEST = 5
"""In a sum the largest contribution counts at most so many times the mean of the others."""

FEW = 2
"""A median is given of so many times the smallest cell."""

FINE, COARSE = 50, 5
"""A sum is written in steps of 1, 2 or 5 times a power of ten that are at most this part of itself, a median in coarser ones."""


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
NORMAL = NormalDist(0, sqrt(VARIANCE))


def draw(cell_key: int, salt: bytes) -> int:
    """A step of noise from -6 to 6; the same for the same cell key and salt."""
    digest = blake2b(salt, key=cell_key.to_bytes(8, signed=True), digest_size=8).digest()
    return bisect_right(TABLE, int.from_bytes(digest)) - MOST


def noise(cell_key: int, kind: bytes, question: bytes) -> int:
    """The noise of a cell: of its set of records, and of this set under the conditions of the question."""
    return draw(cell_key, kind) + draw(cell_key, b"?" + kind + question)


def is_few(number: int) -> bool:
    """Whether so few are never given, whatever the noise."""
    return number < FLOOR


def count(number: int, step: int, smallest: int) -> int | None:
    """A count as it is given; None of few, whatever the noise, and where it comes out below the smallest cell."""
    found = number + step
    return found if not is_few(number) and found >= smallest else None


def real(cell_key: int, salt: bytes) -> float:
    """A real number with the variance and bound of a draw; the same for the same cell key and salt."""
    return min(max(NORMAL.inv_cdf(_fraction(cell_key, salt)), -MOST), MOST)


def total(value: Decimal | int, largest: Decimal | int, records: int, step: int, own: float) -> Decimal | int:
    """A sum as it is given: its largest part bounded, moved by ``step`` times the mean, as the count is, and by ``own`` times the largest.

    What it is rounded to depends on what is given alone, so that neither the step nor the remainders tell of a part.
    """
    exact, part = Decimal(value), Decimal(largest)
    others = (abs(exact) - part) / (records - 1) if records > 1 else part
    bound = min(part, max(LARGEST * others, Decimal(0)))
    held = exact - (part - bound if exact > 0 else bound - part)
    found = held + step * held / max(records, 1) + Decimal(own) * bound
    found = max(found, Decimal(0)) if exact >= 0 else found
    unit = Decimal(max(stride(float(found), FINE), 1))
    found = (found / unit).quantize(Decimal(1)) * unit
    return int(found) if isinstance(value, int) else found.quantize(exact)


def stride(value: float, parts: int) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is no more than one of so many parts of a value; 0 of nothing."""
    most = abs(value) / parts
    if not most:
        return 0
    power = 10.0 ** floor(log10(most))
    return max(power * each for each in (1, 2, 5) if each == 1 or power * each <= most)


def median(value: float, cell_key: int, salt: bytes) -> float:
    """A median as it is given: one of the two coarse steps beside it, the nearer one more often."""
    step = stride(value, COARSE)
    return round(floor(value / step + _fraction(cell_key, salt)) * step, 6) if step else 0.0


def _fraction(cell_key: int, salt: bytes) -> float:
    """A number between 0 and 1; the same for the same cell key and salt."""
    digest = blake2b(b"~" + salt, key=cell_key.to_bytes(8, signed=True), digest_size=8).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48

"""A period in the slots of the roll-ups (db/rollups/layout.py): as few cells as tell it, some of them taken away again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from db.rollups.layout import DAY, ENDED, EPOCH, EVER

YEAR_COST, EVER_COST = 60, 100
"""About as many cells as so many days have; what is chosen by them is right whatever they are."""

Span = tuple[int, int, int]
"""Slots from one to before another, and a sign."""


@dataclass(frozen=True, slots=True)
class End:
    """A day or a year's first day up to which slots of one kind are counted; None is without end, of either kind.

    ``days`` are the days to be added at this end, from one to before another, and their sign.
    """

    year: int | None = None
    day: date | None = None
    days: tuple[tuple[date, date, int], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is no end."""
        return self.year is None and self.day is None


@lru_cache(maxsize=512)
def cut(since: date | None, until: date | None, today: date, *, years: bool, ever: bool) -> Sequence[Span]:
    """``[since, until)`` in days, in whole years if there are ``years``, and as what is left of all time if there is ``ever``."""
    found = [
        spans
        for start in _ends(since, years=years)
        for end in _ends(until, years=years)
        if start.is_open or end.is_open or (start.year is None) == (end.year is None)
        for middle in _between(start, end, years=years, ever=ever)
        for spans in [[*middle, *_at(start, -1), *_at(end, 1)]]
    ]
    return min(found, key=lambda spans: sum(_cost(span, today) for span in spans))


def _ends(day: date | None, *, years: bool) -> list[End]:
    """An end as it is, and by the year before it or the year after it."""
    if day is None:
        return [End()]
    found = [End(day=day)]
    if years:
        first, following = date(day.year, 1, 1), date(day.year + 1, 1, 1)
        found.append(End(year=day.year, days=((first, day, 1),) if first < day else ()))
        found.append(End(year=day.year + 1, days=((day, following, -1),)))
    return found


def _between(start: End, end: End, *, years: bool, ever: bool) -> list[list[Span]]:
    """What lies between two ends, each way that there is."""
    found = []
    if years and start.day is None and end.day is None:
        low, high = 0 if start.year is None else start.year, EVER if end.year is None else end.year
        found.append([(low, high, 1)] if low < high else [(high, low, -1)] if high < low else [])
    if start.year is None and end.year is None:
        low, high = EVER + 1 if start.day is None else slot(start.day), ENDED if end.day is None else slot(end.day)
        found.append([(low, high, 1)])
    if ever and start.is_open and end.is_open:
        found.append([(EVER, EVER + 1, 1)])
    elif ever and (start.is_open or end.is_open):
        rest = (
            _between(end, End(), years=years, ever=False)
            if start.is_open
            else _between(End(), start, years=years, ever=False)
        )
        found += [[(EVER, EVER + 1, 1), *((low, high, -sign) for low, high, sign in other)] for other in rest]
    return found


def _at(end: End, sign: int) -> list[Span]:
    return [(slot(first), slot(last), sign * added) for first, last, added in end.days]


def slot(day: date) -> int:
    """The slot of a day."""
    return DAY + (day - EPOCH).days


def _cost(span: Span, today: date) -> int:
    """How many cells a span may have, in those of a day; records are of this century."""
    low, high, _ = span
    if low == EVER:
        return EVER_COST
    if high <= EVER:
        return YEAR_COST * max(0, min(high, today.year + 1) - max(low, EPOCH.year))
    return max(0, min(high, slot(today) + 1) - max(low, DAY))

"""Chooses days: working days of a period, with more in some months than in others."""

import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

PAGE = date(2023, 2, 13)
"""The day of the page; what it says without a period happened before."""


@lru_cache(maxsize=256)
def working_days(since: date, until: date) -> tuple[date, ...]:
    """The working days in ``[since, until)``: by the State Council's calendar, Monday to Friday where that is not published."""
    found = (since + timedelta(days=offset) for offset in range((until - since).days))
    return tuple(day for day in found if _is_worked(day))


@lru_cache(maxsize=16_384)
def _is_worked(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def spread(
    chance: random.Random, count: int, since: date, until: date, months: Mapping[int, float] | None = None
) -> list[date]:
    """``count`` working days of ``[since, until)``, in order; ``months`` gives months a weight other than 1."""
    days = working_days(since, until)
    weights = None if months is None else [months.get(day.month, 1.0) for day in days]
    return sorted(chance.choices(days, weights, k=count))


def within(days: Sequence[date], since: date | None, until: date | None) -> Sequence[date]:
    """The ``days``, which are sorted, in ``[since, until)``; None is no bound."""
    first = 0 if since is None else bisect_left(days, since)
    last = len(days) if until is None else bisect_left(days, until)
    return days[first:last]

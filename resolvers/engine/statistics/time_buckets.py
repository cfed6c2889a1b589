"""Dimensions of time: days, months, quarters, years and statistical years as groups, each with a name, and listed without gaps."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Interval, cast, func

from resolvers.engine.plan.parameters import Binder

TIMES = ("DAY", "MONTH", "QUARTER", "YEAR", "STATISTICAL_YEAR")
"""The dimensions of time."""

_NAME = re.compile(r"([0-9]{4})(?:-Q([1-4])|-([0-9]{2})(?:-([0-9]{2}))?)?")
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12, "STATISTICAL_YEAR": 12}


def bucket(dimension: str, day: ColumnElement[Any], binder: Binder) -> ColumnElement[date]:
    """The first day of the bucket that a day is in."""
    if dimension == "DAY":
        return day
    if dimension == "STATISTICAL_YEAR":
        shift = func.make_interval(
            0, binder.bind(lambda inputs: (13 - inputs.statistical_month) % 12, Integer()), type_=Interval()
        )
        return cast(func.date_trunc("year", cast(day, Date) + shift) - shift, Date)
    return cast(func.date_trunc(dimension.lower(), day), Date)


def first(dimension: str, day: date, month: int) -> date:
    """The first day of the bucket that a day is in; ``month`` is the first of a statistical year."""
    if dimension == "DAY":
        return day
    length = _MONTHS[dimension]
    start = month if dimension == "STATISTICAL_YEAR" else 1
    months = day.year * 12 + day.month - start
    return _of_month(months - months % length + start - 1)


def following(dimension: str, bucket: date) -> date:
    """The first day of the next bucket."""
    if dimension == "DAY":
        return bucket + timedelta(days=1)
    return _of_month(bucket.year * 12 + bucket.month - 1 + _MONTHS[dimension])


def between(dimension: str, since: date, until: date, month: int, most: int) -> Iterator[date]:
    """The buckets that ``[since, until)`` touches, at most so many."""
    start = first(dimension, since, month)
    while start < until and most > 0:
        yield start
        start = following(dimension, start)
        most -= 1


def name(dimension: str, bucket: date) -> str:
    """The name of a bucket: ``2022-11-03``, ``2022-11``, ``2022-Q4``, ``2022``; a statistical year by the year that it ends in."""
    match dimension:
        case "DAY":
            return bucket.isoformat()
        case "MONTH":
            return f"{bucket:%Y-%m}"
        case "QUARTER":
            return f"{bucket.year}-Q{(bucket.month + 2) // 3}"
        case "YEAR":
            return f"{bucket.year}"
    return f"{(following(dimension, bucket) - timedelta(days=1)).year}"


def parsed(dimension: str, text: str, month: int) -> date | None:
    """The bucket of this name; None where there is none. ``month`` is the first of a statistical year."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    year, quarter, number, day = (int(part or 0) for part in found.groups())
    try:
        if dimension == "STATISTICAL_YEAR":
            bucket = date(year if month == 1 else year - 1, month, 1)
        else:
            bucket = date(year, quarter * 3 - 2 if quarter else number or 1, day or 1)
    except ValueError:
        return None
    return bucket if name(dimension, bucket) == text else None


def label(dimension: str, bucket: date) -> str:
    """How a bucket is shown: its name, a statistical year with its first and last month."""
    if dimension != "STATISTICAL_YEAR":
        return name(dimension, bucket)
    last = following(dimension, bucket) - timedelta(days=1)
    return f"{name(dimension, bucket)} ({bucket:%Y-%m} – {last:%Y-%m})"


def _of_month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)

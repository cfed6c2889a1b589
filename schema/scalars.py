"""Scalars: Date, DateTime and Decimal."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import methodcaller

import strawberry
from graphql import GraphQLError

_AMOUNT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_date(value: object) -> date:
    """The date in a text ``YYYY-MM-DD``.

    Raises:
        GraphQLError: the value has another form, or the calendar has no such day.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise GraphQLError("The calendar has no such day.") from None
    raise GraphQLError("A date is a text as YYYY-MM-DD.")


def read_moment(value: object) -> datetime:
    """The moment in a text such as ``2026-03-01T08:30:00+08:00`` or ``…Z``, to the microsecond.

    Raises:
        GraphQLError: the value has another form, or names no moment, e.g. because it has no offset from UTC.
    """
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise GraphQLError("The calendar has no such moment.") from None
    raise GraphQLError("A moment is a text with its offset from UTC, as 2026-03-01T08:30:00+08:00.")


def read_decimal(value: object) -> Decimal:
    """The decimal in a number or its text, with at most 20 digits before and after the point.

    Raises:
        GraphQLError: the value has another form.
    """
    if isinstance(value, float) and value == value and abs(value) < 1e20:
        value = f"{value:.20f}" if "e" in repr(value) else repr(value)
    if isinstance(value, int | str) and not isinstance(value, bool) and _AMOUNT.fullmatch(text := str(value)):
        return Decimal(text)
    raise GraphQLError(
        'A decimal is a number or its text, as "1234.56", of at most 20 digits before and behind the point.'
    )


DATE = strawberry.scalar(
    name="Date",
    description="Day of the calendar in Asia/Shanghai, as YYYY-MM-DD (日期)",
    serialize=methodcaller("isoformat"),
    parse_value=read_date,
)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="Moment with its offset from UTC, ISO 8601 (时刻)",
    serialize=methodcaller("isoformat"),
    parse_value=read_moment,
)
DECIMAL = strawberry.scalar(
    name="Decimal",
    description='Exact decimal number as text, e.g. "1234.56"; a number is taken too (小数)',
    serialize=str,
    parse_value=read_decimal,
)

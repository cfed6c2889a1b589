"""How values are read that GraphQL itself does not know."""

import re
from datetime import date
from operator import methodcaller

import strawberry
from graphql import GraphQLError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_date(value: object) -> date:
    """A day written as ``YYYY-MM-DD``.

    Raises:
        GraphQLError: it is not written so, or the calendar has no such day.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise GraphQLError("The calendar has no such day.") from None
    raise GraphQLError("A date is a text as YYYY-MM-DD.")


DATE = strawberry.scalar(
    name="Date", description="Date (isoformat)", serialize=methodcaller("isoformat"), parse_value=read_date
)

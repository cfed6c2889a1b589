"""What callers with aggregates only may ask of a statistic: dimensions that name nobody, one value of each, whole months that are over."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from resolvers.engine import buckets
from resolvers.engine.binder import Inputs
from resolvers.errors import HubError

MAX_DIMENSIONS = 3
"""Most dimensions in ``groupBy`` and ``where`` together, those of time and place left out."""

NAMING = frozenset({"DONOR"})
"""Dimensions whose values are no rows, and yet name a unit."""


def require_dimensions(names: Iterable[str]) -> None:
    """Let a question by these dimensions through. Raises TOO_MANY_DIMENSIONS and WHOLE_MONTHS."""
    found = set(names)
    if "DAY" in found:
        raise _whole_months("The dimension DAY is finer than a month: group by MONTH.")
    if len(found - {*buckets.TIMES, "CHILD_DIVISION"}) > MAX_DIMENSIONS:
        raise HubError(
            "TOO_MANY_DIMENSIONS",
            f"Callers with aggregates only give at most {MAX_DIMENSIONS} dimensions in `groupBy` and `where` together.",
        )


def require_one(name: str, values: Sequence[str]) -> None:
    """Let a condition of one value through. Raises ONE_VALUE_EACH."""
    if len(values) != 1:
        raise HubError(
            "ONE_VALUE_EACH",
            f"Callers with aggregates only give one value of {name} in `where`. Group by {name} to have several.",
        )


def month_of(inputs: Inputs) -> date:
    """The first day of this month: counts go up to it."""
    return inputs.today.replace(day=1)


def require_month(name: str, day: date | None) -> None:
    """Let the first day of a month through. Raises WHOLE_MONTHS."""
    if day is not None and day.day != 1:
        raise _whole_months(f"`{name}` is {day}.")


def until(asked: date | None, inputs: Inputs) -> date:
    """The day before which a period ends: as it was asked for, or when the last whole month did."""
    month = month_of(inputs)
    return month if asked is None else min(asked, month)


def withheld(name: str) -> HubError:
    """The error of a dimension whose values are not for callers with aggregates only."""
    known = "CHILD_DIVISION or another dimension that names nobody"
    return HubError("DIMENSION_WITHHELD", f"{name} is not for callers with aggregates only. Use {known}.")


def too_fine(personal: bool) -> HubError:
    """The error of a place that is finer than the counts that are published."""
    level = "counties" if personal else "townships"
    return HubError(
        "GEOGRAPHY_WITHHELD",
        f"Callers with aggregates only count these records down to {level}. Ask about a division further up.",
    )


def _whole_months(what: str) -> Any:
    return HubError(
        "WHOLE_MONTHS", f"{what} Callers with aggregates only ask about whole months: give the first day of one."
    )

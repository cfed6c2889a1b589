"""What callers with aggregates only may ask of a statistic: dimensions that name nobody, one value of each."""

from collections.abc import Iterable, Sequence

from resolvers.engine.statistics import published_periods, time_buckets
from resolvers.errors import HubError

MAX_DIMENSIONS = 3
"""Most dimensions in ``groupBy`` and ``where`` together, those of time and place left out."""

NAMING = frozenset({"DONOR"})
"""Dimensions whose values are no rows, and yet name a unit."""


def require_dimensions(names: Iterable[str]) -> None:
    """Let a question by these dimensions through. Raises TOO_MANY_DIMENSIONS and WHOLE_MONTHS."""
    found = set(names)
    if "DAY" in found:
        raise published_periods.whole_months("The dimension DAY is finer than a month: group by MONTH.")
    if len(found - {*time_buckets.TIMES, "CHILD_DIVISION"}) > MAX_DIMENSIONS:
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


def require_period(event: str | None, time: str | None, *, is_period: bool) -> None:
    """Let a question about persons or cases through: stock is counted, and what happened in a period. Raises WHOLE_PERIODS."""
    if time == "STATISTICAL_YEAR":
        raise published_periods.whole_periods("STATISTICAL_YEAR overlaps with calendar years.")
    if not is_period and (event is not None or time is not None):
        raise published_periods.whole_periods(f"Give `from` and `until` with {time or '`event: ' + str(event) + '`'}.")


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

"""The days and periods that callers with aggregates only may ask about in a statistic.

Of kinds without persons and cases these are whole months. Of the others a day is 1 January, and a period one calendar month, quarter or
year, so that few periods overlap: each lies whole in the next longer one, with which it is compared (docs/small-cells.md).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.statistics import time_buckets
from resolvers.errors import HubError

YEARS = 10
"""How many years back the statistics of persons and cases go."""

WIDER = {"MONTH": "QUARTER", "QUARTER": "YEAR"}
"""The next longer period that each lies in."""

UNITS = ("MONTH", "QUARTER", "YEAR")


@dataclass(frozen=True)
class Window:
    """A day, or a period whose ends may be open; ``unit`` where it is one calendar month, quarter or year."""

    as_of: date | None = None
    since: date | None = None
    until: date | None = None
    unit: str | None = None


def this_month(inputs: Inputs) -> date:
    """The first day of this month: the last whole month ended before it."""
    return inputs.today.replace(day=1)


def new_year(inputs: Inputs) -> date:
    """The last 1 January that is past."""
    return date((inputs.today - timedelta(days=1)).year, 1, 1)


def first_year(inputs: Inputs) -> date:
    """The first day that statistics of persons and cases go back to."""
    return date(inputs.today.year - YEARS, 1, 1)


def require_month(name: str, day: date | None) -> None:
    """Let the first day of a month through. Raises WHOLE_MONTHS."""
    if day is not None and day.day != 1:
        raise whole_months(f"`{name}` is {day}.")


def of_things(as_of: date | None, since: date | None, until: date | None, inputs: Inputs, *, is_period: bool) -> Window:
    """The window of a kind without persons and cases, which ends with the last whole month. Raises WHOLE_MONTHS."""
    for name, day in (("asOf", as_of), ("from", since), ("until", until)):
        require_month(name, day)
    month = this_month(inputs)
    return Window(None, since, min(until or month, month)) if is_period else Window(as_of or month)


def of_persons(
    as_of: date | None, since: date | None, until: date | None, inputs: Inputs, *, is_period: bool, time: str | None
) -> Window:
    """The window of a kind of persons or cases, grouped by ``time`` if that is a dimension. Raises WHOLE_PERIODS."""
    first = first_year(inputs)
    if not is_period:
        day = as_of or new_year(inputs)
        if (day.month, day.day) != (1, 1) or not first <= day <= new_year(inputs):
            raise whole_periods(f"`asOf` is {day}: give a 1 January from {first} to {new_year(inputs)}, or none.")
        return Window(day)
    month = this_month(inputs)
    if time is not None:
        since = first if since is None else since
        until = time_buckets.first(time, month, 1) if until is None else until
    elif until is None:
        until = month
    if since is None or since < first or until > month or since >= until:
        raise whole_periods(f"The period from {since} until {until} does not lie between {first} and {month}.")
    unit = next((unit for unit in UNITS if _is_one(unit, since, until)), None)
    if unit is None and (time is None or any(time_buckets.first(time, day, 1) != day for day in (since, until))):
        raise whole_periods(f"The period from {since} until {until} is none.")
    return Window(None, since, until, unit)


def wider(since: date, until: date, unit: str, inputs: Inputs) -> tuple[date, date]:
    """A period widened to the whole of all longer ones that its units lie in, as far as they are over."""
    longer = WIDER[unit]
    last = time_buckets.first(longer, until - timedelta(days=1), 1)
    return time_buckets.first(longer, since, 1), min(time_buckets.following(longer, last), this_month(inputs))


def whole_months(what: str) -> HubError:
    """The error of a day that is not the first of a month."""
    return HubError(
        "WHOLE_MONTHS", f"{what} Callers with aggregates only ask about whole months: give the first day of one."
    )


def whole_periods(what: str) -> HubError:
    """The error of a day or period that statistics of persons and cases are not given for."""
    return HubError(
        "WHOLE_PERIODS",
        f"{what} Callers with aggregates only ask about persons and cases as of a 1 January, or in one calendar month, quarter or year that"
        " is over, or in several grouped by MONTH, QUARTER or YEAR.",
    )


def _is_one(unit: str, since: date, until: date) -> bool:
    """Whether a period is one calendar month, quarter or year."""
    return time_buckets.first(unit, since, 1) == since and time_buckets.following(unit, since) == until


def before(day: date) -> date:
    """The same day a year before."""
    return day.replace(year=day.year - 1)


def after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)

"""Days of the generated federation. They all lie before one reference day, so that the same seed gives the same rows."""

from datetime import date

REFERENCE = date(2026, 6, 30)
"""The reference day: nothing in the generated federation happens later."""

TODAY = REFERENCE.toordinal()
FIRST = date(1900, 1, 1).toordinal()
ISO = [date.fromordinal(day).isoformat() for day in range(FIRST, date(2045, 1, 1).toordinal())]


def iso(day: int) -> str:
    """An ordinal as text, e.g. ``2026-06-30``."""
    return ISO[day - FIRST]


def iso_or_null(day: int | None) -> str:
    """An ordinal as text, or COPY's null."""
    return "\\N" if day is None else ISO[day - FIRST]


def day(year: int, month: int = 1, number: int = 1) -> int:
    """The ordinal of a date."""
    return date(year, month, number).toordinal()


def years_after(start: int, years: int) -> int:
    """The same day ``years`` later; 28 February for a leap day."""
    begun = date.fromordinal(start)
    try:
        return begun.replace(year=begun.year + years).toordinal()
    except ValueError:
        return begun.replace(year=begun.year + years, day=28).toordinal()

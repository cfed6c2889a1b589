"""A figure of the page: its claim, and the query whose answer it is compared with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from db.columns.measurement_units import Qualifier, Unit


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. ``division`` is a code; ``starts_on`` and ``ends_on`` bound its period, ``[from, until)``; ``path`` leads through the
    answer's ``data`` to the value, e.g. ``division.statistics.total.persons``. ``organization`` names the union whose records, with those
    of the unions below, give the answer; by default the local federation of the division. Callers who see that union get the value. A
    ``sensitive`` figure counts health records."""

    code: str
    phrase: str
    question: str
    claim: Decimal
    unit: Unit
    division: str
    query: str
    path: str
    qualifier: Qualifier = Qualifier.EXACT
    starts_on: date | None = None
    ends_on: date | None = None
    organization: str | None = None
    sensitive: bool = False


__all__ = ["Figure", "Qualifier", "Unit"]

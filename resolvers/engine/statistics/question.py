"""The question of a statistic: its dimensions, and the day or period, place and conditions of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement

from db.model import CodeList, Term
from resolvers.engine.declare.statistics import Children
from resolvers.engine.statistics.dimension_keys import Joins


@dataclass(frozen=True)
class Dimension:
    """A dimension that is grouped by: what its keys are, and how they are written."""

    term: Term
    key: ColumnElement[Any]
    target: str | None = None
    label: ColumnElement[Any] | None = None
    children: Children | None = None
    codes: CodeList | None = None
    joins: Joins = ()
    """Outer joins to the records that the key needs."""

    @cached_property
    def name(self) -> str:
        """Its code."""
        return self.term.name

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The place of each value in the list of codes; empty where there is none."""
        return {} if self.codes is None else {code: place for place, code in enumerate(self.codes.labels)}


@dataclass(frozen=True)
class Frame:
    """What one run is about: a day, or a period of which either end may be open."""

    as_of: date | None
    since: date | None
    until: date | None
    statistical_month: int
    small_cell: int
    """Counts below this one are not given; 0 for who sees rows."""
    where: tuple[tuple[str, str], ...] = ()
    """The conditions of a caller with aggregates only: one value of a dimension each."""
    cells: set[int] | None = None
    """Gets the cells that such a caller is given, for their budget."""
    unit: str | None = None
    """MONTH, QUARTER or YEAR where the period is one, and the kind one of persons or cases."""

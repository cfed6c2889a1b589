"""The frame of a statistic: the day or period that a run asks about, within what the caller may ask about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request.arguments import Leaf, camel
from resolvers.engine.statistics import published, published_periods, time_buckets
from resolvers.engine.statistics.group_limits import MAX_GROUPS, too_many_groups
from resolvers.errors import HubError

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
"""The first day that may be asked about, and the day after the last."""


@dataclass(frozen=True)
class Frame:
    """What one run asks about: a day, or a period of which either end may be open."""

    as_of: date | None
    since: date | None
    until: date | None
    statistical_month: int
    """The first month of a statistical year."""
    small_cell: int
    """Counts below this one are not given; 0 for callers who see rows."""
    where: tuple[tuple[str, str], ...] = ()
    """The conditions of a caller with aggregates only: one value of a dimension each."""
    cells: set[int] | None = None
    """Gets the cells that such a caller is given, for their budget."""
    unit: str | None = None
    """MONTH, QUARTER or YEAR where the period is one, and the kind one of persons or cases."""


@dataclass(frozen=True, eq=False)
class FrameArguments:
    """The arguments that say which day or period a run asks about. Without ``since`` and ``until`` it is a day.

    Each method finds its value for one run, and raises what ``find`` raises.
    """

    as_of: Leaf | None
    since: Leaf | None
    until: Leaf | None
    where: Sequence[tuple[str, Leaf]]
    """The dimensions of ``where``, each with its values."""
    time_dimension: str | None
    for_aggregates_only: bool
    protects_persons: bool
    """See ``Population``."""

    @property
    def is_period(self) -> bool:
        """Whether a period is asked about; else a day."""
        return self.since is not None or self.until is not None

    def find(self, inputs: Inputs) -> Frame:
        """The frame of a run, made once for each. Raises BAD_PERIOD, TOO_MANY_GROUPS, WHOLE_MONTHS, WHOLE_PERIODS and ONE_VALUE_EACH."""
        known: Frame | None = inputs.memo.get(self)
        if known is None:
            known = inputs.memo[self] = self._frame(inputs)
        return known

    def day(self, inputs: Inputs) -> date:
        """The day, of a question that is about one."""
        found = self.find(inputs).as_of
        assert found is not None
        return found

    def period(self, inputs: Inputs) -> tuple[date, date]:
        """The ends of a period that has both."""
        found = self.find(inputs)
        assert found.since is not None
        assert found.until is not None
        return found.since, found.until

    def bounds(self, inputs: Inputs) -> tuple[date | None, date | None]:
        """The ends of a period; of a day no beginning, and the day after it."""
        found = self.find(inputs)
        return (found.since, found.until) if found.as_of is None else (None, published_periods.after(found.as_of))

    def _frame(self, inputs: Inputs) -> Frame:
        window = self._window(inputs)
        since, until, time = window.since, window.until, self.time_dimension
        if time is not None and since is not None and until is not None and since < until:
            listed = time_buckets.between(time, since, until, inputs.statistical_month, MAX_GROUPS + 1)
            if sum(1 for _ in listed) > MAX_GROUPS:
                raise too_many_groups()
        if not self.for_aggregates_only:
            return Frame(window.as_of, since, until, inputs.statistical_month, small_cell=0)
        return Frame(
            window.as_of,
            since,
            until,
            inputs.statistical_month,
            inputs.small_cell,
            self._conditions(inputs),
            inputs.cells,
            window.unit,
        )

    def _window(self, inputs: Inputs) -> published_periods.Window:
        """The day or period, as far as the caller may ask about it."""
        as_of, since, until = (
            _day(name, leaf, inputs)
            for name, leaf in (("as_of", self.as_of), ("from", self.since), ("until", self.until))
        )
        is_period = self.is_period
        if since is not None and until is not None and since >= until:
            raise HubError("BAD_PERIOD", f"The period from {since} until {until} has no day. `until` is not in it.")
        if not self.for_aggregates_only:
            return published_periods.Window(None if is_period else as_of or inputs.today, since, until)
        if self.protects_persons:
            return published_periods.of_persons(
                as_of, since, until, inputs, is_period=is_period, time=self.time_dimension
            )
        return published_periods.of_things(as_of, since, until, inputs, is_period=is_period)

    def _conditions(self, inputs: Inputs) -> tuple[tuple[str, str], ...]:
        """The dimensions and values of ``where``. Raises ONE_VALUE_EACH."""
        found = [(name, leaf.get(inputs.variables)) for name, leaf in self.where]
        for name, values in found:
            published.require_one(name, values)
        return tuple((name, values[0] or "") for name, values in found)


def _day(name: str, leaf: Leaf | None, inputs: Inputs) -> date | None:
    """The day that an argument gives. Raises BAD_PERIOD for one that no record is of."""
    found: date | None = None if leaf is None else leaf.get(inputs.variables)
    if found is not None and not EARLIEST <= found < LATEST:
        raise HubError("BAD_PERIOD", f"`{camel(name)}` is {found}. Ask about a day from 1900 to 2199.")
    return found

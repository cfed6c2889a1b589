"""The day or period of a statistic: what the arguments say, within what the caller may ask about."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from resolvers.engine.plan.parameters import DATE, Inputs
from resolvers.engine.request.arguments import camel
from resolvers.engine.statistics import published, published_periods, time_buckets
from resolvers.engine.statistics.parts import Time
from resolvers.engine.statistics.question import Frame
from resolvers.errors import HubError

if TYPE_CHECKING:
    from resolvers.engine.statistics.from_records import Counting

MAX_GROUPS = 2_000
MAX_ROWS = 20_000
"""Most groups that are counted for a caller with aggregates only, who is given those of them that are large enough."""
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def frame(counting: "Counting", inputs: Inputs) -> Frame:
    """The day or period and the conditions of a run. Raises BAD_PERIOD, TOO_MANY_GROUPS, WHOLE_MONTHS, WHOLE_PERIODS and ONE_VALUE_EACH."""
    found: Frame | None = inputs.memo.get(counting)
    if found is None:
        found = inputs.memo[counting] = _frame(counting, inputs)
    return found


def _frame(counting: "Counting", inputs: Inputs) -> Frame:
    as_of, since, until = (_day(counting, name, inputs) for name in ("as_of", "from", "until"))
    flow, time = counting.is_flow, counting.time_dimension
    if since is not None and until is not None and since >= until:
        raise HubError("BAD_PERIOD", f"The period from {since} until {until} has no day. `until` is not in it.")
    if not counting.coarse:
        found = published_periods.Window(None if flow else as_of or inputs.today, since, until)
    elif counting.is_guarded:
        found = published_periods.of_persons(as_of, since, until, inputs, flow=flow, time=time)
    else:
        found = published_periods.of_things(as_of, since, until, inputs, flow=flow)
    since, until = found.since, found.until
    if time is not None and since is not None and until is not None and since < until:
        listed = time_buckets.between(time, since, until, inputs.statistical_month, MAX_GROUPS + 1)
        if sum(1 for _ in listed) > MAX_GROUPS:
            raise too_many_groups()
    made = partial(Frame, found.as_of, since, until, inputs.statistical_month)
    if not counting.coarse:
        return made(0)
    return made(inputs.small_cell, _conditions(counting, inputs), inputs.cells, found.unit)


def time(counting: "Counting") -> Time:
    """When records count, by the arguments."""
    binder, arguments = counting.binder, counting.arguments
    if not counting.is_flow:
        as_of = arguments.get("as_of")
        if counting.coarse:
            return Time.of_day(binder, partial(_as_of, counting))
        return Time(_bounds(counting), day=binder.day(as_of))
    if counting.is_guarded:
        return Time.of_period(binder, partial(period, counting))
    since, until = arguments.get("from"), arguments.get("until")
    ends = None if until is None else binder.day(until)
    if counting.coarse:
        ends = binder.bind(lambda inputs: frame(counting, inputs).until, DATE)
    return Time(_bounds(counting), since=None if since is None else binder.day(since), until=ends)


def period(counting: "Counting", inputs: Inputs) -> tuple[date, date]:
    """The ends of a period that has both."""
    found = frame(counting, inputs)
    assert found.since is not None
    assert found.until is not None
    return found.since, found.until


def too_many_groups() -> HubError:
    """The error of a statistic with more groups than an answer may have."""
    return HubError(
        "TOO_MANY_GROUPS",
        f"This statistic has more than {MAX_GROUPS} groups. Ask for a shorter period, longer buckets of time, fewer dimensions, or some"
        " values of a dimension by `where`.",
    )


def _as_of(counting: "Counting", inputs: Inputs) -> date:
    found = frame(counting, inputs).as_of
    assert found is not None
    return found


def _bounds(counting: "Counting") -> Callable[[Inputs], tuple[date | None, date | None]]:
    def bounds(inputs: Inputs) -> tuple[date | None, date | None]:
        found = frame(counting, inputs)
        return (found.since, found.until) if found.as_of is None else (None, published_periods.after(found.as_of))

    return bounds


def _day(counting: "Counting", name: str, inputs: Inputs) -> date | None:
    leaf = counting.arguments.get(name)
    found: date | None = None if leaf is None else leaf.get(inputs.variables)
    if found is not None and not EARLIEST <= found < LATEST:
        raise HubError("BAD_PERIOD", f"`{camel(name)}` is {found}. Ask about a day from 1900 to 2199.")
    return found


def _conditions(counting: "Counting", inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """The dimensions and values of ``where``. Raises ONE_VALUE_EACH."""
    given = counting.arguments.get("where") or ()
    found = [(item["dimension"].name, item["in"].get(inputs.variables)) for item in given]
    for name, values in found:
        published.require_one(name, values)
    return tuple((name, values[0] or "") for name, values in found)

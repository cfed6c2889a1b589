"""Last days of steps (到期日), by the deadline rules in force in the record's division on the day on which its period starts."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, any_, not_, or_, select

from db.deadlines import DeadlineRule, DeadlineUnit
from db.divisions import DivisionClosure
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.parameters import NOTHING, Binder
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter
from resolvers.working_days import is_working_day


@dataclass(frozen=True)
class Procedure:
    """A step of a procedure. ``special`` maps a kind of record to another step, whose rule has precedence if there is one."""

    name: str
    step: str
    special: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A deadline rule as it applies to a division."""

    step: str
    length: int
    unit: DeadlineUnit
    valid_from: date
    valid_to: date | None


LastDays = Callable[[Fetch, Sequence[tuple[Any, ...]]], Awaitable[list[date | None]]]


def last_days(procedure: Procedure, starts_on: Expression) -> LastDays:
    """A function that computes the last day of a step for records of (``starts_on``, division and, if the procedure needs it, kind); None
    if the day is empty or no rule applies.

    The rule of the nearest division above the record applies. One statement for all records.
    """
    rules = _rules(procedure, str(expression(starts_on).key))

    async def function(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[date | None]:
        places = list(dict.fromkeys(record[1] for record in records))
        nearest: dict[int, list[Rule]] = defaultdict(list)
        everywhere: list[Rule] = []
        for place, step, length, unit, valid_from, valid_to in await fetch.fetch(
            rules.sql, *rules.arguments(rules.bind(NOTHING), places)
        ):
            rule = Rule(step, length, DeadlineUnit[unit], valid_from, valid_to)
            (everywhere if place is None else nearest[place]).append(rule)
        return [_last_day(procedure, [*nearest[record[1]], *everywhere], record) for record in records]

    return function


def _rules(procedure: Procedure, starts_on: str) -> Statement:
    """The rules of a procedure that apply in the divisions of the keys, the nearest first."""
    rule, closure = DeadlineRule.__table__.c, DivisionClosure.__table__.c
    above = and_(
        closure.ancestor_id == rule.division_id,
        closure.descendant_id == any_(keys_parameter()),
        not_(closure.inherited),
    )
    joined = DeadlineRule.__table__.outerjoin(DivisionClosure.__table__, above)
    steps = [procedure.step, *procedure.special.values()]
    fetch = (
        select(closure.descendant_id, rule.step, rule.length, rule.unit, rule.valid_from, rule.valid_to)
        .select_from(joined)
        .where(
            rule.procedure == procedure.name, or_(*(rule.step == step for step in steps)), rule.starts_on == starts_on
        )
        .where(or_(rule.division_id.is_(None), closure.descendant_id.is_not(None)))
        .order_by(closure.depth, rule.id)
    )
    return compiled(fetch, Binder())


def _last_day(procedure: Procedure, rules: Sequence[Rule], record: tuple[Any, ...]) -> date | None:
    start = record[0]
    if start is None:
        return None
    special = procedure.special.get(record[2]) if len(record) > 2 else None
    for step in (special, procedure.step):
        for rule in rules:
            if rule.step == step and rule.valid_from <= start and (rule.valid_to is None or start < rule.valid_to):
                return after(start, rule.length, rule.unit)
    return None


def after(start: date, length: int, unit: DeadlineUnit) -> date:
    """The last day of a period that starts on ``start``: the first day does not count (Civil Code art. 201), and a last day that is a day
    off moves to the next working day (art. 203)."""
    day = start
    match unit:
        case DeadlineUnit.WORKING_DAY:
            while length > 0:
                day += timedelta(days=1)
                length -= is_working_day(day)
            return day
        case DeadlineUnit.CALENDAR_DAY:
            day += timedelta(days=length)
        case DeadlineUnit.MONTH:
            day = _months_later(start, length)
        case DeadlineUnit.YEAR:
            day = _months_later(start, 12 * length)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _months_later(start: date, months: int) -> date:
    """The same day of a later month, or the last day of that month if it is shorter (Civil Code art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError

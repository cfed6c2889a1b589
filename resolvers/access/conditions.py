"""Conditions on rows that a lens sees, and how rules on a type's rows are put together from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    any_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from db.divisions import DivisionClosure
from db.model import Model
from db.organizations import Hierarchy, IndustrialClosure, TerritorialClosure
from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, Binder, Inputs
from resolvers.scopes import valid_or_last

Condition = ColumnElement[bool]
Rule = Callable[["LensConditions", FromClause], Condition]
"""Makes the condition on the rows of a type's table that a lens sees."""


class LensConditions:
    """The conditions of one lens, with its keys bound to one statement.

    A condition is asked of each row, by EXISTS; or, with ``as_sets``, it compares a column with a set of keys that PostgreSQL makes once,
    from the caller's own, and looks up in an index (docs/adr/0045).
    """

    def __init__(
        self, lens: Lens, rules: Mapping[str, "Rule"], binder: Binder, *, last: bool = False, as_sets: bool = False
    ) -> None:
        self.lens = lens
        self.rules = rules
        self.binder = binder
        self.last = last
        """Whether the lens also shows what dissolved unions recorded, as it does for counting."""
        self.as_sets = as_sets

    def of_each(self) -> "LensConditions":
        """The same lens, whose conditions are asked of each row."""
        return LensConditions(self.lens, self.rules, self.binder, last=self.last)

    def keys(self) -> ColumnElement[Any]:
        """The keys that the lens starts from: unions, divisions, cases or the member."""
        lens = self.lens
        keys = self.binder.shared(lens, lambda inputs: list(inputs.caller.lenses.get(lens, ())), BIGINTS)
        return any_(keys)

    def only_place(self) -> tuple[str, ColumnElement[Any], FromClause, list[Condition]]:
        """The place that the lens shows: see ``Part.whole``."""
        only, closure = self.only_key(), self._closure()
        return self.lens.name, only, closure, [closure.c.ancestor_id == only, self._holds(closure)]

    def only_key(self) -> ColumnElement[Any]:
        """The key that the lens starts from; null where there are several."""
        lens = self.lens

        def key(inputs: Inputs) -> int | None:
            keys = inputs.caller.lenses.get(lens, ())
            return next(iter(keys)) if len(keys) == 1 else None

        return self.binder.shared((lens, "only"), key, BIGINT)

    def start(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """Where to start from to find all that is below a union and that the lens shows: that union if it is below the lens's, the lens's
        own if that is below it, null if neither is below the other. With several keys it is that union."""
        only, closure = self.only_key(), self._closure()
        lower = select(closure.c.descendant_id).where(
            closure.c.ancestor_id == key, closure.c.descendant_id == only, self._holds(closure)
        )
        is_below = lower.correlate_except(closure).exists()
        return case((or_(only.is_(None), self.below(key)), key), (is_below, only))

    def day(self) -> ColumnElement[date]:
        """Today."""
        return self.binder.day(None)

    def administered(self, column: ColumnElement[Any]) -> Condition:
        """The union in the column is one over whose subtree the caller administers access, along the lens's hierarchy, or below it."""
        keys = self.binder.bind(lambda inputs: list(inputs.caller.administered(self.hierarchy)), BIGINTS)
        return self.below(column, keys=any_(keys))

    def administrator(self) -> ColumnElement[Any]:
        """The caller's own key, if they administer access along the lens's hierarchy."""
        return self.binder.bind(
            lambda inputs: inputs.caller.principal_id if inputs.caller.administered(self.hierarchy) else None,
            BIGINT,
        )

    def principal(self) -> ColumnElement[Any]:
        """The caller's own key."""
        return self.binder.bind(lambda inputs: inputs.caller.principal_id, BIGINT)

    @property
    def hierarchy(self) -> Hierarchy:
        """The hierarchy along which the lens sees."""
        return Hierarchy.INDUSTRIAL if self.lens is Lens.INDUSTRIAL else Hierarchy.TERRITORIAL

    def below(self, column: ColumnElement[Any], keys: ColumnElement[Any] | None = None) -> Condition:
        """The union in the column is one of the keys (the lens's unless given) or below one today.

        Of few rows that is asked of each: the OFFSET keeps PostgreSQL from making a set of all unions below first.
        """
        closure = self._closure()
        above = self.keys() if keys is None else keys
        on = (closure.c.ancestor_id == above, self._holds(closure))
        if self.as_sets:
            return column == _set(select(closure.c.descendant_id).where(*on))
        found = select(closure.c.descendant_id).where(closure.c.descendant_id == column, *on).correlate_except(closure)
        return (found.offset(literal_column("0")) if self.binder.few_rows else found).exists()

    def around(self, column: ColumnElement[Any]) -> Condition:
        """The union in the column is one of the lens's keys, or below or above one today."""
        lower, upper = self._closure(), self._closure()
        if self.as_sets:
            below = select(lower.c.descendant_id).where(lower.c.ancestor_id == self.keys(), self._holds(lower))
            above = select(upper.c.ancestor_id).where(upper.c.descendant_id == self.keys(), self._holds(upper))
            return column == _set(below, above)
        return or_(self.below(column), self.above(column))

    def above(self, column: ColumnElement[Any]) -> Condition:
        """The union in the column is above one of the keys today."""
        closure = self._closure()
        return exists().where(
            closure.c.ancestor_id == column, closure.c.descendant_id == self.keys(), self._holds(closure)
        )

    def stands(self, column: ColumnElement[Any]) -> Condition:
        """The division in the column is one of the keys or below one."""
        closure = alias(DivisionClosure)
        if self.as_sets:
            return column == _set(select(closure.c.descendant_id).where(closure.c.ancestor_id == self.keys()))
        return exists().where(closure.c.descendant_id == column, closure.c.ancestor_id == self.keys())

    def some(
        self,
        model: type[Model],
        names: str,
        column: ColumnElement[Any],
        *fits: Callable[[FromClause], Condition],
        source: str | None = None,
    ) -> Condition:
        """There is a row of another table whose column ``names`` has the value of ``column``, that fulfils one of ``fits`` (if there are
        any), and that the lens shows when ``source`` names its type."""
        table = alias(model)
        parts = [] if source is None else [self.rules[source](self, table)]
        if self.as_sets:
            alternatives = [[fit(table)] for fit in fits] or [[]]
            return column == _set(*(select(table.c[names]).where(*each, *parts) for each in alternatives))
        if fits:
            parts.insert(0, or_(*(fit(table) for fit in fits)))
        return exists(table.c.id).where(table.c[names] == column, *parts)

    def _closure(self) -> FromClause:
        model = IndustrialClosure if self.lens is Lens.INDUSTRIAL else TerritorialClosure
        return alias(model)

    def _holds(self, closure: FromClause) -> Condition:
        period, day = Period(closure.c.valid_from, closure.c.valid_to), self.day()
        return valid_or_last(closure, day) if self.last else holds(period, day)


def _set(*selects: Select[Any]) -> ColumnElement[Any]:
    """Any of the keys that the selects find, in an array that is made once."""
    keys = selects[0].scalar_subquery() if len(selects) == 1 else union_all(*selects).scalar_subquery()
    return any_(func.array(keys, type_=BIGINTS))


def own(column: str) -> Rule:
    """The column names one of the lens's keys."""
    return lambda lens, table: table.c[column] == lens.keys()


@dataclass(frozen=True)
class Below:
    """The union that the column names is below, or one of the keys."""

    column: str

    def __call__(self, lens: LensConditions, table: FromClause) -> Condition:
        """See ``Rule``."""
        return lens.below(table.c[self.column])


@dataclass(frozen=True)
class Of:
    """The lens shows the row whose key is in the column ``key``."""

    model: type[Model]
    key: str

    def __call__(self, lens: LensConditions, table: FromClause) -> Condition:
        """See ``Rule``."""
        return lens.some(self.model, "id", table.c[self.key], source=self.model.__name__)


def stands(lens: LensConditions, table: FromClause) -> Condition:
    """The row's division is one of the lens's keys or below one."""
    return lens.stands(table.c.division_id)


@dataclass(frozen=True)
class AnyOf:
    """At least one of the rules holds."""

    rules: tuple[Rule, ...]

    def __call__(self, lens: LensConditions, table: FromClause) -> Condition:
        """See ``Rule``."""
        return or_(*(rule(lens, table) for rule in self.rules))


def any_of(*rules: Rule) -> AnyOf:
    """At least one of the rules holds."""
    return AnyOf(rules)


def of_each(rule: Rule) -> Rule:
    """The rule, always asked of each row: for rows that are few beside those by which they would be found."""
    return lambda lens, table: rule(lens.of_each(), table)

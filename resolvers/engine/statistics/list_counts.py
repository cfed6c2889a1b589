"""The number of rows of a list from roll-ups (docs/adr/0049): what its statistic would count, put right for the few unions that the list
and the roll-ups place otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from resolvers.access.callers import Lens
from resolvers.engine.declare.access import AccessPolicy
from resolvers.engine.declare.columns import alias, moved
from resolvers.engine.declare.rows import RolledPlace
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, Binder, Inputs
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.statistics.frames import EARLIEST, LATEST
from resolvers.engine.statistics.published_periods import after
from resolvers.engine.statistics.question import Condition
from resolvers.engine.statistics.rollup_parts import RollupParts, RollupRequest
from resolvers.engine.statistics.rollup_source import in_use
from resolvers.engine.statistics.rollup_tables import ANCHOR, PLACE, whole_place

Number = ColumnElement[int]

PLACED, HELD = PLACE.alias("placed"), ANCHOR.alias("held")


@dataclass(frozen=True)
class RolledCount:
    """The records that roll-ups count at a list's place. Whether they may is known when the statement runs, by ``is_usable``."""

    place: RolledPlace
    records: Number
    is_usable: ColumnElement[bool]
    as_of: Leaf | None
    binder: Binder

    def where_usable(
        self,
        visible: Sequence[ColumnElement[bool]],
        listed: Callable[[ColumnElement[bool]], Number],
        rows: Number,
    ) -> Number:
        """The number of rows of the list by roll-ups where they are usable, else by counting the ``rows``; in one statement, because that
        depends on the place, and on what happens to the roll-ups meanwhile."""
        return case((self.is_usable, self.of_list(visible, listed)), else_=rows)

    def of_list(
        self, visible: Sequence[ColumnElement[bool]], listed: Callable[[ColumnElement[bool]], Number]
    ) -> Number:
        """The number of rows of the list: the records of the place, less those that are not in the list, and those that the list alone has.

        Both are of the few unions whose place begins or ends some day. Roll-ups have unions where they are today, and dissolved ones at
        their last place; a list has them where they are on its day, and of dissolved ones what the caller sees: rows that fulfil
        ``visible``. ``listed`` counts rows of the list under a further condition.
        """
        place, closure = self.place, self.place.closure
        if closure is None or (place.has_last and self.as_of is None and not visible):
            return self.records
        number = self.records - self._unlisted(closure, visible)
        if self.as_of is None:
            return number
        union = closure.c.descendant_id
        placed = self._placed(lambda each: each == union).correlate_except(PLACED, HELD)
        return number + listed(and_(union == self._moved(closure), not_(placed.exists())))

    def _unlisted(self, closure: FromClause, visible: Sequence[ColumnElement[bool]]) -> Number:
        """How many records of the place are not in the list."""
        place, other = self.place, alias(closure.element)  # type: ignore[attr-defined]
        today = [
            place.key == other.c.ancestor_id,
            holds(Period(other.c.valid_from, other.c.valid_to), self.binder.day(None)),
        ]

        def is_below(union: ColumnElement[int], *where: ColumnElement[bool]) -> ColumnElement[bool]:
            below = select(other.c.depth).where(other.c.descendant_id == union, *where)
            return below.offset(literal_column("0")).correlate_except(other).exists()

        def is_listed(union: ColumnElement[int]) -> ColumnElement[bool]:
            return is_below(union, moved(and_(*place.below), closure, other))

        unions = self._placed(lambda each: each == self._moved(closure))
        union, where = PLACED.c.organization_id, [*place.where, *place.given]
        if visible:  # what is below the place today is in sight
            unions = unions.where(not_(and_(is_listed(union), is_below(union, *today))))
            where.append(not_(func.coalesce(and_(is_listed(place.column), *visible), false())))
        else:
            unions = unions.where(not_(is_listed(union)))
        array = func.array(unions.correlate_except(PLACED, HELD).scalar_subquery(), type_=BIGINTS)
        count = select(func.count()).select_from(place.from_).where(*where, place.column == any_(array))
        return count.correlate_except(place.from_).scalar_subquery()

    def _placed(self, among: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> Select[Any]:
        """The unions that the roll-ups have at the place."""
        at_place = (HELD.c.kind == self.place.kind, HELD.c.key == self.place.key)
        unions = select(PLACED.c.organization_id).join(HELD, HELD.c.id == PLACED.c.anchor)
        return unions.where(*at_place, among(PLACED.c.organization_id))

    def _moved(self, closure: FromClause) -> Any:
        """``ANY`` of the keys of unions that have records, and that come below the place or leave it on a day that the count depends on.
        Few dissolved unions have records left."""
        place, other = self.place, alias(closure.element)  # type: ignore[attr-defined]
        begins = other.c.valid_from
        changes: list[ColumnElement[bool]] = [other.c.valid_to.is_not(None)]
        if self.as_of is not None:
            changes += [begins > self.binder.day(self.as_of), begins > self.binder.day(None)]
        record = select(place.column).select_from(place.from_)
        record = record.where(place.column == other.c.descendant_id, *place.where).correlate_except(place.from_)
        has_records = record.offset(literal_column("0")).exists()
        unions = select(other.c.descendant_id).where(other.c.ancestor_id == place.key, or_(*changes), has_records)
        return any_(func.array(unions.correlate_except(other).scalar_subquery(), type_=BIGINTS))


def rolled_count(
    statistic: Statistic,
    place: RolledPlace,
    conditions: Sequence[Condition],
    as_of: Leaf | None,
    lenses: tuple[Lens, ...],
    access: AccessPolicy,
    binder: Binder,
) -> RolledCount | None:
    """The records of the place under these conditions, as of today unless ``as_of`` says otherwise; None where the caller may have no
    place counted as a whole."""
    covered = access.sees_all_below(place.kind, place.key, lenses, binder)
    if covered is None:
        return None
    request = RollupRequest(
        dimensions=list(dict.fromkeys(item.name for item in conditions)),
        conditions=conditions,
        time=None,
        is_stock=True,
        of_endings=False,
        with_persons=False,
        with_keys=False,
        period=_everything if place.is_open else _until(as_of),
        day=None,
    )
    part = RollupParts(statistic, request, whole_place(place.kind, place.key), binder).all()
    records = select(cast(func.coalesce(func.sum(part.c.n), 0), BIGINT)).scalar_subquery()
    usable = [covered, in_use(place.kind, place.key, binder.day(None), drills=False)]
    if as_of is not None:
        usable.append(binder.bind(lambda inputs: EARLIEST <= as_of.get(inputs.variables) < LATEST, Boolean()))
    return RolledCount(place, records, and_(*usable), as_of, binder)


def _everything(_: Inputs) -> tuple[None, None]:
    """What has begun and has no end, whatever the day."""
    return None, None


def _until(as_of: Leaf | None) -> Callable[[Inputs], tuple[None, date]]:
    """What holds on the day, within the days that roll-ups can be asked about."""

    def bounds(inputs: Inputs) -> tuple[None, date]:
        day = inputs.today if as_of is None else as_of.get(inputs.variables)
        return None, after(min(max(day, EARLIEST), LATEST))

    return bounds

"""The number of rows of a list from roll-ups (docs/adr/0049): what its statistic would count, put right for the few unions that the list
and the roll-ups place otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, any_, cast, func, or_, select

from resolvers.access.callers import Lens
from resolvers.engine.declare.access import AccessPolicy
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.rows import RolledPlace
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, Binder, Inputs
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.statistics.frames import EARLIEST, LATEST
from resolvers.engine.statistics.published_periods import after
from resolvers.engine.statistics.question import Condition
from resolvers.engine.statistics.rollup_parts import RollupParts, RollupRequest
from resolvers.engine.statistics.rollup_source import in_use
from resolvers.engine.statistics.rollup_tables import ANCHOR, PLACE, whole_place

Number = ColumnElement[int]


@dataclass(frozen=True)
class RolledCount:
    """The records that roll-ups count at a list's place. Whether they may is known when the statement runs, by ``is_usable``."""

    place: RolledPlace
    records: Number
    is_usable: ColumnElement[bool]
    as_of: Leaf | None
    binder: Binder

    def of_list(self, listed: Callable[[ColumnElement[bool]], Number]) -> Number:
        """The number of rows of the list, below ``place.closure``: the records of the place, but of the unions whose place is not the same
        on all days the rows that ``listed`` counts under a condition on the union.

        Such are dissolved unions: the roll-ups count them at their last place, and not every list or caller has their rows.
        """
        closure = self.place.closure
        if closure is None:
            return self.records
        return self.records + listed(closure.c.descendant_id == self._moved()) - self._placed()

    def _placed(self) -> Number:
        """How many records the roll-ups have of these unions."""
        anchor, place = ANCHOR.alias("held"), PLACE.alias("placed")
        unions = select(place.c.organization_id).join(anchor, anchor.c.id == place.c.anchor)
        unions = unions.where(anchor.c.kind == self.place.kind, anchor.c.key == self.place.key)
        unions = unions.where(place.c.organization_id == self._moved()).correlate_except(anchor, place)
        within = self.place.column == any_(func.array(unions.scalar_subquery(), type_=BIGINTS))
        from_ = self.place.from_
        count = select(func.count()).select_from(from_).where(*self.place.where, within)
        return count.correlate_except(from_).scalar_subquery()

    def _moved(self) -> Any:
        """Any of the unions whose place has changed since the day, or ended at all."""
        assert self.place.closure is not None
        closure = alias(self.place.closure.element)  # type: ignore[attr-defined]
        ends, begins = closure.c.valid_to, closure.c.valid_from
        changed: ColumnElement[bool] = ends.is_not(None)
        if self.as_of is not None:
            changed = or_(changed, begins > self.binder.day(self.as_of), begins > self.binder.day(None))
        unions = select(closure.c.descendant_id).where(closure.c.ancestor_id == self.place.key, changed)
        return any_(func.array(unions.correlate_except(closure).scalar_subquery(), type_=BIGINTS))


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

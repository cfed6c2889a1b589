"""Which lists roll-ups can count: of what holds on a day below a place, under conditions on dimensions that roll-ups have."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, true

from db.rollups.layout import FACTS
from resolvers.engine.compile.filters import Filter
from resolvers.engine.compile.lists import Listing
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.rows import RolledPlace
from resolvers.engine.declare.sources import One, Source
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.declare.validity import Validity
from resolvers.engine.declare.visibility import visible_rows
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.limits import Budget
from resolvers.engine.statistics.list_counts import RolledCount, rolled_count
from resolvers.engine.statistics.question import Condition


class _NotRolledError(Exception):
    """A filter has a condition that roll-ups cannot answer."""


def count_from_rollups(listing: Listing) -> RolledCount | None:
    """The count of a list from roll-ups, if they can count it."""
    place = listing.rows.rolled
    if place is None:
        return None
    everywhere, through_others = place.closure is None, listing.rows.key_column is not None
    if (everywhere or through_others) and not _sees_all(listing, listing.source):
        return None
    return _count(listing, place)


def count_of_part(listing: Listing, part: Part) -> RolledCount | None:
    """The count of a part of a root list from roll-ups, if they can count it: the rows of unions below the caller's own today."""
    place = listing.rows.rolled
    if place is None or part.whole is None or part.column is not place.column or listing.rows.key_column is not None:
        return None
    kind, key, closure, below = part.whole()
    found = _count(listing, replace(place, kind=kind, key=key, closure=closure, below=below))
    return None if found is None else replace(found, as_of=None)  # its place is that of today on any day


def _count(listing: Listing, place: RolledPlace) -> RolledCount | None:
    registry, many, arguments = listing.registry, listing.many, listing.arguments
    if not listing.rollups or many.counted_by is None:
        return None
    if arguments.get("validity") not in (None, Validity.HOLDING):
        return None
    statistic = registry.statistics[many.counted_by]
    try:
        conditions = list(_conditions(listing, statistic))
    except _NotRolledError:
        return None
    as_of = None if place.is_open else arguments.get("as_of")
    return rolled_count(statistic, place, conditions, as_of, listing.lenses, registry.access, listing.binder)


def visible_below(listing: Listing) -> list[ColumnElement[bool]]:
    """The condition on a row that the caller sees it, where some may be out of their sight below a place that they may have counted whole.

    Rows of unions below a place today are all in sight.
    """
    if listing.rows.below_union is not None:
        return []
    return visible_rows(listing.registry, listing.source, listing.lenses, listing.binder.for_few_rows())


def _sees_all(listing: Listing, source: Source) -> bool:
    return listing.registry.access.visible(source, listing.lenses, Binder(), None) is None


def _conditions(listing: Listing, statistic: Statistic) -> Iterator[Condition]:
    """The conditions of the filter, each on one dimension. Raises _NotRolledError."""
    assert statistic.rollup is not None
    fact = FACTS[statistic.rollup.table]
    dimensions = {(fact.home(name), name): dimension for dimension, name in statistic.rollup.columns.items()}
    filter_ = Filter(listing.registry, listing.binder, listing.lenses, Budget())

    def below(source: Source, given: Mapping[str, Any], leads: bool) -> Iterator[Condition]:
        for name, value in given.items():
            answer, column = source.fields.get(name), source.column(name)
            if name == "and":
                for part in value:
                    yield from below(source, part, leads)
            elif isinstance(answer, One) and leads and expression(answer.key).key in ("member_id", "organization_id"):
                target = listing.registry.sources[answer.target]
                if not _sees_all(listing, target):  # a row that the caller does not see fulfils no condition
                    raise _NotRolledError
                yield from below(target, value, False)
            elif answer is None and column is not None and (source.table.name, column.key) in dimensions:
                matches = partial(filter_.of_value, source, name, value)
                yield Condition(dimensions[source.table.name, str(column.key)], true(), matches)
            else:
                raise _NotRolledError

    yield from below(listing.source, listing.arguments.get("filter") or {}, listing.source.table.name == fact.table)

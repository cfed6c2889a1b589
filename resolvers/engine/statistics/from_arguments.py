"""From the arguments of a ``statistics`` field and its measures to its question. What cannot be answered is refused here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from resolvers.access.callers import Lens
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import StatisticsField
from resolvers.engine.declare.statistics import Children, Measure, Place, Statistic
from resolvers.engine.declare.visibility import StatementAccess, anchor
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.plan.statement import parents
from resolvers.engine.request.arguments import Arguments, camel
from resolvers.engine.statistics import published
from resolvers.engine.statistics.conditions import condition
from resolvers.engine.statistics.dimensions import CHILDREN, dimension, grouped_by, time_of
from resolvers.engine.statistics.frames import FrameArguments
from resolvers.engine.statistics.neighbours import neighbours
from resolvers.engine.statistics.question import CellSet, Dimension, Population, Question, counting_lenses
from resolvers.engine.statistics.time_buckets import TIMES
from resolvers.engine.statistics.times import Time
from resolvers.errors import HubError


def question(
    registry: Registry,
    field: StatisticsField,
    arguments: Arguments,
    lenses: tuple[Lens, ...],
    measures: Iterable[str],
    *,
    root: bool,
) -> Question:
    """The question of a field below parents, or at the ``root``; ``measures`` are the measures and rates that are selected, by their Python
    names. Raises what is wrong in the arguments and measures."""
    population = _population(registry, field, arguments, lenses, root=root)
    terms = grouped_by(arguments)
    dimensions = tuple(dimension(population, term) for term in terms)
    items = arguments.get("where") or ()
    conditions = tuple(condition(population, item) for item in items)
    names = [term.name for term in terms]
    if population.for_aggregates_only:
        published.require_dimensions([*names, *(item.name for item in conditions)])
    frame = _frame(population, arguments, time_of(names))
    cells = CellSet(
        population.place,
        Time.of_frame(frame, population.binder),
        conditions,
        dimensions,
        also_without=_compared_without(population, dimensions),
    )
    return Question(
        population,
        frame,
        cells,
        _measures(population.statistic, measures, population.event_name),
        neighbours(population, frame, cells),
    )


def _population(
    registry: Registry, field: StatisticsField, arguments: Arguments, lenses: tuple[Lens, ...], *, root: bool
) -> Population:
    """The records that may be counted. Raises EVENT_NOT_OF_KIND."""
    statistic = registry.statistics[arguments["kind"].name]
    source, binder = registry.sources[statistic.model.__name__], Binder()
    is_walled = registry.access.visible(source, lenses, Binder(), None) is not None
    for_aggregates_only = lenses == (Lens.AGGREGATES,) and is_walled
    within = arguments.get("within") if root else None
    parent: FromClause | None = None if root else parents()
    if within is not None:
        parent = anchor(registry, field.target, within, lenses, binder)
    access = StatementAccess(registry, counting_lenses(lenses, for_aggregates_only=for_aggregates_only), binder)

    def place_below(key: ColumnElement[Any] | None) -> Place:
        return field.anchor.place(statistic, key, arguments, binder, access)

    place = place_below(None if parent is None else parent.c.key)
    event = arguments.get("event")
    event_name = None if event is None else str(event.name)
    return Population(
        registry=registry,
        statistic=statistic,
        source=source,
        caller_lenses=lenses,
        for_aggregates_only=for_aggregates_only,
        binder=binder,
        parent=parent,
        is_within=within is not None,
        place_below=place_below,
        place=place,
        children=_children(place, arguments),
        event_name=event_name,
        event=_event(statistic, event_name),
    )


def _children(place: Place, arguments: Arguments) -> Mapping[str, Children]:
    """The drill-downs of a place by the dimensions that the arguments name, each made once."""
    named = [*(arguments.get("group_by") or ()), *(item["dimension"] for item in arguments.get("where") or ())]
    found = {term.name: place.children(term.name) for term in dict.fromkeys(named) if term.name in CHILDREN}
    return {name: children for name, children in found.items() if children is not None}


def _event(statistic: Statistic, name: str | None) -> ColumnElement[Any]:
    """The day of a record by which it is counted. Raises EVENT_NOT_OF_KIND."""
    event = statistic.event(name)
    if event is None:
        known = ", ".join(["BEGAN", *(["ENDED"] if statistic.ends is not None else []), *statistic.events])
        raise HubError("EVENT_NOT_OF_KIND", f"{statistic.kind} has no event {name}. It has {known}.")
    return event


def _frame(population: Population, arguments: Arguments, time: str | None) -> FrameArguments:
    """The arguments of the day or period. Raises BAD_PERIOD and WHOLE_PERIODS."""
    where = tuple((item["dimension"].name, item["in"]) for item in arguments.get("where") or ())
    frame = FrameArguments(
        as_of=arguments.get("as_of"),
        since=arguments.get("from"),
        until=arguments.get("until"),
        where=where,
        time_dimension=time,
        for_aggregates_only=population.for_aggregates_only,
        protects_persons=population.protects_persons,
    )
    if frame.is_period and frame.as_of is not None:
        raise HubError("BAD_PERIOD", "Ask `asOf` a day, or `from` and `until`, not both.")
    if population.protects_persons:
        published.require_period(population.event_name, time, is_period=frame.is_period)
    return frame


def _compared_without(population: Population, dimensions: Sequence[Dimension]) -> tuple[int, ...]:
    """The dimensions without each of which groups of persons and cases are counted as well, to be compared with."""
    if not population.protects_persons:
        return ()
    return tuple(place for place, item in enumerate(dimensions) if item.name not in TIMES)


def _measures(statistic: Statistic, names: Iterable[str], event: str | None) -> Mapping[str, Measure]:
    """The measures by these names, and those that rates of these names are made of; the number of records always. Raises
    MEASURE_NOT_OF_KIND and BAD_ARGUMENT."""
    found: dict[str, Measure] = {}
    for name in names:
        rate = statistic.rates.get(name)
        for each in (name,) if rate is None else (rate.part, rate.whole):
            found.setdefault(each, _measure(statistic, each, event))
    found.setdefault("records", _measure(statistic, "records", event))
    return found


def _measure(statistic: Statistic, name: str, event: str | None) -> Measure:
    """A measure of the kind. Raises MEASURE_NOT_OF_KIND and BAD_ARGUMENT."""
    measure = statistic.measure(name)
    if measure is None:
        known = ", ".join(map(camel, ("records", *statistic.measures, *statistic.rates)))
        raise HubError("MEASURE_NOT_OF_KIND", f"{statistic.kind} has no measure {camel(name)}. It has {known}.")
    if measure.event is not None and event is None:
        raise HubError(
            "BAD_ARGUMENT",
            f"{camel(name)} of {statistic.kind} is of records whose steps run, most of which do not hold yet. Count them by one of their"
            f" days, e.g. `event: {measure.event}`.",
        )
    return measure

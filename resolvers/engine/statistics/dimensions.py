"""The dimensions of a statistic's ``groupBy``: those of its kind, of time, and of what is right below the place."""

from collections.abc import Iterable, Sequence

from db.model import Term
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.engine.statistics import published, time_buckets
from resolvers.engine.statistics.group_limits import MAX_DIMENSIONS
from resolvers.engine.statistics.question import Dimension, Population
from resolvers.errors import HubError
from resolvers.unknown_codes import list_of

CHILDREN = ("CHILD_ORGANIZATION", "CHILD_DIVISION")
"""The dimensions of what is right below the place."""


def grouped_by(arguments: Arguments) -> Sequence[Term]:
    """The dimensions that ``groupBy`` names. Raises TOO_MANY_DIMENSIONS and BAD_ARGUMENT."""
    terms: Sequence[Term] = arguments.get("group_by") or ()
    if len(terms) > MAX_DIMENSIONS:
        raise HubError("TOO_MANY_DIMENSIONS", f"`groupBy` takes at most {MAX_DIMENSIONS} dimensions.")
    if len({term.name for term in terms}) < len(terms):
        raise HubError("BAD_ARGUMENT", "`groupBy` takes each dimension once.")
    if sum(term.name in time_buckets.TIMES for term in terms) > 1:
        raise HubError("BAD_ARGUMENT", "`groupBy` takes one dimension of time: the finest that you need.")
    return terms


def time_of(names: Iterable[str]) -> str | None:
    """The one among some dimensions that is of time."""
    return next((name for name in names if name in time_buckets.TIMES), None)


def dimension(population: Population, term: Term) -> Dimension:
    """A dimension with its keys. Raises DIMENSION_WITHHELD and DIMENSION_NOT_OF_KIND."""
    name = term.name
    if name in time_buckets.TIMES:
        return Dimension(term, time_buckets.bucket(name, population.event, population.binder))
    children = population.children.get(name)
    if children is not None:
        require_given(population, name, children.target)
        key = population.keys.of_child(children.key, children)
        return Dimension(term, key, children.target, children.label, children, joins=children.joins)
    found = declared(population, name)
    if isinstance(found, Ref):
        require_given(population, name, found.target)
        key, joins = population.keys.of_row(expression(found.key), found.target)
        return Dimension(term, key, found.target, expression(found.label), joins=joins)
    column = expression(found)
    return Dimension(term, column, codes=list_of(column.type))


def declared(population: Population, name: str) -> Expression | Ref:
    """A dimension as its kind declares it. Raises DIMENSION_WITHHELD and DIMENSION_NOT_OF_KIND."""
    statistic = population.statistic
    if population.for_aggregates_only and name in published.NAMING:
        raise published.withheld(name)
    found = statistic.dimensions.get(name)
    if found is None:
        if name == "CHILD_ORGANIZATION":
            raise HubError(
                "DIMENSION_NOT_OF_KIND",
                f"{name} groups what is below a union: name one by `within`, or ask it there.",
            )
        known = ", ".join(
            [*statistic.dimensions, *time_buckets.TIMES, "CHILD_DIVISION", "CHILD_ORGANIZATION of a union"]
        )
        raise HubError("DIMENSION_NOT_OF_KIND", f"{statistic.kind} has no dimension {name}. It has {known}.")
    return found


def require_given(population: Population, name: str, target: str) -> None:
    """Raises DIMENSION_WITHHELD for a dimension whose values are rows that a caller with aggregates only does not see."""
    registry = population.registry
    visible = registry.access.visible(registry.sources[target], population.caller_lenses, Binder(), None)
    if population.for_aggregates_only and visible is not None:
        raise published.withheld(name)

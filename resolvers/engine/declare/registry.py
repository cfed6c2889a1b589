"""The registry: what slices have declared, filled while their modules are imported and read from then on."""

from resolvers.access.callers import Lens
from resolvers.engine.declare.access import AccessPolicy
from resolvers.engine.declare.sources import Lookup, Many, Source, StatisticsField
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import Binder
from resolvers.errors import HubError


class Registry:
    """All sources by type and by ID prefix, the statistics, the root fields, and the policy of what callers see of them."""

    def __init__(self, access: AccessPolicy | None = None) -> None:
        self.access = AccessPolicy() if access is None else access
        self.sources: dict[str, Source] = {}
        self.prefixes: dict[str, Source] = {}
        self.roots: dict[str, Many | Lookup | StatisticsField] = {}
        self.statistics: dict[str, Statistic] = {}

    def require_rows(self, source: Source, lenses: tuple[Lens, ...]) -> None:
        """Let a caller list the rows of a source, or filter by them. Raises AGGREGATES_ONLY for callers with aggregates only."""
        if lenses == (Lens.AGGREGATES,) and self.access.visible(source, lenses, Binder()) is not None:
            raise HubError(
                "AGGREGATES_ONLY",
                f"Callers with aggregates only have no list of {source.typename} and no filter by it. Ask `statistics`, or sign in with a"
                " role that sees rows.",
            )

    def add(self, source: Source) -> Source:
        """Register a source under its type's name and its ID prefix."""
        if source.typename in self.sources or source.prefix in self.prefixes:
            raise ValueError(f"{source.typename} or its prefix {source.prefix} is registered already")
        self.sources[source.typename] = source
        self.prefixes[source.prefix] = source
        return source

    def statistic(self, statistic: Statistic) -> None:
        """Register how the records of a kind are counted."""
        if statistic.kind in self.statistics:
            raise ValueError(f"statistics of {statistic.kind} are registered already")
        self.statistics[statistic.kind] = statistic

    def root(self, name: str, answer: Many | Lookup | StatisticsField) -> None:
        """Register how a field of the query root is answered."""
        if name in self.roots:
            raise ValueError(f"root field {name} is registered already")
        self.roots[name] = answer

"""What all parts of an operation are compiled with, and where their steps are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema

from resolvers.access.callers import Lens
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.steps import Step
from resolvers.engine.request.arguments import Given, build
from resolvers.engine.request.collect_fields import Collector
from resolvers.engine.request.limits import Budget

Kind = TypeVar("Kind", bound=Step)


class Compilation(ABC):
    """What the root fields of one operation are compiled with, for one shape of variables and one caller's lenses. Without ``rollups``
    statistics are counted from records alone. ``steps`` has every step by its index."""

    def __init__(
        self,
        schema: GraphQLSchema,
        registry: Registry,
        collector: Collector,
        variables: Mapping[str, Any],
        lenses: tuple[Lens, ...],
        *,
        rollups: bool = True,
    ) -> None:
        self.schema = schema
        self.registry = registry
        self.collector = collector
        self.variables = variables
        self.lenses = lenses
        self.rollups = rollups
        self.budget = Budget()
        self.steps: list[Step] = []

    def object_type(self, name: str) -> GraphQLObjectType:
        """An object type of the schema by its name."""
        found = self.schema.get_type(name)
        assert isinstance(found, GraphQLObjectType)
        return found

    def arguments(self, type_: GraphQLObjectType, node: FieldNode) -> Given:
        """The arguments of a field, split in shape and leaves."""
        return build(type_.fields[node.name.value], node, self.variables)

    def add(self, kind: Callable[..., Kind], path: str, node: FieldNode, **parts: Any) -> Kind:
        """Make a step of a kind, and keep it under the next index. Raises TOO_COMPLEX."""
        self.budget.statement()
        step = kind(index=len(self.steps), path=path, node=node, **parts)
        self.steps.append(step)
        return step

    @abstractmethod
    def by_key(self, source: Source, nodes: Sequence[FieldNode], path: str, *, few: bool = False) -> Step:
        """The step that finds rows of a source by their keys: those that rows above lead to, or the ``few`` that the operation names."""

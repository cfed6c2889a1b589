"""What all parts of an operation are compiled with, and where their steps are kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema

from resolvers.access.callers import Lens
from resolvers.engine.compile.exported_list import ExportedList
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.statement import Statement
from resolvers.engine.plan.steps import Build, Child, RowsStep, Step
from resolvers.engine.request.arguments import TrackedArguments, build
from resolvers.engine.request.collect_fields import Collector
from resolvers.engine.request.limits import Budget
from resolvers.errors import HubError


@contextmanager
def errors_at(node: FieldNode) -> Iterator[None]:
    """Give errors in the arguments of a field the field's place in the document, unless they have a place of their own."""
    try:
        yield
    except HubError as error:
        raise HubError(error.code, error.message, nodes=error.nodes or node) from None


class JsonOf(Enum):
    """Of which selections PostgreSQL writes the JSON, where nothing in them needs the hub."""

    TREES = "rows, and all that is below them"
    LEAVES = "pages of rows that have nothing below them"
    NOTHING = "none: all rows come as rows"


Kind = TypeVar("Kind", bound=Step)


class Compilation(ABC):
    """One operation while it is compiled, for one shape of variables and one caller's lenses.

    Two things change as it goes on: ``steps`` gets every step, in the order of their indexes, and ``budget`` is spent. All else is
    given. Without ``rollups`` statistics are counted from records alone; ``json`` says what PostgreSQL writes. Where a list is ``exported``
    nothing but it is compiled.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        registry: Registry,
        collector: Collector,
        variables: Mapping[str, Any],
        lenses: tuple[Lens, ...],
        *,
        rollups: bool = True,
        json: JsonOf = JsonOf.TREES,
        exported: ExportedList | None = None,
    ) -> None:
        self.schema = schema
        self.registry = registry
        self.collector = collector
        self.variables = variables
        self.lenses = lenses
        self.rollups = rollups
        self.json = json
        self.exported = exported
        self.budget = Budget()
        self.steps: list[Step] = []

    def leads_to_list(self, path: str) -> bool:
        """Whether the field at a path is that of the exported list, or one that leads to it."""
        return self.exported is None or f"{self.exported.path}.".startswith(f"{path}.")

    def object_type(self, name: str) -> GraphQLObjectType:
        """An object type of the schema by its name."""
        type_ = self.schema.get_type(name)
        assert isinstance(type_, GraphQLObjectType)
        return type_

    def arguments(self, type_: GraphQLObjectType, node: FieldNode) -> TrackedArguments:
        """The arguments of a field, split into shape and leaves."""
        return build(type_.fields[node.name.value], node, self.variables)

    def add(self, kind: Callable[..., Kind], path: str, node: FieldNode, **parts: Any) -> Kind:
        """Make a step of a kind and keep it under the next index. Raises TOO_COMPLEX."""
        self.budget.statement()
        step = kind(index=len(self.steps), path=path, node=node, **parts)
        self.steps.append(step)
        return step

    def add_rows(
        self,
        path: str,
        node: FieldNode,
        statement: Statement,
        build: Build,
        children: Sequence[Child],
        columns: SelectedColumns,
        **parts: Any,
    ) -> Step:
        """Make a step of rows by key, or of a whole list. Raises TOO_COMPLEX."""
        return self.add(
            RowsStep,
            path,
            node,
            statement=statement,
            build=build,
            children=tuple(children),
            columns=columns.names(),
            weight=columns.weight,
            **parts,
        )

    @abstractmethod
    def by_key(self, source: Source, nodes: Sequence[FieldNode], path: str, *, few_rows: bool = False) -> Step:
        """The step that finds rows of a source by key: those that parents' rows name, or the ``few_rows`` that the operation names."""

    @abstractmethod
    def row(
        self, source: Source, columns: SelectedColumns, nodes: Sequence[FieldNode], path: str, children: list[Child]
    ) -> str:
        """The Python expression of a row under the selection of ``nodes``; adds its columns to ``columns`` and its child steps to
        ``children``."""

"""From the operation of a document to its plan: the root fields one by one, the constants, and what needs no rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import FieldNode, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, get_named_type

from resolvers.access.callers import Lens
from resolvers.engine.compile.context import JsonOf
from resolvers.engine.compile.exported_list import ExportedList
from resolvers.engine.compile.fields import Compiler, list_step
from resolvers.engine.compile.statistics import statistics_step
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Lookup, StatisticsField
from resolvers.engine.plan.operation import Operation, Root, SubSelection, Together, root_field_error
from resolvers.engine.plan.statement import joined
from resolvers.engine.plan.steps import ComputedStep, JsonStep, Step
from resolvers.engine.request.arguments import snake
from resolvers.engine.request.collect_fields import Collector, Selection
from resolvers.engine.request.document import Document
from resolvers.engine.request.variables import known_prefixes
from resolvers.errors import HubError

MAX_TOGETHER = 12_000
"""Characters of statements that are run as one: PostgreSQL keeps plans of statements of up to 15 KiB by the thousand (docs/adr/0012)."""


def compile_operation(
    schema: GraphQLSchema,
    registry: Registry,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    lenses: tuple[Lens, ...],
    *,
    rollups: bool = True,
    json: JsonOf = JsonOf.TREES,
    exported: ExportedList | None = None,
) -> Operation:
    """Compile an operation for the shape of these variables and the lenses of a caller; without ``rollups`` its statistics are counted from
    records alone. ``json`` says what PostgreSQL writes. Of an export, only what leads to the ``exported`` list, and all rows of that."""
    collector = Collector(schema, document.fragments, variables)
    compiler = Compiler(schema, registry, collector, variables, lenses, rollups=rollups, json=json, exported=exported)
    query = compiler.object_type("Query")
    whole = collector.collect(query, [operation.selection_set])
    selection = {key: nodes for key, nodes in whole.items() if compiler.leads_to_list(key)}
    roots: list[Root] = []
    constants: dict[str, Any] = {}
    viewers: dict[str, SubSelection] = {}
    introspection: Selection = {}
    failed: dict[str, HubError] = {}
    for key, nodes in selection.items():
        name = nodes[0].name.value
        if name == "__typename":
            constants[key] = "Query"
        elif name in ("__schema", "__type"):
            introspection[key] = nodes
        elif name == "viewer":
            viewers[key] = _sub_selection(collector, compiler.object_type("Viewer"), nodes)
        else:
            start, nullable = len(compiler.steps), not isinstance(query.fields[name].type, GraphQLNonNull)
            try:
                root = _compile_root(compiler, registry, key, nodes)
            except HubError as error:
                failed[key] = root_field_error(error, key, nodes[0], nullable=nullable)
                del compiler.steps[start:]
            else:
                roots.append(replace(root, indexes=range(start, len(compiler.steps)), nullable=nullable))
    together = _together(roots) if json is JsonOf.TREES else None
    plan = Operation(
        roots=tuple(roots),
        steps=tuple(compiler.steps),
        constants=constants,
        viewers=viewers,
        viewer=registry.access.viewer,
        introspection=introspection,
        keys=tuple(selection),
        failed=failed,
        statements=sum(step.statements() for root in roots for step in root.steps.values())
        - (0 if together is None else len(together.steps) - 1),
        switches_role=any(step.switches_role() for step in compiler.steps),
        keeps_plans=all(_keeps_plans(step) for root in roots for step in root.steps.values()),
        together=together,
    )
    plan.require_any(failed)
    return plan


def _compile_root(compiler: Compiler, registry: Registry, key: str, nodes: list[FieldNode]) -> Root:
    name = nodes[0].name.value
    query = compiler.object_type("Query")
    if name in ("node", "nodes"):
        arguments = compiler.arguments(query, nodes[0])
        leaf = arguments["ids" if name == "nodes" else "id"]
        ids = leaf.get(compiler.variables)
        prefixes = known_prefixes(ids if name == "nodes" else [ids], registry.prefixes)
        steps = {
            prefix: compiler.by_key(registry.prefixes[prefix], nodes, key, few_rows=True) for prefix in sorted(prefixes)
        }
        return Root(key=key, node=nodes[0], steps=steps, ids=leaf, many=name == "nodes")
    match registry.roots[snake(name)]:
        case Lookup() as lookup:
            step = compiler.lookup(lookup, nodes, key)
        case StatisticsField() as field:
            step = statistics_step(compiler, query, field, nodes, key, root=True)
        case many:
            step = list_step(compiler, query, many, nodes, key, root=True)
    return Root(key=key, node=nodes[0], steps={"": step})


def _together(roots: Sequence[Root]) -> Together | None:
    """The root fields that PostgreSQL writes without a count, if there are several and their statements are short."""
    steps = [
        step
        for root in roots
        if root.ids is None and isinstance(step := root.steps[""], JsonStep) and step.total is None
    ]
    sqls = [step.statement.sql for step in steps if step.statement is not None]
    if len(steps) < 2 or sum(map(len, sqls)) > MAX_TOGETHER:
        return None
    return Together(tuple(steps), joined(sqls), ", ".join(step.path for step in steps))


def _keeps_plans(root: Step) -> bool:
    """Whether PostgreSQL keeps the plans of all statements of a step and of those below it. Those of computed fields are not known."""
    steps = list(root.walk())
    if any(isinstance(step, ComputedStep) for step in steps):
        return False
    return all(each.kept for step in steps if isinstance(step, Step) for each in step.own().values())


def _sub_selection(collector: Collector, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> SubSelection:
    """The selection on a value that needs no rows."""
    fields: dict[str, tuple[str, Any]] = {}
    for key, found in collector.below(type_, nodes).items():
        name = found[0].name.value
        below = None if name == "__typename" else get_named_type(type_.fields[name].type)
        fields[key] = (name, _sub_selection(collector, below, found) if isinstance(below, GraphQLObjectType) else None)
    return fields

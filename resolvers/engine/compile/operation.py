"""From the operation of a document to its compiled form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import FieldNode, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, get_named_type

from resolvers.access.callers import Lens
from resolvers.engine.compile.fields import Compiler
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Lookup, StatisticsField
from resolvers.engine.plan.operation import Operation, Picked, Root, alone
from resolvers.engine.request.arguments import build, prefixes, snake
from resolvers.engine.request.collect_fields import Collector, Selection
from resolvers.engine.request.document import Document
from resolvers.errors import HubError


def _picks(collector: Collector, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Picked:
    """The selection on a value that needs no rows: each field with what is selected below it."""
    picked: Picked = {}
    for key, found in collector.below(type_, nodes).items():
        name = found[0].name.value
        below = None if name == "__typename" else get_named_type(type_.fields[name].type)
        picked[key] = (name, _picks(collector, below, found) if isinstance(below, GraphQLObjectType) else None)
    return picked


def compile_operation(
    schema: GraphQLSchema,
    registry: Registry,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    lenses: tuple[Lens, ...],
    *,
    rollups: bool = True,
) -> Operation:
    """Compile an operation for the shape of these variables and the lenses of a caller; without ``rollups`` its statistics are counted from
    records alone."""
    collector = Collector(schema, document.fragments, variables)
    compiler = Compiler(schema, registry, collector, variables, lenses, rollups=rollups)
    query = compiler.object_type("Query")
    selection = collector.collect(query, [operation.selection_set])
    roots: list[Root] = []
    constants: dict[str, Any] = {}
    viewers: dict[str, Picked] = {}
    introspection: Selection = {}
    failed: dict[str, HubError] = {}
    for key, nodes in selection.items():
        name = nodes[0].name.value
        if name == "__typename":
            constants[key] = "Query"
        elif name in ("__schema", "__type"):
            introspection[key] = nodes
        elif name == "viewer":
            viewers[key] = _picks(collector, compiler.object_type("Viewer"), nodes)
        else:
            start, nullable = len(compiler.steps), not isinstance(query.fields[name].type, GraphQLNonNull)
            try:
                root = _compile_root(compiler, registry, key, nodes)
            except HubError as error:
                failed[key] = alone(error, key, nodes[0], nullable=nullable)
                del compiler.steps[start:]
            else:
                roots.append(replace(root, indexes=range(start, len(compiler.steps)), nullable=nullable))
    compiled = Operation(
        roots=tuple(roots),
        steps=tuple(compiler.steps),
        constants=constants,
        viewers=viewers,
        viewer=registry.access.viewer,
        introspection=introspection,
        keys=tuple(selection),
        failed=failed,
        statements=sum(step.statements() for root in roots for step in root.steps.values()),
        switches_role=any(step.switches_role() for step in compiler.steps),
        by_key=all(root.by_key for root in roots),
    )
    compiled.require_any(failed)
    return compiled


def _compile_root(compiler: Compiler, registry: Registry, key: str, nodes: list[FieldNode]) -> Root:
    name = nodes[0].name.value
    query = compiler.object_type("Query")
    if name in ("node", "nodes"):
        given = build(query.fields[name], nodes[0], compiler.variables)
        leaf = given["ids" if name == "nodes" else "id"]
        value = leaf.get(compiler.variables)
        asked = prefixes(value if name == "nodes" else [value], registry.prefixes)
        steps = {prefix: compiler.by_key(registry.prefixes[prefix], nodes, key, few=True) for prefix in sorted(asked)}
        return Root(key=key, node=nodes[0], steps=steps, ids=leaf, many=name == "nodes", by_key=True)
    answer = registry.roots[snake(name)]
    if isinstance(answer, Lookup):
        return Root(key=key, node=nodes[0], steps={"": compiler.lookup(answer, nodes, key)}, by_key=True)
    if isinstance(answer, StatisticsField):
        return Root(key=key, node=nodes[0], steps={"": compiler.statistics(answer, nodes, key)})
    return Root(key=key, node=nodes[0], steps={"": compiler.many(query, answer, nodes, key, root=True)})

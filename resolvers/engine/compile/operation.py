"""A compiled operation: its root fields in order, and how one run of it becomes a response."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, get_named_type

from resolvers.access import Caller, Lens
from resolvers.codes import shown
from resolvers.engine.compile.fields import Compiler
from resolvers.engine.compile.pagination import MAX_SIZE, require_page
from resolvers.engine.declare.sources import Lookup, Registry, Tally
from resolvers.engine.execute.objects import MAY_BRING, Toll, refused
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.plan.steps import Bound, Computation, Run, Step, bind, cost, run
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import Leaf, build, prefixes, snake
from resolvers.engine.request.collect_fields import Collector, Selection
from resolvers.engine.request.document import Document
from resolvers.engine.request.limits import Allowance
from resolvers.errors import HubError

Value = Any
Wanted = Mapping[str, Sequence[tuple[str, int]]]
"""Prefix and key of the IDs that each ``node`` and ``nodes`` asks for, by response key."""

WHOLE = frozenset({"TOO_COMPLEX", "TOO_COMPLEX_FOR_ROLE", "STATEMENT_TIMEOUT", "DATABASE_BUSY", "DATABASE_UNAVAILABLE"})
"""Codes that are about an operation, not about one field of it."""

Picked = dict[str, tuple[str, Any]]
"""Names of fields by response key, each with what is picked below it (or None): of values that need no rows."""


@dataclass(eq=False, slots=True)
class Root:
    """A planned root field."""

    key: str
    node: FieldNode
    steps: Mapping[str, Step]
    """By ID prefix for ``node`` and ``nodes``; else the one step under an empty name."""
    ids: Leaf | None = None
    many: bool = False
    by_key: bool = False
    """Whether its own statement finds rows by their ID, or one row by a code or number."""
    indexes: range = range(0)
    """Those of its steps."""
    nullable: bool = True
    """Whether it may fail alone; where it may not, the schema wants the whole answer to be null."""


@dataclass(eq=False, slots=True)
class Operation:
    """What is compiled of one operation for one shape of variables."""

    roots: tuple[Root, ...]
    steps: tuple[Step, ...]
    constants: Mapping[str, Value]
    viewers: Mapping[str, Picked]
    viewer: Callable[[Caller], Mapping[str, Value]]
    introspection: Selection
    keys: tuple[str, ...]
    failed: Mapping[str, HubError] = field(default_factory=dict)
    """Why root fields cannot be planned, while others can."""
    statements: int = field(init=False)
    """How many statements a run has at most, whatever the number of rows."""
    wears: bool = field(init=False)
    """Whether some statement runs in a role that is not the caller's."""
    by_key: bool = field(init=False)
    """Whether the statements of its root fields find rows by key."""

    def __post_init__(self) -> None:
        self.statements = sum(step.statements() for root in self.roots for step in root.steps.values())
        self.wears = any(step.wears() for step in self.steps)
        self.by_key = all(root.by_key for root in self.roots)

    def asks(self) -> bool:
        """Whether a field of it has operations of its own answered."""
        below = (part for root in self.roots for step in root.steps.values() for part in step.walk())
        return any(isinstance(part, Computation) and part.asks for part in below)

    def is_single(self, bound: "Binding") -> bool:
        """Whether a run has one statement only, and so needs no transaction to see one moment."""
        if self.wears or bound.most > bound.toll.limit:
            return False  # a role is put on, and pages are read in pieces, inside of a transaction
        if self.statements == 1:
            return True
        if len(self.roots) != 1 or self.roots[0].ids is None:
            return False
        (root,) = self.roots
        prefixes = {prefix for prefix, _ in bound.wanted.get(root.key, ())}
        return sum(root.steps[prefix].statements() for prefix in prefixes) == 1

    def bind(
        self, inputs: Inputs, max_objects: int, allowance: Allowance | None = None, *, strict: bool = False
    ) -> "Binding":
        """Bind one run. Raises what the caller got wrong, before anything has run: TOO_COMPLEX where its pages may hold far more objects
        than it may bring, or, if that is ``strict``, any more."""
        bound: list[Bound] = []
        wanted: dict[str, Sequence[tuple[str, int]]] = {}
        failed = dict(self.failed)
        for root in self.roots:
            steps = [self.steps[index] for index in root.indexes]
            try:
                given = bind(steps, inputs)
                if root.ids is not None:
                    wanted[root.key] = _wanted(root, inputs)
            except HubError as error:
                given = [Bound(None, None, 0) for _ in steps]
                failed[root.key] = alone(error, root)
            bound += given
        self.require_any(failed)
        weights = [0 if root.key in failed else _weight(root, bound, wanted) for root in self.roots]
        estimate, limit = sum(weights), max_objects if allowance is None else min(max_objects, allowance.objects)
        if estimate > limit * (1 if strict else MAY_BRING):
            node = self.roots[weights.index(max(weights))].node
            raise refused(limit, for_role=limit < max_objects, node=node, may_bring=estimate)
        return Binding(bound, estimate, wanted, failed, Toll(limit, limit < max_objects))

    def require_any(self, failed: Mapping[str, HubError]) -> None:
        """Raises why the root fields fail, where none of them stands."""
        if failed and not self.viewers and not self.introspection and all(root.key in failed for root in self.roots):
            raise failed[next(key for key in self.keys if key in failed)]

    async def run(self, this: Run, inputs: Inputs, bound: "Binding") -> tuple[dict[str, Value], list[HubError]]:
        """The values of the root fields that need rows or the caller, and errors for what failed or was not found."""
        values: dict[str, Value] = {}
        errors: list[HubError] = []
        failed = dict(bound.failed)
        for root in self.roots:
            if root.key in failed:
                continue
            try:
                values[root.key] = await (
                    _by_id(root, this, bound.wanted, errors) if root.ids else _one_step(root, this, errors)
                )
            except HubError as error:
                failed[root.key] = alone(error, root)
        self.require_any(failed)
        return values | dict.fromkeys(failed) | self.viewed(inputs), [*failed.values(), *errors]

    def viewed(self, inputs: Inputs) -> dict[str, Value]:
        """The values of ``viewer`` fields."""
        if not self.viewers:
            return {}
        viewer = self.viewer(inputs.caller)
        return {key: _picked(viewer, fields) for key, fields in self.viewers.items()}


@dataclass(eq=False, slots=True)
class Binding:
    """What one run is given: the values of each step, the rows that ``node`` and ``nodes`` name, and what it may bring in objects."""

    steps: list[Bound]
    most: int
    """The most that its pages may hold, in objects."""
    wanted: Wanted
    failed: Mapping[str, HubError]
    """Why root fields fail, by response key, while others stand."""
    toll: Toll


def alone(error: HubError, root: Root) -> HubError:
    """The error of a root field beside which others stand. Raises it where the field cannot be null, or the whole is too much."""
    if not root.nullable or error.code in WHOLE:
        raise error
    return HubError(error.code, error.message, nodes=error.nodes or root.node, path=[root.key])


def _wanted(root: Root, inputs: Inputs) -> list[tuple[str, int]]:
    """Prefix and key of the IDs that ``node`` or ``nodes`` asks for. Raises BAD_ID, and what is wrong with a page of so many."""
    assert root.ids is not None
    given = root.ids.get(inputs.variables)
    texts = given if root.many else [given]
    if len(texts) > MAX_SIZE:
        raise HubError("BAD_PAGE", f"`{root.key}` takes at most {MAX_SIZE} IDs, not {len(texts)}.", nodes=root.node)
    try:
        require_page(len(texts), inputs)
        pairs = [global_ids.decode(text) for text in texts]
        for text, (prefix, _) in zip(texts, pairs, strict=True):
            if prefix not in root.steps:
                raise HubError("BAD_ID", f"{shown(text)} is not an ID of this service.")
    except HubError as error:
        raise HubError(error.code, error.message, nodes=root.node) from None
    return pairs


def _weight(root: Root, bound: Sequence[Bound], wanted: Wanted) -> int:
    if root.ids is None:
        return cost(root.steps[""], bound)
    return sum(cost(root.steps[prefix], bound) for prefix, _ in wanted[root.key])


async def _one_step(root: Root, this: Run, errors: list[HubError]) -> Value:
    value = (await run(root.steps[""], None, this)).get(None)
    if value is None:
        errors.append(not_found(root.node, [root.key]))
    return value


async def _by_id(root: Root, this: Run, wanted: Wanted, errors: list[HubError]) -> Value:
    pairs = wanted[root.key]
    found: dict[tuple[str, int], Value] = {}
    for prefix, step in root.steps.items():
        times = Counter(key for other, key in pairs if other == prefix)
        if times:
            found.update({(prefix, key): value for key, value in (await run(step, times, this)).items()})
    values = [found.get(pair) for pair in pairs]
    for index, value in enumerate(values):
        if value is None:
            errors.append(not_found(root.node, [root.key, index] if root.many else [root.key]))
    return values if root.many else values[0]


def _picked(value: Value, fields: Picked | None) -> Value:
    """The selected fields of a value that needs no rows."""
    if value is None or fields is None:
        return value
    if isinstance(value, list):
        return [_picked(item, fields) for item in value]
    return {key: _picked(value[name], below) for key, (name, below) in fields.items()}


def _picks(collector: Collector, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Picked:
    """The selection on a value that needs no rows: each field with what is selected below it."""
    picked: Picked = {}
    for key, found in collector.below(type_, nodes).items():
        name = found[0].name.value
        below = None if name == "__typename" else get_named_type(type_.fields[name].type)
        picked[key] = (name, _picks(collector, below, found) if isinstance(below, GraphQLObjectType) else None)
    return picked


def not_found(node: FieldNode, path: Sequence[str | int]) -> HubError:
    """The error of a root field that names a row which is not there, or not there for this caller."""
    return HubError("NOT_FOUND", "There is no such record, or it is not yours to see.", nodes=node, path=path)


def compile_operation(
    schema: GraphQLSchema,
    registry: Registry,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    lenses: tuple[Lens, ...],
) -> Operation:
    """Compile an operation for the shape of these variables and the lenses of a caller."""
    collector = Collector(schema, document.fragments, variables)
    compiler = Compiler(schema, registry, collector, variables, lenses)
    query = compiler.object_type("Query")
    selection = collector.collect(query, [operation.selection_set])
    roots: list[Root] = []
    constants: dict[str, Value] = {}
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
                failed[key] = alone(error, Root(key, nodes[0], {}, nullable=nullable))
                del compiler.steps[start:]
            else:
                root.indexes, root.nullable = range(start, len(compiler.steps)), nullable
                roots.append(root)
    compiled = Operation(
        tuple(roots),
        tuple(compiler.steps),
        constants,
        viewers,
        registry.viewer,
        introspection,
        tuple(selection),
        failed,
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
        return Root(key, nodes[0], steps, leaf, many=name == "nodes", by_key=True)
    answer = registry.roots[snake(name)]
    if isinstance(answer, Lookup):
        return Root(key, nodes[0], {"": compiler.lookup(answer, nodes, key)}, by_key=True)
    if isinstance(answer, Tally):
        return Root(key, nodes[0], {"": compiler.statistics(answer, nodes, key)})
    return Root(key, nodes[0], {"": compiler.many(query, answer, nodes, key, root=True)})

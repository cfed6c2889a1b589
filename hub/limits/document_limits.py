"""Limits of a document, checked before it is validated: depth, aliases, fields, introspection.

Every definition is walked once and every fragment counted once, whatever its number of spreads: the time is linear in
the document, also where fragments double (``fragment A on T { x { ...B } y { ...B } }``), and nothing is expanded.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.errors import HubError

INTROSPECTION = frozenset({"__schema", "__type"})
MAX_INTROSPECTIONS = 4
MAX_INTROSPECTION_ALIASES = 4
"""Introspection lists the whole schema at every level: it is allowed, but not multiplied by aliases."""

MAX_OPERATIONS = 50
"""Operations in one document: validation walks the fragments again for each of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one document, inclusive. All but tokens are counted with fragments expanded."""

    max_tokens: int = 5_000
    max_depth: int = 20
    max_aliases: int = 100
    max_fields: int = 2_000


@dataclass(slots=True)
class Shape:
    """Counts of a definition with its fragments expanded. Introspection is counted apart, and not towards depth."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    introspections: int = 0
    introspection_aliases: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """A fragment spread: the number of fields above it, and whether it is part of introspection."""

    fragment: str
    depth: int
    inside: bool


def measure(document: DocumentNode) -> list[tuple[OperationDefinitionNode, Shape]]:
    """The shape of every operation. A missing fragment, and one that closes a cycle, is invalid and counts as nothing."""
    fragments = {
        definition.name.value: own_shape(definition.selection_set)
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    finished: dict[str, Shape] = {}
    for name in inner_first(fragments):
        finished[name] = total(*fragments[name], finished)
    return [
        (definition, total(*own_shape(definition.selection_set), finished))
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]


def own_shape(selection_set: SelectionSetNode) -> tuple[Shape, list[Spread]]:
    """The shape of a definition without its fragments, and its fragment spreads."""
    shape = Shape()
    spreads: list[Spread] = []
    stack = [(selection_set, 0, False)]
    while stack:
        selections, depth, inside = stack.pop()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                name = node.name.value
                shape.fields += 1
                below = inside
                if inside:
                    shape.introspection_aliases += node.alias is not None
                else:
                    shape.aliases += node.alias is not None
                    shape.depth = max(shape.depth, depth + 1)
                    if name in INTROSPECTION:
                        shape.introspections += 1
                        below = True
                if node.selection_set:
                    stack.append((node.selection_set, depth + 1, below))
            elif isinstance(node, FragmentSpreadNode):
                spreads.append(Spread(node.name.value, depth, inside))
            elif isinstance(node, InlineFragmentNode):
                stack.append((node.selection_set, depth, inside))
    return shape, spreads


def total(own: Shape, spreads: list[Spread], fragments: dict[str, Shape]) -> Shape:
    """The shape of a definition with its fragments."""
    shape = Shape(own.depth, own.fields, own.aliases, own.introspections, own.introspection_aliases)
    for spread in spreads:
        inner = fragments.get(spread.fragment)
        if inner is None:
            continue
        shape.fields += inner.fields
        shape.introspection_aliases += inner.introspection_aliases
        if spread.inside:
            shape.introspection_aliases += inner.aliases
        else:
            shape.aliases += inner.aliases
            shape.introspections += inner.introspections
            shape.depth = max(shape.depth, spread.depth + inner.depth)
    return shape


def inner_first(fragments: dict[str, tuple[Shape, list[Spread]]]) -> Iterable[str]:
    """The names of the fragments, each after those that it spreads; iterative."""
    seen: set[str] = set()
    for root in fragments:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(fragments[root][1]))]
        while path:
            name, spreads = path[-1]
            for spread in spreads:
                if spread.fragment in fragments and spread.fragment not in seen:
                    seen.add(spread.fragment)
                    path.append((spread.fragment, iter(fragments[spread.fragment][1])))
                    break
            else:
                path.pop()
                yield name


def check(operations: list[tuple[OperationDefinitionNode, Shape]], limits: Limits) -> None:
    """Refuse a document if any of its operations exceeds a limit.

    Raises:
        HubError: TOO_DEEP, TOO_MANY_ALIASES, TOO_MANY_FIELDS or TOO_MANY_OPERATIONS, with the limit in words.
    """
    if len(operations) > MAX_OPERATIONS:
        raise HubError(
            "TOO_MANY_OPERATIONS",
            f"The document holds {len(operations)} operations, more than {MAX_OPERATIONS}. Send only those you run.",
        )
    for node, shape in operations:
        if shape.depth > limits.max_depth:
            raise HubError(
                "TOO_DEEP",
                f"The operation is more than {limits.max_depth} levels deep. Ask for the inner ones by ID, apart.",
                nodes=node,
            )
        if shape.aliases > limits.max_aliases:
            raise HubError(
                "TOO_MANY_ALIASES",
                f"The operation has more than {limits.max_aliases} aliases, counting fragments at every spread. "
                "Ask with a list argument (such as `nodes`) or in several requests.",
                nodes=node,
            )
        if shape.fields > limits.max_fields:
            raise HubError(
                "TOO_MANY_FIELDS",
                f"The operation selects more than {limits.max_fields} fields, counting fragments at every spread. "
                "Ask in several requests.",
                nodes=node,
            )
        if shape.introspections > MAX_INTROSPECTIONS or shape.introspection_aliases > MAX_INTROSPECTION_ALIASES:
            raise HubError(
                "TOO_MANY_FIELDS",
                f"The operation asks for the schema more than {MAX_INTROSPECTIONS} times, or with more than "
                f"{MAX_INTROSPECTION_ALIASES} aliases in it. The file schema.graphql has all of it.",
                nodes=node,
            )

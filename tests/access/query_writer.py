"""Writes operations from the schema: every field of a type by every path that leads to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from schema import registry
from tests.access.policy_table import PolicyTable, is_page

MANY = 200


@dataclass(frozen=True)
class ListField:
    """A field that is a page of a type's rows: of the root, or of rows of another type."""

    parent: str
    field: str
    target: str
    filter: GraphQLInputObjectType | None
    order: GraphQLInputObjectType | None
    ever: str = ""
    """``, validity: ANY`` if the list has that argument, so that it has all rows."""

    @property
    def root(self) -> bool:
        """Whether it stands at the root."""
        return self.parent == "Query"

    @property
    def by_id(self) -> bool:
        """Whether its filter takes rows' IDs."""
        return self.filter is not None and "id" in self.filter.fields

    @property
    def columns(self) -> list[str]:
        """The columns that it can be ordered by, as the schema names them."""
        if self.order is None:
            return []
        kind = get_named_type(self.order.fields["field"].type)
        assert isinstance(kind, GraphQLEnumType)
        return list(kind.values)


class QueryWriter:
    """Writes operations for one schema and policy."""

    def __init__(self, schema: GraphQLSchema, policy: PolicyTable) -> None:
        self.schema = schema
        self.policy = policy

    def type(self, name: str) -> GraphQLObjectType:
        """An object type by its name."""
        found = self.schema.type_map[name]
        assert isinstance(found, GraphQLObjectType), name
        return found

    @cached_property
    def lists(self) -> Sequence[ListField]:
        """All pages in the schema."""
        found = []
        for parent in ("Query", *self.policy.types):
            for name, field in self.type(parent).fields.items():
                target = self._paged(get_named_type(field.type))
                if target in self.policy.types:
                    found.append(
                        ListField(
                            parent,
                            name,
                            target,
                            _input(field.args, "filter"),
                            _input(field.args, "orderBy"),
                            self.ever(parent, name),
                        )
                    )
        return found

    def ever(self, parent: str, name: str) -> str:
        """``, validity: ANY`` if a list has that argument, so that it has all rows."""
        return ", validity: ANY" if "validity" in self.type(parent).fields[name].args else ""

    def lookups(self) -> Iterator[tuple[str, str, str]]:
        """Root fields that find one row: the field, one of its arguments, the type."""
        for name, field in self.type("Query").fields.items():
            target = get_named_type(field.type).name
            if target in self.policy.types and not is_list_type(field.type):
                for argument in field.args:
                    yield name, argument, target

    def leads(self, typename: str) -> list[str]:
        """The relations of a type that lead to types of the policy table."""
        fields = self.type(typename).fields
        names = (name for name in self.policy.types[typename].leads if name in fields)
        return [name for name in names if set(self.targets(typename, name)) <= set(self.policy.types)]

    def targets(self, parent: str, name: str) -> list[str]:
        """The types of rows that a relation leads to."""
        found = get_named_type(self.type(parent).fields[name].type)
        if isinstance(found, GraphQLUnionType):
            return [type_.name for type_ in found.types]
        return [self._paged(found) or found.name]

    def shows_personal(self, typename: str, name: str) -> bool:
        """Whether a relation leads to rows that have personal fields."""
        return any(self.policy.types[target].masked for target in self.targets(typename, name))

    def values(self, typename: str) -> str:
        """The fields of a type that are values, with its key and name."""
        fields = self.type(typename).fields
        shown = (name for name in self.policy.types[typename].shown if name in fields)
        return " ".join(dict.fromkeys(("__typename", "id", *shown)))

    @cached_property
    def reached(self) -> Sequence[ListField]:
        """One page for each type that has any with a filter: that of the root, else the first of another type."""
        found: dict[str, ListField] = {}
        for each in self.lists:
            if each.filter is not None:
                found.setdefault(each.target, each)
        return list(found.values())

    def below(self, parent: str, name: str, form: str) -> str:
        """A relation with all values of the rows that it leads to; of a page the ``nodes`` or the ``edges``."""
        found = self.type(parent).fields[name]
        named = get_named_type(found.type)
        target = self._paged(named)
        if target is not None:
            values = self.values(target)
            rows = (
                f"totalCount nodes {{ {values} }}"
                if form == "nodes"
                else f"pageInfo {{ hasNextPage }} edges {{ node {{ {values} }} }}"
            )
            return f"{name}(first: {MANY}{self.ever(parent, name)}) {{ {rows} }}"
        if isinstance(named, GraphQLUnionType):
            # values of one name must be of one type in all its types: each gets aliases of its own
            parts = " ".join(f"... on {type_.name} {{ {self.aliased(type_.name)} }}" for type_ in named.types)
            return f"{name} {{ __typename {parts} }}"
        return f"{self.whole(parent, name)} {{ {self.values(named.name)} }}"

    def whole(self, parent: str, name: str) -> str:
        """A plain list, or a field that leads to one row, with ``validity: ANY`` if it has that argument."""
        ever = self.ever(parent, name)
        return f"{name}({ever[2:]})" if ever else name

    def aliased(self, typename: str) -> str:
        """The values of a type under names of their own, but the key."""
        return "id " + " ".join(
            f"{typename}__{name}: {name}" for name in self.policy.types[typename].shown if name != "id"
        )

    def _paged(self, type_: object) -> str | None:
        if isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection") and is_page(type_):
            return get_named_type(type_.fields["nodes"].type).name
        return None


def _input(arguments: Mapping[str, object], name: str) -> GraphQLInputObjectType | None:
    found = arguments.get(name)
    if found is None:
        return None
    type_ = get_named_type(found.type)  # type: ignore[attr-defined]
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


def is_value(type_: object) -> bool:
    """Whether a field's type is a value."""
    return is_leaf_type(get_named_type(type_))  # type: ignore[call-overload]


def is_many(type_: object) -> bool:
    """Whether a field's type is a plain list."""
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def filter_for_order(target: str, column: str | None, by_id: bool = False) -> str:
    """The filter that an order by match needs, beside ``$filter`` if there is one; empty for other orders."""
    name = registry.sources[target].match_orders.get((column or "").lower())
    return "" if name is None else f', filter: {{{"and: [$filter], " if by_id else ""}{name}: {{contains: "号"}}}}'

"""Random valid operations over a whole schema: arguments, variables, aliases, fragments, directives, unions, pages and orders."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from db.columns.industries import INDUSTRIES
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.statistics.time_buckets import TIMES
from schema import registry
from tests.resolvers.filter_predicates import ROW_TYPES

GENERIC = ("scope", "hierarchy", "asOf", "filter", "orderBy", "within")
"""Arguments of many fields."""
NAMES = ("王", "李", "市", "工会", "公司", "a", "小明", "中", "有限公司", "", "%", "_", "'")
CODES = (
    "33",
    "330000",
    "3301",
    "330106",
    "330100000000",
    "441900",
    "371003",
    "371081",
    "500120",
    "110101001",
    "nowhere",
)
DATES = ("1999-12-31", "2015-06-01", "2022-01-01", "2023-07-15", "2025-01-01", "2026-06-30", "2030-01-01")
AMOUNTS = ("0", "0.004", "1000.50", "250000")
BAD_IDS = ("nonsense", "org_", "org_ffffffffffffffffff", "xyz_1", "", "ORG_1")
BAD_CURSORS = ("x", "WyJmZmZmZmYiLDFd", "", "bm90aGluZw")


@dataclass
class Known:
    """What the database has: IDs by type, of rows that are there and of some that are not."""

    ids: Mapping[str, Sequence[str]]

    def any(self, chance: random.Random) -> str:
        """An ID of any type."""
        return chance.choice(self.ids[chance.choice(sorted(self.ids))])


@dataclass
class Operation:
    """An operation's text and variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class OperationWriter:
    """Writes one operation. ``bad`` is the probability that an ID, a cursor or a page size is wrong."""

    schema: GraphQLSchema
    known: Known
    chance: random.Random
    depth: int = 4
    bad: float = 0.0
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)

    def write(self) -> Operation:
        """A query with one to three root fields."""
        query = self.schema.query_type
        assert query is not None
        body = self.selection(query, self.depth, self.chance.choice((1, 1, 1, 2, 3)))
        declared = ", ".join(
            f"${name}: {kind}" + ("" if default is None else f" = {default}")
            for name, (kind, default) in self.variables.items()
        )
        head = f"query Random({declared}) " if declared else self.chance.choice(("query Random ", ""))
        return Operation(" ".join([head + body, *self.fragments]), self.given)

    def selection(self, type_: GraphQLObjectType, depth: int, count: int | None = None) -> str:
        """A selection set on an object type."""
        names = [
            name
            for name, found in type_.fields.items()
            if depth > 0 or is_leaf_type(get_named_type(found.type)) or type_.name.endswith(("Connection", "Edge"))
        ]
        if depth <= 0 and type_.name.endswith(("Connection", "Edge")):
            names = [name for name in names if name not in ("nodes", "edges", "node")] or ["__typename"]
        if type_.name == "StatisticsGroup" and self.chance.random() > self.bad:
            names = [name for name in names if name == "keys" or name in self.measures]
        parts: list[str] = []
        for _ in range(count or self.chance.randint(1, 4)):
            name = self.chance.choice([*names, "__typename"])
            parts.append(self.field(type_, name, depth))
        if self.chance.random() < 0.15 and type_.name != "Query":
            parts.append(self.fragment(type_, depth))
        if self.chance.random() < 0.1 and len(parts) > 1:
            parts.append(f"... {self.directive()} {{ {parts.pop()} }}")
        return "{ " + " ".join(parts) + " }"

    def field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        """A field with an alias of its own, so that no two fields of a selection conflict."""
        alias = f"{name.strip('_')}{self.chance.randint(0, 10**9)}"
        if name == "__typename":
            return f"{alias}: __typename"
        found = type_.fields[name]
        directive = f" {self.directive()}" if self.chance.random() < 0.05 else ""
        return f"{alias}: {name}{self.arguments(type_, name, found)}{directive}{self.below(found, depth)}"

    def below(self, found: GraphQLField, depth: int) -> str:
        """The selection on a field's value."""
        type_ = get_named_type(found.type)
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            return " " + self.abstract(type_, depth - 1)
        if isinstance(type_, GraphQLObjectType):
            step = 0 if type_.name.endswith("Edge") or type_.name == "PageInfo" else 1
            return " " + self.selection(type_, depth - step)
        return ""

    def abstract(self, type_: GraphQLUnionType | GraphQLInterfaceType, depth: int) -> str:
        """A selection on an interface or union: type conditions, and the interface's own fields."""
        parts = ["__typename"]
        if isinstance(type_, GraphQLInterfaceType):
            parts.append("id")
        possible = sorted(self.schema.get_possible_types(type_), key=lambda found: found.name)
        for found in self.chance.sample(possible, k=min(len(possible), 3)):
            parts.append(f"... on {found.name} {self.selection(found, depth)}")
        return "{ " + " ".join(parts) + " }"

    def fragment(self, type_: GraphQLObjectType, depth: int) -> str:
        """A named fragment, or an inline one on the type or its interface."""
        kind = self.chance.random()
        if kind < 0.3 and type_.interfaces:
            return "... on Node { fragmentId: id }"
        if kind < 0.6:
            return f"... on {type_.name} {self.selection(type_, min(depth, 1))}"
        name = f"F{len(self.fragments)}x{self.chance.randint(0, 10**6)}"
        self.fragments.append(f"fragment {name} on {type_.name} {self.selection(type_, min(depth, 1))}")
        return f"...{name}"

    def directive(self) -> str:
        """``@skip`` or ``@include``, literal or by variable."""
        name = self.chance.choice(("skip", "include"))
        if self.chance.random() < 0.5:
            return f"@{name}(if: {self.chance.choice(('true', 'false'))})"
        variable = self.variable("Boolean!", None, self.chance.random() < 0.5)
        return f"@{name}(if: ${variable})"

    def variable(self, kind: str, default: Any, value: Any, *, absent: bool = False) -> str:
        """Declare a variable and give it a value."""
        name = f"v{len(self.variables)}"
        self.variables[name] = (kind, default)
        if not absent:
            self.given[name] = value
        return name

    def arguments(self, type_: GraphQLObjectType, name: str, found: GraphQLField) -> str:
        """Some of a field's arguments: all that it needs, and a page that is small."""
        chosen: dict[str, str] = {}
        if "first" in found.args:
            backward = self.chance.random() < 0.25
            chosen["last" if backward else "first"] = self.value(required(found.args["first"].type), "size")
            if self.chance.random() < self.bad / 2:
                chosen["before" if backward else "after"] = f'"{self.chance.choice(BAD_CURSORS)}"'
        lookups = [argument for argument in found.args if argument in ("id", "code", "creditCode", "number")]
        if lookups and not get_named_type(found.type).name.endswith("Connection"):
            argument = self.chance.choice(lookups) if name != "node" else "id"
            target = get_named_type(found.type).name if name != "node" else None
            chosen[argument] = self.value(required(found.args[argument].type), argument, target)
        if "ids" in found.args:
            chosen["ids"] = self.value(found.args["ids"].type, "ids")
        # what would change nothing is refused: how far a list reaches goes with what it is within, a hierarchy with a subtree
        for argument, declared in sorted(found.args.items(), key=lambda pair: pair[0] != "within"):
            alone = "within" in found.args and "within" not in chosen
            idle = argument in ("scope", "hierarchy") and (alone or len({"scope", "hierarchy"} & chosen.keys()) > 0)
            if idle and self.chance.random() > self.bad:
                continue
            if argument in GENERIC and (name, argument) != ("statistics", "asOf") and self.chance.random() < 0.3:
                chosen[argument] = self.value(
                    declared.type, argument, "Division" if name == "divisions" else "Organization"
                )
        if "validity" in found.args and self.chance.random() < 0.3:
            # as of a day, all rows are those without one
            states = ("HOLDING", "ENDED", "NOT_BEGUN", *(() if "asOf" in chosen else ("ANY",)))
            chosen["validity"] = self.value_of(found.args["validity"].type, Code(self.chance.choice(states)))
        if name == "statistics":
            chosen |= {key: self.value_of(found.args[key].type, plain) for key, plain in self.counted(type_).items()}
        return "(" + ", ".join(f"{key}: {value}" for key, value in chosen.items()) + ")" if chosen else ""

    def counted(self, type_: GraphQLObjectType) -> dict[str, Any]:
        """What a statistic is asked: a kind, mostly with dimensions and conditions that it has."""
        statistic = self.chance.choice(sorted(registry.statistics.values(), key=lambda found: found.kind))
        self.measures = [camel(measure) for measure in ("records", *statistic.measures)]
        coded = {
            name: column.type.enum_class.__members__
            for name, found in statistic.dimensions.items()
            if not isinstance(found, Ref) and hasattr((column := expression(found)).type, "enum_class")
        }
        drill = ["CHILD_DIVISION", *(["CHILD_ORGANIZATION"] if type_.name == "Organization" else [])]
        dimensions = [*statistic.dimensions, *drill, self.chance.choice(TIMES)]
        given: dict[str, Any] = {"kind": Code(statistic.kind)}
        since, until = sorted(self.chance.sample(DATES, 2))
        periods = ({}, {}, {"asOf": until}, {"from": since, "until": until}, {"until": until}, {"from": since})
        given |= self.chance.choice(periods)
        if self.chance.random() < 0.7:
            count = min(self.chance.choice((1, 1, 2, 3)), len(dimensions))
            given["groupBy"] = [Code(name) for name in self.chance.sample(dimensions, count)]
        if self.chance.random() < 0.3:
            events = ("BEGAN", *(["ENDED"] if statistic.ends is not None else []), *statistic.events)
            given["event"] = Code(self.chance.choice(events))
        if coded and self.chance.random() < 0.3:
            name = self.chance.choice(sorted(coded))
            values = self.chance.sample(list(coded[name]), self.chance.randint(1, 2))
            given["where"] = [{"dimension": Code(name), "in": values}]
        if self.chance.random() < self.bad:
            wrong = ({"event": Code("SUBMITTED")}, {"from": until, "until": since}, {"groupBy": [Code("COHORT")]})
            given |= self.chance.choice(wrong)
        return given

    def value(self, type_: GraphQLInputType, name: str, target: str | None = None) -> str:
        """A literal, or a variable of the type with a value."""
        return self.value_of(type_, self.plain(type_, name, target, 2))

    def value_of(self, type_: GraphQLInputType, plain: Any) -> str:
        """A value as a literal, or as a variable of the type."""
        if self.chance.random() < 0.4:
            kind = str(type_)
            if not isinstance(type_, GraphQLNonNull) and self.chance.random() < 0.15:
                return "$" + self.variable(kind, None, None, absent=self.chance.random() < 0.5)
            if self.chance.random() < 0.1:
                return "$" + self.variable(kind.rstrip("!"), literal(plain), None, absent=True)
            return "$" + self.variable(kind, None, jsonable(plain))
        return literal(plain)

    def plain(self, type_: GraphQLInputType, name: str, target: str | None, depth: int) -> Any:
        """A value of an input type, enums as ``Code``."""
        if isinstance(type_, GraphQLNonNull):
            return self.plain(type_.of_type, name, target, depth)
        if isinstance(type_, GraphQLList):
            return [self.plain(type_.of_type, name, target, depth) for _ in range(self.chance.randint(0, 3))]
        if isinstance(type_, GraphQLEnumType):
            return Code(self.chance.choice(sorted(type_.values)))
        if isinstance(type_, GraphQLInputObjectType) and name == "industry" and self.chance.random() > self.bad:
            code = self.chance.choice(sorted(INDUSTRIES))
            return self.chance.choice(({"eq": code}, {"notIn": [code]}, {"startsWith": code[0]}, {"isNull": True}))
        if isinstance(type_, GraphQLInputObjectType):
            names = sorted(type_.fields)
            required = [key for key in names if isinstance(type_.fields[key].type, GraphQLNonNull)]
            nested = [key for key in names if depth > 0 or not key_is_deep(type_, key)]
            picked = dict.fromkeys(
                [*required, *self.chance.sample(nested, k=min(len(nested), self.chance.choice((0, 1, 1, 2))))]
            )
            if picked.keys() == {"validity"}:  # goes with ``some`` or ``none``
                picked = {}
            return {
                key: self.plain(type_.fields[key].type, key, inner_target(type_, target), depth - 1) for key in picked
            }
        return self.scalar(type_.name, name, target)

    def scalar(self, kind: str, name: str, target: str | None) -> Any:
        """A value of a scalar; IDs mostly of rows that are there."""
        match kind:
            case "ID" if self.chance.random() < self.bad:
                return self.chance.choice(BAD_IDS)
            case "ID":
                return (
                    self.chance.choice(self.known.ids[target])
                    if target in self.known.ids
                    else self.known.any(self.chance)
                )
            case "Int" if name == "size":
                return (
                    self.chance.choice((-1, 201)) if self.chance.random() < self.bad / 2 else self.chance.randint(0, 3)
                )
            case "Int":
                return self.chance.choice((0, 1, 2, 10, 100))
            case "Boolean":
                return self.chance.random() < 0.5
            case "Date":
                return self.chance.choice(DATES)
            case "DateTime":
                return f"{self.chance.choice(DATES)}T08:30:00+08:00"
            case "Decimal":
                return self.chance.choice(AMOUNTS)
        return self.chance.choice(CODES if name in ("code", "startsWith") else NAMES)


def camel(name: str) -> str:
    """A Python name as the schema writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class Code(str):
    """An enum's value: a bare word in a literal, a string in variables."""

    __slots__ = ()


def key_is_deep(type_: GraphQLInputObjectType, key: str) -> bool:
    """Whether a field of a filter is a filter of rows itself."""
    named = get_named_type(type_.fields[key].type)
    return isinstance(named, GraphQLInputObjectType) and ("and" in named.fields)


def inner_target(type_: GraphQLInputObjectType, target: str | None) -> str | None:
    """The type whose IDs a filter's ``id`` takes."""
    return ROW_TYPES.get(type_.name, target)


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case None:
            return "null"
        case Code():
            return str(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list():
            return "[" + ", ".join(literal(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {literal(item)}" for key, item in value.items()) + "}"
    raise TypeError(type(value))


def jsonable(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case list():
            return [jsonable(item) for item in value]
        case dict():
            return {key: jsonable(item) for key, item in value.items()}
        case Code():
            return str(value)
    return value


def required(type_: GraphQLInputType) -> GraphQLInputType:
    """The type without its null."""
    return type_ if isinstance(type_, GraphQLNonNull) else GraphQLNonNull(type_)

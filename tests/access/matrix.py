"""Asking the matrix's operations: as one who sees all ("national" below) and as a persona, by every path that leads to a field."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from db.organizations import Hierarchy
from resolvers.access.callers import Caller as Persona
from resolvers.engine.request import global_ids
from schema import registry
from tests.access.asking import MANY, List, Writer, fitting, is_many
from tests.access.cells import camel
from tests.access.judge import Judge, key_of
from tests.access.related import Unions, is_by_hierarchy
from tests.access.stage import Stage
from tests.resolvers.caller import Caller

NOBODY = 2**40
"""A key that no row has."""


class Matrix:
    """Asks as the national federation and as one persona, and has the answers compared."""

    def __init__(
        self, hub: Caller, stage: Stage, writer: Writer, sample: Mapping[str, list[int]], unions: Unions
    ) -> None:
        self.hub = hub
        self.unions = unions
        self.stage = stage
        self.writer = writer
        self.sample = sample
        self.national: dict[tuple[str, str], dict[str, Any]] = {}

    def ids(self, typename: str) -> list[str]:
        """Global IDs of the sampled rows of a type."""
        return [global_ids.encode(registry.sources[typename].prefix, key) for key in self.sample[typename]]

    def staged(self) -> set[str]:
        """The types of which the stage has rows in all places: all cells of them are tried."""
        return {name for name in self.sample if self.stage.keys(name)} | {"DivisionAlias"}

    async def response(self, text: str, variables: Mapping[str, Any], persona: Persona) -> dict[str, Any]:
        """What a persona is answered; what one who sees all is answered, is asked once."""
        if persona is not self.stage.standard:
            return await self.hub.response(text, variables, caller=persona)
        place = (text, json.dumps(variables, sort_keys=True))
        if place not in self.national:
            self.national[place] = await self.hub.response(text, variables, caller=persona)
        return self.national[place]

    async def both(self, text: str, variables: Mapping[str, Any], persona: Persona) -> tuple[Any, Any]:
        """The data for the national federation and for a persona; rows that are not found are no other error."""
        found = []
        for caller in (self.stage.standard, persona):
            response = await self.response(text, variables, caller)
            codes = {error["extensions"]["code"] for error in response.get("errors", ())}
            assert codes <= {"NOT_FOUND"}, (response["errors"], text, variables, caller.name)
            found.append(response["data"])
        return found[0], found[1]

    async def rows(self, typename: str) -> list[dict[str, Any]]:
        """The stage's rows of a type with all values and the keys of what they lead to, as the national federation sees them."""
        fields = self.writer.type(typename).fields
        ones = [name for name in self.writer.leads(typename) if is_one(fields[name].type)]
        leads = " ".join(f"{name} {{ id }}" for name in ones)
        short: set[str] = set()
        for each in self.writer.reached:
            if each.target == typename and each.filter is not None:
                listed = [
                    name for name in each.filter.fields if name in self.writer.leads(typename) and name not in ones
                ]
                short.update(name for name in listed if is_many(fields[name].type))
                leads += "".join(
                    f" {self.writer.whole(typename, name)} {{ __typename id }}"
                    if name in short
                    else f" {name}(first: {MANY}{self.writer.ever(typename, name)}) {{ nodes {{ __typename id }} }}"
                    for name in listed
                )
        text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {typename} {{ {self.writer.values(typename)} {leads} }} }} }}"
        keys = self.stage.keys(typename) or self.sample[typename]
        given = [global_ids.encode(registry.sources[typename].prefix, key) for key in keys]
        response = await self.response(text, {"ids": given}, self.stage.standard)
        found: list[dict[str, Any]] = response["data"]["nodes"]
        return [{**row, **{name: {"nodes": row[name]} for name in short}} for row in found]

    async def below(
        self, found: List, parent: str | None, fields: str, declared: str, given: Mapping[str, Any], persona: Persona
    ) -> tuple[Any, Any]:
        """Fields of the root, or of one row of another type, for both."""
        if parent is None:
            return await self.both(
                f"query({declared}) {{ __typename {fields} }}" if declared else f"{{ {fields} }}", given, persona
            )
        text = f"query($parent: ID!, {declared}) {{ node(id: $parent) {{ ... on {found.parent} {{ __typename {fields} }} }} }}"
        national, own = await self.both(text, {**given, "parent": parent}, persona)
        return national["node"], own["node"]

    async def parent(self, found: List, id_: str) -> str | None:
        """The row whose nested list has this row, if it is sampled."""
        text = (
            f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {found.parent}"
            f" {{ id {found.field}(first: {MANY}{found.ever}) {{ nodes {{ id }} }} }} }} }}"
        )
        response = await self.response(text, {"ids": self.ids(found.parent)}, self.stage.standard)
        for row in response["data"]["nodes"]:
            if id_ in [each["id"] for each in row[found.field]["nodes"]]:
                return str(row["id"])
        return None

    async def code(self, text: str, variables: Mapping[str, Any], persona: Persona) -> str | None:
        """The code with which an operation is refused as a whole."""
        response = await self.hub.response(text, variables, caller=persona)
        return response["errors"][0]["extensions"]["code"] if "data" not in response else None


async def nodes(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """``nodes`` and ``node``; what is out of scope is answered as what is not there."""
    for name in judge.policy.types:
        values = f"... on {name} {{ {matrix.writer.values(name)} }}"
        text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {values} }} }}"
        national, own = await matrix.both(text, {"ids": matrix.ids(name)}, persona)
        for theirs, ours in zip(national["nodes"], own["nodes"], strict=True):
            judge.row(theirs, ours, "nodes")
        text = f"query($id: ID!) {{ node(id: $id) {{ {values} }} }}"
        nothing = await matrix.response(text, {"id": global_ids.encode(registry.sources[name].prefix, NOBODY)}, persona)
        for id_ in matrix.ids(name):
            national, own = await matrix.both(text, {"id": id_}, persona)
            judge.row(national["node"], own["node"], "node")
            if own["node"] is None and await matrix.response(text, {"id": id_}, persona) != nothing:
                judge.fails("node", f"{id_} is answered in another way than what is not there")


async def lookups(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Root fields that find one row by its ID, code or number."""
    for field, argument, name in matrix.writer.lookups():
        kind = "ID" if argument == "id" else "String"
        text = f"query($key: {kind}) {{ {field}({argument}: $key) {{ {matrix.writer.values(name)} }} }}"
        missing = global_ids.encode(registry.sources[name].prefix, NOBODY) if kind == "ID" else "nowhere"
        nothing = await matrix.response(text, {"key": missing}, persona)
        for row in await matrix.rows(name):
            if row[argument] is None:
                continue
            national, own = await matrix.both(text, {"key": row[argument]}, persona)
            judge.row(national[field], own[field], f"{field}({argument}:)")
            if own[field] is None and await matrix.response(text, {"key": row[argument]}, persona) != nothing:
                judge.fails(field, f"{row[argument]} is answered in another way than what is not there")


async def lists(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Lists at the root: rows alone, which PostgreSQL writes, and with their edges and count."""
    for found in matrix.writer.lists:
        if not found.root:
            continue
        values = matrix.writer.values(found.target)
        by_id = found.by_id
        given = {"filter": {"id": {"in": matrix.ids(found.target)}}} if by_id else {}
        declared, passed = (f"query($filter: {found.filter})", ", filter: $filter") if by_id else ("query", "")
        for selected in (
            f"totalCount nodes {{ {values} }}",
            f"pageInfo {{ hasNextPage }} edges {{ node {{ {values} }} }}",
        ):
            text = f"{declared} {{ {found.field}(first: {MANY}{found.ever}{passed}) {{ {selected} }} }}"
            national, own = await matrix.both(text, given, persona)
            judge.page(national[found.field], own[found.field], found.field)


async def within(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Lists at the root within a union of the stage, in either hierarchy."""
    for found in matrix.writer.lists:
        if not found.root or "hierarchy" not in matrix.writer.type("Query").fields[found.field].args:
            continue
        text = (
            f"query($within: ID!, $hierarchy: Hierarchy!) {{ {found.field}"
            f"(first: {MANY}{found.ever}, within: $within, hierarchy: $hierarchy)"
            f" {{ totalCount nodes {{ {matrix.writer.values(found.target)} }} }} }}"
        )
        unions = [place.union for place in matrix.stage.places.values()]
        if judge.policy.types[found.target].withheld:
            unions += matrix.stage.handlers
        for union in unions:
            for hierarchy in Hierarchy:
                given = {"within": global_ids.encode("org", union), "hierarchy": hierarchy.name}
                national, own = await matrix.both(text, given, persona)
                path, own = f"{found.field}(within:)", own[found.field]
                below = judge.below(("Query", found.field), union, national[found.field], path)
                if judge.sees({"__typename": "Organization", "id": given["within"]}):
                    judge.page(below, own, path)
                elif own is not None:
                    judge.fails(path, f"{given['within']} is out of scope and was answered: {own}")
                else:
                    judge.nowhere(national[found.field]["nodes"], path)


async def nested(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Every relation of every type, from rows in and out of scope."""
    for name in judge.policy.types:
        for form in ("nodes", "edges"):
            leads = [
                lead
                for lead in matrix.writer.leads(name)
                if form == "nodes" or matrix.writer.shows_personal(name, lead)
            ]
            below = " ".join(matrix.writer.below(name, lead, form) for lead in leads)
            if not below:
                continue
            text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ __typename id {below} }} }} }}"
            national, own = await matrix.both(text, {"ids": matrix.ids(name)}, persona)
            for theirs, ours in zip(national["nodes"], own["nodes"], strict=True):
                judge.row(theirs, ours, "nodes")


async def filters(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Every filter with the true value of rows in and out of scope: what is out of scope is neither found nor counted."""
    for found in matrix.writer.reached:
        assert found.filter is not None
        masked = [name for name in found.filter.fields if name != "id" and refused(judge, found.target, name)]
        by_id = found.by_id
        rows = "" if by_id else " nodes { __typename id }"
        for row in await matrix.rows(found.target):
            parent = None if found.root else await matrix.parent(found, row["id"])
            if parent is None and not found.root:
                continue
            asked = {
                name: operand for name, operand in conditions(found.filter, row, judge).items() if name not in masked
            }
            this = {"id": {"eq": row["id"]}} if by_id else {}
            given = {f"f{order}": {**this, name: operand} for order, (name, operand) in enumerate(asked.items())}
            fields = " ".join(
                f"a{order}: {found.field}(first: {MANY}, filter: $f{order}{found.ever}) {{ totalCount{rows} }}"
                for order in range(len(asked))
            )
            declared = ", ".join(f"${name}: {found.filter}" for name in given)
            national, own = await matrix.below(found, parent, fields, declared, given, persona)
            if national is None or own is None:
                if own is not None or judge.sees({"__typename": found.parent, "id": parent}):
                    judge.fails("filter", f"{found.parent}.{found.field}: {parent} was answered wrongly")
                path = f"filter of {found.parent}.{found.field}"
                judge.cells.update((found.target, field, "out", path) for field in asked)
                continue
            for order, (name, operand) in enumerate(asked.items()):
                path = f"filter of {found.parent}.{found.field}"
                theirs, ours = national[f"a{order}"], own[f"a{order}"]
                scope = "in" if judge.sees(row) else "out"
                target = matrix.writer.policy.types.get(named(matrix, found.target, name))
                found_by_it = True
                if "some" in operand:
                    below = row[name]
                    if is_by_hierarchy(matrix.writer, found.target, name):
                        below = judge.below((found.target, name), key_of(row["id"]), below, path)
                    found_by_it = any(map(judge.sees, below["nodes"]))
                elif target is not None:
                    # what it leads to may be out of scope: then the row is not found by it, in scope or not
                    found_by_it = judge.sees({"__typename": target.name, "id": operand["id"]["eq"]})
                    scope = scope if found_by_it else "out"
                if by_id:
                    if (theirs["totalCount"] != 1 and "some" not in operand) or ours["totalCount"] != int(
                        judge.sees(row) and found_by_it
                    ):
                        judge.fails(path, f"{row['id']} by its {name}: {ours['totalCount']}, though {scope} of scope")
                elif found_by_it:
                    judge.page(theirs, ours, path)
                elif ours["nodes"] or ours["totalCount"]:
                    judge.fails(path, f"{row['id']} was found by its {name}, which is out of scope")
                judge.cells.add((found.target, name, scope, path))
        for name in masked:
            text = f"query($filter: {found.filter}) {{ {found.field}(filter: $filter) {{ totalCount }} }}"
            operand = {"eq": "阶甲2"}
            if not found.root:
                text = (
                    f'query($filter: {found.filter}) {{ node(id: "{matrix.ids(found.parent)[0]}") {{ ... on {found.parent}'
                    f" {{ {found.field}(filter: $filter) {{ totalCount }} }} }} }}"
                )
            for condition in ({name: operand}, {"not": {name: operand}}, {"or": [{name: {"isNull": True}}]}):
                code = await matrix.code(text, {"filter": condition}, persona)
                if code != "MASKED_COLUMN":
                    judge.fails(found.field, f"a filter by {name}, which is masked, was answered with {code}")
            for scope in ("in", "out"):
                judge.cells.add((found.target, name, scope, f"filter of {found.parent}.{found.field}"))


async def orders(matrix: Matrix, judge: Judge, persona: Persona) -> None:
    """Every order: only rows in scope stand in it."""
    for found in matrix.writer.reached:
        rows = await matrix.rows(found.target)
        open_, masked = [], []
        for column in found.columns:
            (masked if refused(judge, found.target, camel(column)) else open_).append(column)
        by_id = found.by_id
        given = {"filter": {"id": {"in": matrix.ids(found.target)}}} if by_id else {}
        passed = ", filter: $filter" if by_id else ""
        fields = " ".join(
            f"{column}: {found.field}(first: {MANY}{found.ever}{fitting(found.target, column, by_id) or passed},"
            f" orderBy: [{{field: {column}, direction: DESC}}])"
            " { pageInfo { hasNextPage } nodes { __typename id } }"
            for column in open_
        )
        parents: list[str | None] = [None]
        if not found.root:
            parents = list(dict.fromkeys([await matrix.parent(found, row["id"]) for row in rows]))
        for parent in parents:
            if parent is None and not found.root:
                continue
            for column in masked:
                field = f"{found.field}(orderBy: [{{field: {column}}}]) {{ totalCount }}"
                text = (
                    f"{{ {field} }}"
                    if parent is None
                    else f'{{ node(id: "{parent}") {{ ... on {found.parent} {{ {field} }} }} }}'
                )
                code = await matrix.code(text, {}, persona)
                if code != "MASKED_COLUMN":
                    judge.fails(found.field, f"an order by {column}, which is masked, was answered with {code}")
                for scope in ("in", "out"):
                    judge.cells.add((found.target, camel(column), scope, f"order of {found.parent}.{found.field}"))
            declared = f"$filter: {found.filter}!" if by_id else ""
            national, own = await matrix.below(found, parent, fields, declared, given, persona)
            if national is None or own is None:
                path = f"order of {found.parent}.{found.field}"
                judge.cells.update((found.target, camel(column), "out", path) for column in open_)
                continue
            for column in open_:
                path = f"order of {found.parent}.{found.field}"
                judge.page(national[column], own[column], path)
                for row in national[column]["nodes"]:
                    judge.cells.add((found.target, camel(column), "in" if judge.sees(row) else "out", path))


def refused(judge: Judge, typename: str, name: str) -> bool:
    """Whether a persona may not filter or order by a field: it is not clear to all groups that the persona is in."""
    entry = judge.policy.types[typename]
    return name in entry.masked and any(entry.level(name, group) != "clear" for group in judge.sight.groups)


def conditions(type_: GraphQLInputObjectType, row: Mapping[str, Any], judge: Judge) -> dict[str, Any]:
    """For each field of a filter the condition that a row fulfils."""
    found: dict[str, Any] = {}
    for name, field in type_.fields.items():
        if name in ("and", "or", "not", "id"):
            continue
        operand = get_named_type(field.type)
        assert isinstance(operand, GraphQLInputObjectType)
        if name not in row:
            continue
        value = row[name]
        if name in judge.policy.types[row["__typename"]].masked:
            value = judge.truth.clear(row["__typename"], key_of(row["id"]), name)
        if "some" in operand.fields:
            if len(value["nodes"]) < MANY:
                found[name] = {"some": {}, **({"validity": "ANY"} if "validity" in operand.fields else {})}
        elif "and" in operand.fields:
            if value is not None and "id" in operand.fields:
                found[name] = {"id": {"eq": value["id"]}}
        elif value is None:
            if "isNull" in operand.fields:
                found[name] = {"isNull": True}
        else:
            found[name] = {"eq": value}
    return found


def named(matrix: Matrix, typename: str, name: str) -> str:
    """The name of a field's type."""
    return get_named_type(matrix.writer.type(typename).fields[name].type).name


def is_one(type_: Any) -> bool:
    """Whether a field leads to one row of one type."""
    found = get_named_type(type_)
    return isinstance(found, GraphQLObjectType) and not is_many(type_) and not found.name.endswith("Connection")


PATHS = (nodes, lookups, lists, within, nested, filters, orders)
"""All paths: each asks and has the answers judged."""

"""Runs the matrix's operations as a caller who sees everything ("national" below) and as a persona, by every path to a field."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from db.organizations import Hierarchy
from resolvers.access.callers import Caller as Persona
from resolvers.engine.request import global_ids
from schema import registry
from tests.access.comparison import Comparison
from tests.access.fixtures import AccessFixtures
from tests.access.hierarchy_visibility import UnionsOfRows
from tests.access.query_writer import MANY, ListField, QueryWriter, is_many
from tests.resolvers.engine_client import EngineClient

NOBODY = 2**40
"""A key that no row has."""


class Matrix:
    """Runs operations as the national federation and as one persona, and has the answers compared."""

    def __init__(
        self,
        hub: EngineClient,
        fixtures: AccessFixtures,
        writer: QueryWriter,
        sample: Mapping[str, list[int]],
        unions: UnionsOfRows,
        *,
        standard_hub: EngineClient | None = None,
    ) -> None:
        """``standard_hub`` answers the caller who sees everything, if it is not the ``hub`` that answers the persona."""
        self.hub = hub
        self.standard_hub = standard_hub or hub
        self.unions = unions
        self.fixtures = fixtures
        self.writer = writer
        self.sample = sample
        self.national: dict[tuple[str, str], dict[str, Any]] = {}

    def ids(self, typename: str) -> list[str]:
        """Global IDs of the sampled rows of a type."""
        return [global_ids.encode(registry.sources[typename].prefix, key) for key in self.sample[typename]]

    def staged(self) -> set[str]:
        """The types with rows in all places of the fixtures: every cell of these is compared."""
        return {name for name in self.sample if self.fixtures.keys(name)} | {"DivisionAlias"}

    async def response(self, text: str, variables: Mapping[str, Any], persona: Persona) -> dict[str, Any]:
        """The response to a persona; that to the caller who sees everything is requested once and kept."""
        if persona is not self.fixtures.standard:
            return await self.hub.response(text, variables, caller=persona)
        place = (text, json.dumps(variables, sort_keys=True))
        if place not in self.national:
            response = await self.standard_hub.response(text, variables, caller=persona)
            assert "data" in response, (response, text, variables)  # a busy database is no answer to compare with
            self.national[place] = response
        return self.national[place]

    async def both(self, text: str, variables: Mapping[str, Any], persona: Persona) -> tuple[Any, Any]:
        """The data for the national federation and for a persona. No error but ``NOT_FOUND`` is expected."""
        found = []
        for caller in (self.fixtures.standard, persona):
            response = await self.response(text, variables, caller)
            codes = {error["extensions"]["code"] for error in response.get("errors", ())}
            assert codes <= {"NOT_FOUND"}, (response["errors"], text, variables, caller.name)
            found.append(response["data"])
        return found[0], found[1]

    async def rows(self, typename: str) -> list[dict[str, Any]]:
        """The rows of a type in the fixtures, with all values and the keys of related rows, as the national federation sees them."""
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
        keys = self.fixtures.keys(typename) or self.sample[typename]
        given = [global_ids.encode(registry.sources[typename].prefix, key) for key in keys]
        response = await self.response(text, {"ids": given}, self.fixtures.standard)
        found: list[dict[str, Any]] = response["data"]["nodes"]
        return [{**row, **{name: {"nodes": row[name]} for name in short}} for row in found]

    async def below(
        self,
        found: ListField,
        parent: str | None,
        fields: str,
        declared: str,
        given: Mapping[str, Any],
        persona: Persona,
    ) -> tuple[Any, Any]:
        """Fields of the root, or of one row of another type, for both."""
        if parent is None:
            return await self.both(
                f"query({declared}) {{ __typename {fields} }}" if declared else f"{{ {fields} }}", given, persona
            )
        text = f"query($parent: ID!, {declared}) {{ node(id: $parent) {{ ... on {found.parent} {{ __typename {fields} }} }} }}"
        national, own = await self.both(text, {**given, "parent": parent}, persona)
        return national["node"], own["node"]

    async def parent(self, found: ListField, id_: str) -> str | None:
        """The row whose nested list has this row, if it is sampled."""
        text = (
            f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {found.parent}"
            f" {{ id {found.field}(first: {MANY}{found.ever}) {{ nodes {{ id }} }} }} }} }}"
        )
        response = await self.response(text, {"ids": self.ids(found.parent)}, self.fixtures.standard)
        for row in response["data"]["nodes"]:
            if id_ in [each["id"] for each in row[found.field]["nodes"]]:
                return str(row["id"])
        return None

    async def code(self, text: str, variables: Mapping[str, Any], persona: Persona) -> str | None:
        """The error code with which a whole operation is refused."""
        response = await self.hub.response(text, variables, caller=persona)
        return response["errors"][0]["extensions"]["code"] if "data" not in response else None


async def nodes(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """``nodes`` and ``node``; what is out of scope is answered as what is not there."""
    for name in comparison.policy.types:
        values = f"... on {name} {{ {matrix.writer.values(name)} }}"
        text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {values} }} }}"
        national, own = await matrix.both(text, {"ids": matrix.ids(name)}, persona)
        for national_row, own_row in zip(national["nodes"], own["nodes"], strict=True):
            comparison.row(national_row, own_row, "nodes")
        text = f"query($id: ID!) {{ node(id: $id) {{ {values} }} }}"
        nothing = await matrix.response(text, {"id": global_ids.encode(registry.sources[name].prefix, NOBODY)}, persona)
        for id_ in matrix.ids(name):
            national, own = await matrix.both(text, {"id": id_}, persona)
            comparison.row(national["node"], own["node"], "node")
            if own["node"] is None and await matrix.response(text, {"id": id_}, persona) != nothing:
                comparison.fails("node", f"{id_} is answered in another way than what is not there")


async def lookups(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
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
            comparison.row(national[field], own[field], f"{field}({argument}:)")
            if own[field] is None and await matrix.response(text, {"key": row[argument]}, persona) != nothing:
                comparison.fails(field, f"{row[argument]} is answered in another way than what is not there")


async def lists(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
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
            comparison.page(national[found.field], own[found.field], found.field, root=True)


async def within(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Lists at the root within a union of the fixtures, in either hierarchy."""
    for listed in matrix.writer.lists:
        if not listed.root or "hierarchy" not in matrix.writer.type("Query").fields[listed.field].args:
            continue
        unions = [place.union for place in matrix.fixtures.places.values()]
        if comparison.policy.types[listed.target].withheld:
            unions += matrix.fixtures.handlers
        for union, hierarchy in product(unions, Hierarchy):
            await within_union(matrix, comparison, persona, listed, union, hierarchy)


async def within_union(
    matrix: Matrix, comparison: Comparison, persona: Persona, listed: ListField, union: int, hierarchy: Hierarchy
) -> None:
    """A list at the root within one union."""
    text = (
        f"query($within: ID!, $hierarchy: Hierarchy!) {{ {listed.field}"
        f"(first: {MANY}{listed.ever}, within: $within, hierarchy: $hierarchy)"
        f" {{ totalCount nodes {{ {matrix.writer.values(listed.target)} }} }} }}"
    )
    given = {"within": global_ids.encode("org", union), "hierarchy": hierarchy.name}
    national, own = await matrix.both(text, given, persona)
    path, own = f"{listed.field}(within:)", own[listed.field]
    below = comparison.below(("Query", listed.field), union, national[listed.field], path)
    if comparison.sees({"__typename": "Organization", "id": given["within"]}):
        comparison.page(below, own, path)
    elif own is not None:
        comparison.fails(path, f"{given['within']} is out of scope and was answered: {own}")
    else:
        comparison.nowhere(national[listed.field]["nodes"], path)


async def nested(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Every relation of every type, from rows in and out of scope."""
    for name in comparison.policy.types:
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
            for national_row, own_row in zip(national["nodes"], own["nodes"], strict=True):
                comparison.row(national_row, own_row, "nodes")


def is_one(type_: Any) -> bool:
    """Whether a field leads to one row of one type."""
    found = get_named_type(type_)
    return isinstance(found, GraphQLObjectType) and not is_many(type_) and not found.name.endswith("Connection")


PATHS = (nodes, lookups, lists, within, nested)
"""Paths by rows: each asks and has the answers compared."""

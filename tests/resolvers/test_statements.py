"""The number of statements depends on the shape of an operation, never on the number of rows: generated from the schema."""

from collections.abc import Iterator

import asyncpg
import pytest
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_introspection_type,
    parse,
    visit,
)

from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import AnyOf, Many, One, Source, StatisticsField
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.relations import By
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.random_operations import camel

CORE = schema._schema
PARENTS = 50

WRITTEN_BY_COMMANDS = {"AccessLog", "SubjectRequest", "AdministeredGrant", "Principal", "ApiKey"}
"""No row of these is in the template; test_access_log counts their statements."""

FIELDS = [
    (name, field)
    for name in sorted(registry.sources.keys() - WRITTEN_BY_COMMANDS)
    for field in CORE.type_map[name].fields  # type: ignore[attr-defined]
]
ROOTS = sorted(CORE.query_type.fields)  # type: ignore[union-attr]
LISTS = [name for name in ROOTS if isinstance(registry.roots.get(snake(name)), Many)]


KEYS = "keys { dimension value label organization { id } division { id } }"


def counted(kind: str, alias: str = "statistics", arguments: str = "") -> str:
    """A statistic with all that its kind has."""
    measures = " ".join(camel(name) for name in ("records", *registry.statistics[kind].measures))
    return (
        f"{alias}: statistics(kind: {kind}, groupBy: [CHILD_DIVISION]{arguments})"
        f" {{ kind asOf from until total {{ {measures} }} groups {{ {KEYS} {measures} }} }}"
    )


def selected(name: str, found: GraphQLField, arguments: str = "") -> str:
    """A field with everything on it that is no relation of the rows below."""
    type_ = get_named_type(found.type)
    if isinstance(type_, GraphQLUnionType):
        return f"{name} {{ __typename {' '.join(f'... on {kind.name} {{ id }}' for kind in type_.types)} }}"
    if not isinstance(type_, GraphQLObjectType):
        return name
    if type_.name == "Statistics":
        return counted("DISPUTE_CASES")
    if not type_.name.endswith("Connection"):
        return f"{name}{arguments} {{ {'id' if 'id' in type_.fields else ' '.join(type_.fields)} }}"
    below = " ".join(connection_part(part, inner) for part, inner in type_.fields.items())
    return f"{name}{arguments or '(first: 3)'} {{ {below} }}"


def connection_part(name: str, found: GraphQLField) -> str:
    """A field of a connection with all that is below it."""
    type_ = get_named_type(found.type)
    if not isinstance(type_, GraphQLObjectType):
        return name
    if type_.name in registry.sources:
        return f"{name} {{ id }}"
    return f"{name} {{ {' '.join(connection_part(part, inner) for part, inner in type_.fields.items())} }}"


def below_nodes(type_name: str, name: str) -> str:
    """An operation on rows of a type by their IDs that asks for one field."""
    found = CORE.type_map[type_name].fields[name]  # type: ignore[attr-defined]
    return f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {selected(name, found)} }} }} }}"


def at_root(name: str, first: int | None = None) -> str:
    """An operation that asks for a field of the root."""
    found = CORE.query_type.fields[name]  # type: ignore[union-attr]
    match name:
        case "viewer":
            return "{ viewer { persona } }"
        case "node":
            return '{ node(id: "org_1") { id } }'
        case "nodes":
            return '{ nodes(ids: ["org_1"]) { id } }'
    if name == "statistics":
        return f"{{ {' '.join(counted(kind, f's{i}') for i, kind in enumerate(registry.statistics))} }}"
    if name in LISTS:
        return f"{{ {selected(name, found, '' if first is None else f'(first: {first})')} }}"
    return f'{{ {name}(id: "{registry.sources[get_named_type(found.type).name].prefix}_1") {{ id }} }}'


async def parents_of(pool: asyncpg.Pool, source: Source, name: str) -> list[int]:
    """Keys of rows that have something below the field, as far as there are any; as many as ``PARENTS`` in all."""
    table = source.table.name
    leads = source.fields.get(snake(name))
    rich: list[int] = []
    match leads:
        case One(key=key):
            column = expression(key).key
            rich = await keys(pool, f"SELECT id FROM {table} WHERE {column} IS NOT NULL ORDER BY hashint8(id)")
        case AnyOf(choices):
            for one in choices:
                column = expression(one.key).key
                rich += (await keys(pool, f"SELECT id FROM {table} WHERE {column} IS NOT NULL ORDER BY id"))[:20]
        case Many(relation=By() as by):
            column = f"{by.column.table.name}.{by.column.key}"  # type: ignore[attr-defined]
            rich = await keys(
                pool,
                f"SELECT {column} AS id FROM {by.column.table.name} WHERE {column} IS NOT NULL GROUP BY 1"  # type: ignore[attr-defined]
                f" ORDER BY count(*) DESC, 1",
            )
        case Many() | StatisticsField() if table == "organization":
            rich = await keys(
                pool,
                "SELECT o.id FROM organization o JOIN industrial_closure i ON i.ancestor_id = o.id"
                " JOIN territorial_closure t ON t.ancestor_id = o.id OR t.descendant_id = o.id"
                " GROUP BY 1 ORDER BY count(*) DESC, 1",
            )
        case Many() | StatisticsField() if table == "division":
            rich = await keys(
                pool,
                "SELECT d.id FROM division d JOIN organization o ON o.division_id = d.id"
                " WHERE d.level = 'COUNTY' GROUP BY 1 ORDER BY count(*) DESC, 1",
            )
    others = await keys(pool, f"SELECT id FROM {table} ORDER BY hashint8(id)")
    return list(dict.fromkeys([*rich[:PARENTS], *others]))[:PARENTS]


MEASURES = {name for statistic in registry.statistics.values() for name in statistic.measures}

FOUND: dict[str, list[int]] = {}


async def keys(pool: asyncpg.Pool, sql: str) -> list[int]:
    """Keys that a query finds, asked once."""
    if sql not in FOUND:
        FOUND[sql] = [row["id"] for row in await pool.fetch(f"{sql} LIMIT 200")]
    return FOUND[sql]


@pytest.mark.parametrize(("type_name", "name"), FIELDS, ids=lambda part: part)
async def test_fifty_parents_need_no_more_statements_than_one(
    caller: EngineClient, pool: asyncpg.Pool, type_name: str, name: str
) -> None:
    source = registry.sources[type_name]
    text = below_nodes(type_name, name)
    found = [global_ids.encode(source.prefix, key) for key in await parents_of(pool, source, name)]
    assert len(found) == min(PARENTS, await pool.fetchval(f"SELECT count(*) FROM {source.table.name}")) > 1
    together = await caller.count(text, {"ids": found})
    leads = source.fields.get(snake(name))
    spare = len(leads.choices) - 1 if isinstance(leads, AnyOf) else 0
    alone = 0
    for one in found:
        alone = max(alone, await caller.count(text, {"ids": [one]}))
        if together == alone:
            break
    assert alone <= together <= alone + spare
    written = together == 1 and isinstance(leads, Many)  # in the statement of the rows themselves
    assert (together > 1) == (leads is not None and not written), (
        f"nothing stands below {type_name}.{name} in the federation"
    )
    if written:
        assert any(value for node in (await caller.data(text, {"ids": found}))["nodes"] for value in node.values())


@pytest.mark.parametrize("name", LISTS)
async def test_fifty_rows_of_a_root_list_need_no_more_statements_than_one(caller: EngineClient, name: str) -> None:
    one, fifty = [await caller.count(at_root(name, first), {}) for first in (1, 50)]
    assert one == fifty == 2


async def test_three_levels_below_a_province_need_five_statements(pool: asyncpg.Pool) -> None:
    caller = EngineClient(pool, max_objects=1_000_000)
    text = """query ($ids: [ID!]!) { organizations(first: 5, filter: {id: {in: $ids}}) { nodes {
        children(first: 20) { nodes { name children(first: 20) { nodes { name
            members(first: 5) { totalCount nodes { name division { name } } } } } } } } } }"""
    rows = await pool.fetch(
        "SELECT o.id FROM organization o JOIN territorial_closure c ON c.ancestor_id = o.id"
        " JOIN membership m ON m.organization_id = c.descendant_id AND m.valid_to IS NULL"
        " WHERE o.level = 'PROVINCIAL' AND o.kind = 'LOCAL_FEDERATION' GROUP BY 1 ORDER BY count(*) DESC LIMIT 5"
    )
    provinces = [global_ids.encode("org", row["id"]) for row in rows]
    assert max([await caller.count(text, {"ids": [one]}) for one in provinces]) == 5
    assert await caller.count(text, {"ids": provinces}) == 5


async def test_the_explanation_tells_of_every_statement(caller: EngineClient, pool: asyncpg.Pool) -> None:
    key = await pool.fetchval("SELECT id FROM collective_agreement WHERE received_on IS NOT NULL ORDER BY id LIMIT 1")
    text = f'{{ node(id: "{global_ids.encode("agr", key)}") {{ ... on CollectiveAgreement {{ title reviewDueOn steps {{ id }} }} }} }}'
    caller.watched.statements.clear()
    explained = (await caller.response(text, explain=True))["extensions"]["explain"]["statements"]
    assert sorted(statement["sql"] for statement in explained) == sorted(caller.watched.statements)


def fields_asked(text: str) -> Iterator[tuple[str, str]]:
    """Type and name of every field in a document."""
    types = TypeInfo(CORE)
    found: list[tuple[str, str]] = []

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = types.get_parent_type()
            assert parent is not None
            found.append((parent.name, node.name.value))

    visit(parse(text), TypeInfoVisitor(types, Fields()))
    yield from found


def test_every_field_of_the_schema_is_counted() -> None:
    texts = [below_nodes(*field) for field in FIELDS] + [at_root(name) for name in ROOTS]
    asked = {field for text in texts for field in fields_asked(text)}
    whole = {
        (type_.name, name)
        for type_ in CORE.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        and not is_introspection_type(type_)
        and type_.name not in WRITTEN_BY_COMMANDS
        and not type_.name.startswith(
            ("Access", "Mutation", "Reorganization", "Revealed", "UserError", "Verified", "Write")
        )
        and not type_.name.endswith("Payload")
        for name in type_.fields
        if type_.name != "StatisticsGroup" or snake(name) in {"keys", "records", *MEASURES}
    }
    # what a viewer is told needs no statement
    assert whole - asked == {("Viewer", "principal"), ("Viewer", "grants")}

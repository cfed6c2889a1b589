"""Every operator of every filter gives the rows that a plain predicate over all rows gives: generated from the schema."""

import dataclasses
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from db.clock import today
from db.server.connect import create_pool
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.sources import Computed, Many, Source
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.relations import By
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.filter_predicates import TABLES, Row, filter_type, folded, listed_filter, predicate, source_of
from tests.slow import sampled, slow

CORE = schema._schema
LOGIC = ("and", "or", "not")
SAMPLE = 150
MICROSECOND = timedelta(microseconds=1)

UNIVERSE: Mapping[str, dict[str, Any]] = {
    "DivisionFilter": {"level": {"in": ["PROVINCE", "CITY"]}},
    "OrganizationFilter": {"level": {"in": ["NATIONAL", "PROVINCIAL", "CITY", "GRASSROOTS"]}},
}
"""Lists that are long are compared in part: all rows under this condition."""

ROOTS = {
    get_named_type(field.args["filter"].type).name: name
    for name, field in CORE.query_type.fields.items()  # type: ignore[union-attr]
    if "filter" in field.args
}


def nested() -> dict[str, tuple[str, str, str]]:
    """Filters that no root list has: the type and list that has them, and the column of its rows that names the parent."""
    found: dict[str, tuple[str, str, str]] = {}
    for name in sorted(registry.sources):
        type_ = CORE.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        for shown, field in type_.fields.items():
            leads = registry.sources[name].fields.get(snake(shown))
            if (
                isinstance(leads, Many)
                and isinstance(leads.relation, By)
                and leads.relation.via is None
                and "filter" in field.args
            ):
                key = get_named_type(field.args["filter"].type).name
                if key not in ROOTS:
                    found.setdefault(key, (name, shown, str(leads.relation.column.key)))
    return found


NESTED = nested()
VALIDITIES = ("HOLDING", "ENDED", "NOT_BEGUN", "ANY")


def relates(declared: GraphQLInputField) -> bool:
    """Whether a part of a filter is on rows of another type."""
    kind = get_named_type(declared.type)
    return kind.name in TABLES or listed_filter(kind) is not None


EQUALITY = {"eq", "ne", "in", "notIn"}
ORDER = {"gt", "gte", "lt", "lte"}
FAMILIES = {
    "ID": EQUALITY,
    "Boolean": {"eq", "ne", "isNull"},
    "String": EQUALITY | {"contains", "startsWith", "endsWith", "isNull"},
    **dict.fromkeys(("Int", "Decimal", "Date", "DateTime"), EQUALITY | ORDER | {"isNull"}),
}
"""The operators of a condition by the type that it compares with; of a code they are ``EQUALITY`` and ``isNull``."""


def compared_with() -> dict[str, tuple[str, set[str]]]:
    """The conditions that compare a column, by name: the type of their values, and their operators."""
    found = {}
    for name in TABLES:
        for shown, declared in filter_type(name).fields.items():
            if shown not in LOGIC and not relates(declared):
                operators = filter_type(get_named_type(declared.type).name).fields
                found[get_named_type(declared.type).name] = (get_named_type(operators["eq"].type).name, set(operators))
    return found


@pytest.mark.parametrize("name", sorted(compared_with()))
def test_every_condition_has_the_operators_of_its_kind(name: str) -> None:
    kind, operators = compared_with()[name]
    assert operators == FAMILIES.get(kind, EQUALITY | {"isNull"})


def test_every_filter_of_the_schema_is_tested() -> None:
    assert ROOTS.keys() | NESTED.keys() == TABLES.keys()


@dataclass
class Data:
    """All rows of the tables by key, and those that each filter's list has before it is filtered."""

    tables: dict[str, dict[int, Row]]
    listed: dict[str, list[Row]]
    universe: dict[str, list[Row]]
    simple: dict[str, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)


@pytest.fixture(scope="module")
async def data(pool: asyncpg.Pool) -> Data:
    tables: dict[str, dict[int, Row]] = {}
    for table, _ in TABLES.values():
        tables[table] = {row["id"]: dict(row) for row in await pool.fetch(f"SELECT * FROM {table}")}
    for table in ("division_closure", "territorial_closure"):
        tables[table] = dict(enumerate(dict(row) for row in await pool.fetch(f"SELECT * FROM {table}")))
    for name, (table, _) in TABLES.items():
        source, named = source_of(name), {snake(shown) for shown in filter_type(name).fields}
        for column in named & source.columns.keys():
            for key, value in await pool.fetch(expressed(source, source.columns[column])):
                tables[table][key][column] = value  # type: ignore[index]
        for column in named & source.fields.keys():
            computed = source.fields[column]
            if isinstance(computed, Computed):
                rows = await pool.fetch(expressed(source, *computed.needs))
                values = await computed.function(pool, [tuple(row)[1:] for row in rows])
                for row, value in zip(rows, values, strict=True):
                    tables[table][row[0]][column] = value  # type: ignore[index]
    covered = {
        row["employer_id"]
        for row in tables["employer_coverage"].values()
        if row["valid_from"] <= today() < (row["valid_to"] or date.max)
    }
    for key, row in tables["employer"].items():
        row["is_organized"] = key in covered  # type: ignore[index]
    day = today()
    listed = {name: list(tables[table].values()) for name, (table, _) in TABLES.items()}
    listed["MemberFilter"] = [
        tables["member"][row["member_id"]]
        for row in tables["membership"].values()
        if row["valid_from"] and row["valid_from"] <= day < (row["valid_to"] or date.max)
    ]
    universe = {
        name: list(filter(predicate(name, UNIVERSE.get(name, {}), tables), rows)) for name, rows in listed.items()
    }
    return Data(tables, listed, universe)


def expressed(source: Source, *columns: Expression) -> str:
    """The SQL of expressions, e.g. of a count, for every row: its key and their values."""
    shown = select(source.key, *map(expression, columns))
    return str(shown.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]


def operands(rows: Sequence[Row], name: str, field: str, operator: str, chance: random.Random) -> list[Any]:
    """Values to compare with: of some rows, around them, and some that no row has."""
    if operator == "isNull":
        return [True, False]
    inner = filter_type(get_named_type(filter_type(name).fields[field].type).name)
    kind = get_named_type(inner.fields[operator].type).name
    if field == "id":
        prefix = TABLES[name][1]
        values = [f"{prefix}_{row['id']:x}" for row in chance.sample(rows, 3)] + [f"{prefix}_7fffffffffffffff"]
    else:
        column = "".join(f"_{c.lower()}" if c.isupper() else c for c in field)
        present = sorted({row[column] for row in rows if row[column] is not None}, key=str)
        values = list(chance.sample(present, min(len(present), 3)))
        match kind:
            case "String" if field == "industry":
                values = [*values, *([value[:2] for value in values] if operator == "startsWith" else []), "G54"]
            case "String":
                values = [*values, *(cut(value, chance) for value in values), "", "nothing has this"]
            case "Int":
                values = [*values, *(value + 1 for value in values), -1, 2**31 - 1]
            case "Decimal":
                values = [str(value) for value in [*values, *(value + Decimal("0.001") for value in values), 0]]
            case "Date":
                values = [str(value) for value in values] + ["0001-01-01", "9999-12-31"]
            case "DateTime":
                values = [value.isoformat() for value in [*values, *(value + MICROSECOND for value in values)]]
                values += ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
            case "Boolean":
                values = [True, False]
            case _:
                enum = CORE.type_map[kind]
                values = [*values, chance.choice(sorted(enum.values))]  # type: ignore[attr-defined]
    if operator in ("in", "notIn"):
        return [values[:2], values, []]
    return list(dict.fromkeys(values))


def cut(text: str, chance: random.Random) -> str:
    """A part of a text."""
    start = chance.randrange(len(text))
    return text[start : start + chance.randint(1, 3)]


def conditions(data: Data, name: str) -> list[dict[str, Any]]:
    """Filters of one type: every operator of every field with every operand, alone."""
    if name not in data.simple:
        data.simple[name] = list(made_conditions(data, name))
    return data.simple[name]


def made_conditions(data: Data, name: str) -> Iterator[dict[str, Any]]:
    chance = random.Random(f"operands {name}")
    rows = list(data.tables[TABLES[name][0]].values())
    for field, declared in filter_type(name).fields.items():
        if field not in LOGIC and not relates(declared):
            for operator in filter_type(get_named_type(declared.type).name).fields:
                for operand in operands(rows, name, field, operator, chance):
                    yield {field: {operator: operand}}


async def keys_of(
    caller: EngineClient, data: Data, name: str, given: Sequence[Mapping[str, Any]]
) -> list[tuple[set[int], int]]:
    """For each filter the keys that a list gives of a sample of its rows, and of how many rows in all."""
    chance = random.Random(f"sample {name}")
    prefix = TABLES[name][1]
    found: list[tuple[set[int], int]] = []
    if name in ROOTS:
        sample = chance.sample(data.listed[name], min(SAMPLE, len(data.listed[name])))
        among = {"id": {"in": [f"{prefix}_{row['id']:x}" for row in sample]}}
        every_row = ever("Query", ROOTS[name])
        text = f"query ($some: {name}, $all: {name}) {{ some: {ROOTS[name]}(first: 200, filter: $some{every_row}) {{ nodes {{ id }} }}"
        text += f" all: {ROOTS[name]}(filter: $all{every_row}) {{ totalCount }} }}"
        for one in given:
            every = {"and": [one, UNIVERSE[name]]} if name in UNIVERSE else one
            answer = await caller.data(text, {"some": {"and": [among, one]}, "all": every})
            found.append(
                ({global_ids.decode(node["id"])[1] for node in answer["some"]["nodes"]}, answer["all"]["totalCount"])
            )
        return found
    on, field, column = NESTED[name]
    parents = sorted({row[column] for row in data.listed[name]})[:200]
    text = f"query ($ids: [ID!]!, $filter: {name}) {{ nodes(ids: $ids) {{ ... on {on} {{ list: {field}"
    text += f"(first: 100, filter: $filter{ever(on, field)})"
    text += " { totalCount nodes { id } } } } }"
    own = registry.sources[on].prefix
    for one in given:
        answer = await caller.data(text, {"ids": [f"{own}_{key:x}" for key in parents], "filter": one})
        lists = [node["list"] for node in answer["nodes"]]
        keys = [global_ids.decode(node["id"])[1] for found in lists for node in found["nodes"]]
        found.append((set(keys), sum(one["totalCount"] for one in lists)))
    return found


def ever(on: str, field: str) -> str:
    """The argument by which a list has all rows, whether they hold or not, if it needs one."""
    type_ = schema._schema.type_map[on]
    assert isinstance(type_, GraphQLObjectType)
    return ", validity: ANY" if "validity" in type_.fields[field].args else ""


def expected_of(data: Data, name: str, given: Mapping[str, Any]) -> tuple[set[int], int]:
    """What ``keys_of`` must find."""
    chance = random.Random(f"sample {name}")
    rows, holds = data.listed[name], predicate(name, given, data.tables)
    if name in ROOTS:
        sample = chance.sample(rows, min(SAMPLE, len(rows)))
        return {row["id"] for row in sample if holds(row)}, sum(map(holds, data.universe[name]))
    column = NESTED[name][2]
    parents = set(sorted({row[column] for row in rows})[:200])
    some = {row["id"] for row in rows if row[column] in parents and holds(row)}
    return some, len(some)


async def agree(caller: EngineClient, data: Data, name: str, given: Sequence[Mapping[str, Any]]) -> int:
    """Compare, and return how many rows were found in all."""
    rows = 0
    for one, found in zip(given, await keys_of(caller, data, name, given), strict=True):
        assert found == expected_of(data, name, one), one
        rows += found[1]
    return rows


@pytest.fixture(scope="module")
def roomy(pool: asyncpg.Pool) -> EngineClient:
    """Asks an engine that lets many lists be asked for at once."""
    return EngineClient(pool, max_objects=1_000_000)


def one_operand_each(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the conditions with the same field and operator the first, which has the value of a row."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for condition in given:
        ((field, compared),) = condition.items()
        found.setdefault((field, next(iter(compared))), condition)
    return list(found.values())


@pytest.mark.parametrize("name", TABLES)
async def test_every_operator_gives_the_rows_that_its_predicate_gives(
    roomy: EngineClient, data: Data, name: str
) -> None:
    given = one_operand_each(conditions(data, name))
    assert len(given) >= 4
    assert await agree(roomy, data, name, given) > 0


def one_of(name: str, values: Collection[str]) -> pytest.MarkDecorator:
    """A test of each of these: ``make test`` tries one condition of ``every`` three, the slow set all."""
    return pytest.mark.parametrize(
        (name, "every"), sampled(product(values, (1, 3)), [(value, 3) for value in values]), ids=str
    )


@slow
@pytest.mark.parametrize("name", TABLES)
async def test_every_operand_of_every_operator_gives_the_rows_that_its_predicate_gives(
    roomy: EngineClient, data: Data, name: str
) -> None:
    """Values of rows, values around them, and values that no row has."""
    await agree(roomy, data, name, conditions(data, name))


@pytest.mark.parametrize("name", TABLES)
async def test_not_of_a_comparison_holds_for_empty_values_too(roomy: EngineClient, data: Data, name: str) -> None:
    chance = random.Random(f"not {name}")
    given = [{"not": one} for one in chance.sample(conditions(data, name), 6)]
    await agree(roomy, data, name, [*given, *({"not": one} for one in given[:2])])


@one_of("name", TABLES)
async def test_conditions_combine(roomy: EngineClient, data: Data, name: str, every: int) -> None:
    chance = random.Random(f"logic {name}")
    simple = conditions(data, name)
    given = [tree(name, simple, data, chance, 3) for _ in range(14)]
    empty = [{"and": []}, {"or": []}, {"not": {}}, {"and": [{}]}, {"or": [{}]}, {}, {"not": {"or": []}}]
    await agree(roomy, data, name, [*given, *empty][::every])


def tree(
    name: str, simple: Sequence[Mapping[str, Any]], data: Data, chance: random.Random, depth: int
) -> dict[str, Any]:
    """A random combination of conditions, through relations as well."""
    if depth == 0 or chance.random() < 0.25:
        return dict(chance.choice(simple))
    related = [
        field for field, declared in filter_type(name).fields.items() if field not in LOGIC and relates(declared)
    ]
    match chance.choice((*LOGIC, *(["related"] if related else []))):
        case "not":
            return {"not": tree(name, simple, data, chance, depth - 1)}
        case "related":
            field = chance.choice(related)
            kind = get_named_type(filter_type(name).fields[field].type)
            other = listed_filter(kind)
            if other is not None:
                some = tree(other, conditions(data, other), data, chance, depth - 1)
                return {field: {chance.choice(("some", "none")): some}}
            return {field: tree(kind.name, conditions(data, kind.name), data, chance, depth - 1)}
        case logic:
            return {logic: [tree(name, simple, data, chance, depth - 1) for _ in range(chance.randint(1, 3))]}


@one_of("name", TABLES)
async def test_conditions_on_every_relation_are_conditions_on_its_row(
    roomy: EngineClient, data: Data, name: str, every: int
) -> None:
    chance = random.Random(f"relations {name}")
    given: list[dict[str, Any]] = []
    for field, declared in filter_type(name).fields.items():
        kind = get_named_type(declared.type)
        other = listed_filter(kind)
        if other is not None:
            given += [{field: {}}, {field: {"some": {}}}, {field: {"none": {}}}, {"not": {field: {"none": {}}}}]
            given += [{field: {"some": one}} for one in chance.sample(conditions(data, other), 3)]
            given += [{field: {"none": one}} for one in chance.sample(conditions(data, other), 3)]
            if "validity" in filter_type(kind.name).fields:
                both = chance.sample(conditions(data, other), 2)
                given += [{field: {"some": both[0], "validity": one}} for one in VALIDITIES]
                given += [{field: {"none": {}, "some": both[1], "validity": one}} for one in VALIDITIES]
            both = chance.sample(conditions(data, other), 2)
            given += [{field: {"some": both[0], "none": both[1]}}]
        elif field not in LOGIC and kind.name in TABLES:
            given += [{field: {}}, {"not": {field: {}}}]
            given += [{field: one} for one in chance.sample(conditions(data, kind.name), 4)]
    if any(field == "employer" for field in filter_type(name).fields):
        given += [{"employer": {"isOrganized": {"eq": flag}}} for flag in (True, False)]
        given += [{"not": {"employer": {"isOrganized": {"eq": True}, "division": {"level": {"eq": "TOWNSHIP"}}}}}]
    if given:
        assert await agree(roomy, data, name, given[::every]) > 0
    else:
        assert not any(relates(declared) for field, declared in filter_type(name).fields.items() if field not in LOGIC)


NAMES = (
    "100%公会", "100公会", "a_b", "aXb", "back\\slash", "backslash", "it's", 'quo"te', "🚴骑手联盟", "骑手🚴", "🚴", "字",
    "二字", "tab\there", "new\nline", "ß", "ẞ", "e\u0301", "é", "{curly}", "{a,b}", "工会（ＡＢＣ１２）", "工会(abc12)",
    "NULL", " ", "  two", "$1", "--", "%%",
)  # fmt: skip
NEEDLES = (
    "%", "%%", "_", "a_b", "\\", "\\s", "'", "t's", '"', 'o"t', "🚴", "🚴骑", "手🚴", "字", "二", "二字", "", " ", "  ", "\t", "\n",
    "ß", "e", "\u0301", "é", "{", "{a,", ",", "NULL", "null", "$1", "--", "100", "100%", "0公", "公会x", "x" * 300,
    "（AbC", "c１２）", "工会(", "\u3000",
)  # fmt: skip


async def test_any_character_is_found_as_itself(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        for name in NAMES:
            await pool.execute(
                "WITH made AS (INSERT INTO programme (name, organization_id, valid_from) SELECT $1, min(id), '1999-09-09'"
                " FROM organization) INSERT INTO employer (name, kind, division_id, organization_id, headcount)"
                " SELECT $1, kind, division_id, organization_id, 7654321 FROM employer ORDER BY id LIMIT 1",
                name,
            )
        caller = EngineClient(pool)
        text = """query ($is: StringFilter) {
            searched: employers(first: 200, filter: {headcount: {eq: 7654321}, name: $is}) { nodes { name } }
            compared: programmes(first: 200, filter: {validFrom: {eq: "1999-09-09"}, name: $is}) { nodes { name } } }"""
        for needle in NEEDLES:
            for operator, matches in (
                ("contains", lambda name, needle: folded(needle) in folded(name)),
                ("startsWith", lambda name, needle: folded(name).startswith(folded(needle))),
                ("endsWith", lambda name, needle: folded(name).endswith(folded(needle))),
                ("eq", str.__eq__),
            ):
                data = await caller.data(text, {"is": {operator: needle}})
                expected = sorted(name for name in NAMES if matches(name, needle))
                for key in ("searched", "compared"):
                    assert sorted(row["name"] for row in data[key]["nodes"]) == expected, (key, operator, needle)
    finally:
        await pool.close()


async def test_an_operator_without_a_value_is_no_condition(caller: EngineClient) -> None:
    text = """{ a: employers(filter: {name: {}, headcount: {}}) { totalCount }
        b: employers(filter: null) { totalCount } c: employers { totalCount } }"""
    data = await caller.data(text)
    assert data["a"] == data["b"] == data["c"]


async def test_a_list_of_codes_as_a_variable_may_be_one_code(caller: EngineClient) -> None:
    text = "query ($in: [EmployerKind!]) { employers(filter: {kind: {in: $in}}) { totalCount } }"
    one, many = [await caller.data(text, {"in": value}) for value in ("PLATFORM", ["PLATFORM"])]
    assert one == many


def test_operators_are_those_of_the_predicates() -> None:
    operators = {
        operator
        for type_ in CORE.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        and type_.name not in TABLES
        and not type_.name.endswith(("Order", "Input", "Record", "Part"))
        and type_.name != "DimensionFilter"
        and listed_filter(type_) is None
        for operator in type_.fields
    }
    assert operators == {
        "eq",
        "in",
        "gt",
        "gte",
        "lt",
        "lte",
        "contains",
        "startsWith",
        "endsWith",
        "isNull",
        "ne",
        "notIn",
    }

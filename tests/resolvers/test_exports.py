"""Exports: the rows of a list from its first to its last are those of all its pages, for every list and caller."""

import random
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type

from resolvers.access.callers import Caller
from resolvers.engine.declare.sources import Many
from resolvers.engine.execute import export
from resolvers.engine.request.arguments import camel
from resolvers.errors import HubError
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.parsed_documents import document
from tests.resolvers.personas import callers_of
from tests.resolvers.random_operations import Known, OperationWriter
from tests.resolvers.test_reference_executor import known  # noqa: F401
from tests.slow import sampled

CORE = schema._schema
LISTS = sorted(camel(name) for name, answer in registry.roots.items() if isinstance(answer, Many))
SEEDS = range(12)


async def exported(
    client: EngineClient, text: str, variables: Mapping[str, Any] | None = None, *, caller: Caller
) -> list[Any]:
    """The rows of an export, as JSON has them."""
    prepared = client.engine.export(document(text), None, variables or {}, caller=caller)
    rows: list[Any] = []
    async with aclosing(prepared.pieces(60.0)) as pieces:
        async for piece in pieces:
            rows += orjson.loads(orjson.dumps(piece))
    return rows


@dataclass(frozen=True)
class Listed:
    """A list in a random operation, of the root or of a record that ``node`` finds: its arguments, and what is selected on its rows."""

    name: str
    head: str
    arguments: str
    selection: str
    given: dict[str, Any]
    parent: tuple[str, str] | None = None
    """The type and the ID of the record."""

    def text(self, page: str, more: str) -> str:
        """The operation with a page of the list."""
        field = f"rows: {self.name}({page}{self.arguments}) {{ {more} nodes {self.selection} }}"
        if self.parent is None:
            return f"{self.head} {{ {field} }}"
        typename, key = self.parent
        return f'{self.head} {{ top: node(id: "{key}") {{ __typename ... on {typename} {{ id {field} }} }} }}'


def listed(
    chance: random.Random,
    ids: Known,
    parent: GraphQLObjectType,
    name: str,
    key: str | None = None,
) -> Listed:
    """A list with a random selection, order, filter and place."""
    field = parent.fields[name]
    row = get_named_type(get_named_type(field.type).fields["nodes"].type)  # type: ignore[union-attr]
    assert isinstance(row, GraphQLObjectType)
    writer = OperationWriter(CORE, ids, chance)
    selection = writer.selection(row, chance.choice((0, 1, 2)), count=5)
    arguments = orders(field, chance)
    if "validity" in field.args and chance.random() < 0.5:
        arguments += ", validity: ANY"
    for argument, target in (("filter", None), ("within", "Division" if name == "divisions" else "Organization")):
        if argument in field.args and chance.random() < 0.3:
            arguments += f", {argument}: {writer.value(field.args[argument].type, argument, target)}"
    declared = ", ".join(
        f"${key}: {kind}" + ("" if default is None else f" = {default}")
        for key, (kind, default) in writer.variables.items()
    )
    head = "\n".join([*writer.fragments, f"query({declared})" if declared else "query"])
    return Listed(name, head, arguments, selection, writer.given, None if key is None else (parent.name, key))


async def paged(client: EngineClient, each: Listed, caller: Caller) -> list[Any] | str | None:
    """The rows of all pages of a list; the code of the first error instead; None below a record that is not there."""
    rows: list[Any] = []
    page = "first: 200"
    while True:
        text = each.text(page, "pageInfo { hasNextPage endCursor }")
        response = await client.response(text, each.given, caller=caller)
        if "errors" in response:
            return str(response["errors"][0]["extensions"]["code"])
        data = response["data"] if each.parent is None else response["data"]["top"]
        if "rows" not in data:
            return None
        rows += data["rows"]["nodes"]
        info = data["rows"]["pageInfo"]
        if not info["hasNextPage"]:
            return rows
        page = f'first: 200, after: "{info["endCursor"]}"'


def orders(field: GraphQLField, chance: random.Random) -> str:
    """An order by some columns of a list, if it has any."""
    argument = field.args.get("orderBy")
    if argument is None or chance.random() < 0.3:
        return ""
    kind = get_named_type(argument.type).fields["field"].type  # type: ignore[union-attr]
    columns = list(get_named_type(kind).values)
    columns = [each for each in columns if "MATCH" not in each]
    chosen = chance.sample(columns, min(len(columns), chance.randint(1, 2)))
    parts = ", ".join(f"{{field: {each}, direction: {chance.choice(('ASC', 'DESC'))}}}" for each in chosen)
    return f", orderBy: [{parts}]"


async def compared(client: EngineClient, each: Listed, caller: Caller) -> int | None:
    """How many rows an export and all pages have alike; None where both are refused alike, or a page alone is too much."""
    pages = await paged(client, each, caller)
    text = each.text("first: 3", "totalCount")
    if isinstance(pages, str):
        if pages != "TOO_COMPLEX":
            with pytest.raises(HubError) as raised:
                await exported(client, text, each.given, caller=caller)
            assert raised.value.code == pages, each
        return None
    assert await exported(client, text, each.given, caller=caller) == pages, (each, caller.name)
    return len(pages or ())


@pytest.fixture(scope="module")
async def callers(pool: asyncpg.Pool) -> Mapping[str, Caller]:
    return await callers_of(pool)


@pytest.mark.parametrize("seed", sampled(SEEDS, range(1)))
async def test_an_export_has_the_rows_of_all_pages(
    caller: EngineClient,
    callers: Mapping[str, Caller],
    known: Known,  # noqa: F811
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "PIECE", 70)
    chance, names, counts = random.Random(f"export {seed}"), sorted(callers), list[int | None]()
    assert CORE.query_type is not None
    for number, name in enumerate(LISTS):
        who = callers[names[(number + seed) % len(names)] if number % 3 else "national"]
        for _ in range(2):
            counts.append(await compared(caller, listed(chance, known, CORE.query_type, name), who))
    alike = [count for count in counts if count is not None]
    assert len(alike) > len(LISTS)
    assert sum(alike) > 1_000


@pytest.mark.parametrize("seed", sampled(SEEDS, range(1)))
async def test_an_export_below_a_record_has_the_rows_of_all_pages(
    caller: EngineClient,
    callers: Mapping[str, Caller],
    known: Known,  # noqa: F811
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "PIECE", 3)
    chance, counts = random.Random(f"below {seed}"), list[int | None]()
    for typename in sorted(registry.sources):
        parent = CORE.type_map[typename]
        assert isinstance(parent, GraphQLObjectType)
        names = [
            name for name, field in parent.fields.items() if get_named_type(field.type).name.endswith("Connection")
        ]
        for name in chance.sample(names, min(len(names), 3)):
            key = chance.choice(known.ids[typename])
            who = callers[chance.choice(("national", "national", "city", "hr", "member"))]
            counts.append(await compared(caller, listed(chance, known, parent, name, key), who))
    alike = [count for count in counts if count is not None]
    assert len(alike) > len(counts) / 4
    assert sum(alike) > 10

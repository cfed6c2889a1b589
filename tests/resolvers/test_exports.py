"""Exports: the rows of a list from its first to its last are those of all its pages, for every list and caller."""

import random
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import asyncpg
import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type

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


async def paged(
    client: EngineClient,
    name: str,
    arguments: str,
    selection: str,
    variables: dict[str, Any],
    head: str,
    caller: Caller,
) -> list[Any] | str:
    """The rows of all pages of a root list; the code of the first error instead."""
    rows: list[Any] = []
    after: str | None = None
    while True:
        cursor = "" if after is None else f', after: "{after}"'
        text = f"{head} {{ rows: {name}(first: 200{cursor}{arguments}) {{ pageInfo {{ hasNextPage endCursor }} nodes {selection} }} }}"
        response = await client.response(text, variables, caller=caller)
        if "errors" in response:
            return str(response["errors"][0]["extensions"]["code"])
        page = response["data"]["rows"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


def orders(name: str, chance: random.Random) -> str:
    """An order by some columns of a list, if it has any."""
    argument = CORE.query_type.fields[name].args.get("orderBy") if CORE.query_type else None
    if argument is None or chance.random() < 0.3:
        return ""
    columns = list(get_named_type(get_named_type(argument.type).fields["field"].type).values)  # type: ignore[union-attr]
    columns = [each for each in columns if "MATCH" not in each]
    chosen = chance.sample(columns, min(len(columns), chance.randint(1, 2)))
    parts = ", ".join(f"{{field: {each}, direction: {chance.choice(('ASC', 'DESC'))}}}" for each in chosen)
    return f", orderBy: [{parts}]"


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
    chance, names, equal, rows_seen = random.Random(f"export {seed}"), sorted(callers), 0, 0
    for number, name in enumerate(LISTS):
        who = callers[names[(number + seed) % len(names)] if number % 3 else "national"]
        assert CORE.query_type is not None
        field = CORE.query_type.fields[name]
        row = get_named_type(get_named_type(field.type).fields["nodes"].type)  # type: ignore[union-attr]
        assert isinstance(row, GraphQLObjectType)
        for _ in range(2):
            writer = OperationWriter(CORE, known, chance)
            selection = writer.selection(row, chance.choice((0, 1, 2)), count=5)
            declared = ", ".join(
                f"${key}: {kind}" + (f" = {default}" if default is not None else "")
                for key, (kind, default) in writer.variables.items()
            )
            head = (
                "\n".join(writer.fragments) + f"\nquery({declared})"
                if declared
                else "\n".join(writer.fragments) + "\nquery"
            )
            arguments = orders(name, chance) + (
                ", validity: ANY" if "validity" in field.args and chance.random() < 0.5 else ""
            )
            text = f"{head} {{ rows: {name}(first: 3{arguments}) {{ totalCount nodes {selection} }} }}"
            pages = await paged(caller, name, arguments, selection, writer.given, head, who)
            if isinstance(pages, str):
                if pages != "TOO_COMPLEX":
                    with pytest.raises(HubError) as raised:
                        await exported(caller, text, writer.given, caller=who)
                    assert raised.value.code == pages, (text, writer.given)
                continue
            assert await exported(caller, text, writer.given, caller=who) == pages, (text, writer.given, who.name)
            equal, rows_seen = equal + 1, rows_seen + len(pages)
    assert equal > len(LISTS)
    assert rows_seen > 1_000

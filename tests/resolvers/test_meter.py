"""What the meter of an operation counts: commands by their records and values, also of those that are refused, and statements."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    graphql,
)

from db.clock import today
from db.encryption.vault import Vault
from db.meter import METER, Meter
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC, Caller
from resolvers.commands.context import CommandContext
from tests.resolvers.command_fixtures import SCHEMA, Hub, gids, hub


@pytest.fixture
async def here(fresh_database_url: str, vault: Vault) -> AsyncIterator[Hub]:
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=2, role=READER)
    yield await hub(pool, served, vault)
    await pool.close()
    await served.close()


async def metered(here: Hub, document: str, caller: Caller) -> tuple[Meter, list[dict[str, Any]]]:
    """What a mutation used, and the payloads of its commands."""
    context = CommandContext(here.served, caller, today(), here.vault, {"source": "192.0.2.7"}, here.options)
    meter = Meter()
    before = METER.set(meter)
    try:
        result = await graphql(SCHEMA._schema, document, context_value=context)
    finally:
        METER.reset(before)
    assert not result.errors
    assert result.data is not None
    return meter, list(result.data.values())


def reveal(alias: str, keys: list[int]) -> str:
    quoted = ", ".join(f'"{gid}"' for gid in gids(keys))
    return f"{alias}: reveal(input: {{ids: [{quoted}], fields: [PHONE], purpose: SERVICE_CONTACT}}) {{ errors {{ code }} }}"


def verify(alias: str, key: int, values: str) -> str:
    (gid,) = gids([key])
    given = f'{{memberId: "{gid}", values: {{{values}}}, purpose: SERVICE_CONTACT}}'
    return f"{alias}: verify(input: {given}) {{ errors {{ code }} }}"


def codes(payloads: list[dict[str, Any]]) -> set[str]:
    return {error["code"] for payload in payloads for error in payload["errors"]}


async def test_sixty_reveals_are_sixty_whether_of_one_command_each_or_of_one_list(here: Hub) -> None:
    members = (here.members * 60)[:60]
    apart = " ".join(reveal(f"a{number}", [key]) for number, key in enumerate(members))
    meter, payloads = await metered(here, f"mutation {{ {apart} }}", here.federation())
    assert (meter.commands, codes(payloads)) == (60, set())
    assert meter.statements >= 60 * 3
    together, payloads = await metered(here, f"mutation {{ {reveal('a', here.members[:5])} }}", here.federation())
    assert (together.commands, codes(payloads)) == (5, set())


async def test_refused_reveals_count_as_those_that_are_done(here: Hub) -> None:
    apart = " ".join(reveal(f"a{number}", here.strangers[:2]) for number in range(30))
    meter, payloads = await metered(here, f"mutation {{ {apart} }}", here.federation())
    assert (meter.commands, codes(payloads)) == (60, {"NOT_FOUND"})
    meter, payloads = await metered(here, f"mutation {{ {apart} }}", PUBLIC)
    assert (meter.commands, codes(payloads)) == (60, {"FORBIDDEN_PURPOSE"})


async def test_values_that_are_compared_count_one_by_one(here: Hub) -> None:
    key = here.members[0]
    apart = " ".join(verify(f"a{number}", key, 'name: "某某", phone: "13800000000"') for number in range(3))
    meter, payloads = await metered(here, f"mutation {{ {apart} }}", here.federation())
    assert meter.commands == 6
    assert codes(payloads) <= {"LOCKED"}


FIELDS = SCHEMA._schema.mutation_type.fields if SCHEMA._schema.mutation_type else {}


def least(kind: GraphQLInputType) -> str:
    """The least value of an input type, as a literal: of its required fields the first values that come to mind."""
    if isinstance(kind, GraphQLNonNull):
        return least(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{least(kind.of_type)}]"
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: field.type for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return f"{{{', '.join(f'{name}: {least(each)}' for name, each in needed.items())}}}"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    assert isinstance(kind, GraphQLScalarType)
    return {"Boolean": "false", "Int": "1", "Date": '"2026-01-01"'}.get(kind.name, '"mem_1"')


@pytest.mark.parametrize("name", sorted(FIELDS))
async def test_every_command_counts_however_little_comes_of_it(here: Hub, name: str) -> None:
    arguments = ", ".join(f"{key}: {least(given.type)}" for key, given in FIELDS[name].args.items())
    fields = " ".join(f"a{number}: {name}({arguments}) {{ errors {{ code }} }}" for number in range(3))
    meter, _ = await metered(here, f"mutation {{ {fields} }}", PUBLIC)
    assert meter.commands == 3

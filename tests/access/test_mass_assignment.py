"""What somebody tries with the inputs of commands: fields that they have not, IDs of others' records, and what is not served at all."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_required_input_field, parse, validate

from resolvers.engine.request import global_ids
from schema import schema
from tests.access.fixtures import AccessFixtures
from tests.access.test_commands import commands
from tests.resolvers.command_fixtures import CLOSE, OPEN, Hub, gids
from tests.resolvers.engine_client import EngineClient

__all__ = ["commands"]

MUTATION = schema._schema.mutation_type
assert MUTATION is not None
GRANT = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { id errors { code message path } } }"
REVOKE = "mutation ($input: RevokeAccessInput!) { revokeAccess(input: $input) { id errors { code message path } } }"
NEVER = (
    "id", "memberId", "principalId", "principal_id", "grantedBy", "revokedAt", "openedOn", "dueOn", "closedOn", "status",
    "role", "roles", "isAdmin", "everything", "source", "sourceSystem", "sourceNumber", "importedAt", "createdAt",
    "member_id", "organization_id", "scope", "today", "now", "digest", "constructor", "__proto__", "clientMutationId",
)  # fmt: skip
"""Fields that a caller may not set by naming them: columns, keys of others, steps that others own, tricks of other languages."""
PLAIN: Mapping[str, Any] = {"ID": "mem_1", "String": "text", "Int": 1, "Boolean": True, "Date": "2026-01-01"}


def value(type_: Any) -> Any:
    """Some value of an input type."""
    named = get_named_type(type_)
    if hasattr(named, "values"):
        plain = next(iter(named.values))
    elif isinstance(named, GraphQLInputObjectType):
        plain = smallest(named)
    else:
        plain = PLAIN[named.name]
    return [plain] if "[" in str(type_) else plain


def smallest(type_: GraphQLInputObjectType) -> dict[str, Any]:
    """An input with what it needs and no more."""
    return {name: value(field.type) for name, field in type_.fields.items() if is_required_input_field(field)}


def inputs() -> list[tuple[str, GraphQLInputObjectType]]:
    """Each mutation with its input."""
    assert MUTATION is not None
    return [(name, get_named_type(field.args["input"].type)) for name, field in MUTATION.fields.items()]  # type: ignore[misc]


@pytest.mark.parametrize("mutation", [name for name, _ in inputs()])
async def test_no_command_takes_a_field_that_its_input_has_not(
    hub: EngineClient, fixtures: AccessFixtures, mutation: str
) -> None:
    """In variables and in the document: refused before anything runs, whoever asks, at the top and in nested inputs."""
    assert MUTATION is not None
    type_ = dict(inputs())[mutation]
    payload = get_named_type(MUTATION.fields[mutation].type)
    assert isinstance(payload, GraphQLObjectType)
    text = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
    nested = [
        name for name, field in type_.fields.items() if isinstance(get_named_type(field.type), GraphQLInputObjectType)
    ]
    for extra in NEVER:
        given = [{**smallest(type_), extra: "1"}] if extra not in type_.fields else []
        for name in nested:
            inner = get_named_type(type_.fields[name].type)
            assert isinstance(inner, GraphQLInputObjectType)
            if extra not in inner.fields:
                given.append({**smallest(type_), name: {**smallest(inner), extra: "1"}})
        for variables in given:
            hub.watched.statements.clear()
            response = await hub.response(text, {"input": variables}, caller=fixtures.callers["national"])
            assert [error["extensions"]["code"] for error in response["errors"]] == ["BAD_VARIABLES"], (extra, response)
            assert hub.watched.statements == []
        if extra not in type_.fields:
            literal = f'mutation {{ {mutation}(input: {{{extra}: "1"}}) {{ errors {{ code }} }} }}'
            assert any(
                f'"{extra}"' in error.message or extra in error.message
                for error in validate(schema._schema, parse(literal))
            )


def test_no_input_names_who_acts_or_a_step_of_somebody_else() -> None:
    """Who acts is who signed in; days on which something was done are written by the hub."""
    for name, type_ in inputs():
        fields = set(type_.fields)
        assert not fields & {
            "principalId",
            "grantedBy",
            "openedOn",
            "dueOn",
            "closedOn",
            "revokedAt",
            "source",
            "status",
        }, name
        assert "principal" not in fields or name == "grantAccess"


FOREIGN = {
    "zhejiang": "weihai",
    "weihai": "hangzhou",
    "weihai-grassroots": "shenzhen",
    "chongqing-posts": "weihai",
    "shenzhen-hr": "weihai",
    "shenzhen-insurance": "hangzhou",
    "shenzhen-commerce": "hangzhou",
    "shenzhen-mediator": "weihai",
    "member": "shenzhen",
    "analyst": "weihai",
    "public": "weihai",
}
WRITTEN = """SELECT (SELECT count(*) FROM access_grant), (SELECT count(*) FROM subject_request),
    (SELECT count(*) FROM access_grant WHERE revoked_at IS NULL), (SELECT count(*) FROM subject_request WHERE closed_on IS NULL),
    (SELECT md5(string_agg(m::text, '' ORDER BY id)) FROM member m)"""


@pytest.mark.parametrize("name", FOREIGN)
async def test_ids_of_others_records_do_nothing_and_are_answered_as_ids_of_none(
    commands: Hub, fixtures: AccessFixtures, owner: asyncpg.Pool, name: str
) -> None:
    """Requests on, grants over and corrections of what is out of scope: the same refusal as for what is not there; nothing written."""
    caller, place = fixtures.callers[name], fixtures.places[FOREIGN[name]]
    other = await owner.fetchval(
        "SELECT g.id FROM access_grant g JOIN principal p ON p.id = g.principal_id WHERE p.name = $1",
        "shenzhen-mediator" if name == "national" else "national",
    )
    before = await owner.fetchrow(WRITTEN)
    tries: list[tuple[str, dict[str, Any], str, str]] = [
        (OPEN, {"kind": "EXPORT"}, "memberId", gids([place.one("Member")])[0]),
        (
            CLOSE,
            {"resolution": "GRANTED", "corrections": {"name": "某甲"}},
            "id",
            global_ids.encode("sreq", place.one("SubjectRequest")),
        ),
        (REVOKE, {}, "id", global_ids.encode("grant", other)),
        (
            GRANT,
            {"principal": "analyst", "role": "GRASSROOTS_UNION", "hierarchy": "TERRITORIAL"},
            "organizationId",
            global_ids.encode("org", place.union),
        ),
    ]
    for document, given, field, foreign in tries:
        nothing = f"{foreign.partition('_')[0]}_7fffffffff"
        answers = [await commands.ask(document, {**given, field: id_}, caller) for id_ in (foreign, nothing)]
        assert answers[0] == answers[1], (name, document)
        assert answers[0]["errors"], (name, document)
        assert answers[0]["id"] is None
    assert await owner.fetchrow(WRITTEN) == before


@pytest.mark.parametrize("prefix", ["receipt", "assignment", "closure", "sreq_1/../mem", "MEM", "mem "])
async def test_node_serves_nothing_that_the_schema_has_not(
    hub: EngineClient, fixtures: AccessFixtures, prefix: str
) -> None:
    """IDs of what is no type, and what only looks like an ID, are refused as no ID of this service."""
    for text in ("query($id: ID!) { node(id: $id) { id } }", "query($id: ID!) { nodes(ids: [$id]) { id } }"):
        response = await hub.response(text, {"id": f"{prefix}_1"}, caller=fixtures.callers["national"])
        assert [error["extensions"]["code"] for error in response["errors"]] == ["BAD_ID"]


@pytest.mark.parametrize(
    "text",
    [
        '{ _entities(representations: [{__typename: "Member", id: "mem_1"}]) { __typename } }',
        "{ _service { sdl } }",
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Member { name } } }",
        "{ principals { nodes { name } } }",
        "{ accessGrants { nodes { id } } }",
    ],
)
def test_federations_entities_and_tables_of_access_are_not_served(text: str) -> None:
    """There is no other door to a row than those that the matrix tries."""
    assert validate(schema._schema, parse(text))

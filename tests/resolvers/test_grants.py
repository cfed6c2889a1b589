"""Who administers access sees who has what in their own subtree, until when, and no key; others see their own keys at the most."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.grants import ProposedGrant, grant, revoke
from db.security.principals import Actor, by_id, create_key, create_principal
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC, Caller, Grant
from resolvers.engine.execute.engine import Engine
from resolvers.engine.reference.executor import EXECUTORS
from resolvers.engine.request.global_ids import encode
from resolvers.viewer import caller_of
from schema import registry, schema
from tests.resolvers.command_fixtures import Hub, hub
from tests.resolvers.parsed_documents import document

GRANTS = """query Q($day: Date) { administeredGrants(asOf: $day) { totalCount nodes {
    id role hierarchy validFrom validTo revokedAt organization { id } division { code } grantedBy { name }
    principal { name kind grants { role } apiKeys { prefix } } } } }"""
KEYS = "{ apiKeys { totalCount nodes { prefix createdAt expiresAt revokedAt lastUsedAt principal { name } } } }"


@dataclass
class Here:
    hub: Hub
    engine: Engine
    callers: dict[str, Caller]

    async def read(self, text: str, caller: Caller, **variables: Any) -> Any:
        answer = await self.engine.execute(document(text), None, variables, caller=caller)
        response = json.loads(answer.body)
        assert "errors" not in response, response
        return next(iter(response["data"].values()))

    async def holders(self, caller: Caller, **variables: Any) -> set[tuple[str, str]]:
        found = await self.read(GRANTS, caller, **variables)
        assert found["totalCount"] == len(found["nodes"])
        return {(each["principal"]["name"], each["role"]) for each in found["nodes"]}


async def principal(
    connection: asyncpg.Connection,
    name: str,
    *roles: Role,
    by: Caller | None = None,
    of: int | None = None,
    **scope: Any,
) -> Caller:
    kind = PrincipalKind.AGENCY if name == "agency" else PrincipalKind.PERSON
    number = await create_principal(connection, name, kind, organization_id=of)
    actor = Actor("operator") if by is None else Actor(by.name, by.principal_id)
    for role in roles:
        await grant(connection, ProposedGrant(number, role, today(), **scope), by=actor)
    found = await by_id(connection, number)
    assert found is not None
    return caller_of(found)


@pytest.fixture(params=["plan", "default"])
async def here(request, fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url, size=4), await create_pool(fresh_database_url, role=READER)
    made = await hub(pool, served, vault)
    county, others, callers = (
        {"organization_id": made.county, "hierarchy": Hierarchy.TERRITORIAL},
        {"organization_id": made.others, "hierarchy": Hierarchy.TERRITORIAL},
        {},
    )
    async with pool.acquire() as connection:
        top = await connection.fetchval(
            "SELECT id FROM organization WHERE level = 'NATIONAL' AND kind = 'LOCAL_FEDERATION'"
        )
        division = await connection.fetchval("SELECT id FROM division WHERE code = '3710' OR level = 'CITY' LIMIT 1")
        whole = {"organization_id": top, "hierarchy": Hierarchy.TERRITORIAL}
        until = today() + timedelta(days=30)
        callers["national"] = await principal(connection, "national", Role.FEDERATION, **whole)
        callers["county"] = await principal(connection, "county", Role.FEDERATION, **county)
        callers["clerk"] = await principal(
            connection, "clerk", Role.GRASSROOTS_UNION, by=callers["county"], of=made.county, valid_to=until, **county
        )
        callers["analyst"] = await principal(connection, "analyst", Role.ANALYST, by=callers["county"], of=made.county)
        callers["other"] = await principal(connection, "other", Role.FEDERATION, **others)
        callers["agency"] = await principal(connection, "agency", Role.HR_BUREAU, division_id=division)
        for name in ("agency", "clerk"):
            await create_key(connection, name)
    yield Here(
        made, Engine(schema._schema, registry, served, max_objects=25_000, reference=EXECUTORS[request.param]), callers
    )
    await pool.close()
    await served.close()


COUNTY = {("county", "FEDERATION"), ("clerk", "GRASSROOTS_UNION")}


async def test_a_federation_sees_who_has_what_in_its_subtree_and_what_it_granted(here):
    assert await here.holders(here.callers["county"]) == COUNTY | {("analyst", "ANALYST")}
    assert await here.holders(here.callers["other"]) == {("other", "FEDERATION")}
    everybody = await here.holders(here.callers["national"])
    assert everybody >= COUNTY | {("agency", "HR_BUREAU"), ("other", "FEDERATION"), ("national", "FEDERATION")}


async def test_who_administers_nothing_sees_no_grant(here):
    for name in ("clerk", "agency"):
        assert await here.holders(here.callers[name]) == set()
    for caller in (here.hub.worker(here.hub.members[0]), Caller("nobody")):
        assert await here.holders(caller) == set()


async def test_a_grant_says_until_when_and_by_whom(here):
    found = await here.read(GRANTS, here.callers["county"])
    (clerk,) = [each for each in found["nodes"] if each["principal"]["name"] == "clerk"]
    assert clerk["validTo"] == (today() + timedelta(days=30)).isoformat()
    assert clerk["grantedBy"] == {"name": "county"}
    assert clerk["principal"]["grants"] == [{"role": "GRASSROOTS_UNION"}]


async def test_what_has_ended_is_over_from_its_day_on(here):
    async with here.hub.pool.acquire() as connection:
        number = await connection.fetchval(
            "SELECT g.id FROM access_grant g JOIN principal p ON p.id = g.principal_id WHERE p.name = 'analyst'"
        )
        await revoke(connection, number)
    assert await here.holders(here.callers["county"]) == COUNTY
    later = (today() + timedelta(days=31)).isoformat()
    assert await here.holders(here.callers["county"], day=later) == {("county", "FEDERATION")}
    before = (today() - timedelta(days=1)).isoformat()
    assert await here.holders(here.callers["county"], day=before) == set()


async def test_keys_are_seen_by_their_holder_and_by_who_administers_them_without_their_hash(here):
    expected = {
        "national": {"agency", "clerk"},
        "county": {"clerk"},
        "agency": {"agency"},
        "clerk": {"clerk"},
        "other": set(),
    }
    for name, owners in expected.items():
        prefixes = await here.hub.pool.fetch(
            "SELECT k.prefix FROM api_key k JOIN principal p ON p.id = k.principal_id WHERE p.name = ANY ($1)",
            sorted(owners),
        )
        found = await here.read(KEYS, here.callers[name])
        assert {key["prefix"] for key in found["nodes"]} == {row["prefix"] for row in prefixes}
        assert found["totalCount"] == len(owners)
        assert all(key["expiresAt"] > key["createdAt"] and key["lastUsedAt"] is None for key in found["nodes"])
    assert (await here.read(KEYS, here.hub.worker(here.hub.members[0])))["nodes"] == []
    assert "digest" not in schema._schema.type_map["ApiKey"].fields  # type: ignore[attr-defined]


async def test_callers_with_aggregates_only_have_no_list_of_grants_keys_or_entries(here):
    for text in ("{ administeredGrants { totalCount } }", "{ apiKeys { totalCount } }", "{ accessLog { totalCount } }"):
        for caller in (PUBLIC, here.callers["analyst"]):
            answer = await here.engine.execute(document(text), None, {}, caller=caller)
            (error,) = json.loads(answer.body)["errors"]
            assert error["extensions"]["code"] == "AGGREGATES_ONLY"


async def test_a_grant_of_another_subtree_is_not_found_by_its_id(here):
    ids = [each["id"] for each in (await here.read(GRANTS, here.callers["county"]))["nodes"]]
    text = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await here.read(text, here.callers["county"], ids=ids) == [{"id": each} for each in ids]
    for caller in (here.callers["other"], here.callers["clerk"], PUBLIC):
        answer = await here.engine.execute(document(text), None, {"ids": ids}, caller=caller)
        assert json.loads(answer.body)["data"] == {"nodes": [None] * len(ids)}


@pytest.mark.parametrize(
    "caller",
    [
        Caller("idle lawyer", grants=(Grant(Role.CASE_WORKER),)),
        Caller("idle tribunal", grants=(Grant(Role.TRIBUNAL),)),
        Caller("worker without a record", grants=(Grant(Role.WORKER),)),
        Caller("idle lawyer and analyst", grants=(Grant(Role.CASE_WORKER), Grant(Role.ANALYST))),
        *(
            Caller(f"{role.name} of nothing", grants=(Grant(role, hierarchy=Hierarchy.TERRITORIAL),))
            for role in (Role.FEDERATION, Role.GRASSROOTS_UNION, Role.HR_BUREAU, Role.SOCIAL_SECURITY_AGENCY)
        ),
    ],
    ids=lambda caller: caller.name,
)
async def test_whose_scope_is_empty_today_sees_their_own_key_and_no_record(here, caller):
    async with here.hub.pool.acquire() as connection:
        number = await create_principal(connection, caller.name, PrincipalKind.PERSON)
        await create_key(connection, caller.name)
    mine = replace(caller, principal_id=number)
    assert (await here.read(KEYS, mine))["totalCount"] == 1
    for field in ("disputeCases", "members", "organizations", "administeredGrants", "accessLog"):
        assert await here.read(f"{{ {field} {{ totalCount nodes {{ id }} }} }}", mine) == {"totalCount": 0, "nodes": []}


async def test_a_principal_says_to_which_union_it_belongs(here):
    text = "{ administeredGrants { nodes { principal { name organization { id } } } } }"
    found = await here.read(text, here.callers["county"])
    of = {each["principal"]["name"]: each["principal"]["organization"] for each in found["nodes"]}
    union = {"id": encode("org", here.hub.county)}
    assert of == {"county": union, "clerk": union, "analyst": union}

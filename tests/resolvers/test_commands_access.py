"""Grants through the API: by federations over their own subtree, errors in the payload, nothing written by half."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.grants import ProposedGrant, grant, revoke
from db.security.principals import (
    OPERATOR,
    Actor,
    by_id,
    create_key,
    create_principal,
    disable_principal,
    move_principal,
    principal_id,
)
from db.security.row_security import READER
from db.server.connect import Connection, create_pool
from resolvers.access.callers import PUBLIC, Caller, Grant, Lens
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request.global_ids import encode
from resolvers.viewer import caller_of, viewer_fields
from schema import registry, schema
from tests.resolvers.command_fixtures import Hub, hub
from tests.resolvers.parsed_documents import document

GRANT = "mutation Grant($input: GrantAccessInput!) { grantAccess(input: $input) { id errors { code message path } } }"
REVOKE = "mutation End($input: RevokeAccessInput!) { revokeAccess(input: $input) { id errors { code message path } } }"


@dataclass
class Here:
    hub: Hub
    caller: Caller
    union: str
    foreign: str

    async def codes(self, document: str, given: dict[str, Any], caller: Caller | None = None) -> list[str]:
        return await self.hub.codes(document, given, caller or self.caller)

    async def count(self) -> int:
        return int(await self.hub.pool.fetchval("SELECT count(*) FROM access_grant"))


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=4, role=READER)
    made = await hub(pool, served, vault)
    async with pool.acquire() as connection:
        number = await create_principal(connection, "county office", PrincipalKind.PERSON)
        await grant(
            connection,
            ProposedGrant(
                number, Role.FEDERATION, today(), organization_id=made.county, hierarchy=Hierarchy.TERRITORIAL
            ),
        )
        await create_principal(connection, "clerk", PrincipalKind.PERSON, organization_id=made.county)
        found = await by_id(connection, number)
    assert found is not None
    yield Here(made, caller_of(found), encode("org", made.county), encode("org", made.others))
    await pool.close()
    await served.close()


def asked(here: Here, **more: Any) -> dict[str, Any]:
    made = {"principal": "clerk", "role": "FEDERATION", "organizationId": here.union, "hierarchy": "TERRITORIAL"}
    return {name: value for name, value in {**made, **more}.items() if value is not None}


async def test_federation_grants_and_ends_within_its_subtree(here):
    payload = await here.hub.ask(GRANT, asked(here), here.caller)
    assert payload["errors"] == []
    assert await here.count() == 2
    assert await here.codes(GRANT, asked(here)) == ["ALREADY_GRANTED"]
    ended = await here.hub.ask(REVOKE, {"id": payload["id"]}, here.caller)
    assert ended == {"id": payload["id"], "errors": []}
    assert await here.codes(REVOKE, {"id": payload["id"]}) == ["ALREADY_REVOKED"]
    entries = [entry for entry in await here.hub.log() if entry["principal"] == "county office"]
    assert [entry["action"] for entry in entries] == ["GRANT", "REVOKE"]
    assert (entries[0]["source"], entries[0]["operation"], entries[0]["role"]) == ("192.0.2.7", "Op", "FEDERATION")
    assert here.union in entries[0]["records"]


async def test_same_command_under_one_key_is_done_once(here):
    given = asked(here, idempotencyKey="k1")
    first = await here.hub.ask(GRANT, given, here.caller)
    assert await here.hub.ask(GRANT, given, here.caller) == first
    assert await here.count() == 2
    assert await here.codes(GRANT, {**given, "role": "GRASSROOTS_UNION"}) == ["IDEMPOTENCY_KEY_REUSED"]


async def test_refused_grants_have_codes_and_write_nothing(here):
    entries = len(await here.hub.log())
    for changed, code, path in (
        ({"organizationId": here.foreign}, "NOT_IN_SCOPE", ["input"]),
        ({"organizationId": "org_fffffff"}, "NOT_IN_SCOPE", ["input"]),
        ({"organizationId": "mem_1"}, "BAD_ID", ["input", "organizationId"]),
        ({"hierarchy": None}, "HIERARCHY_MISSING", ["input", "hierarchy"]),
        ({"principal": "ghost"}, "NO_PRINCIPAL", ["input", "principal"]),
        ({"validTo": "2020-01-01"}, "BAD_VALIDITY", ["input", "validTo"]),
        ({"role": "ANALYST"}, "BAD_SCOPE", ["input"]),
    ):
        payload = await here.hub.ask(GRANT, asked(here, **changed), here.caller)
        assert payload["id"] is None
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, path)]
    assert await here.codes(REVOKE, {"id": "grant_fffffff"}) == ["NO_SUCH_GRANT"]
    assert await here.codes(REVOKE, {"id": here.union}) == ["BAD_ID"]
    assert await here.count() == 1
    assert len(await here.hub.log()) == entries


WHO = {"absent": None, "elsewhere": "others", "disabled elsewhere": "others", "of nobody": None, "disabled": None}


@pytest.fixture
async def strangers(here):
    """Principals who do not belong to the county: of another one, disabled there, of no union, of none and disabled."""
    async with here.hub.pool.acquire() as connection:
        for name, home in WHO.items():
            if name != "absent":
                union = here.hub.others if home else None
                await create_principal(connection, name, PrincipalKind.AGENCY, organization_id=union)
                await create_key(connection, name)
            if name.startswith("disabled"):
                await disable_principal(connection, name)


def watched(monkeypatch) -> list[str]:
    """The statements that every connection sends from now on."""
    sent: list[str] = []

    def keep(query: str) -> None:
        sent.append(re.sub(r"__asyncpg_savepoint_\w+__", "savepoint", query))

    def kept(method):
        async def run(self, query, *args, **more):
            keep(query)
            return await method(self, query, *args, **more)

        return run

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(Connection, name, kept(getattr(Connection, name)))
    return sent


async def test_who_belongs_elsewhere_is_answered_as_who_is_not_there(here, strangers, monkeypatch):
    """Whether they exist, are disabled or neither: the same bytes, by the same statements, for every role."""
    sent = watched(monkeypatch)
    entries, grants = len(await here.hub.log()), await here.count()
    for role in Role:
        union = {"organizationId": None, "hierarchy": None}
        if role.name in ("FEDERATION", "GRASSROOTS_UNION"):
            union = {}
        if role.name == "INDUSTRY_UNION":
            union = {"hierarchy": "INDUSTRIAL"}
        division = "div_1" if role.name in ("HR_BUREAU", "SOCIAL_SECURITY_AGENCY", "EMPLOYERS_BODY") else None
        found = set()
        for name in WHO:
            sent.clear()
            given = asked(here, principal=name, role=role.name, divisionId=division, **union)
            payload = await here.hub.ask(GRANT, given, here.caller)
            assert [error["code"] for error in payload["errors"]] == ["NO_PRINCIPAL"], (role, name)
            found.add((json.dumps(payload), tuple(sent)))
        assert len(found) == 1, (role, found)
    assert (len(await here.hub.log()), await here.count()) == (entries, grants)


async def test_a_grant_elsewhere_is_ended_as_one_that_is_not_there(here, strangers, monkeypatch):
    """A grant over another union, one of the operator's over the county itself, an ended one of those, and none: the same."""
    async with here.hub.pool.acquire() as connection:
        numbers = []
        for name, union in (("elsewhere", here.hub.others), ("clerk", here.hub.county), ("of nobody", here.hub.county)):
            who = await principal_id(connection, name)
            made = ProposedGrant(who, Role.GRASSROOTS_UNION, today(), None, union, Hierarchy.TERRITORIAL)
            numbers.append(await grant(connection, made))
        await revoke(connection, numbers[-1])
    sent, found = watched(monkeypatch), set()
    for number in (*numbers, 10**9):
        sent.clear()
        payload = await here.hub.ask(REVOKE, {"id": encode("grant", number)}, here.caller)
        assert [error["code"] for error in payload["errors"]] == ["NO_SUCH_GRANT"]
        found.add((json.dumps(payload), tuple(sent)))
    assert len(found) == 1


async def test_no_grant_brings_the_keys_of_another_in_sight(here, strangers):
    """Neither of who belongs elsewhere, to whom nothing can be granted, nor of one's own who has a role elsewhere as well."""
    for name in WHO:
        for role in ("ANALYST", "CASE_WORKER"):
            given = {"principal": name, "role": role}
            assert await here.codes(GRANT, given) == ["NO_PRINCIPAL"]
    assert await keys_of(here) == set()
    async with here.hub.pool.acquire() as connection:
        await create_key(connection, "clerk")
        assert await keys_of(here) == {"clerk"}
        who = await principal_id(connection, "clerk")
        role = await grant(connection, ProposedGrant(who, Role.CASE_WORKER, today()))
        assert await keys_of(here) == set()
        await revoke(connection, role)
        assert await keys_of(here) == {"clerk"}
        await grant(connection, ProposedGrant(who, Role.ANALYST, today()))
        assert await keys_of(here) == {"clerk"}
        await move_principal(connection, "clerk", here.hub.others)
    # what the county granted before stays its own to see, and the name of who has it; the key does not
    assert await keys_of(here) == set()


async def keys_of(here) -> set[str]:
    """Whose keys the county office sees, by both ways to them, behind both walls."""
    engine = Engine(schema._schema, registry, here.hub.served, max_objects=25_000)
    found = []
    for text in (
        "{ apiKeys { nodes { principal { name } } } }",
        "{ administeredGrants { nodes { principal { name apiKeys { principal { name } } } } } }",
    ):
        answer = json.loads((await engine.execute(document(text), None, {}, caller=here.caller)).body)
        assert "errors" not in answer, answer
        nodes = next(iter(answer["data"].values()))["nodes"]
        if "administeredGrants" in answer["data"]:
            nodes = [key for node in nodes for key in node["principal"]["apiKeys"]]
        found.append({node["principal"]["name"] for node in nodes})
    assert found[1] <= found[0]
    return found[0]


async def done(here, command: str, given: dict[str, Any], caller: Caller | None = None) -> bool:
    """Whether a command is done."""
    payload = await here.hub.ask(command, given, caller or here.caller)
    return payload["id"] is not None and payload["errors"] == []


async def office(here, name: str, union: int, by: Caller | None = None) -> Caller:
    """Another administrator, by a grant of the operator's or of a granter's own."""
    actor = OPERATOR if by is None else Actor(by.name, by.principal_id)
    async with here.hub.pool.acquire() as connection:
        number = await create_principal(connection, name, PrincipalKind.PERSON, organization_id=union)
        await grant(
            connection, ProposedGrant(number, Role.FEDERATION, today(), None, union, Hierarchy.TERRITORIAL), by=actor
        )
        found = await by_id(connection, number)
    assert found is not None
    return caller_of(found)


async def test_a_peer_ends_neither_the_operators_grant_nor_the_others_and_a_grantee_not_the_granters(here):
    """Over the same union; nor does anybody end the grant that they hold themselves."""
    peer = await office(here, "peer", here.hub.county)
    grantee = await office(here, "grantee", here.hub.county, by=here.caller)
    made = (await here.hub.ask(GRANT, asked(here, role="GRASSROOTS_UNION"), here.caller))["id"]
    held = {caller.name: encode("grant", caller.grants[0].id) for caller in (here.caller, peer, grantee)}
    for caller in (peer, grantee):
        for target in (made, *held.values()):
            assert await here.codes(REVOKE, {"id": target}, caller) == ["NO_SUCH_GRANT"], (caller.name, target)
    assert await here.codes(REVOKE, {"id": held["peer"]}) == ["NO_SUCH_GRANT"]
    assert await done(here, REVOKE, {"id": held["grantee"]})
    assert await done(here, REVOKE, {"id": made})


async def test_a_superior_ends_what_lies_below_whoever_made_it(here):
    above = await here.hub.pool.fetchval(
        "SELECT ancestor_id FROM territorial_closure WHERE descendant_id = $1 AND depth = 1 AND valid_to IS NULL",
        here.hub.county,
    )
    superior = await office(here, "superior", above)
    made = (await here.hub.ask(GRANT, asked(here), here.caller))["id"]
    assert await done(here, REVOKE, {"id": made}, superior)
    assert await done(here, REVOKE, {"id": encode("grant", here.caller.grants[0].id)}, superior)
    assert await here.codes(GRANT, asked(here)) == ["MAY_NOT_GRANT"]


async def test_who_may_no_longer_grant_ends_no_more_what_they_made(here):
    made = (await here.hub.ask(GRANT, asked(here), here.caller))["id"]
    async with here.hub.pool.acquire() as connection:
        await revoke(connection, here.caller.grants[0].id)
        who = here.caller.principal_id
        await grant(
            connection,
            ProposedGrant(who, Role.FEDERATION, today(), None, here.hub.others, Hierarchy.TERRITORIAL),
        )
    assert await here.codes(REVOKE, {"id": made}) == ["NO_SUCH_GRANT"]


async def test_an_analyst_is_granted_finer_geography_where_the_federation_stands(here):
    stands = await here.hub.pool.fetchval("SELECT division_id FROM organization WHERE id = $1", here.hub.county)
    elsewhere = await here.hub.pool.fetchval(
        "SELECT d.id FROM division d WHERE d.valid_to IS NULL AND d.level = 'PROVINCE' AND NOT EXISTS"
        " (SELECT FROM division_closure c WHERE c.ancestor_id = d.id AND c.descendant_id = $1) ORDER BY d.id LIMIT 1",
        stands,
    )
    inside, outside = ({"divisionId": encode("div", each)} for each in (stands, elsewhere))
    given = {"principal": "clerk", "role": "ANALYST"}
    assert await here.codes(GRANT, {**given, **outside}) == ["NOT_IN_SCOPE"]
    assert await done(here, GRANT, {**given, **inside})
    assert await here.codes(GRANT, {**given, **inside}) == ["ALREADY_GRANTED"]
    async with here.hub.pool.acquire() as connection:
        found = await by_id(connection, await principal_id(connection, "clerk"))
    assert found is not None
    caller = caller_of(found)
    assert dict(caller.lenses) == {Lens.AGGREGATES: (stands,)}
    assert (caller.shape, caller.sees_rows) == ((Lens.AGGREGATES,), False)
    assert viewer_fields(caller)["grants"][0]["divisionId"] == encode("div", stands)


async def test_who_administers_nothing_is_refused(here):
    worker = Caller("w", 12, (Grant(Role.WORKER),), member_id=here.hub.members[0])
    for caller in (PUBLIC, worker, replace(here.caller, grants=()), replace(here.caller, principal_id=10**9)):
        assert await here.codes(GRANT, asked(here), caller) == ["MAY_NOT_GRANT"]
    assert await here.count() == 1


async def test_caller_who_only_claims_a_grant_is_refused(here):
    """What a caller object says is not believed: the database is asked again."""
    claimed = replace(
        here.caller, grants=(Grant(Role.FEDERATION, here.hub.others, Hierarchy.TERRITORIAL),), everything=True
    )
    assert await here.codes(GRANT, asked(here, organizationId=here.foreign), claimed) == ["NOT_IN_SCOPE"]


async def test_viewer_tells_the_caller_their_grants(here):
    fields = viewer_fields(here.caller)
    assert fields["persona"] == "county office"
    assert fields["principal"] == {"__typename": "AccessPrincipal", "name": "county office", "kind": "PERSON"}
    (shown,) = fields["grants"]
    assert shown["role"] == "FEDERATION"
    assert shown["organizationId"] == here.union
    assert shown["organizationName"]
    assert (shown["hierarchy"], shown["validFrom"], shown["validTo"]) == ("TERRITORIAL", today().isoformat(), None)


def test_public_analyst_is_told_that_they_are_one():
    fields = viewer_fields(PUBLIC)
    assert fields["persona"] is None
    assert fields["principal"]["kind"] == "ANALYST"
    assert [each["role"] for each in fields["grants"]] == ["ANALYST"]

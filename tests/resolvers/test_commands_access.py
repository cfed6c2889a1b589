"""Grants through the API: by federations over their own subtree, errors in the payload, nothing written by half."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.connect import create_pool
from db.grants import Proposed, grant
from db.organizations import Hierarchy
from db.principals import by_id, create_principal
from db.row_security import READER
from resolvers.access import PUBLIC, Caller, Grant
from resolvers.engine.ids import encode
from resolvers.viewer import caller_of, viewer_fields
from tests.resolvers.commands import Hub, hub

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
            Proposed(number, Role.FEDERATION, today(), organization_id=made.county, hierarchy=Hierarchy.TERRITORIAL),
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

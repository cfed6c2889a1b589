"""Who is given personal data in clear, and a copy of them: every personal field, as every persona, in and out of scope, for every purpose,
against the policy table; and what ``viewer`` says to whom."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import product

import asyncpg
import pytest

from db.clock import today
from db.encryption.vault import Vault
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandOptions
from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.commands.visible_rows import own_unions
from resolvers.engine.request import global_ids
from schema import registry
from tests.access.comparison import key_of
from tests.access.fixtures import PERSONAS, AccessFixtures, Place
from tests.access.policy_reference import PolicyReference
from tests.access.policy_table import PolicyTable
from tests.access.test_matrix import TABLES
from tests.resolvers.command_fixtures import EXPORT, REVEAL, Hub, gids
from tests.resolvers.engine_client import EngineClient as Client
from tests.slow import sampled

EVERYBODY = ["public", *PERSONAS]
WALLS = ("first", "both")
SAMPLE = [*((name, "both") for name in EVERYBODY), ("weihai", "first"), ("shenzhen-hr", "first"), ("member", "first")]
"""What ``make test`` runs: everybody behind both walls, and a union, an agency and a worker behind the first alone."""
ID = re.compile(r'"([a-z]+_[0-9a-f]+)"')


@pytest.fixture(scope="session")
def commands(hub: Client, vault: Vault, fixtures: AccessFixtures) -> Hub:
    """Commands without a daily limit."""
    return Hub(hub.watched.pool, hub.watched.pool, vault, 0, 0, options=CommandOptions(reveal_daily_limit=10**6))


async def references(
    owner: asyncpg.Connection, fixtures: AccessFixtures, place: str, grant: int
) -> dict[RevealPurpose, str]:
    """What each purpose wants as its reference, for the first member of a place; ``grant`` is one that the caller is to pay."""
    here = fixtures.places[place]
    number = await owner.fetchval("SELECT number FROM dispute_case WHERE id = $1", here.one("DisputeCase"))
    return {
        RevealPurpose.BENEFIT_PAYMENT: global_ids.encode("aid", grant),
        RevealPurpose.DISPUTE_CASE: number,
        RevealPurpose.INSURANCE_RECONCILIATION: global_ids.encode("ins", here.one("InsuranceEnrolment")),
        RevealPurpose.SUBJECT_REQUEST: global_ids.encode("sreq", here.one("SubjectRequest")),
    }


PAYABLE = """INSERT INTO aid_grant (organization_id, division_id, kind, status, member_id, amount, applied_on, approved_on)
VALUES ($1, $2, 'RELIEF', 'APPROVED', $3, 100, current_date, current_date) RETURNING id"""


@asynccontextmanager
async def payable(owner: asyncpg.Connection, caller: Caller, place: Place) -> AsyncIterator[int]:
    """A grant to the first member of a place that one of the caller's own unions has approved, while the block runs; the place's union's
    for who stands for none."""
    unions = own_unions(caller) or [place.union]
    key = await owner.fetchval(PAYABLE, unions[0], place.division, place.one("Member"))
    try:
        yield key
    finally:
        await owner.execute("DELETE FROM aid_grant WHERE id = $1", key)


@pytest.mark.parametrize(("name", "hub"), sampled(product(EVERYBODY, WALLS), SAMPLE), indirect=["hub"])
async def test_personal_data_in_clear_are_given_for_a_purpose_to_whom_the_policy_table_says(
    commands: Hub, fixtures: AccessFixtures, policy: PolicyTable, owner: asyncpg.Pool, name: str
) -> None:
    """A field is revealed for at least one purpose to those whom the table names, of members in their sight; to others for none."""
    caller = fixtures.callers[name]
    reference = PolicyReference(owner, policy, TABLES, caller, today())
    visible = await reference.rows("Member")
    for place, here in fixtures.places.items():
        async with payable(owner, caller, here) as grant:
            wanted = await references(owner, fixtures, place, grant)
            for field in PersonalField:
                given = [
                    found
                    for purpose in RevealPurpose
                    if (found := await _revealed(commands, caller, here, field, purpose, wanted))
                ]
                may = bool(policy.reveal[field.name] & set(reference.groups)) and here.one("Member") in visible
                assert bool(given) is may, (name, place, field, given)
                assert all(set(values) - CHANGED == {"id", camel(field.name)} for values in given), given


CHANGED = {"bankCardChangedOn", "residentNumberChangedOn", "phoneChangedOn"}


async def _revealed(
    commands: Hub,
    caller: Caller,
    here: Place,
    field: PersonalField,
    purpose: RevealPurpose,
    wanted: Mapping[RevealPurpose, str],
) -> dict[str, str]:
    """What is revealed of the first member of a place for a purpose; empty when it is refused."""
    input_ = {
        "ids": gids([here.one("Member")]),
        "fields": [field.name],
        "purpose": purpose.name,
        "caseReference": wanted.get(purpose),
    }
    payload = await commands.ask(REVEAL, input_, caller)
    assert bool(payload["members"]) is not bool(payload["errors"]), (field, purpose)
    return {key: value for each in payload["members"] for key, value in each.items() if value is not None}


def camel(name: str) -> str:
    """A personal field as the payload has it."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


@pytest.mark.parametrize("name", EVERYBODY)
async def test_a_copy_of_ones_own_data_is_the_workers_alone_and_names_no_row_beyond_their_sight(
    commands: Hub, fixtures: AccessFixtures, policy: PolicyTable, owner: asyncpg.Pool, name: str
) -> None:
    """Whoever is no worker is refused; in the worker's copy every ID is of a row that the worker sees, and no name of another person."""
    caller = fixtures.callers[name]
    payload = await commands.ask(EXPORT, {}, caller)
    if name != "member":
        assert payload["document"] is None
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]
        return
    reference = PolicyReference(owner, policy, TABLES, caller, today())
    prefixes = {source.prefix: typename for typename, source in registry.sources.items()}
    document = json.loads(payload["document"])
    for entry in document["accessLog"]:
        del entry["caseReference"]  # a grant to the person, which the test of reveal has deleted
    found = ID.findall(json.dumps(document))
    assert len(found) > 5
    for text in found:
        assert key_of(text) in await reference.rows(prefixes[text.split("_")[0]]), text
    member = fixtures.places["weihai"].rows["Member"]
    names = dict(await owner.fetch("SELECT id, name FROM member WHERE id = ANY ($1)", member))
    assert names[member[0]] in payload["document"]
    assert names[member[1]] not in payload["document"]
    assert "不在册某人" not in payload["document"]


@pytest.mark.parametrize("name", EVERYBODY)
async def test_viewer_tells_each_caller_of_their_own_grants_and_no_others(
    hub: Client, fixtures: AccessFixtures, owner: asyncpg.Pool, name: str
) -> None:
    """Name and grants are those of the principal who asks."""
    caller = fixtures.callers[name]
    text = (
        "{ viewer { persona principal { name kind } grants { id role organizationId divisionId validFrom validTo } } }"
    )
    viewer = (await hub.response(text, caller=caller))["data"]["viewer"]
    own = await owner.fetch("SELECT * FROM access_grant WHERE principal_id = $1 ORDER BY id", caller.principal_id)
    assert viewer["persona"] == (None if name == "public" else name)
    assert viewer["principal"]["name"] == name
    if name == "public":
        assert [grant["role"] for grant in viewer["grants"]] == ["ANALYST"]
        return
    assert [key_of(grant["id"]) for grant in viewer["grants"]] == [row["id"] for row in own]
    for grant, row in zip(viewer["grants"], own, strict=True):
        assert grant["role"] == row["role"]
        for field, column in (("organizationId", "organization_id"), ("divisionId", "division_id")):
            assert (grant[field] and key_of(grant[field])) == row[column]
    assert json.dumps(viewer).count('"grant_') == len(own)

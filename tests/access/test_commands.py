"""Who is given personal data in clear, and a copy of them: every personal field, as every persona, in and out of scope, for every purpose,
against the policy table; and what ``viewer`` says to whom."""

import json
import re

import asyncpg
import pytest

from db.clock import today
from db.crypto import Vault
from resolvers.commands.context import CommandOptions
from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.engine import ids
from schema import registry
from tests.access.judge import key_of
from tests.access.policy import Policy
from tests.access.reference import Reference
from tests.access.stage import PERSONAS, Stage
from tests.access.test_matrix import TABLES
from tests.resolvers.caller import Caller
from tests.resolvers.commands import EXPORT, REVEAL, Hub, gids

EVERYBODY = ["public", *PERSONAS]
ID = re.compile(r'"([a-z]+_[0-9a-f]+)"')


@pytest.fixture(scope="session")
def commands(hub: Caller, vault: Vault, stage: Stage) -> Hub:
    """Commands without a daily limit."""
    return Hub(hub.watched.pool, hub.watched.pool, vault, 0, 0, options=CommandOptions(reveal_daily_limit=10**6))


def references(stage: Stage, place: str, numbers: dict[int, str]) -> dict[RevealPurpose, str]:
    """What each purpose wants as its reference, for the first member of a place."""
    here = stage.places[place]
    return {
        **dict.fromkeys(RevealPurpose, "函字二号"),
        RevealPurpose.DISPUTE_CASE: numbers[here.one("DisputeCase")],
        RevealPurpose.SUBJECT_REQUEST: ids.encode("sreq", here.one("SubjectRequest")),
    }


@pytest.mark.parametrize("name", EVERYBODY)
async def test_personal_data_in_clear_are_given_for_a_purpose_to_whom_the_policy_table_says(
    commands: Hub, stage: Stage, policy: Policy, owner: asyncpg.Pool, name: str
) -> None:
    """A field is revealed for at least one purpose to those whom the table names, of members in their sight; to others for none."""
    caller = stage.callers[name]
    reference = Reference(owner, policy, TABLES, caller, today())
    visible = await reference.rows("Member")
    numbers = dict(
        await owner.fetch("SELECT id, number FROM dispute_case WHERE id = ANY ($1)", stage.keys("DisputeCase"))
    )
    for place, here in stage.places.items():
        member = here.one("Member")
        wanted = references(stage, place, numbers)
        for field in PersonalField:
            given = []
            for purpose in RevealPurpose:
                input_ = {
                    "ids": gids([member]),
                    "fields": [field.name],
                    "purpose": purpose.name,
                    "caseReference": wanted[purpose],
                }
                payload = await commands.ask(REVEAL, input_, caller)
                if payload["members"]:
                    assert payload["errors"] == []
                    given.append({key: value for key, value in payload["members"][0].items() if value is not None})
                else:
                    assert payload["errors"], (name, place, field, purpose)
            may = bool(policy.reveal[field.name] & set(reference.groups)) and member in visible
            assert bool(given) is may, (name, place, field, given)
            assert all(set(values) == {"id", camel(field.name)} for values in given), given


def camel(name: str) -> str:
    """A personal field as the payload has it."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


@pytest.mark.parametrize("name", EVERYBODY)
async def test_a_copy_of_ones_own_data_is_the_workers_alone_and_names_no_row_beyond_their_sight(
    commands: Hub, stage: Stage, policy: Policy, owner: asyncpg.Pool, name: str
) -> None:
    """Whoever is no worker is refused; in the worker's copy every ID is of a row that the worker sees, and no name of another person."""
    caller = stage.callers[name]
    payload = await commands.ask(EXPORT, {}, caller)
    if name != "member":
        assert payload["document"] is None
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]
        return
    reference = Reference(owner, policy, TABLES, caller, today())
    prefixes = {source.prefix: typename for typename, source in registry.sources.items()}
    found = ID.findall(payload["document"])
    assert len(found) > 5
    for text in found:
        assert key_of(text) in await reference.rows(prefixes[text.split("_")[0]]), text
    member = stage.places["weihai"].rows["Member"]
    names = dict(await owner.fetch("SELECT id, name FROM member WHERE id = ANY ($1)", member))
    assert names[member[0]] in payload["document"]
    assert names[member[1]] not in payload["document"]
    assert "不在册某人" not in payload["document"]


@pytest.mark.parametrize("name", EVERYBODY)
async def test_viewer_tells_each_caller_of_their_own_grants_and_no_others(
    hub: Caller, stage: Stage, owner: asyncpg.Pool, name: str
) -> None:
    """Name and grants are those of the principal who asks."""
    caller = stage.callers[name]
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

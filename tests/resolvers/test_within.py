"""``within``: what it names must be there and in sight, else the field is null with NOT_FOUND; the other fields stand."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from resolvers.access.callers import Caller as Persona
from resolvers.engine.request import global_ids
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of

BELOW = (
    "totalCount",
    "nodes { id }",
    "edges { cursor }",
    "totalCount nodes { id }",
    "__typename",
    "pageInfo { __typename }",
)


@pytest.fixture(scope="module")
async def personas(pool: asyncpg.Pool) -> Mapping[str, Persona]:
    return await callers_of(pool)


@pytest.mark.parametrize("below", BELOW)
async def test_an_unknown_anchor_is_not_found_whatever_is_selected(caller: EngineClient, below: str) -> None:
    text = f"""{{ a: members(within: "org_ffffff") {{ {below} }} b: divisions(within: "div_ffffff") {{ {below} }}
      c: statistics(within: "org_ffffff", kind: MEMBERSHIPS) {{ total {{ persons }} }} d: divisions(first: 1) {{ {below} }} }}"""
    response = await caller.response(text)
    assert response["data"].pop("d")
    assert response["data"] == {"a": None, "b": None, "c": None}
    assert [(error["path"], error["extensions"]["code"]) for error in response["errors"]] == [
        ([name], "NOT_FOUND") for name in "abc"
    ]
    assert len({error["message"] for error in response["errors"]}) == 1


async def test_an_anchor_that_is_there_has_a_list_also_where_nothing_is_below_it(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    union = await pool.fetchval(
        "SELECT id FROM organization o WHERE NOT EXISTS (SELECT FROM employer e WHERE e.organization_id = o.id)"
        " AND NOT EXISTS (SELECT FROM territorial_closure c WHERE c.ancestor_id = o.id AND depth > 0) ORDER BY id LIMIT 1"
    )
    for below in BELOW:
        text = f'{{ employers(within: "{global_ids.encode("org", union)}") {{ {below} }} }}'
        found = (await caller.data(text))["employers"]
        assert found.get("totalCount", 0) == 0
        assert found.get("nodes", []) == found.get("edges", []) == []


async def test_a_hidden_union_and_one_that_is_not_there_are_answered_by_the_same_bytes(
    caller: EngineClient, pool: asyncpg.Pool, personas: Mapping[str, Persona]
) -> None:
    hidden = await pool.fetchval("SELECT id FROM organization WHERE name = '重庆市国防邮电工会'")
    members = "members(within: $union) { totalCount }"
    open_ = (
        """venues(within: $union) { nodes { id } } statistics(within: $union, kind: EMPLOYERS) { total { records } }"""
    )
    for name in ("city", "hr", "social_security", "employers_body", "mediator", "member", "nobody", "analyst"):
        # callers with aggregates only have no list of members, whatever within names
        fields = open_ if name == "analyst" else f"{members} {open_}"
        text = f"query ($union: ID!) {{ {fields} }}"
        answers = {
            (await caller.answer(text, {"union": global_ids.encode("org", key)}, caller=personas[name])).body
            for key in (hidden, 2**40)
        }
        assert len(answers) == 1, name
        response = json.loads(answers.pop())
        assert set(response["data"].values()) == {None}
        assert len(response["errors"]) == len(response["data"]) == (2 if name == "analyst" else 3)


async def test_above_ones_own_union_the_own_share_is_counted(
    caller: EngineClient, pool: asyncpg.Pool, personas: Mapping[str, Persona]
) -> None:
    (own,) = personas["city"].lenses.values()
    text = "query ($union: ID!) { members(within: $union) { totalCount } venues(within: $union) { totalCount } }"

    async def asked(union: str) -> Any:
        return (await caller.response(text, {"union": union}, caller=personas["city"]))["data"]

    top = await pool.fetchval(
        "SELECT ancestor_id FROM territorial_closure WHERE descendant_id = $1 AND valid_to IS NULL ORDER BY depth DESC LIMIT 1",
        own[0],
    )
    above, here = await asked(global_ids.encode("org", top)), await asked(global_ids.encode("org", own[0]))
    assert above["members"] == here["members"]
    assert above["members"]["totalCount"] > 0
    assert above["venues"]["totalCount"] >= here["venues"]["totalCount"]


@pytest.mark.parametrize("name", ["hr", "social_security", "employers_body", "mediator", "member"])
async def test_who_sees_no_links_is_told_no_hierarchy(
    caller: EngineClient, pool: asyncpg.Pool, personas: Mapping[str, Persona], name: str
) -> None:
    """Of the unions in sight neither what is below nor what is above; lists have what belongs to the union itself."""
    unions = (await caller.response("{ organizations(first: 12) { nodes { id } } }", caller=personas[name]))["data"]
    found = [node["id"] for node in unions["organizations"]["nodes"]]
    text = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Organization { parents { id } ancestors { id } children { totalCount }
      descendants { totalCount } employers { totalCount } own: employers(scope: SELF) { totalCount }
      statistics(kind: EMPLOYERS, groupBy: [CHILD_ORGANIZATION]) { groups { keys { value } records } } } } }"""
    data = (await caller.response(text, {"ids": found}, caller=personas[name]))["data"]["nodes"]
    for id_, union in zip(found, data, strict=True):
        assert union["parents"] == union["ancestors"] == []
        assert union["children"] == union["descendants"] == {"totalCount": 0}
        assert union["employers"] == union["own"]
        assert {group["keys"][0]["value"] for group in union["statistics"]["groups"]} <= {id_}
    assert data


async def test_there_are_links_between_unions_in_sight_of_a_bureau(
    caller: EngineClient, pool: asyncpg.Pool, personas: Mapping[str, Persona]
) -> None:
    """So that there is something not to be told."""
    text = "query ($after: String) { organizations(first: 200, after: $after) { pageInfo { endCursor hasNextPage } nodes { id } } }"
    found: list[int] = []
    after, more = None, True
    while more:
        response = await caller.response(text, {"after": after}, caller=personas["hr"])
        page = response["data"]["organizations"]
        found += [global_ids.decode(node["id"])[1] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    links = (
        "SELECT count(*) FROM organization_link WHERE valid_to IS NULL AND parent_id = ANY ($1) AND child_id = ANY ($1)"
    )
    assert await pool.fetchval(links, found) > 0


async def test_a_social_security_agency_does_not_count_members_by_memberships_that_it_does_not_see(
    caller: EngineClient, personas: Mapping[str, Persona]
) -> None:
    agency = personas["social_security"]
    data = (
        await caller.response(
            "{ members { totalCount } organizations(first: 50) { nodes { id members { totalCount } } } }", caller=agency
        )
    )["data"]
    assert data["members"]["totalCount"] > 0
    assert data["organizations"]["nodes"]
    for union in data["organizations"]["nodes"]:
        assert union["members"] == {"totalCount": 0}

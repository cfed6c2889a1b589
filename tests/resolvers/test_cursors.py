"""Cursors: sealed, taken by the list that made them alone, valid as long as the key version that sealed them is kept."""

import base64
import time
from typing import Any

import asyncpg
import pytest

from db.clock import today
from db.encryption.keys import CipherKind, DigestKind, FixedKeys, KeyRing, new_ring
from resolvers.engine.request import global_ids
from resolvers.engine.request.cursors import CursorKeys, CursorSealer
from tests.resolvers.engine_client import EngineClient

AT = "pageInfo { endCursor } nodes { id }"


async def union_of(pool: asyncpg.Pool, name: str) -> str:
    return global_ids.encode("org", await pool.fetchval("SELECT id FROM organization WHERE name = $1", name))


async def code(caller: EngineClient, text: str, variables: dict[str, Any]) -> str:
    response = await caller.response(text, variables)
    assert "data" not in response, response
    (error,) = response["errors"]
    assert error["locations"]
    assert "Ask for" in error["message"] or "ask for" in error["message"]
    return str(error["extensions"]["code"])


async def test_a_cursor_is_taken_by_the_list_that_made_it_and_by_no_other(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    union, other = await union_of(pool, "浙江省总工会"), await union_of(pool, "威海市总工会")
    day = today().isoformat()

    def text(arguments: str) -> str:
        return f"query ($after: String) {{ members({arguments}, first: 5, after: $after) {{ {AT} }} }}"

    own = f'within: "{union}"'
    made = (await caller.data(text(own)))["members"]
    again = await caller.data(text(own), {"after": made["pageInfo"]["endCursor"]})
    assert not {row["id"] for row in again["members"]["nodes"]} & {row["id"] for row in made["nodes"]}
    assert (
        await caller.data(text(f"{own}, filter: {{sex: {{eq: FEMALE}}}}"), {"after": made["pageInfo"]["endCursor"]})
    )["members"]["nodes"]
    for arguments in (
        f'{own}, asOf: "{day}"',
        f'within: "{other}"',
        f"{own}, scope: SELF",
        f"{own}, hierarchy: INDUSTRIAL",
        f"{own}, orderBy: [{{field: BIRTH_YEAR_FROM}}]",
    ):
        assert await code(caller, text(arguments), {"after": made["pageInfo"]["endCursor"]}) == "BAD_CURSOR", arguments
    dated = (await caller.data(text(f'{own}, asOf: "{day}"')))["members"]["pageInfo"]["endCursor"]
    assert (await caller.data(text(f'{own}, asOf: "{day}"'), {"after": dated}))["members"]["nodes"]
    for arguments in (own, f'{own}, asOf: "2026-01-01"'):
        assert await code(caller, text(arguments), {"after": dated}) == "BAD_CURSOR"


async def test_a_cursor_of_one_records_list_is_not_taken_by_that_of_another(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    one, other = await union_of(pool, "浙江省总工会"), await union_of(pool, "威海市总工会")
    text = (
        "query ($ids: [ID!]!, $after: String) { nodes(ids: $ids) { ... on Organization"
        f" {{ members(first: 2, after: $after) {{ {AT} }} }} }} }}"
    )
    made = (await caller.data(text, {"ids": [one]}))["nodes"][0]["members"]
    after = made["pageInfo"]["endCursor"]
    more = (await caller.data(text, {"ids": [one], "after": after}))["nodes"][0]["members"]
    assert more["nodes"]
    assert more["nodes"] != made["nodes"]
    for both in ([other], [one, other]):
        assert await code(caller, text, {"ids": both, "after": after}) == "BAD_CURSOR"


async def test_a_cursor_tells_nothing_in_clear_and_not_how_long_its_values_are(caller: EngineClient) -> None:
    text = "{ memberships(first: 200) { edges { cursor node { id } } } }"
    edges = (await caller.data(text))["memberships"]["edges"]
    raw = [base64.urlsafe_b64decode(edge["cursor"] + "=" * (-len(edge["cursor"]) % 4)) for edge in edges]
    assert len({edge["cursor"] for edge in edges}) == len(edges)
    assert len({len(each) for each in raw}) == 1
    for edge, each in zip(edges, raw, strict=True):
        key = global_ids.decode(edge["node"]["id"])[1]
        for told in (str(key).encode(), key.to_bytes(4, "big"), key.to_bytes(4, "little")):
            assert len(told) < 4 or told not in each[3:]


def ring(*numbers: int, current: int) -> KeyRing:
    """A ring with some versions of a longer one that is the same each time."""
    return KeyRing(current, {number: RING.versions[number] for number in numbers})


RING = new_ring().with_new(CipherKind.SM4_GCM, DigestKind.SM3)
KINDS = ((int, False), (str, True))


def test_a_cursor_outlives_a_rotation_and_ends_with_its_key_version() -> None:
    old = CursorSealer(CursorKeys(FixedKeys(ring(1, current=1))), b"list")
    cursor = old(7, [5, "甲"])
    rotated = CursorSealer(CursorKeys(FixedKeys(ring(1, 2, current=2))), b"list")
    assert rotated.open(cursor, KINDS) == (7, (5, "甲"))
    assert rotated(7, [5, "甲"]) != cursor
    assert old(7, [5, "甲"]) == cursor, "the same place has the same cursor"
    dropped = CursorSealer(CursorKeys(FixedKeys(ring(2, current=2))), b"list")
    with pytest.raises(Exception, match="used no more"):
        dropped.open(cursor, KINDS)
    with pytest.raises(Exception, match="another list"):
        CursorSealer(CursorKeys(FixedKeys(ring(1, current=1))), b"other").open(cursor, KINDS)


def test_sealing_a_page_takes_less_than_a_few_milliseconds() -> None:
    """200 cursors; the page itself takes one or two in process (docs/adr/0036)."""
    seals = CursorSealer(CursorKeys(FixedKeys(RING)), b"Query.members id []")

    def sealed() -> float:
        start = time.perf_counter()
        for key in range(200):
            seals(None, (123456, key))
        return time.perf_counter() - start

    assert min(sealed() for _ in range(50)) < 0.004

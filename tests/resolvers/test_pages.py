"""Pages of random lists in random orders, against the whole list in order by plain SQL."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type

from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient

CORE = schema._schema
SEEDS = 40


@dataclass(frozen=True)
class Listed:
    """A list: its field on the root or on the row with the most rows below it, and the same list by plain SQL."""

    name: str
    table: str
    where: str = "true"
    on: str | None = None
    parent: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)


LISTS = (
    Listed("organizations", "organization", "level = 'GRASSROOTS'", filter={"level": {"eq": "GRASSROOTS"}}),
    Listed("organizations", "organization", "level = 'PROVINCIAL'", filter={"level": {"eq": "PROVINCIAL"}}),
    Listed("divisions", "division", "level = 'CITY' AND valid_to IS NULL", filter={"level": {"eq": "CITY"}}),
    Listed(
        "members",
        "member",
        "worker_type = 'COURIER' AND id IN (SELECT member_id FROM membership WHERE valid_to IS NULL AND valid_from < now())",
        filter={"workerType": {"eq": "COURIER"}},
    ),
    Listed("memberships", "membership", "applied_on >= '2026-05-01'", filter={"appliedOn": {"gte": "2026-05-01"}}),
    Listed("memberships", "membership", "valid_to IS NOT NULL", filter={"validTo": {"isNull": False}}),
    Listed("employers", "employer"),
    Listed("collectiveAgreements", "collective_agreement"),
    Listed("insuranceEnrolments", "insurance_enrolment", "cohort IS NULL", filter={"cohort": {"isNull": True}}),
    Listed("disputeCases", "dispute_case"),
    Listed("coverages", "employer_coverage", on="Organization", parent="organization_id"),
    Listed("engagements", "engagement", on="Employer", parent="employer_id"),
    Listed("insuranceEnrolments", "insurance_enrolment", on="Employer", parent="participant_id"),
    Listed("disputeCases", "dispute_case", on="Employer", parent="employer_id"),
    Listed("collectiveAgreements", "collective_agreement", on="Employer", parent="employer_id"),
    Listed("agreementCoverages", "agreement_coverage", on="Employer", parent="employer_id"),
    Listed("coverages", "agreement_coverage", on="CollectiveAgreement", parent="agreement_id"),
    Listed("parties", "dispute_party", on="DisputeCase", parent="case_id"),
    Listed("recoveries", "recovery", on="DisputeCase", parent="case_id"),
    Listed("children", "division", on="Division", parent="parent_id"),
)


class Walker:
    """Asks for pages of one list in one order."""

    def __init__(
        self, caller: EngineClient, listed: Listed, parent: str | None, order: list[dict[str, str]] | None
    ) -> None:
        self.caller = caller
        arguments = "first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order"
        type_ = CORE.type_map[listed.on or "Query"]
        assert isinstance(type_, GraphQLObjectType)
        args = type_.fields[listed.name].args
        arguments += ", validity: ANY" if "validity" in args else ""
        below = (
            "edges { cursor } nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } totalCount"
        )
        text = f"list: {listed.name}({arguments}) {{ {below} }}"
        variables = f"$filter: {args['filter'].type}, $order: {args['orderBy'].type}"
        variables += ", $first: Int, $after: String, $last: Int, $before: String"
        if listed.on is None:
            self.text = f"query ({variables}) {{ {text} }}"
        else:
            self.text = f"query ($id: ID!, {variables}) {{ node(id: $id) {{ ... on {listed.on} {{ {text} }} }} }}"
        self.given = {"filter": dict(listed.filter), "order": order} | ({"id": parent} if parent else {})

    async def page(self, **place: Any) -> dict[str, Any]:
        data = await self.caller.data(self.text, self.given | place)
        page: dict[str, Any] = data["node"]["list"] if "node" in data else data["list"]
        cursors = [edge["cursor"] for edge in page["edges"]]
        page["keys"] = [global_ids.decode(node["id"])[1] for node in page["nodes"]]
        page["cursors"] = cursors
        assert len(cursors) == len(page["keys"])
        ends = (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"])
        assert ends == ((cursors[0], cursors[-1]) if cursors else (None, None))
        return page


def orders_of(listed: Listed) -> list[str]:
    """The columns that a list can be ordered by. Those that are found by other rows, such as last days, are in test_orders.py."""
    type_ = CORE.type_map[listed.on or "Query"]
    assert isinstance(type_, GraphQLObjectType)
    order = get_named_type(type_.fields[listed.name].args["orderBy"].type)
    assert isinstance(order, GraphQLInputObjectType)
    columns = get_named_type(order.fields["field"].type)
    assert isinstance(columns, GraphQLEnumType)
    table = next(source.table for source in registry.sources.values() if source.table.name == listed.table)
    return [name for name in columns.values if name.lower() in table.c]


def place(listed: Listed, column: str) -> str:
    """What a column is ordered by: a code by its place in its list."""
    row = CORE.type_map[next(name for name, source in registry.sources.items() if source.table.name == listed.table)]
    assert isinstance(row, GraphQLObjectType)
    name = column.lower()
    codes = next(get_named_type(field.type) for shown, field in row.fields.items() if snake(shown) == name)
    if not isinstance(codes, GraphQLEnumType):
        return name
    return f"CASE {name} " + " ".join(f"WHEN '{code}' THEN {at}" for at, code in enumerate(codes.values)) + " END"


async def drawn_parent(pool: asyncpg.Pool, listed: Listed, chance: random.Random) -> int:
    """The key of one of the three parents with the most rows in a list below a record."""
    key = await pool.fetchval(
        f"SELECT {listed.parent} FROM {listed.table} WHERE {listed.parent} IS NOT NULL GROUP BY 1"
        f" ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET {chance.randint(0, 2)}"
    )
    return int(key)


def drawn_order(listed: Listed, chance: random.Random) -> list[dict[str, str]]:
    """An order by one to three columns of a list."""
    columns = orders_of(listed)
    return [
        {"field": column, "direction": direction}
        if (direction := chance.choice(("ASC", "DESC", "")))
        else {"field": column}
        for column in chance.sample(columns, k=min(len(columns), chance.choice((1, 1, 2, 2, 3))))
    ]


async def check_forward(walker: Walker, expected: list[int], size: int) -> list[str]:
    """The pages from the beginning are the list; the cursors of all rows."""
    keys, cursors, after = [], [], None
    for number in range(len(expected) + 1):
        page = await walker.page(first=size, after=after)
        keys += page["keys"]
        cursors += page["cursors"]
        after = page["pageInfo"]["endCursor"]
        assert page["totalCount"] == len(expected)
        assert page["pageInfo"]["hasPreviousPage"] == (number > 0)
        assert page["pageInfo"]["hasNextPage"] == (len(keys) < len(expected))
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert keys == expected
    assert (await walker.page(first=size, after=cursors[-1]))["keys"] == []
    assert (await walker.page(last=size, before=cursors[0]))["keys"] == []
    return cursors


async def check_backward(walker: Walker, expected: list[int], size: int) -> None:
    """The pages from the end are the list too."""
    keys: list[int] = []
    before = None
    for number in range(len(expected) + 1):
        page = await walker.page(last=size, before=before)
        keys = page["keys"] + keys
        before = page["pageInfo"]["startCursor"]
        assert page["pageInfo"]["hasNextPage"] == (number > 0)
        assert page["pageInfo"]["hasPreviousPage"] == (len(keys) < len(expected))
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert keys == expected


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_pages_of_any_size_give_the_whole_list_in_order_from_both_ends(
    caller: EngineClient, pool: asyncpg.Pool, seed: int
) -> None:
    chance = random.Random(f"pages {seed}")
    listed = LISTS[seed % len(LISTS)]
    where, parent = listed.where, None
    if listed.on is not None:
        key = await drawn_parent(pool, listed, chance)
        where += f" AND {listed.parent} = {key}"
        parent = global_ids.encode(registry.sources[listed.on].prefix, key)
    order = drawn_order(listed, chance)
    sorting = [f"{place(listed, item['field'])} {item.get('direction', 'ASC')} NULLS LAST" for item in order]
    rows = await pool.fetch(f"SELECT id FROM {listed.table} WHERE {where} ORDER BY {', '.join([*sorting, 'id'])}")
    expected = [row["id"] for row in rows]
    assert expected
    walker = Walker(caller, listed, parent, order)
    size = min(200, max(1, len(expected) // chance.randint(1, 9)))
    cursors = await check_forward(walker, expected, size)
    await check_backward(walker, expected, size)
    for _ in range(4):
        low, high = sorted((chance.randrange(len(expected)), chance.randrange(len(expected))))
        between, count = expected[low + 1 : high], chance.randint(0, 5)
        ends = {"after": cursors[low], "before": cursors[high]}
        assert (await walker.page(first=count, **ends))["keys"] == between[:count]
        assert (await walker.page(last=count, **ends))["keys"] == between[max(0, len(between) - count) :]


@pytest.mark.parametrize(
    "listed", [one for one in LISTS if one.on is None], ids=lambda one: f"{one.name} {one.where[:12]}"
)
async def test_a_list_without_an_order_of_its_own_is_the_same_from_both_ends(
    caller: EngineClient, listed: Listed
) -> None:
    walker = Walker(caller, listed, None, None)
    forward, after = [], None
    while True:
        page = await walker.page(first=77, after=after)
        forward += page["keys"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    backward: list[int] = []
    before = None
    while True:
        page = await walker.page(last=59, before=before)
        backward = page["keys"] + backward
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert forward == backward
    assert len(forward) == len(set(forward)) == page["totalCount"] > 0


async def test_a_page_of_nothing_knows_whether_there_is_something(caller: EngineClient) -> None:
    text = "{ some: members(first: 0) { nodes { id } pageInfo { hasNextPage startCursor endCursor } totalCount }"
    text += (
        ' none: members(first: 0, filter: {name: {eq: "-"}}) { edges { cursor } pageInfo { hasNextPage } totalCount } }'
    )
    data = await caller.data(text)
    assert data["some"]["nodes"] == []
    assert data["some"]["pageInfo"] == {"hasNextPage": True, "startCursor": None, "endCursor": None}
    assert data["some"]["totalCount"] > 2_000
    assert data["none"] == {"edges": [], "pageInfo": {"hasNextPage": False}, "totalCount": 0}


async def test_twenty_rows_come_unless_said_otherwise(caller: EngineClient) -> None:
    data = await caller.data("{ a: members { nodes { id } } b: members(first: null, last: null) { nodes { id } } }")
    assert len(data["a"]["nodes"]) == 20
    assert data["a"] == data["b"]


async def test_codes_are_ordered_as_their_list_has_them(caller: EngineClient) -> None:
    data = await caller.data(
        "{ a: divisions(first: 200, orderBy: {field: LEVEL}) { nodes { level } }"
        " b: organizations(last: 200, orderBy: {field: LEVEL, direction: DESC}) { nodes { level } } }"
    )
    levels = [node["level"] for node in data["a"]["nodes"]]
    assert levels == ["PROVINCE"] * 31 + ["CITY"] * 169
    assert [node["level"] for node in data["b"]["nodes"]][-12:] == ["PROVINCIAL"] + ["NATIONAL"] * 11


async def test_an_order_takes_each_column_once(caller: EngineClient) -> None:
    twice = "[{field: NAME, direction: DESC}, {field: NAME, direction: ASC}]"
    response = await caller.response(f"{{ employers(orderBy: {twice}) {{ nodes {{ id }} }} }}")
    assert [error["extensions"]["code"] for error in response["errors"]] == ["BAD_ARGUMENT"]
    assert response["errors"][0]["locations"]

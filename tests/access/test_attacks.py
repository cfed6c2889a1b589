"""What somebody tries who knows IDs, cursors and values out of their scope: nothing that they get tells whether there is such a row."""

import statistics
import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, get_named_type

from db.clock import today
from db.columns.industries import INDUSTRIES
from resolvers.access.callers import Caller as Persona
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import One
from resolvers.engine.request import global_ids
from schema import registry, schema
from tests.access.comparison import key_of
from tests.access.fixtures import AccessFixtures
from tests.access.policy_reference import PolicyReference
from tests.access.policy_table import PolicyTable
from tests.access.query_writer import QueryWriter
from tests.access.test_matrix import TABLES
from tests.resolvers.engine_client import EngineClient
from tests.slow import sampled

NOBODY = 2**40
WALLS = ("first", "both")
SAMPLE = [("weihai", "both"), ("shenzhen-hr", "both"), ("member", "both"), ("weihai", "first"), ("member", "first")]
HAS_ROWS = ("weihai", "zhejiang", "chongqing-posts", "shenzhen-hr", "shenzhen-insurance", "member")
"""Who sees rows with a relation that leads out of scope."""
FOREIGN = {
    "weihai": "hangzhou",
    "shenzhen-hr": "weihai",
    "member": "shenzhen",
    "shenzhen-mediator": "weihai",
    "public": "weihai",
}
"""For some personas a place out of their scope."""


def gid(typename: str, key: int) -> str:
    """A global ID."""
    return global_ids.encode(registry.sources[typename].prefix, key)


async def sent(hub: EngineClient, text: str, variables: dict[str, Any], persona: Persona) -> tuple[bytes, list[str]]:
    """The answer's bytes, and the statements that were sent for it."""
    hub.watched.statements.clear()
    answer = await hub.answer(text, variables, caller=persona)
    return answer.body, list(hub.watched.statements)


def probes(policy: PolicyTable) -> Iterator[tuple[str, str, str]]:
    """Operations that take an ID: the name, the text with ``$id``, the type."""
    for name in policy.types:
        yield f"node of {name}", f"query($id: ID!) {{ node(id: $id) {{ id ... on {name} {{ __typename }} }} }}", name
        yield f"nodes of {name}", "query($id: ID!) { nodes(ids: [$id]) { id } }", name
    for each in QueryWriter(schema._schema, policy).lists:
        if policy.types[each.target].open:
            continue
        if each.root and "within" in schema._schema.type_map["Query"].fields[each.field].args:  # type: ignore[attr-defined]
            yield (
                f"{each.field} within",
                f"query($id: ID!) {{ {each.field}(within: $id{each.ever}) {{ totalCount nodes {{ id }} }} }}",
                "Organization",
            )
        if each.root and each.by_id:
            yield (
                f"{each.field} by ID",
                f"query($id: ID!) {{ {each.field}(filter: {{id: {{eq: $id}}}}{each.ever}) {{ totalCount nodes {{ id }} }} }}",
                each.target,
            )


@pytest.mark.parametrize(
    ("name", "hub"),
    sampled(product(FOREIGN, WALLS), [*product(FOREIGN, ["both"]), ("weihai", "first"), ("member", "first")]),
    indirect=["hub"],
)
async def test_a_row_out_of_scope_and_one_that_is_not_there_are_answered_with_the_same_bytes_by_the_same_statements(
    hub: EngineClient, fixtures: AccessFixtures, policy: PolicyTable, name: str
) -> None:
    """By every operation that takes an ID."""
    persona, place = fixtures.callers[name], fixtures.places[FOREIGN[name]]
    for what, text, typename in probes(policy):
        if policy.types[typename].open or typename not in place.rows:
            continue
        foreign = await sent(hub, text, {"id": gid(typename, place.one(typename))}, persona)
        nothing = await sent(hub, text, {"id": gid(typename, NOBODY)}, persona)
        assert foreign == nothing, (what, foreign, nothing)


async def test_a_row_out_of_scope_takes_no_longer_than_one_that_is_not_there(
    hub: EngineClient, fixtures: AccessFixtures
) -> None:
    """Medians of interleaved pairs differ by less than what one and the same request does from time to time."""
    assert any([await _alike(hub, fixtures) for _ in range(3)]), (
        "each of three times they differed by more than the noise"
    )


async def _alike(hub: EngineClient, fixtures: AccessFixtures) -> bool:
    persona = fixtures.callers["weihai"]
    text = "query($id: ID!) { node(id: $id) { id } }"
    times: dict[int, list[float]] = {}
    keys = (fixtures.places["hangzhou"].one("Member"), NOBODY)
    for key in keys * 100:
        begun = time.perf_counter()
        await hub.answer(text, {"id": gid("Member", key)}, caller=persona)
        times.setdefault(key, []).append(time.perf_counter() - begun)
    foreign, nothing = (times[key][20:] for key in keys)
    low, _, high = statistics.quantiles(nothing, n=4)
    return abs(statistics.median(foreign) - statistics.median(nothing)) < max(high - low, 0.0005)


@pytest.mark.parametrize("name", ["weihai", "chongqing-posts", "member"])
async def test_a_cursor_of_another_scope_is_a_place_and_opens_nothing(
    hub: EngineClient, fixtures: AccessFixtures, policy: PolicyTable, owner: asyncpg.Pool, name: str
) -> None:
    """Pages behind and before the cursor of a row out of scope have rows in scope only; of a list in another order it is refused."""
    persona, national = fixtures.callers[name], fixtures.callers["national"]
    reference = PolicyReference(owner, policy, TABLES, persona, today())
    for each in QueryWriter(schema._schema, policy).lists:
        if not each.root or policy.types[each.target].open:
            continue
        allowed = await reference.rows(each.target)
        everything = await hub.response(
            f"{{ {each.field}(first: 200{each.ever}) {{ edges {{ cursor node {{ id }} }} }} }}", caller=national
        )
        foreign = [
            edge for edge in everything["data"][each.field]["edges"] if key_of(edge["node"]["id"]) not in allowed
        ]
        for edge in foreign[:2] + foreign[-1:]:
            for page in ("first: 200, after: $cursor", "last: 200, before: $cursor"):
                text = f"query($cursor: String) {{ {each.field}({page}{each.ever}) {{ totalCount edges {{ node {{ id }} }} }} }}"
                response = await hub.response(text, {"cursor": edge["cursor"]}, caller=persona)
                if "data" not in response:  # callers who see rows by their union have another order (docs/adr/0045)
                    assert [error["extensions"]["code"] for error in response["errors"]] == ["BAD_CURSOR"]
                    continue
                found = {key_of(row["node"]["id"]) for row in response["data"][each.field]["edges"]}
                assert found <= allowed, (each.field, page)


async def leading_out(
    owner: asyncpg.Pool, policy: PolicyTable, persona: Persona
) -> list[tuple[str, str, str, int, int]]:
    """Rows in scope with a relation that leads out of it: type, relation, type that it leads to, and both keys."""
    reference = PolicyReference(owner, policy, TABLES, persona, today())
    found = []
    for typename in policy.types:
        visible = await reference.rows(typename)
        for name, leads in registry.sources[typename].fields.items():
            if not isinstance(leads, One) or leads.target not in policy.types or policy.types[leads.target].open:
                continue
            column = expression(leads.key).name
            rows = await owner.fetch(
                f"SELECT id, {column} AS target FROM {TABLES[typename]} WHERE {column} IS NOT NULL AND id = ANY ($1)"
                " ORDER BY id",
                list(visible),
            )
            beyond = await reference.rows(leads.target)
            out = [row for row in rows if row["target"] not in beyond]
            found += [(typename, name, leads.target, row["id"], row["target"]) for row in out[:1]]
    return found


@pytest.mark.parametrize(
    ("name", "hub"),
    sampled(
        product(HAS_ROWS, WALLS),
        [("weihai", "both"), ("shenzhen-hr", "both"), ("member", "both"), ("weihai", "first"), ("member", "first")],
    ),
    indirect=["hub"],
)
async def test_no_filter_tells_a_value_of_a_row_out_of_scope_that_a_row_in_scope_leads_to(
    hub: EngineClient, fixtures: AccessFixtures, policy: PolicyTable, owner: asyncpg.Pool, name: str
) -> None:
    """Whether the value is right or wrong, plain, negated or within ``or``, the answer has the same bytes."""
    persona = fixtures.callers[name]
    writer = QueryWriter(schema._schema, policy)
    tried = 0
    for typename, relation, target, key, beyond in await leading_out(owner, policy, persona):
        lists = [each for each in writer.lists if each.target == typename and each.root and each.by_id]
        if not lists or relation not in lists[0].filter.fields:  # type: ignore[union-attr]
            continue
        field = lists[0].field
        inner = get_named_type(lists[0].filter.fields[relation].type)  # type: ignore[union-attr]
        assert isinstance(inner, GraphQLInputObjectType)
        text = f"query($filter: {lists[0].filter}) {{ {field}(filter: $filter{lists[0].ever}) {{ totalCount nodes {{ id }} }} }}"
        row = await owner.fetchrow(f"SELECT * FROM {TABLES[target]} WHERE id = $1", beyond)
        for column, right, wrong in ((("id"), gid(target, beyond), gid(target, NOBODY)), *guesses(inner, dict(row))):
            answers = []
            for value in (right, wrong):
                condition = {relation: {column: {"eq": value}}}
                for shape in (
                    condition,
                    {"not": condition},
                    {"or": [condition, {"not": condition}]},
                    {relation: {"not": condition[relation]}},
                ):
                    body, _ = await sent(hub, text, {"filter": {"id": {"eq": gid(typename, key)}, **shape}}, persona)
                    answers.append(body)
            assert answers[:4] == answers[4:], (typename, relation, column, answers)
            tried += 1
    assert tried or name in ("shenzhen-hr", "shenzhen-insurance", "member")


def guesses(inner: GraphQLInputObjectType, row: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Text and yes-or-no fields of a filter with the right value and a wrong one."""
    for name, field in inner.fields.items():
        kind = get_named_type(field.type).name
        column = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        if row.get(column) is None or column in ("name", "resident_number", "phone"):
            continue
        if name == "industry":
            yield name, row[column], next(code for code in INDUSTRIES if code != row[column])
        elif kind == "StringFilter":
            yield name, row[column], f"{row[column]}x"
        elif kind == "BooleanFilter":
            yield name, row[column], not row[column]
        elif kind == "IntFilter":
            yield name, row[column], row[column] + 1


MASKED = {
    "memberships": ({"member": {"name": {"startsWith": "阶"}}}, {"not": {"member": {"name": {"eq": "x"}}}}),
    "insuranceEnrolments": (
        {"member": {"name": {"in": ["阶甲1"]}}},
        {"or": [{"member": {"name": {"contains": "甲"}}}]},
    ),
    "members": ({"name": {"isNull": False}}, {"and": [{"or": [{"not": {"name": {"contains": "甲"}}}]}]}),
}


@pytest.mark.parametrize("field", MASKED)
@pytest.mark.parametrize(
    "name", ["weihai", "weihai-grassroots", "chongqing-posts", "shenzhen-hr", "shenzhen-insurance"]
)
async def test_no_filter_compares_with_a_masked_column_at_any_depth(
    hub: EngineClient, fixtures: AccessFixtures, name: str, field: str
) -> None:
    """Through relations, ``and``, ``or`` and ``not``, in the document or in variables: refused before anything runs."""
    kind = get_named_type(schema._schema.type_map["Query"].fields[field].args["filter"].type)  # type: ignore[attr-defined]
    for given in MASKED[field]:
        text = f"query($filter: {kind}) {{ {field}(filter: $filter) {{ totalCount }} }}"
        hub.watched.statements.clear()
        response = await hub.response(text, {"filter": given}, caller=fixtures.callers[name])
        assert [error["extensions"]["code"] for error in response["errors"]] == ["MASKED_COLUMN"]
        assert "data" not in response
        assert hub.watched.statements == []

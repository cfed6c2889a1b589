"""A root field that fails leaves the others standing: refused when it is planned, when values are bound, or when it runs."""

import json

import pytest

from tests.resolvers.engine_client import EngineClient

FAILING = {
    "NO_EFFECT": "members(scope: SELF) { totalCount }",
    "NULL_OPERAND": "members(filter: {name: {eq: null}}) { totalCount }",
    "BAD_ID": 'members(within: "x") { totalCount }',
    "BAD_PAGE": "members(first: 201) { nodes { id } }",
    "BAD_CURSOR": 'members(after: "x") { nodes { id } }',
    "MEASURE_NOT_OF_KIND": "statistics(kind: MEMBERSHIPS) { total { amount } }",
    "BAD_PERIOD": 'statistics(kind: MEMBERSHIPS, asOf: "1899-12-31") { total { persons } }',
    "BAD_ARGUMENT": "organization { id }",
    "NOT_FOUND": 'organization(id: "org_ffffff") { id }',
}


@pytest.mark.parametrize("code", FAILING)
async def test_others_stand_beside_it_in_any_order(caller: EngineClient, code: str) -> None:
    standing = "good: organizations(first: 2) { nodes { id name } } also: divisions(first: 1) { totalCount }"
    alone = await caller.data(f"{{ {standing} }}")
    for text in (f"{{ bad: {FAILING[code]} {standing} }}", f"{{ {standing} bad: {FAILING[code]} }}"):
        answer = await caller.answer(text)
        response = json.loads(answer.body)
        assert answer.status == 200
        assert response["data"] == {**alone, "bad": None}
        (error,) = response["errors"]
        assert error["extensions"]["code"] == code
        assert error["path"] == ["bad"]
        assert error["locations"]


@pytest.mark.parametrize("code", sorted(FAILING.keys() - {"NOT_FOUND"}))
async def test_a_request_of_which_nothing_stands_is_refused(caller: EngineClient, code: str) -> None:
    answer = await caller.answer(f"{{ bad: {FAILING[code]} worse: {FAILING[code]} __typename }}")
    assert answer.status == 400
    assert "data" not in json.loads(answer.body)
    assert (await caller.response(f"{{ bad: {FAILING[code]} viewer {{ persona }} }}"))["data"]["viewer"]


async def test_what_is_too_much_is_refused_whole(caller: EngineClient) -> None:
    page = "children(first: 200) { nodes { "
    much = f"divisions(first: 200) {{ nodes {{ {page * 3} id {'} }' * 3} }} }}"
    answer = await caller.answer(f"{{ a: organizations(first: 1) {{ totalCount }} b: {much} }}")
    assert answer.status == 400
    assert answer.code == "TOO_COMPLEX"

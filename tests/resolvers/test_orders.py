"""Orders by what SQL computes, such as the last day of a review: through all pages, both ways, as the rows say it."""

from typing import Any

import pytest

from tests.resolvers.engine_client import EngineClient

ORDERS = {
    "collectiveAgreements": {
        "REPLY_DUE_ON": "replyDueOn", "SUBMISSION_DUE_ON": "submissionDueOn", "REVIEW_DUE_ON": "reviewDueOn", "NUMBER": "number",
        "REPLY_DAYS_LEFT": "replyDaysLeft", "SUBMISSION_DAYS_LEFT": "submissionDaysLeft", "REVIEW_DAYS_LEFT": "reviewDaysLeft",
    },
    "disputeCases": {"MEDIATION_DUE_ON": "mediationDueOn", "MEDIATION_DAYS_LEFT": "mediationDaysLeft", "NUMBER": "number"},
}  # fmt: skip


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(("root", "column"), [(root, column) for root, found in ORDERS.items() for column in found])
async def test_pages_follow_the_values_with_empty_ones_last(
    caller: EngineClient, root: str, column: str, direction: str
) -> None:
    field = ORDERS[root][column]
    text = f"""query ($after: String) {{ {root}(first: 60, after: $after, orderBy: {{field: {column}, direction: {direction}}})
      {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ id {field} }} }} }}"""
    found: list[tuple[str, Any]] = []
    after, more = None, True
    while more and len(found) < 400:
        page = (await caller.data(text, {"after": after}))[root]
        found += [(node["id"], node[field]) for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len({key for key, _ in found}) == len(found) > 0
    assert more or len(found) == page["totalCount"]
    values = [value for _, value in found]
    present = [value for value in values if value is not None]
    assert values == present + [None] * (len(values) - len(present))
    assert present == sorted(present, reverse=direction == "DESC")


@pytest.mark.parametrize("root", ORDERS)
async def test_states_follow_each_other_as_the_list_of_states_has_them(caller: EngineClient, root: str) -> None:
    text = f"""{{ {root}(first: 200, orderBy: {{field: STATUS}}) {{ nodes {{ status }} }}
      __type(name: "{STATES[root]}") {{ enumValues {{ name }} }} }}"""
    data = await caller.data(text)
    names = [value["name"] for value in data["__type"]["enumValues"]]
    places = [names.index(node["status"]) for node in data[root]["nodes"]]
    assert places == sorted(places)


STATES = {"collectiveAgreements": "AgreementStatus", "disputeCases": "DisputeStatus"}


async def test_a_credit_code_is_found_in_small_letters(caller: EngineClient) -> None:
    for name in ("organization", "employer"):
        listed = (
            f"{{ found: {name}s(first: 1, filter: {{creditCode: {{isNull: false}}}}) {{ nodes {{ creditCode }} }} }}"
        )
        (node,) = (await caller.data(listed))["found"]["nodes"]
        text = f"query ($code: String!) {{ {name}(creditCode: $code) {{ creditCode }} }}"
        for code in (node["creditCode"], node["creditCode"].lower(), f" {node['creditCode']} "):
            assert (await caller.data(text, {"code": code}))[name] == node

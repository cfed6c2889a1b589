"""What callers get wrong: each is refused before anything runs, with a stable code, a place and plain words."""

import base64
import json
import re
from typing import Any

import pytest

from resolvers.engine.request.cursors import CursorSealer
from tests.resolvers.engine_client import EngineClient

OURS = re.compile(
    r"asyncpg|Traceback|SELECT |sqlalchemy|[A-Z][a-z]+Error|NoneType|\$\d|object at 0x|Decimal\(|<class|\.py\b"
)

GOOD = "{ organizations(first: 2) { nodes { id name children(first: 1) { nodes { id } } } } }"


async def refused(
    caller: EngineClient, code: str, text: str, variables: dict[str, Any] | None = None, name: str | None = None
) -> list[dict[str, Any]]:
    """The errors of a request that must be refused, after what every refusal must be."""
    answer = await caller.answer(text, variables, name=name)
    response = json.loads(answer.body)
    assert answer.status == 400
    assert "data" not in response
    assert {error["extensions"]["code"] for error in response["errors"]} == {code}, response
    for error in response["errors"]:
        assert not OURS.search(error["message"]), error["message"]
        assert 10 < len(error["message"]) <= 300
        assert code == "BAD_VARIABLES" or error["message"][-1] in ".…", error["message"]
        if code != "BAD_OPERATION" and "error limit reached" not in error["message"]:
            assert error["locations"][0]["line"] >= 1
    good = await caller.answer(GOOD)
    assert good.status == 200
    assert len(json.loads(good.body)["data"]["organizations"]["nodes"]) == 2
    errors: list[dict[str, Any]] = response["errors"]
    return errors


BAD_IDS = (
    "", "1", "org", "org_", "_1", "ORG_1", "org_01", "org_0x1", "org_1 ", " org_1", "org_g", "org_-1", "org_8000000000000000",
    "org_ffffffffffffffff", "org_10000000000000000", "org_1_1", "org_１", "org_1\n", "T3JnYW5pemF0aW9uOjE=", "org_1\0", "\0",
    "org_\ud800", "工会_1", "org_" + "1" * 10_000, "'; DROP TABLE member; --", "🚴",
)  # fmt: skip

ID_PLACES = {
    "node": "query ($id: ID!) { node(id: $id) { id } }",
    "nodes": 'query ($id: ID!) { nodes(ids: ["org_1", $id]) { id } }',
    "a lookup": "query ($id: ID!) { organization(id: $id) { id } }",
    "within": "query ($id: ID!) { members(within: $id) { nodes { id } } }",
    "within, counted": "query ($id: ID!) { members(within: $id) { totalCount } }",
    "eq": "query ($id: ID!) { organizations(filter: {id: {eq: $id}}) { nodes { id } } }",
    "in": 'query ($id: ID!) { organizations(filter: {id: {in: ["org_1", $id]}}) { nodes { id } } }',
    "a filter of a list below": """query ($id: ID!) { organizations { nodes { children(filter: {or: [{not: {id: {eq: $id}}}]}) {
        totalCount } } } }""",
    "a related filter": "query ($id: ID!) { members(filter: {division: {id: {eq: $id}}}) { nodes { id } } }",
}


@pytest.mark.parametrize("place", ID_PLACES)
async def test_a_text_that_is_no_id_is_refused_wherever_an_id_goes(caller: EngineClient, place: str) -> None:
    for text in BAD_IDS:
        await refused(caller, "BAD_ID", ID_PLACES[place], {"id": text})


@pytest.mark.parametrize("place", set(ID_PLACES) - {"node", "nodes"})
async def test_an_id_of_another_type_is_refused_where_a_type_is_known(caller: EngineClient, place: str) -> None:
    for text in ("emp_1", "dparty_1", "xyz_1"):
        await refused(caller, "BAD_ID", ID_PLACES[place], {"id": text})


async def test_an_id_with_a_prefix_of_no_type_is_refused_by_node(caller: EngineClient) -> None:
    await refused(caller, "BAD_ID", ID_PLACES["node"], {"id": "xyz_1"})
    await refused(caller, "BAD_ID", ID_PLACES["nodes"], {"id": "orgs_1"})


async def test_a_number_is_an_id_s_text_and_no_id(caller: EngineClient) -> None:
    await refused(caller, "BAD_ID", ID_PLACES["node"], {"id": 5})
    for value in (1.5, True, ["org_1"], {"id": "org_1"}, None):
        await refused(caller, "BAD_VARIABLES", ID_PLACES["node"], {"id": value})


async def test_a_record_that_is_not_there_is_no_fault_of_the_request(caller: EngineClient) -> None:
    response = await caller.response('{ a: node(id: "org_7fffffffffffffff") { id } b: division(code: "x") { id } }')
    assert response["data"] == {"a": None, "b": None}
    assert [(error["path"], error["extensions"]["code"]) for error in response["errors"]] == [
        (["a"], "NOT_FOUND"),
        (["b"], "NOT_FOUND"),
    ]


def encoded(value: object) -> str:
    """A value as a cursor has it."""
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


@pytest.fixture
def seals(monkeypatch: pytest.MonkeyPatch) -> list[CursorSealer]:
    """What has sealed cursors, the last one last: with it a test seals what no list gives."""
    found: list[CursorSealer] = []

    class Kept(CursorSealer):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            found.append(self)

    monkeypatch.setattr("resolvers.engine.request.cursors.CursorSealer", Kept)
    return found


CURSOR = "query ($at: String) { %s(%s: $at%s) { nodes { id } pageInfo { endCursor } } }"


@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_text_that_is_no_cursor_is_refused(caller: EngineClient, side: str) -> None:
    for text in (
        "", "x", "=", "====", "工会", "🚴", "\0", "\ud800", "a b", "YXJyYXljb25uZWN0aW9uOi01", encoded(b"arrayconnection:-5"),
        encoded(b"arrayconnection:5"), encoded([]), encoded({}), encoded(None), encoded(5), encoded("x"), encoded([5]),
        encoded([None, 1]), encoded(["ffffff", 1]), encoded([["ffffff"], 1]), encoded(b"\xff\xfe"), encoded(b"[" * 100_000),
        "A" * 100_000,
    ):  # fmt: skip
        await refused(caller, "BAD_CURSOR", CURSOR % ("employers", side, ""), {"at": text})
        await refused(caller, "BAD_CURSOR", CURSOR % ("employers", side, ", orderBy: {field: NAME}"), {"at": text})


async def test_a_cursor_whose_values_are_of_other_types_is_refused(
    caller: EngineClient, seals: list[CursorSealer]
) -> None:
    orders: dict[str, dict[str, list[Any]]] = {
        "employers": {"": [1], "NAME": ["公司", 1], "HEADCOUNT": [10, 1]},
        "insuranceEnrolments": {"BASE_AMOUNT": ["5200.00", 1], "COHORT": [1, 1], "VALID_TO": ["2026-01-01", 1]},
        "members": {"BIRTH_YEAR_FROM": [1980, 1], "WORKER_TYPE": [1, 1]},
    }
    wrong = [True, 1.5, [], {}, [1], "2026-13-01", "NaN", "1e999999999999", 2**63, -(2**63), "a\0"]
    for name, columns in orders.items():
        for column, values in columns.items():
            more = f", orderBy: {{field: {column}}}" if column else ""
            text = CURSOR % (name, "after", more)
            await caller.data(text, {"at": None})
            seal = seals[-1]
            await caller.data(text, {"at": seal(None, values)})
            for cut in (values[:-1], [], [*values, 1]):
                await refused(caller, "BAD_CURSOR", text, {"at": seal(None, cut)})
            for index in range(len(values)):
                for value in wrong:
                    if column == "NAME" and index == 0 and isinstance(value, str) and "\0" not in value:
                        continue
                    changed = [*values[:index], value, *values[index + 1 :]]
                    await refused(caller, "BAD_CURSOR", text, {"at": seal(None, changed)})


async def test_a_cursor_without_the_key_is_refused(caller: EngineClient, seals: list[CursorSealer]) -> None:
    text = CURSOR % ("employers", "after", ", orderBy: {field: NAME}")
    await caller.data(text, {"at": None})
    for values in ([None, 1], ["公司", None]):
        await refused(caller, "BAD_CURSOR", text, {"at": seals[-1](None, values)})


async def test_a_cursor_that_was_changed_is_refused(caller: EngineClient) -> None:
    text = CURSOR % ("employers", "after", "")
    found = (await caller.data(text, {"at": None}))["employers"]["pageInfo"]["endCursor"]
    for at in range(len(found) - 1):
        changed = found[:at] + ("B" if found[at] == "A" else "A") + found[at + 1 :]
        await refused(caller, "BAD_CURSOR", text, {"at": changed})


async def test_a_cursor_of_another_order_or_another_list_is_refused(caller: EngineClient) -> None:
    orders = (
        "",
        ", orderBy: {field: NAME}",
        ", orderBy: {field: NAME, direction: DESC}",
        ", orderBy: {field: HEADCOUNT}",
    )
    cursors = {
        order: (await caller.data(CURSOR % ("employers", "after", order)))["employers"]["pageInfo"]["endCursor"]
        for order in orders
    }
    for own in orders:
        for other in orders:
            if own != other:
                await refused(caller, "BAD_CURSOR", CURSOR % ("employers", "after", own), {"at": cursors[other]})
        await refused(caller, "BAD_CURSOR", CURSOR % ("disputeCases", "after", ""), {"at": cursors[own]})


PAGES = (
    "first: -1", "first: 201", "last: -1", "last: 201", "first: 1, last: 1", "first: 2147483647", "last: -2147483648",
    "first: 0, last: 0",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "below", ["nodes { id }", "totalCount", "edges { cursor }", "pageInfo { hasNextPage }", "__typename"]
)
async def test_a_page_of_no_size_is_refused_whatever_is_selected(caller: EngineClient, page: str, below: str) -> None:
    await refused(caller, "BAD_PAGE", f"{{ members({page}) {{ {below} }} }}")
    await refused(caller, "BAD_PAGE", f"{{ organizations {{ nodes {{ children({page}) {{ {below} }} }} }} }}")


async def test_page_sizes_are_refused_as_variables_too(caller: EngineClient) -> None:
    text = "query ($first: Int, $last: Int) { members(first: $first, last: $last) { nodes { id } } }"
    for first, last in ((-1, None), (201, None), (None, 201), (1, 1)):
        await refused(caller, "BAD_PAGE", text, {"first": first, "last": last})
    for first in (2**31, -(2**31) - 1, 1e300, "5", True, 1.5, [1, 2], {}):
        await refused(caller, "BAD_VARIABLES", text, {"first": first})


async def test_more_ids_than_a_page_are_refused(caller: EngineClient) -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    await refused(caller, "BAD_PAGE", text, {"ids": [f"org_{key:x}" for key in range(1, 202)]})
    assert len((await caller.data(text, {"ids": [f"org_{key:x}" for key in range(1, 201)]}))["nodes"]) == 200
    assert (await caller.data(text, {"ids": []}))["nodes"] == []
    twice = (await caller.data(text, {"ids": ["org_2", "org_1", "org_2"]}))["nodes"]
    assert [node["id"] for node in twice] == ["org_2", "org_1", "org_2"]


async def test_far_more_objects_than_the_limit_are_refused_before_anything_runs(caller: EngineClient) -> None:
    inner = "disputeCases(first: 200) { nodes { parties(first: 200) { nodes { case { recoveries(first: 200) { nodes { id } } } } } } }"
    text = f"{{ a: members(first: 200) {{ nodes {{ {inner} }} }} }}"
    caller.watched.statements.clear()
    answer = await caller.answer(text)
    assert (answer.status, caller.watched.statements) == (400, [])
    (error,) = await refused(caller, "TOO_COMPLEX", text)
    assert "25000" in error["message"]
    many = f"query ($first: Int!) {{ members(first: $first) {{ nodes {{ {inner} }} }} }}"
    await refused(caller, "TOO_COMPLEX", many, {"first": 150})
    assert await caller.data(many, {"first": 1})


async def test_filters_with_too_many_conditions_or_levels_are_refused(caller: EngineClient) -> None:
    text = "query ($filter: MemberFilter) { members(filter: $filter) { totalCount } }"
    many = {"or": [{"name": {"eq": "x"}}] * 600}
    await refused(caller, "TOO_COMPLEX", text, {"filter": many})
    deep: dict[str, Any] = {"name": {"eq": "x"}}
    for _ in range(20):
        deep = {"not": deep}
    await refused(caller, "TOO_COMPLEX", text, {"filter": deep})
    assert await caller.data(text, {"filter": {"name": {"in": ["x"] * 5_000}}})


async def test_a_variable_that_is_null_where_a_value_is_needed_is_refused(caller: EngineClient) -> None:
    text = "query ($filter: [MemberFilter!], $size: Int = 1) { members(first: $size, filter: {or: $filter}) { totalCount } }"
    assert await caller.data(text, {"size": None})
    needed = 'query ($id: ID = "org_1") { node(id: $id) { id } }'
    assert await caller.data(needed)
    await refused(caller, "BAD_VARIABLES", needed, {"id": None})


TEXTS = {
    "contains": "query ($text: String!) { members(filter: {name: {contains: $text}}) { nodes { id } } }",
    "eq": "query ($text: String!) { members(filter: {name: {eq: $text}}) { totalCount } }",
    "in": 'query ($text: String!) { members(filter: {name: {in: ["a", $text]}}) { totalCount } }',
    "startsWith": "query ($text: String!) { organizations(filter: {industry: {startsWith: $text}}) { totalCount } }",
    "a lookup": "query ($text: String!) { organization(creditCode: $text) { id } }",
    "a related filter": "query ($text: String!) { members(filter: {not: {division: {code: {eq: $text}}}}) { totalCount } }",
}


@pytest.mark.parametrize("place", TEXTS)
async def test_nul_and_half_of_a_surrogate_pair_are_refused(caller: EngineClient, place: str) -> None:
    for text in ("\0", "a\0b", "\ud800", "王\udfff", "\udc00\ud800"):
        await refused(caller, "INVALID_CHARACTER", TEXTS[place], {"text": text})


async def test_nul_in_a_literal_is_refused(caller: EngineClient) -> None:
    await refused(caller, "INVALID_CHARACTER", r'{ members(filter: {name: {contains: "\u0000"}}) { totalCount } }')


WRONG = {
    "Int": ("workerCount", "agreements", (2**31, -(2**31) - 1, 1e40, 1.5, "1", "x", True, [1, 2], {})),
    "Decimal": ("amountClaimed", "cases", ("1e999999", "NaN", "Infinity", "-inf", "x", "", "1_0", "１", " 1", "0x1", "1e400",
                                          "9" * 21, 1e300, True, [1, 2], {})),
    "Date": ("receivedOn", "cases", ("2026-02-30", "2026-13-01", "20260101", "2026-1-1", "0000-01-01", "10000-01-01", "today",
                                     "", "2026-01-01T00:00", "２０２６-01-01", 5, True, ["2026-01-01", "2026-01-02"], {})),
    "DateTime": ("changedAt", "cases", ("2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "now", "",
                                        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+0800", "0001-01-01T00:00:00+08:00",
                                        "9999-12-31T23:59:59-08:00", "20260101T000000Z", 5, True, {})),
}  # fmt: skip
FIELDS = {"agreements": ("collectiveAgreements", "AgreementFilter"), "cases": ("disputeCases", "DisputeFilter")}


@pytest.mark.parametrize("kind", WRONG)
async def test_values_that_are_none_of_their_type_are_refused(caller: EngineClient, kind: str) -> None:
    column, which, values = WRONG[kind]
    field, filter_ = FIELDS[which]
    text = f"query ($is: {kind}) {{ {field}(filter: {{{column}: {{gt: $is}}}}) {{ totalCount }} }}"
    whole = f"query ($filter: {filter_}) {{ {field}(filter: $filter) {{ totalCount }} }}"
    for value in values:
        await refused(caller, "BAD_VARIABLES", text, {"is": value})
        await refused(caller, "BAD_VARIABLES", whole, {"filter": {column: {"gt": value}}})


async def test_values_at_the_ends_of_their_types_are_taken(caller: EngineClient) -> None:
    text = "query ($day: Date, $filter: DisputeFilter) { disputeCases(asOf: $day, filter: $filter) { totalCount } }"
    for day in ("0001-01-01", "9999-12-31"):
        await caller.data(text, {"day": day, "filter": {"receivedOn": {"lt": day}}})
    for amount in ("9" * 20, "-" + "9" * 20, "0." + "0" * 19 + "1", 0.1, 1e-7, 5, "+5", "007"):
        await caller.data(text, {"filter": {"amountClaimed": {"gt": amount}}})
    for count in (2**31 - 1, -(2**31), 5.0):
        await caller.data(text, {"filter": {"claimantCount": {"lte": count}}})


async def test_variables_that_do_not_fit_are_told_one_by_one_up_to_a_bound(caller: EngineClient) -> None:
    text = "query ($f: MemberFilter!) { members(filter: $f) { totalCount } }"
    for variables in (
        {},
        {"f": None},
        {"f": 5},
        {"f": []},
        {"f": {"nme": {}}},
        {"f": {"and": [None]}},
    ):
        await refused(caller, "BAD_VARIABLES", text, variables)
    await refused(caller, "UNKNOWN_CODE", text, {"f": {"sex": {"eq": "X"}}})
    many = {"f": {"and": [{"sex": {"eq": "X" * 1_000}}] * 1_000}}
    assert len(await refused(caller, "UNKNOWN_CODE", text, many)) == 20
    errors = await refused(caller, "BAD_VARIABLES", text, {"f": {"name": {"eq": 5}, "sex": {"eq": 5}}})
    assert len(errors) == 2


async def test_variables_that_no_operation_declares_are_ignored(caller: EngineClient) -> None:
    assert await caller.data("{ members { totalCount } }", {"x": object, "y": [1]})


async def test_an_operation_must_be_named_when_there_are_several(caller: EngineClient) -> None:
    text = "query A { viewer { persona } } query B { members(first: 1) { nodes { id } } }"
    await refused(caller, "BAD_OPERATION", text)
    for name in ("C", "", "a", "A "):
        await refused(caller, "BAD_OPERATION", text, name=name)
    assert (await caller.response(text, name="A"))["data"] == {"viewer": {"persona": "national"}}
    await refused(caller, "BAD_OPERATION", "query A { viewer { persona } }", name="B")
    await refused(caller, "BAD_OPERATION", "fragment F on Query { viewer { persona } } query A { ...F }", name="F")


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("organization", "creditCode"),
        ("division", "code"),
        ("employer", "creditCode"),
        ("disputeCase", "number"),
        ("collectiveAgreement", "number"),
    ],
)
async def test_a_lookup_takes_exactly_one_of_its_arguments(caller: EngineClient, field: str, code: str) -> None:
    prefix = {"organization": "org", "division": "div", "employer": "emp", "disputeCase": "case"}.get(field, "agr")
    for arguments in (
        "",
        "(id: null)",
        f"({code}: null)",
        f'(id: "{prefix}_1", {code}: "x")',
        f"(id: null, {code}: null)",
    ):
        await refused(caller, "BAD_ARGUMENT", f"{{ {field}{arguments} {{ id }} }}")
    assert await caller.data(f'{{ {field}(id: "{prefix}_1", {code}: null) {{ id }} }}')


async def test_a_refusal_names_the_place_of_the_field(caller: EngineClient) -> None:
    text = "{\n  organizations {\n    nodes {\n      children(first: 500) { totalCount }\n    }\n  }\n}"
    (error,) = await refused(caller, "BAD_PAGE", text)
    assert error["locations"] == [{"line": 4, "column": 7}]

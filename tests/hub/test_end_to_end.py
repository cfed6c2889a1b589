"""The hub's own schema and engine behind the endpoint, on 301 unions: what stock Strawberry lacks, line by line."""

import asyncio
import base64
import json
import os
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from db.access import Role
from db.organizations import Hierarchy
from db.server import embedded
from db.server.migrate import connect, upgrade
from hub.app import Hub, create_app
from hub.settings import Settings
from tests.hub.conftest import BEARER, RESPONSE, Api
from tests.hub.websocket_client import connected
from tests.tokens import let_in, write_key

# Seconds: far above what a refusal takes on a busy machine, far below visiting 2^25 selections or 8,000,000 objects one by one.
VISITED_ONE_BY_ONE = 15.0

UNIONS = """
    INSERT INTO organization (id, name, level, kind, form, status, established_on)
      SELECT n, 'Union ' || n, CASE n WHEN 1 THEN 'NATIONAL' ELSE 'CITY' END, 'LOCAL_FEDERATION', 'FEDERATION',
        'NORMAL', date '1950-01-01'
      FROM generate_series(1, 301) n;
    INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, valid_from)
      SELECT n, 1, 'TERRITORIAL', true, date '1950-01-01' FROM generate_series(2, 301) n;
"""

END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="session")
async def unions_url(server_url: str) -> AsyncIterator[str]:
    name = f"hub_{os.getpid()}_{secrets.token_hex(3)}"
    server = await connect(server_url)
    await server.execute(f"CREATE DATABASE {name}")
    url = embedded.with_database(server_url, name)
    await upgrade(url)
    connection = await connect(url)
    await connection.execute(UNIONS)
    await let_in(connection, "national", Role.FEDERATION, organization_id=1, hierarchy=Hierarchy.TERRITORIAL)
    await connection.close()
    yield url
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture(params=["plan", "default"])
async def real(request: pytest.FixtureRequest, unions_url: str, tmp_path: Path) -> AsyncIterator[Hub]:
    write_key(tmp_path)
    made = create_app(
        Settings(
            database_url=unions_url,
            data_dir=tmp_path,
            executor=request.param,
            statement_timeout_ms=5_000,
        )
    )
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def hub(real: Hub) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(real, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield Api(client)


def refused(response: httpx.Response) -> str:
    """The code of a request that was not run or gave nothing: a caller's fault, told without anyone's inner words."""
    assert response.status_code in (200, 400), response.text
    error = response.json()["errors"][0]
    assert not response.json().get("data")
    for word in (
        "Traceback",
        "SELECT",
        "padding",
        "invalid literal",
        "int()",
        "codec",
        "asyncpg",
        "isoformat",
    ):
        assert word not in response.text
    assert len(error["message"]) <= 300
    return str(error["extensions"]["code"])


async def test_page_of_unions(hub: Api) -> None:
    response = await hub.post("{ organizations(first: 3) { totalCount nodes { id name } pageInfo { hasNextPage } } }")
    page = response.json()["data"]["organizations"]
    assert page["totalCount"] == 301
    assert len(page["nodes"]) == 3
    assert page["pageInfo"]["hasNextPage"] is True


async def test_viewer_is_the_persona(hub: Api) -> None:
    assert (await hub.post("{ viewer { persona } }")).json() == {"data": {"viewer": {"persona": "national"}}}


async def test_ready(hub: Api) -> None:
    assert (await hub.client.get("/readyz")).status_code == 200


async def test_anonymous_caller_may_introspect_but_sees_no_row(hub: Api) -> None:
    headers = {"content-type": "application/json", "accept": RESPONSE}
    introspection = await hub.client.post(
        "/graphql", content=json.dumps({"query": get_introspection_query()}), headers=headers
    )
    assert introspection.status_code == 200
    assert "errors" not in introspection.json()
    query = "{ organizations(first: 5) { nodes { id } } }"
    response = await hub.client.post("/graphql", content=json.dumps({"query": query}), headers=headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "AGGREGATES_ONLY"
    query = '{ node(id: "org_1") { id } }'
    response = await hub.client.post("/graphql", content=json.dumps({"query": query}), headers=headers)
    assert response.json()["data"] == {"node": None}
    assert response.headers["ratelimit-policy"] == '"cost";q=200000;w=60'


async def test_federation_fields_are_not_served(hub: Api) -> None:
    for query in (
        "{ _service { sdl } }",
        '{ _entities(representations: [{__typename: "Organization"}]) { __typename } }',
    ):
        assert refused(await hub.post(query)) == "VALIDATION_FAILED"


async def test_introspection_repeated_under_aliases_is_refused(hub: Api) -> None:
    types = "types { fields { args { type { name } } type { name } } }"
    for times, status in ((2, 200), (100, 400)):
        schemas = "{ " + " ".join(f"s{i}: __schema {{ {types} }}" for i in range(times)) + " }"
        lists = "{ __schema { " + " ".join(f"t{i}: {types}" for i in range(times)) + " } }"
        for query in (schemas, lists):
            assert (await hub.post(query)).status_code == status


async def test_50_levels_are_refused(hub: Api) -> None:
    query = "{ organizations { nodes { " + "ancestors { " * 48 + "id" + " }" * 51
    assert refused(await hub.post(query)) == "TOO_DEEP"


async def test_1000_aliases_are_refused(hub: Api) -> None:
    query = "{ " + " ".join(f"a{i}: organizations {{ totalCount }}" for i in range(600)) + " }"
    assert refused(await hub.post(query)) == "TOO_MANY_ALIASES"
    query = "{ " + " ".join(f"a{i}: viewer {{ persona }}" for i in range(1_000)) + " }"
    assert refused(await hub.post(query)) in ("TOO_MANY_ALIASES", "TOO_MANY_TOKENS")


async def test_nested_pages_are_refused_by_their_number_of_objects(hub: Api) -> None:
    page = "children(first: 200) { nodes { "
    query = "{ organizations(first: 200) { nodes { " + page * 3 + "id" + " } }" * 4 + " }"
    started = time.perf_counter()
    assert refused(await hub.post(query)) == "TOO_COMPLEX"
    assert time.perf_counter() - started < VISITED_ONE_BY_ONE


async def test_doubling_fragments_are_refused_at_once(hub: Api) -> None:
    fragments = "".join(
        f"fragment F{i} on Organization {{ a: children {{ nodes {{ ...F{i + 1} }} }} "
        f"b: children {{ nodes {{ ...F{i + 1} }} }} }} "
        for i in range(25)
    )
    query = "{ organizations { nodes { ...F0 } } } " + fragments + "fragment F25 on Organization { id }"
    started = time.perf_counter()
    assert refused(await hub.post(query)).startswith("TOO_")
    assert time.perf_counter() - started < VISITED_ONE_BY_ONE


async def test_5000_ids_are_refused(hub: Api) -> None:
    response = await hub.post("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["org_1"] * 5_000})
    assert refused(response) in ("BAD_ARGUMENT", "BAD_PAGE")


async def test_pages_are_bounded(hub: Api) -> None:
    for arguments in ("first: 201", "first: -1", "last: 201", "first: 2, last: 2", "first: 100000"):
        assert refused(await hub.post(f"{{ organizations({arguments}) {{ nodes {{ id }} }} }}")) == "BAD_PAGE", (
            arguments
        )
    response = await hub.post("query Q($n: Int) { organizations(first: $n) { nodes { id } } }", {"n": 2_000_000_000})
    assert refused(response) == "BAD_PAGE"


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize(
    "text",
    [
        cursor("arrayconnection:-5"),
        cursor("arrayconnection:5"),
        "x",
        "====",
        "",
        "工会",
        "YQ",
        cursor("[]"),
        cursor('["x"]'),
        cursor("null"),
        cursor('{"a": 1}'),
        cursor("[" * 5_000),
        "A" * 100_000,
    ],
)
async def test_forged_cursors_are_refused(hub: Api, side: str, text: str) -> None:
    size = "first" if side == "after" else "last"
    query = f"query Q($c: String) {{ organizations({size}: 2, {side}: $c) {{ nodes {{ id }} }} }}"
    assert refused(await hub.post(query, {"c": text})) == "BAD_CURSOR"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "org",
        "org_",
        "org_zz",
        "org_00",
        "org_ffffffffffffffffff",
        "mem_-1",
        "工会_1",
        "o" * 100_000,
        "org_1\n",
    ],
)
async def test_malformed_ids_are_refused(hub: Api, text: str) -> None:
    assert refused(await hub.post("query Q($id: ID!) { node(id: $id) { id } }", {"id": text})) == "BAD_ID"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query Q($d: Date) { organizations(asOf: $d) { totalCount } }", {"d": "yesterday"}),
        ("query Q($d: Date) { organizations(asOf: $d) { totalCount } }", {"d": "2024-02-30"}),
        ("query Q($d: Date) { organizations(asOf: $d) { totalCount } }", {"d": 20240101}),
        ("query Q($d: Date) { organizations(asOf: $d) { totalCount } }", {"d": "9" * 5_000}),
        ("query Q($n: Int) { organizations(first: $n) { totalCount } }", {"n": "2"}),
        ("query Q($n: Int) { organizations(first: $n) { totalCount } }", {"n": 1.5}),
        ("query Q($n: Int) { organizations(first: $n) { totalCount } }", {"n": 10**17}),
        ("query Q($f: OrganizationFilter) { organizations(filter: $f) { totalCount } }", {"f": {"nothing": {"eq": 1}}}),
        (
            "query Q($f: OrganizationFilter) { organizations(filter: $f) { totalCount } }",
            {"f": {"name": {"eq": {"a": 1}}}},
        ),
        ("query Q($id: ID!) { node(id: $id) { id } }", {}),
        ("query Q($id: ID!) { node(id: $id) { id } }", {"id": None}),
        ("query Q($id: ID!) { node(id: $id) { id } }", {"id": {"a": 1}}),
    ],
)
async def test_wrong_variables_are_refused(hub: Api, query: str, variables: dict[str, Any]) -> None:
    assert refused(await hub.post(query, variables)) == "BAD_VARIABLES"


@pytest.mark.parametrize(
    "arguments",
    [
        'asOf: "yesterday"',
        'asOf: "2024-02-30"',
        "asOf: 1",
        "first: 1.5",
        'first: "1"',
        "first: " + "9" * 5_000,
        "filter: {nothing: 1}",
    ],
)
async def test_wrong_literals_are_refused(hub: Api, arguments: str) -> None:
    assert refused(await hub.post(f"{{ organizations({arguments}) {{ totalCount }} }}")) == "VALIDATION_FAILED"


async def test_codes_that_are_none_are_refused(hub: Api) -> None:
    assert refused(await hub.post("{ organizations(hierarchy: SIDEWAYS) { totalCount } }")) == "UNKNOWN_CODE"
    text = "query ($x: Hierarchy) { organizations(hierarchy: $x) { totalCount } }"
    response = await hub.post(text, {"x": "TERITORIAL"})
    assert refused(response) == "UNKNOWN_CODE"
    assert "Did you mean TERRITORIAL" in response.json()["errors"][0]["message"]


async def test_deeply_nested_filter_is_refused_or_answered(hub: Api) -> None:
    nested: dict[str, Any] = {"name": {"eq": "x"}}
    for _ in range(30):
        nested = {"not": nested}
    response = await hub.post(
        "query Q($f: OrganizationFilter) { organizations(filter: $f) { totalCount } }", {"f": nested}
    )
    assert response.status_code in (200, 400)
    for _ in range(200):
        nested = {"not": nested}
    response = await hub.post(
        "query Q($f: OrganizationFilter) { organizations(filter: $f) { totalCount } }", {"f": nested}
    )
    assert refused(response) == "BAD_VARIABLES"


async def test_operation_must_be_chosen(hub: Api) -> None:
    query = "query A { viewer { persona } } query B { viewer { persona } }"
    assert refused(await hub.post(query)) == "BAD_OPERATION"
    assert refused(await hub.post(query, operationName="C")) == "BAD_OPERATION"
    assert (await hub.post(query, operationName="A")).status_code == 200


async def test_explain_shows_the_plan_to_callers_with_a_token_only(hub: Api, real: Hub) -> None:
    response = await hub.post("{ organizations(first: 1) { nodes { id } } }", headers={"x-unionhub-explain": "1"})
    assert response.status_code == 200
    plain = await hub.post("{ organizations(first: 1) { nodes { id } } }")
    assert "extensions" not in plain.json()
    anonymous = await hub.client.post(
        "/graphql",
        content=json.dumps({"query": "{ __typename }"}),
        headers={"content-type": "application/json", "x-unionhub-explain": "1"},
    )
    assert "extensions" not in anonymous.json()


async def test_a_sign_in_that_waits_for_a_lock_is_refused_as_busy_and_logged_in_one_line(
    hub: Api, unions_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    query = "{ viewer { persona } }"
    admin = await connect(unions_url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE access_grant IN ACCESS EXCLUSIVE MODE")
        response = await hub.post(query)
    await admin.close()
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["errors"][0]["extensions"]["code"] == "DATABASE_BUSY"
    (line,) = (record for record in caplog.records if record.name == "unionhub.database")
    assert (line.exc_info, vars(line)["cause"]) == (None, "LockNotAvailableError")
    assert (await hub.post(query)).status_code == 200


async def test_hub_goes_on_when_its_connections_are_ended(hub: Api, unions_url: str) -> None:
    query = "{ organizations(first: 1) { nodes { id } } }"
    assert (await hub.post(query)).status_code == 200
    admin = await connect(unions_url)
    await admin.execute(END_OTHERS)
    await admin.close()
    await asyncio.sleep(0.2)  # the ends arrive
    for _ in range(3):
        assert (await hub.post(query)).status_code == 200


async def test_queries_in_flight_when_the_database_goes_are_answered_clearly(hub: Api, unions_url: str) -> None:
    query = "{ organizations(first: 50) { totalCount nodes { id children { totalCount } } } }"  # short also for the default executor
    running = [asyncio.create_task(hub.post(query)) for _ in range(20)]
    admin = await connect(unions_url)
    for _ in range(5):
        await asyncio.sleep(0.01)
        await admin.execute(END_OTHERS)
    await admin.close()
    for response in await asyncio.gather(*running):
        assert response.status_code in (200, 503), response.text
        if response.status_code == 503:
            assert response.json()["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
            assert "retry-after" in response.headers
    assert (await hub.post(query)).status_code == 200


async def test_hub_started_before_its_database_answers_once_it_is_there(server_url: str, tmp_path: Path) -> None:
    name = f"late_{os.getpid()}_{secrets.token_hex(3)}"
    url = embedded.with_database(server_url, name)
    write_key(tmp_path)
    made = create_app(Settings(database_url=url, data_dir=tmp_path))
    query = json.dumps({"query": "{ divisions { totalCount } }"})
    headers = {"content-type": "application/json", "accept": RESPONSE, **BEARER}
    server = await connect(server_url)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://hub") as client,
    ):
        response = await client.post("/graphql", content=query, headers=headers)
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await server.execute(f"CREATE DATABASE {name}")
        await upgrade(url)
        connection = await connect(url)
        await let_in(connection, "national", Role.ANALYST)
        await connection.close()
        response = await client.post("/graphql", content=query, headers=headers)
        assert "errors" not in response.json()
        assert (await client.get("/readyz")).status_code == 200
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


CHINESE_READER = {"accept-language": "zh-CN"}
KEYS = ("errors", "data", "extensions", "code", "message", "path", "locations", "headers")


async def test_a_list_under_the_alias_errors_is_data(hub: Api) -> None:
    """Case 02."""
    text = "query ErrorsAlias { x: organizations(first: 1) { errors: nodes { extensions: name } } }"
    english, chinese = await hub.post(text), await hub.post(text, headers=CHINESE_READER)
    assert chinese.status_code == english.status_code == 200
    assert chinese.content == english.content
    assert chinese.json() == {"data": {"x": {"errors": [{"extensions": "Union 1"}]}}}


@pytest.mark.parametrize("key", KEYS)
async def test_no_response_key_changes_a_status_or_a_row(hub: Api, real: Hub, key: str) -> None:
    """At every level, alone and beside an error of another field, over HTTP and a WebSocket."""
    others = " ".join(f"{other}: name" for other in KEYS if other != key)
    rows = f"{key}: nodes {{ {key}: level {others} }}"
    texts = (
        f"{{ {key}: organizations(first: 2) {{ {rows} }} }}",
        f'{{ {key}: organization(id: "org_1") {{ {key}: name }} }}',
        f"{{ {key}: viewer {{ {key}: persona }} }}",
        f"{{ {key}: __typename }}",
        f'{{ {key}: organizations(first: 2) {{ {rows} }} gone: organization(id: "org_ffffff") {{ id }} }}',
    )
    for text in texts:
        english, chinese = await hub.post(text), await hub.post(text, headers=CHINESE_READER)
        assert english.status_code == chinese.status_code == 200
        first, second = english.json(), chinese.json()
        assert first["data"] == second["data"]
        for one, other in zip(first.pop("errors", []), second.pop("errors", []), strict=True):
            assert "没有该记录" in other.pop("message")
            assert one.pop("message")
            assert one == other
        assert first == second
        async with connected(real, headers=CHINESE_READER) as socket:
            told = await socket.answer("1", text)
            assert told["data"] == first["data"]
            assert "没有该记录" in told["errors"][0]["message"] if "gone" in text else "errors" not in told
            assert (await socket.answer("2", "{ __typename }"))["data"] == {"__typename": "Query"}


async def test_a_refused_command_speaks_chinese_under_any_alias(hub: Api) -> None:
    text = """mutation { errors: grantAccess(input: {principal: "nobody-of-that-name", role: TRIBUNAL, validTo: "2027-01-01"})
      { errors { extensions: code message } } }"""
    english, chinese = await hub.post(text), await hub.post(text, headers=CHINESE_READER)
    (one,), (other,) = (each.json()["data"]["errors"]["errors"] for each in (english, chinese))
    assert one["extensions"] == other["extensions"]
    assert other["message"].endswith(f"（{one['message']}）")

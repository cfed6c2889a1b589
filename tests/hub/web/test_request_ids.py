"""The ID of a request and the caller's trace: in the answer, in every log line, in masked faults."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from websockets.asyncio.client import connect

from hub.settings import Settings
from hub.telemetry.log_formatters import JsonLines
from hub.web.request_ids import request_context
from hub.web.websocket import PROTOCOL
from resolvers.errors import HubError
from resolvers.request import REQUEST, RequestContext
from tests.hub.conftest import BEARER, RESPONSE, ToyEngine
from tests.hub.running_hub import client_of, serving
from tests.hub.websocket_client import INIT

MADE = re.compile("[0-9a-f]{32}")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADERS = {"accept": RESPONSE, **BEARER}
QUERY = {"query": "query Q { word }"}

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log as it is written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


async def requests(lines: Lines, count: int = 1) -> list[dict[str, Any]]:
    """The lines of so many requests: each is written once its answer has been sent."""
    async with asyncio.timeout(5):
        while len(found := [line for line in lines() if line["event"] == "request"]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
def port(settings: Settings, engine: ToyEngine) -> Iterator[int]:
    with serving(settings, engine) as number:
        yield number


@pytest.mark.parametrize("given", ["a", "01JE6Z5XGQ8Y", "req:9f/2=~+@x.y_z", "f" * 128])
async def test_the_callers_id_is_returned_and_logged(port: int, lines: Lines, given: str) -> None:
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=QUERY, headers={"x-request-id": given, **HEADERS})
    assert answer.headers.get_list("x-request-id") == [given]
    (line,) = await requests(lines)
    assert line["request_id"] == given
    assert line["operation"] == "Q"


@pytest.mark.parametrize("given", ["", "f" * 129, "a b", 'a"b', "a\tb", "{a}", "中"])
async def test_an_id_of_another_form_is_replaced(port: int, lines: Lines, given: str) -> None:
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=QUERY, headers={"x-request-id": given.encode(), **HEADERS})
    (made,) = answer.headers.get_list("x-request-id")
    assert MADE.fullmatch(made)
    assert [line["request_id"] for line in await requests(lines)] == [made]


async def test_two_ids_are_none(port: int) -> None:
    headers = [("x-request-id", "a"), ("x-request-id", "b"), *HEADERS.items()]
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=QUERY, headers=headers)
        again = await client.post("/graphql", json=QUERY, headers=headers)
    made = {answer.headers["x-request-id"], again.headers["x-request-id"]}
    assert len(made) == 2
    assert all(map(MADE.fullmatch, made))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/healthz", 200), ("GET", "/nothing", 404), ("PUT", "/graphql", 405), ("GET", "/", 307)],
)
async def test_every_answer_has_one(port: int, method: str, path: str, status: int) -> None:
    async with client_of(port) as client:
        answer = await client.request(method, path, headers=HEADERS)
    assert answer.status_code == status
    assert MADE.fullmatch(answer.headers["x-request-id"])


async def test_the_trace_is_carried_on_to_the_log(port: int, lines: Lines) -> None:
    async with client_of(port) as client:
        for traceparent in (f"00-{TRACE}-{SPAN}-01", "00-nothing"):
            await client.post("/graphql", json=QUERY, headers={"traceparent": traceparent, **HEADERS})
    known, unknown = await requests(lines, 2)
    assert (known["trace_id"], known["parent_id"]) == (TRACE, SPAN)
    assert not {"trace_id", "parent_id"} & unknown.keys()


@pytest.mark.parametrize(
    ("traceparent", "taken"),
    [
        (f"00-{TRACE}-{SPAN}-00", True),
        (f"01-{TRACE}-{SPAN}-01-more", True),
        (f"00-{TRACE}-{SPAN}-01-more", False),
        (f"01-{TRACE}-{SPAN}-01more", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{TRACE[1:]}-{SPAN}-01", False),
        ("", False),
    ],
)
def test_traceparent_by_the_w3c(traceparent: str, taken: bool) -> None:
    found = request_context([(b"traceparent", traceparent.encode())])
    assert (found.trace_id, found.parent_id) == ((TRACE, SPAN) if taken else (None, None))


async def test_two_traceparents_are_none() -> None:
    header = (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())
    assert request_context([header, header]).trace_id is None


@pytest.mark.parametrize(
    ("fault", "code", "event"),
    [
        (RuntimeError("secret"), "INTERNAL_ERROR", "fault"),
        (asyncpg.ConnectionDoesNotExistError(), "DATABASE_UNAVAILABLE", "the database did not answer"),
    ],
)
async def test_a_masked_fault_has_the_id_of_its_log_lines(
    port: int, engine: ToyEngine, lines: Lines, fault: Exception, code: str, event: str
) -> None:
    engine.fault = fault
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=QUERY, headers={"x-request-id": "mine", **HEADERS})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": code, "requestId": "mine"}
    await requests(lines)
    logged = [line for line in lines() if line.get("request_id") == "mine"]
    assert [line["event"] for line in logged] == [event, "request"]
    assert error["message"].endswith(logged[0]["reference"])


async def test_a_refusal_has_no_id_of_its_own(port: int) -> None:
    async with client_of(port) as client:
        answer = await client.post("/graphql", json={"query": "{"}, headers=HEADERS)
    assert answer.json()["errors"][0]["extensions"] == {"code": "SYNTAX_ERROR"}


def test_errors_of_the_engine_have_it_where_they_are_faults() -> None:
    before = REQUEST.set(RequestContext("mine"))
    try:
        assert HubError("INTERNAL_ERROR", "x").extensions == {"code": "INTERNAL_ERROR", "requestId": "mine"}
        assert HubError("BAD_PAGE", "x").extensions == {"code": "BAD_PAGE"}
    finally:
        REQUEST.reset(before)
    assert HubError("INTERNAL_ERROR", "x").extensions == {"code": "INTERNAL_ERROR"}


async def test_a_websocket_has_one_for_all_of_its_operations(port: int, lines: Lines) -> None:
    url = f"ws://127.0.0.1:{port}/graphql"
    async with connect(url, subprotocols=[PROTOCOL], additional_headers={"x-request-id": "mine"}) as socket:
        assert socket.response is not None
        assert socket.response.headers.get_all("x-request-id") == ["mine"]
        await socket.send(json.dumps(INIT))
        await socket.recv()
        for number in "12":
            await socket.send(json.dumps({"id": number, "type": "subscribe", "payload": QUERY}))
            await socket.recv()
            await socket.recv()
    assert [line["request_id"] for line in await requests(lines, 2)] == ["mine", "mine"]

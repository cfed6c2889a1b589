"""The hub as uvicorn serves it: a real port, real bytes."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from hub import serve
from hub.app import create_app
from hub.settings import Settings
from hub.web.protocol import Protocol
from hub.web.websocket import PROTOCOL
from tests.hub.conftest import BEARER, RESPONSE, SCHEMA, ToyEngine, without_database
from tests.hub.websocket_client import ACK, INIT

JSON = {"content-type": "application/json", "accept": RESPONSE, **BEARER}


@contextmanager
def running(config: uvicorn.Config) -> Iterator[int]:
    """The port of a server that runs in a thread of its own."""
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    engine = ToyEngine()
    monkeypatch.setattr(
        serve,
        "create_app",
        lambda given: create_app(
            given, served=SCHEMA, make_engine=lambda pool, settings: engine, make_authenticator=without_database
        ),
    )
    with running(serve.config(settings.model_copy(update={"port": 0}))) as number:
        yield number


async def exchange(port: int, *parts: bytes) -> bytes:
    """All that the server sends back for these bytes, until it closes or two seconds are over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(2):
            return await reader.read(-1)
    finally:
        writer.close()


async def test_query_over_a_real_connection(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            response = await client.post("/graphql", content=json.dumps({"query": "{ word }"}), headers=JSON)
            assert response.json() == {"data": {"word": "word"}}
        assert "server" not in response.headers
        assert (await client.get("/healthz")).status_code == 200


async def test_20_mib_are_refused_and_the_server_goes_on(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(320):
                yield b" " * 65_536

        for body in (chunks(), b" " * 20_971_520):
            response = await client.post("/graphql", content=body, headers=JSON)
            assert response.status_code == 413
            assert response.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"
        for announced in (b"content-length: 20971520\r\nexpect: 100-continue", b"content-length: 2000000000000"):
            head = (
                b"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n" + announced + b"\r\n\r\n"
            )
            assert (await exchange(port, head)).startswith(b"HTTP/1.1 413 ")
        assert (await client.post("/graphql", content=b'{"query":"{ word }"}', headers=JSON)).status_code == 200


HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: hub\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)


async def test_websocket_over_a_real_connection(port: int) -> None:
    client = pytest.importorskip("websockets.asyncio.client")
    async with client.connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[PROTOCOL]) as socket:
        await socket.send(json.dumps(INIT))
        assert json.loads(await socket.recv()) == ACK
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "{ word }"}}))
        assert json.loads(await socket.recv())["payload"]["data"] == {"word": "word"}
        assert json.loads(await socket.recv()) == {"id": "1", "type": "complete"}
        await socket.send(" " * 262_145)
        await socket.wait_closed()
        assert socket.close_code == 1009


async def test_websocket_of_a_foreign_page_is_refused(port: int) -> None:
    pytest.importorskip("websockets")
    answer = await exchange(port, HANDSHAKE + b"origin: http://elsewhere\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"FOREIGN_ORIGIN" in answer


def test_websockets_can_be_switched_off(settings: Settings) -> None:
    off = settings.model_copy(update={"max_sockets": 0})
    assert (serve.config(off).ws, serve.config(settings).ws) == ("none", "auto")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-length: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"GET /graphql\xff HTTP/1.1\r\nhost: hub\r\n\r\n",
    ],
)
async def test_broken_http_is_400_and_the_server_goes_on(port: int, request_: bytes) -> None:
    assert (await exchange(port, request_)).startswith(b"HTTP/1.1 400 ")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_hub_answers_requests_side_by_side(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        body = json.dumps({"query": "{ word }"})
        answers = await asyncio.gather(*(client.post("/graphql", content=body, headers=JSON) for _ in range(64)))
        assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True), ("hub.example", True)])
def test_hub_that_other_machines_reach_says_so_at_its_start(
    settings: Settings, caplog: pytest.LogCaptureFixture, host: str, warned: bool
) -> None:
    assert serve.config(settings.model_copy(update={"host": host})).host == host
    assert ("a proxy with TLS" in caplog.text) is warned


def test_hub_is_served_by_uvloop_and_httptools_without_an_access_log(settings: Settings) -> None:
    config = serve.config(settings)
    assert (config.loop, config.http) == ("uvloop", Protocol)
    assert not config.access_log
    assert not config.server_header
    assert config.limit_concurrency == serve.MAX_CONNECTIONS


async def test_operators_have_a_port_of_their_own_that_ends_with_the_hub(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        serve,
        "create_app",
        lambda given: create_app(
            given, served=SCHEMA, make_engine=lambda pool, settings: ToyEngine(), make_authenticator=without_database
        ),
    )
    monkeypatch.setattr(serve, "MAX_CONNECTIONS", 2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        beside = free.getsockname()[1]
    given = settings.model_copy(update={"port": 0, "metrics_port": beside})
    server = serve.Server(serve.config(given))
    serving = asyncio.create_task(serve.serve_all(server, given))
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 503  # too many connections
            answer = await client.get(f"http://127.0.0.1:{beside}/metrics")
            assert "unionhub_graphql_running 0.0" in answer.text
            assert (await client.get(f"http://127.0.0.1:{beside}/readyz")).json()["checks"]["database"] != "ok"
        for _, writer in idle:
            writer.close()
        server.should_exit = True
        await serving
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", beside)


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({"metrics_host": "127.0.0.1"}, False),
        ({"metrics_host": "0.0.0.0"}, True),
        ({"metrics_host": "0.0.0.0", "metrics_token": SecretStr("x" * 16)}, False),
    ],
)
def test_metrics_that_other_machines_read_without_a_token_are_warned_of(
    settings: Settings, caplog: pytest.LogCaptureFixture, given: dict[str, object], warned: bool
) -> None:
    assert serve.operators_config(settings, Starlette()) is None
    found = serve.operators_config(settings.model_copy(update={"metrics_port": 9, **given}), Starlette())
    assert found is not None
    assert (found.port, found.proxy_headers, found.lifespan) == (9, False, "off")
    assert ("UNIONHUB_METRICS_TOKEN" in caplog.text) is warned

"""The hub behind a proxy with TLS: budgets, failures, log and audit have the caller's address, over HTTP and WebSockets."""

import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import connect

from hub import serve
from hub.app import create_app, issuers_of
from hub.authentication.authenticator import Authenticator, RefusedSignIn
from hub.limits.budget import FAILURES
from hub.settings import Settings
from hub.web.websocket import PROTOCOL
from tests.hub.conftest import RESPONSE, SCHEMA, OneCaller, ToyEngine, code_of
from tests.hub.test_serve import running
from tests.hub.tls_proxies import PROXIES, Pipes, trusting
from tests.hub.websocket_client import ACK, INIT
from tests.tokens import token

ONE, OTHER, FORGED = "127.0.0.21", "127.0.0.22", "198.51.100.9"


@dataclass
class Behind:
    """A hub behind a proxy, what it ran, and the sign-ins that it refused."""

    port: int
    tls: ssl.SSLContext
    engine: ToyEngine
    refused: list[RefusedSignIn]

    async def ask(self, source: str, authorization: str | None = None, forwarded: str | None = None) -> httpx.Response:
        """Ask from an address, with what a caller may say of theirs."""
        headers = {"content-type": "application/json", "accept": RESPONSE, "connection": "close"}
        if authorization is not None:
            headers["authorization"] = authorization
        if forwarded is not None:
            headers["x-forwarded-for"] = forwarded
        transport = httpx.AsyncHTTPTransport(verify=self.tls, local_address=source)
        async with httpx.AsyncClient(transport=transport) as client:
            url = f"https://127.0.0.1:{self.port}/graphql"
            return await client.post(url, content=json.dumps({"query": "{ word }"}), headers=headers)

    async def ask_by_websocket(self, source: str, forwarded: str) -> Any:
        """The answer to an operation on a WebSocket."""
        headers = {"x-forwarded-for": forwarded}
        async with connect(
            f"wss://127.0.0.1:{self.port}/graphql",
            subprotocols=[PROTOCOL],  # type: ignore[list-item]
            ssl=self.tls,
            local_addr=(source, 0),
            additional_headers=headers,
        ) as socket:
            await socket.send(json.dumps(INIT))
            assert json.loads(await socket.recv()) == ACK
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "{ word }"}}))
            return json.loads(await socket.recv())["payload"]

    @property
    def source(self) -> str:
        """The address that the last operation came from, as the engine was told for the audit log."""
        return str(self.engine.calls[-1]["request"]["source"])


@contextmanager
def hub(
    settings: Settings, refused: list[RefusedSignIn], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, ToyEngine]]:
    """A hub on a port of its own."""
    engine = ToyEngine()

    async def told(refusal: RefusedSignIn) -> None:
        refused.append(refusal)

    def authenticator(pool: asyncpg.Pool, settings: Settings) -> Authenticator:
        return Authenticator(OneCaller(pool), issuers_of(settings), on_refused=told)

    monkeypatch.setattr(
        serve,
        "create_app",
        lambda given: create_app(
            given, served=SCHEMA, make_engine=lambda pool, settings: engine, make_authenticator=authenticator
        ),
    )
    with running(serve.config(settings.model_copy(update={"port": 0}))) as port:
        yield port, engine


@asynccontextmanager
async def behind(
    proxy: Pipes, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Behind]:
    """A hub behind a proxy."""
    refused: list[RefusedSignIn] = []
    with hub(settings, refused, monkeypatch) as (port, engine):
        async with proxy(port, folder) as listening:
            yield Behind(listening, trusting(folder), engine, refused)


@pytest.fixture(params=PROXIES, ids=lambda proxy: proxy.__name__)
def proxy(request: pytest.FixtureRequest) -> Pipes:
    found: Pipes = request.param
    return found


@pytest.fixture
async def trusted(
    proxy: Pipes, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Behind]:
    given = {"trusted_proxies": (ip_network("127.0.0.1"),), "public_budget_points": 1_000, "budget_seconds": 3_600}
    async with behind(proxy, settings.model_copy(update=given), tmp_path / "proxy", monkeypatch) as made:
        yield made


async def test_the_caller_is_who_asked_the_proxy_whatever_they_say_of_themselves(trusted: Behind) -> None:
    good = f"Bearer {token()}"
    for forwarded in (None, FORGED, f"{FORGED}, 127.0.0.1", "unknown"):
        assert (await trusted.ask(ONE, good, forwarded)).status_code == 200
        assert trusted.source == ONE
    assert (await trusted.ask_by_websocket(OTHER, FORGED))["data"] == {"word": "word"}
    assert trusted.source == OTHER


async def test_failures_of_one_address_are_not_those_of_another_and_hold_up_no_good_token(trusted: Behind) -> None:
    for _ in range(FAILURES):
        assert (await trusted.ask(ONE, "Bearer wrong")).status_code == 401
    assert code_of(await trusted.ask(ONE, "Bearer wrong", FORGED)) == "TOO_MANY_FAILURES"
    assert (await trusted.ask(ONE, f"Bearer {token()}")).status_code == 200  # one that never signed in before
    assert (await trusted.ask_by_websocket(ONE, FORGED))["data"] == {"word": "word"}
    assert (await trusted.ask(OTHER, "Bearer wrong")).status_code == 401
    assert [each.source for each in trusted.refused] == [ONE] * FAILURES + [OTHER]


async def test_anonymous_callers_have_a_budget_each(trusted: Behind) -> None:
    statuses = [(await trusted.ask(ONE)).status_code for _ in range(110)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert (await trusted.ask(OTHER)).status_code == 200


async def test_a_proxy_that_is_not_trusted_is_the_caller(
    proxy: Pipes, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind(proxy, settings, tmp_path / "proxy", monkeypatch) as made:
        assert (await made.ask(ONE, f"Bearer {token()}", FORGED)).status_code == 200
        assert made.source == "127.0.0.1"
        await made.ask_by_websocket(OTHER, FORGED)
        assert made.source == "127.0.0.1"


async def test_the_audit_log_in_the_database_has_the_callers_address(
    proxy: Pipes, settings: Settings, bare_database_url: str, tmp_path: Path
) -> None:
    known = {"database_url": bare_database_url, "trusted_proxies": (ip_network("127.0.0.1"),), "port": 0}
    with running(serve.config(settings.model_copy(update=known))) as port:
        async with proxy(port, tmp_path / "proxy") as listening:
            made = Behind(listening, trusting(tmp_path / "proxy"), ToyEngine(), [])
            assert code_of(await made.ask(ONE, f"Bearer {token('stranger')}", FORGED)) == "UNKNOWN_PRINCIPAL"
            assert code_of(await made.ask(OTHER, f"Bearer {token('stranger')}")) == "UNKNOWN_PRINCIPAL"
    connection = await asyncpg.connect(bare_database_url)
    rows = await connection.fetch("SELECT action, source FROM access_log ORDER BY id")
    await connection.close()
    assert [tuple(row) for row in rows] == [("SIGN_IN_REFUSED", ONE), ("SIGN_IN_REFUSED", OTHER)]

"""Whole responses in one write: the same bytes as uvicorn's own protocol sends."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from hub.web.compression import with_compression
from hub.web.http import respond
from hub.web.protocol import WHOLE, Protocol
from tests.hub.test_serve import running

Http = type[Protocol] | Literal["httptools"]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """As many letters as the path says."""
    await receive()
    body = b"a" * int(scope["path"][1:])
    await respond(send, 200, body, extra=((b"x-served", b"yes"),), whole=WHOLE in scope.get("extensions", ()))


@contextmanager
def serving(http: Http) -> Iterator[int]:
    """The port of a server with this protocol."""
    answering = with_compression(app, ("/5", "/5000"))
    config = uvicorn.Config(answering, port=0, http=http, lifespan="off", ws="none", log_config=None)
    with running(config) as port:
        yield port


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """A server with the hub's protocol, and one with uvicorn's."""
    with serving(Protocol) as own, serving("httptools") as uvicorns:
        yield own, uvicorns


async def exchange(port: int, sent: bytes) -> bytes:
    """All that a server sends back until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        received = await reader.read(-1)
    writer.close()
    return re.sub(rb"date: [^\r]*", b"date: today", received)


LAST = b"GET /5 HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET /5 HTTP/1.1\r\nhost: hub\r\n\r\n",
        b"POST /5000 HTTP/1.1\r\nhost: hub\r\ncontent-length: 3\r\n\r\nabc",
        b"GET /5000 HTTP/1.1\r\nhost: hub\r\naccept-encoding: gzip\r\n\r\n",
        b"HEAD /5 HTTP/1.1\r\nhost: hub\r\n\r\n",
        b"GET /5 HTTP/1.0\r\nhost: hub\r\n\r\n",
        b"GET /0 HTTP/1.1\r\nhost: hub\r\n\r\nGET /70000 HTTP/1.1\r\nhost: hub\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_the_bytes_are_those_of_uvicorns_protocol(ports: tuple[int, int], first: bytes) -> None:
    own, uvicorns = [await exchange(port, first + LAST) for port in ports]
    assert own == uvicorns
    assert own.startswith(b"HTTP/1.1 ")


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Nothing to close."""

    def is_closing(self) -> bool:
        """Never."""
        return False


async def test_a_response_is_one_write() -> None:
    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    protocol, wire = Protocol(config, state, {}), Wire()
    protocol.connection_made(wire)
    for number in range(3):
        protocol.data_received(b"GET /5 HTTP/1.1\r\nhost: hub\r\n\r\n")
        await asyncio.gather(*state.tasks)
        assert len(wire.written) == number + 1
    assert wire.written[-1].endswith(b"\r\n\r\naaaaa")
    protocol.connection_lost(None)

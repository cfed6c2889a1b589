"""A browser's page of another origin uses the hub: preflight, compression, headers, caches, WebSockets."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from hub.settings import Settings
from tests.hub.conftest import NOWHERE, ToyEngine
from tests.hub.running_hub import serving
from tests.hub.web.test_compression import SECRET, BigEngine
from tests.tokens import token, write_key

ASK = """
async ([url, method, headers, body]) => {
  try {
    const answer = await fetch(url, {method, headers, body});
    const readable = Object.fromEntries(answer.headers);
    return {status: answer.status, headers: readable, body: await answer.text()};
  } catch (error) {
    return {error: error.name};
  }
}
"""

CONNECT = """
([url, authorization]) => new Promise(resolve => {
  const socket = new WebSocket(url, "graphql-transport-ws");
  socket.onopen = () => socket.send(JSON.stringify({type: "connection_init", payload: {authorization}}));
  socket.onmessage = ({data}) => { resolve(JSON.parse(data).type); socket.close(); };
  socket.onerror = () => resolve("error");
})
"""


class EmptyPage(BaseHTTPRequestHandler):
    """A page with nothing on it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>app</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of another server, with a page; by the names 127.0.0.1 and localhost it is two origins."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def engine() -> ToyEngine:
    return BigEngine()


@pytest.fixture
def hub(tmp_path: Path, elsewhere: int, engine: ToyEngine) -> Iterator[int]:
    write_key(tmp_path)
    settings = Settings(database_url=NOWHERE, data_dir=tmp_path)
    with serving(settings, engine, origins=(f"http://127.0.0.1:{elsewhere}",)) as port:
        yield port


@pytest.fixture
async def page(chromium: Browser, elsewhere: int) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    made = await context.new_page()
    await made.goto(f"http://127.0.0.1:{elsewhere}/")
    yield made
    await context.close()


def asked(port: int, query: str, **headers: str) -> list[Any]:
    body = f'{{"query": "{query}"}}'
    return [f"http://127.0.0.1:{port}/graphql", "POST", {"content-type": "application/json", **headers}, body]


async def test_a_page_of_an_allowed_origin_reads_compressed_answers(page: Page, hub: int) -> None:
    loop = asyncio.get_running_loop()
    coded: asyncio.Future[str] = loop.create_future()

    async def look(response: Any) -> None:
        if response.request.method == "POST":
            coded.set_result((await response.all_headers()).get("content-encoding", ""))

    page.on("response", look)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    given = {"authorization": f"Bearer {token()}", "x-request-id": "from-a-page", "traceparent": trace}
    answer = await page.evaluate(ASK, asked(hub, "{ word }", **given))
    assert answer["status"] == 200
    assert SECRET in answer["body"]
    assert await asyncio.wait_for(coded, 5) in {"zstd", "br", "gzip"}
    assert answer["headers"]["x-request-id"] == "from-a-page"
    assert "ratelimit" in answer["headers"]


async def test_it_reads_refusals_too(page: Page, hub: int) -> None:
    answer = await page.evaluate(ASK, asked(hub, "{ word }", authorization="Bearer a.b.c"))
    assert answer["status"] == 401
    assert "www-authenticate" in answer["headers"]
    assert '"code":' in answer["body"]


async def test_a_page_of_another_origin_reads_nothing(page: Page, hub: int, elsewhere: int, engine: ToyEngine) -> None:
    await page.goto(f"http://localhost:{elsewhere}/")
    answer = await page.evaluate(ASK, asked(hub, "{ word }", authorization=f"Bearer {token()}"))
    assert answer == {"error": "TypeError"}
    assert not engine.calls


async def test_the_publics_answer_to_get_is_taken_from_the_browsers_cache(
    page: Page, hub: int, engine: ToyEngine
) -> None:
    url = f"http://127.0.0.1:{hub}/graphql?query=%7B%20word%20%7D"
    public = {"accept": "application/graphql-response+json"}
    first = await page.evaluate(ASK, [url, "GET", public, None])
    second = await page.evaluate(ASK, [url, "GET", public, None])
    assert first["status"] == second["status"] == 200
    assert first["body"] == second["body"]
    assert len(engine.calls) == 1
    signed_in = await page.evaluate(ASK, [url, "GET", {**public, "authorization": f"Bearer {token()}"}, None])
    assert signed_in["status"] == 200
    assert [call["persona"] for call in engine.calls] == [None, "national"]


async def test_the_schema_can_be_read(page: Page, hub: int) -> None:
    answer = await page.evaluate(ASK, [f"http://127.0.0.1:{hub}/schema.graphql", "GET", {}, None])
    assert "type Query" in answer["body"]
    assert answer["headers"]["etag"].startswith('W/"')


async def test_websockets_are_for_the_same_pages(page: Page, hub: int, elsewhere: int) -> None:
    given = [f"ws://127.0.0.1:{hub}/graphql", f"Bearer {token()}"]
    assert await page.evaluate(CONNECT, given) == "connection_ack"
    await page.goto(f"http://localhost:{elsewhere}/")
    assert await page.evaluate(CONNECT, given) == "error"

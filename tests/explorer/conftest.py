"""A hub that serves the demonstration on a port of its own; and a browser to look at it."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Request, WebError, async_playwright

from db.demo.personas import add_personas
from db.server.migrate import connect
from hub import serve
from hub.cli.doctor import CHROMIUMS
from hub.settings import Settings
from hub.setup.bootstrap import SetupError
from hub.setup.explorer_build import build_explorer
from tests.conftest import run
from tests.tokens import token, write_key

TOKEN = token()
CHROMIUM = os.environ.get("UNIONHUB_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
MODULES = Path(__file__).parents[2] / "explorer" / "node_modules"
PAGE = """<!doctype html><title>app</title>
<script>window.process = {env: {NODE_ENV: "production"}}; // as bundlers set it</script>
<script type="importmap">
{"imports": {
  "@urql/core": "/@urql/core/dist/urql-core.mjs",
  "@0no-co/graphql.web": "/@0no-co/graphql.web/dist/graphql.web.mjs",
  "wonka": "/wonka/dist/wonka.mjs"
}}
</script>
<script type="module">
import * as urql from "@urql/core";
window.urql = urql;
</script>"""
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


STORED = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"
"""What a page may store, but for the cache of HTTP."""


def cannot(reason: str) -> NoReturn:
    """Skip where a developer lacks something; fail where nothing may be lacking."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def built() -> None:
    try:
        build_explorer()
    except SetupError as error:
        cannot(str(error))


async def national(url: str) -> None:
    """Let the national federation in."""
    connection = await connect(url)
    try:
        await add_personas(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def hub_token() -> str:
    return TOKEN


class Application(SimpleHTTPRequestHandler):
    """A page of somebody else's that uses a client from npm, with the packages' files as they are installed."""

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return "text/javascript" if str(path).endswith(".mjs") else super().guess_type(path)

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def application() -> Iterator[str]:
    """The origin of that page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Application, directory=str(MODULES)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="session")
def hub_url(
    built: None,
    kept_database: Callable[[str], str],
    page_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    application: str,
) -> Iterator[str]:
    """The address of a hub that serves the demonstration, also to that page."""
    folder = tmp_path_factory.mktemp("hub")
    database_url = kept_database(page_template)
    write_key(folder)
    run(national(database_url))
    with serving(Settings(database_url=database_url, data_dir=folder, port=0, origins=(application,))) as url:
        yield url


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of a hub that runs in a thread of its own, as ``unionhub serve`` would."""
    server = uvicorn.Server(serve.config(settings))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="hub", daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the hub did not start"
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        cannot("The explorer was not tried in a browser: no chromium is on the PATH (apt-get install chromium).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


class Watched:
    """What pages of a browser context ask for, and what goes wrong in them."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.requests: list[str] = []
        self.faults: list[str] = []
        context.on("request", self.requested)
        context.on("weberror", self.failed)
        context.on("console", self.said)

    def requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def failed(self, fault: WebError) -> None:
        self.faults.append(str(fault.error))

    def said(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.faults.append(line.text)

    def stop(self) -> None:
        """Stop watching."""
        self.context.remove_listener("request", self.requested)
        self.context.remove_listener("weberror", self.failed)
        self.context.remove_listener("console", self.said)

    def elsewhere(self, origin: str) -> list[str]:
        """Requests that went to another origin than ``origin``."""
        return [url for url in self.requests if not url.startswith((f"{origin}/", "data:", f"blob:{origin}"))]


@pytest.fixture(scope="session")
async def profile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BrowserContext]:
    """A browser with a profile on disk, which keeps the editor's compiled scripts: a third of what a page costs."""
    if CHROMIUM is None:
        cannot("The explorer was not tried in a browser: no chromium is on the PATH (apt-get install chromium).")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            viewport={"width": 1440, "height": 900},
            locale="en-GB",
        )
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        # A violation of the page's policy is an event of its document; the console has it too, but not in every version.
        await context.add_init_script(
            "addEventListener('securitypolicyviolation', at => console.error('CSP', at.violatedDirective, at.blockedURI))"
        )
        yield context
        await context.close()


@pytest.fixture
async def watched(profile: BrowserContext, hub_url: str) -> AsyncIterator[Watched]:
    """That browser as at a first visit: no page is open, and nothing is stored."""
    first = await profile.new_page()
    for page in profile.pages:
        if page is not first:
            await page.close()
    session = await profile.new_cdp_session(first)
    await session.send("Storage.clearDataForOrigin", {"origin": hub_url, "storageTypes": STORED})
    await session.detach()
    watched = Watched(profile)
    yield watched
    watched.stop()


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small build of the explorer, with a file beside it that is none of the browser's business."""
    assets = tmp_path / "explorer" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "explorer" / "index.html").write_text("<!doctype html><title>Union Hub</title>")
    (tmp_path / "secret.js").write_text("secret")
    (assets / "index-Ab12.js").write_text("export {}")
    (assets / "index-Ab12.css").write_text("body{}")
    (assets / "codicon-Ab12.ttf").write_bytes(b"\0\1\0\0")
    (assets / "icon-Ab12.svg").write_text("<svg/>")
    (assets / "notes.txt").write_text("not of the build")
    return tmp_path / "explorer"

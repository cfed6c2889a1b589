"""One embedded PostgreSQL for the whole run, with migrated template databases; each worker has copies of its own."""

import asyncio
import gc
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import uvloop

from db.demo.load import load_demo
from db.encryption.keys import KeyFile, ensure_key_file
from db.encryption.vault import Vault
from db.generate import generate
from db.rollups.maintenance import rebuild_rollups
from db.server import embedded, migrate
from db.server.connect import create_pool
from hub.serve import GC_THRESHOLDS
from resolvers.errors import in_english, translate
from tests.embedded_server import data_folder, forgo_durability
from tests.operator_server import OperatorServer, operated, servers
from tests.programme_rows import add_samples
from tests.schedule import Units
from tests.some_divisions import load_territory

ROOT = Path(__file__).parent.parent
MEMBERS, SEED = 2_500, 20_260_630
PREFIX, PAGE_PREFIX, BARE_PREFIX = "unionhub_template_", "unionhub_page_", "unionhub_bare_"
PAGE_MEMBERS = 1_500
KEPT = 3
SLOW_SECONDS = 3_600

gc.disable()  # until the tests are collected

KEY_FILE = Path(os.environ.setdefault("UNIONHUB_KEY_FILE", str(ROOT / ".data" / "test-keys.json")))
"""The keys of the templates; the processes that tests start inherit them."""
ensure_key_file(KEY_FILE)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own, outside the tests' event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@cache
def sources() -> str:
    """A digest of all files that decide what the templates hold."""
    digest = hashlib.sha256(f"{MEMBERS} {SEED}".encode())
    for path in sorted(
        [
            *(ROOT / "db").rglob("*.py"),
            *(ROOT / "db" / "reference" / "data").iterdir(),
            *(ROOT / "tests" / name for name in ("programme_rows.py", "some_divisions.py")),
        ]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(KEY_FILE.read_bytes())
    return digest.hexdigest()[:12]


async def fill_federation(url: str) -> None:
    """Divisions (some of the townships), a federation, and some rows of every programme."""
    await load_territory(url)
    await generate(url, MEMBERS, SEED, extend=add_samples)
    await rebuild_rollups(url)
    connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.close()


async def fill_tables(url: str) -> None:
    """The tables alone."""
    await migrate.upgrade(url)


async def fill_page(url: str) -> None:
    """The demonstration with few members, and all of the page."""
    await load_demo(url, members=PAGE_MEMBERS)


async def build_template(
    server: str, prefix: str, name: str, empty: str, fill: Callable[[str], Coroutine[Any, Any, None]]
) -> None:
    """Make a template from the ``empty`` one unless it is there; one process at a time for each prefix, under its final name only once it
    is complete."""
    connection, building = await asyncpg.connect(server), f"{prefix}building"
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext($1))", prefix)
        if await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            return
        await connection.execute(f"DROP DATABASE IF EXISTS {building}")
        await create(server, building, empty)
        await fill(embedded.with_database(server, building))
        await connection.execute(f"ALTER DATABASE {building} RENAME TO {name}")
        old = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY oid DESC", f"{prefix}%"
        )
        for row in old[KEPT:]:
            await connection.execute(f"DROP DATABASE IF EXISTS {row['datname']}")
    finally:
        await connection.close()


def template_of(server: str, prefix: str, empty: str, fill: Callable[[str], Coroutine[Any, Any, None]]) -> str:
    """The name of the template that ``fill`` makes from the ``empty`` one of the sources as they are."""
    name = prefix + sources()
    run(build_template(server, prefix, name, empty, fill))
    return name


async def create(server: str, name: str, template: str) -> None:
    """A database that is a copy of another; copies of one template are made one after the other."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext($1))", template)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    finally:
        await connection.close()


async def drop(server: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


def pytest_runtest_setup() -> None:
    """Each test begins in English: a command of the terminal that ran before may have left its language."""
    translate.set(in_english)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Units | None:
    """The groups of ``--dist loadgroup`` are the units of ``tests/schedule.py``."""
    return Units(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the slow set may take longer than the others; a limit is for what hangs, not for a machine that has much else to do."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


def pytest_collection_finish() -> None:
    """What stays until the end (the schema, the models, the tests themselves) is not looked at by the collector, which runs as the hub's
    does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that the hub is served on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def server_url() -> str:
    """The URL of the ``postgres`` database of the test server: ``UNIONHUB_TEST_DATABASE_URL``, else the embedded one."""
    named = os.environ.get("UNIONHUB_TEST_DATABASE_URL")
    if named:
        return named
    url = embedded.start(data_folder())
    run(forgo_durability(url))
    return url


@pytest.fixture(scope="session")
def new_operator_server() -> Iterator[Callable[[Path | None], OperatorServer]]:
    """Makes PostgreSQL servers as operators have them, for the files of ``OPERATOR_SERVER``, which one worker runs (tests/schedule.py)."""
    with servers() as make:
        yield make


@pytest.fixture(scope="session")
def operated_server(new_operator_server: Callable[[Path | None], OperatorServer]) -> OperatorServer:
    """A server with an owner, a login that owns nothing, and a small federation."""
    made = new_operator_server(None)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(operated, made).result()
    return made


@pytest.fixture(scope="session")
def vault() -> Vault:
    """The vault that decrypts the template's values."""
    return Vault(KeyFile(KEY_FILE))


@pytest.fixture(scope="session")
def template(server_url: str, bare_template: str) -> str:
    """The name of a migrated database with divisions and a federation of 2,500 members, made once for the sources of
    ``db``."""
    return template_of(server_url, PREFIX, bare_template, fill_federation)


@pytest.fixture(scope="session")
def page_template(server_url: str, bare_template: str) -> str:
    """The name of a database with the demonstration: 1,500 members and those of the page, made once for the sources of ``db``."""
    return template_of(server_url, PAGE_PREFIX, bare_template, fill_page)


@pytest.fixture(scope="session")
def bare_template(server_url: str) -> str:
    """The name of a migrated database without rows, made once for the sources of ``db``; the other templates begin as copies of it."""
    return template_of(server_url, BARE_PREFIX, "template0", fill_tables)


@contextmanager
def databases(server: str) -> Iterator[Callable[[str], str]]:
    """Makes databases from a template's name and gives their URLs; they are dropped on leaving."""
    made: list[str] = []

    def make(template: str) -> str:
        name = f"unionhub_test_{uuid4().hex[:16]}"
        run(create(server, name, template))
        made.append(name)
        return embedded.with_database(server, name)

    yield make
    for name in made:
        run(drop(server, name))


@pytest.fixture
def new_database(server_url: str) -> Iterator[Callable[[str], str]]:
    """Makes databases for one test."""
    with databases(server_url) as make:
        yield make


@pytest.fixture(scope="session")
def kept_database(server_url: str) -> Iterator[Callable[[str], str]]:
    """Makes databases that this worker keeps to the end of the run."""
    with databases(server_url) as make:
        yield make


@pytest.fixture(scope="session")
def database_url(kept_database: Callable[[str], str], template: str) -> str:
    """The URL of this worker's copy of the template."""
    return kept_database(template)


@pytest.fixture(scope="session")
def page_url(kept_database: Callable[[str], str], page_template: str) -> str:
    """The URL of this worker's copy of the demonstration, for tests that change nothing."""
    return kept_database(page_template)


@pytest.fixture
def fresh_page_url(new_database: Callable[[str], str], page_template: str) -> str:
    """The URL of a copy of the demonstration for one test that changes rows."""
    return new_database(page_template)


@pytest.fixture
def empty_database_url(new_database: Callable[[str], str]) -> str:
    """The URL of a database without anything in it, for one test."""
    return new_database("template0")


@pytest.fixture
def bare_database_url(new_database: Callable[[str], str], bare_template: str) -> str:
    """The URL of a migrated database without rows, for one test."""
    return new_database(bare_template)


@pytest.fixture
def fresh_database_url(new_database: Callable[[str], str], template: str) -> str:
    """The URL of a copy of the template for one test that changes rows."""
    return new_database(template)


@pytest.fixture(scope="session")
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on this worker's copy of the template."""
    made = await create_pool(database_url)
    yield made
    await made.close()

"""An export while it is being sent: the audit log, the snapshot, slow callers, callers who go away, budgets, faults."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from db.server.migrate import connect
from hub.app import Hub, create_app
from hub.settings import Settings
from hub.web import http
from hub.web.protocol import ABORT
from resolvers.engine.execute import export
from tests.hub.web.test_cancel import Request
from tests.hub.web.test_exports import CSV, NDJSON, XLSX, ask, hub_at, url  # noqa: F401
from tests.tokens import token, write_key

MEMBERS = "query Members { members { nodes { id name workerType } } }"
OPEN = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'unionhub' AND state LIKE 'idle in transaction%'"""


class Download(Request):
    """A request of a caller who reads the body only while ``reads`` is set, and may go away."""

    def __init__(self, app: Hub, query: str, accept: str, *, subject: str = "national") -> None:
        self.reads, self.begun = asyncio.Event(), asyncio.Event()
        super().__init__(app, query, token(subject), accept=accept)

    async def send(self, message: Any) -> None:
        await super().send(message)
        self.begun.set()
        if message["type"] == "http.response.body":
            await self.reads.wait()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def lines(self) -> list[Any]:
        """The lines of NDJSON."""
        whole = b"".join(message.get("body", b"") for message in self.sent)
        return [json.loads(line) for line in whole.splitlines()]

    async def begins(self) -> None:
        await asyncio.wait_for(self.begun.wait(), 20)

    async def ends(self) -> None:
        self.reads.set()
        await asyncio.wait_for(self.task, 20)


@asynccontextmanager
async def hub(url: str, folder: Path, **changed: Any) -> AsyncIterator[Hub]:  # noqa: F811
    write_key(folder)
    app = create_app(Settings(database_url=url, data_dir=folder, **changed))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PIECE", 100)
    monkeypatch.setattr(http, "WATCH_SECONDS", 0.01)


@pytest.fixture
async def database(url: str) -> AsyncIterator[asyncpg.Connection]:  # noqa: F811
    connection = await connect(url)
    yield connection
    await connection.close()


async def until_closed(database: asyncpg.Connection) -> None:
    """Wait until no transaction of the hub is open."""
    end = time.monotonic() + 20
    while await database.fetchval(OPEN):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


async def test_the_log_has_the_export_before_its_first_row(
    url: str,  # noqa: F811
    tmp_path: Path,
    database: asyncpg.Connection,
) -> None:
    before = await database.fetchval("SELECT max(id) FROM access_log")
    async with hub(url, tmp_path) as app:
        download = Download(app, MEMBERS, CSV)
        await download.begins()
        (entry,) = await database.fetch("SELECT * FROM access_log WHERE id > $1", before or 0)
        assert entry["action"] == "EXPORT_LIST"
        assert (entry["principal"], entry["operation"], entry["source"]) == ("national", "Members", "192.0.2.7")
        assert entry["role"] == "FEDERATION"
        list_, format_, digest = json.loads(entry["fields"])
        assert (list_, format_) == ("Query.members", "CSV")
        assert len(digest.removeprefix("DIGEST ")) == 32
        await download.ends()
        await Download(app, "{ members { nodes { memberships { id } } } }", CSV).ends()
    assert await database.fetchval("SELECT count(*) FROM access_log WHERE id > $1", before or 0) == 1


async def test_rows_that_change_meanwhile_are_not_seen(
    url: str,  # noqa: F811
    tmp_path: Path,
    database: asyncpg.Connection,
) -> None:
    query = "{ employers(orderBy: {field: NAME}) { nodes { id name } } }"
    async with hub(url, tmp_path) as app:
        before = Download(app, query, NDJSON)
        await before.ends()
        during = Download(app, query, NDJSON)
        await during.begins()
        await database.execute("UPDATE employer SET name = name || '改'")
        try:
            await during.ends()
        finally:
            await database.execute("UPDATE employer SET name = left(name, -1)")
        assert during.lines == before.lines
        assert len(before.lines) > 300


@pytest.mark.parametrize("accept", [CSV, NDJSON])
async def test_a_slow_caller_holds_no_transaction_longer_than_the_limit(
    url: str,  # noqa: F811
    tmp_path: Path,
    database: asyncpg.Connection,
    accept: str,
) -> None:
    async with hub(url, tmp_path, export_seconds=1) as app:
        download = Download(app, MEMBERS, accept)
        await download.begins()
        assert await database.fetchval(OPEN) == 1
        began = time.monotonic()
        await until_closed(database)
        assert time.monotonic() - began < 5
        await download.ends()
    assert download.status == 200
    if accept == CSV:
        assert download.sent[-1] == {"type": ABORT}
    else:
        *rows, last = download.lines
        assert len(rows) in (100, 200)
        assert last["errors"][0]["extensions"]["code"] == "EXPORT_TIMEOUT"
        assert download.sent[-1]["more_body"] is False


@pytest.mark.parametrize("accept", [CSV, NDJSON, XLSX])
async def test_a_caller_who_goes_away_ends_the_export(
    url: str,  # noqa: F811
    tmp_path: Path,
    database: asyncpg.Connection,
    accept: str,
) -> None:
    async with hub(url, tmp_path, max_exports=1) as app:
        download = Download(app, MEMBERS, accept)
        if accept == XLSX:
            await asyncio.sleep(0.1)
        else:
            await download.begins()
        download.gone.set()
        await asyncio.wait_for(download.task, 20)
        await until_closed(database)
        assert app.pool is not None
        assert app.pool.get_idle_size() == app.pool.get_size()
        again = Download(app, "{ employers { nodes { id } } }", accept)
        await again.ends()
        assert again.status == 200


async def test_few_exports_run_at_once(url: str, tmp_path: Path) -> None:  # noqa: F811
    async with hub(url, tmp_path, max_exports=1) as app:
        first = Download(app, MEMBERS, CSV)
        await first.begins()
        second = Download(app, MEMBERS, NDJSON)
        await second.ends()
        assert second.status == 429
        assert dict(second.sent[0]["headers"])[b"retry-after"] == b"30"
        assert second.lines[0]["errors"][0]["extensions"]["code"] == "TOO_MANY_RUNNING"
        await first.ends()
        third = Download(app, MEMBERS, NDJSON)
        await third.ends()
        assert third.status == 200
    async with hub(url, tmp_path, max_exports=2) as app:
        own, again = Download(app, MEMBERS, CSV), Download(app, MEMBERS, CSV)
        await asyncio.gather(own.begins(), again.begins())
        other = Download(app, MEMBERS, CSV, subject="province")
        await other.begins()
        assert sorted([own.status, again.status]) == [200, 429]
        assert other.status == 200
        await asyncio.gather(own.ends(), again.ends(), other.ends())
    async with hub(url, tmp_path, max_exports=0) as app:
        none = Download(app, MEMBERS, CSV)
        await none.ends()
        assert none.status == 406


async def test_a_lost_connection_is_told(
    url: str,  # noqa: F811
    tmp_path: Path,
    database: asyncpg.Connection,
) -> None:
    async with hub(url, tmp_path) as app:
        download = Download(app, MEMBERS, NDJSON)
        await download.begins()
        await database.execute(OPEN.replace("SELECT count(*)", "SELECT pg_terminate_backend(pid)"))
        await download.ends()
    assert download.lines[-1]["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"


def test_an_export_stops_where_the_budget_is_used_up(url: str, tmp_path: Path) -> None:  # noqa: F811
    with hub_at(url, tmp_path, budget_points=1_200) as client:
        lines = ask(client, MEMBERS, NDJSON).text.splitlines()
        assert json.loads(lines[-1])["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
        assert 100 <= len(lines) - 1 < 2_000
        assert ask(client, MEMBERS, NDJSON).status_code == 429
    for accept, error in ((CSV, httpx.TransportError), (XLSX, None)):
        with hub_at(url, tmp_path, budget_points=1_200) as client:
            if error is None:
                response = ask(client, MEMBERS, accept)
                assert response.status_code == 429
                assert response.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
            else:
                with pytest.raises(error):
                    ask(client, MEMBERS, accept)

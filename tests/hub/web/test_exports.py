"""Exports over HTTP: the rows of a list as CSV, NDJSON and XLSX, for whoever may see them, and what breaks one off."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from python_calamine import CalamineWorkbook

from db.access import Role
from db.organizations import Hierarchy
from db.server.migrate import connect
from hub import serve
from hub.app import Hub, create_app
from hub.exports.forms import Format
from hub.settings import Settings
from hub.web import export_response, http
from resolvers.engine.execute import export
from tests.hub.test_serve import running
from tests.tokens import let_in, token, write_key

CSV, NDJSON, XLSX = (format_.value for format_ in Format)
MEMBERS = "{ members(first: 2) { nodes { id name workerType joinedHubOn: createdAt } } }"
ODD = ("=1+1", "+86", "-5", "@A1", "\t=1", "＝1", "－1", 'a "quoted", name', "two\nlines", "𠮷野·家", "'already")


@pytest.fixture(scope="module")
async def url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template with employers of odd names, and principals."""
    url = kept_database(template)
    connection = await connect(url)
    rows = await connection.fetch("SELECT id FROM employer ORDER BY id LIMIT $1", len(ODD))
    for row, name in zip(rows, ODD, strict=True):
        await connection.execute("UPDATE employer SET name = $2 WHERE id = $1", row["id"], name)
    for name, where in (("national", "kind = 'LOCAL_FEDERATION' AND level = 'NATIONAL'"), ("province", "name = '浙江省总工会'")):
        union = await connection.fetchval(f"SELECT id FROM organization WHERE {where} ORDER BY id LIMIT 1")
        await let_in(connection, name, Role.FEDERATION, organization_id=union, hierarchy=Hierarchy.TERRITORIAL)
    await connection.close()
    return url


@contextmanager
def hub_at(url: str, folder: Path, **changed: Any) -> Iterator[httpx.Client]:
    """A client of a hub on a real port."""
    write_key(folder)
    settings = Settings(database_url=url, data_dir=folder, port=0, **changed)
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, lifespan="on", **serve.common(settings)
    )
    with running(config) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with hub_at(url, tmp_path_factory.mktemp("hub")) as made:
        yield made


def ask(
    client: httpx.Client,
    query: str,
    accept: str = CSV,
    variables: Any = None,
    *,
    subject: str | None = "national",
    **headers: str,
) -> httpx.Response:
    sent = {"accept": accept, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if subject is not None:
        sent["authorization"] = f"Bearer {token(subject)}"
    return client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)


def data(client: httpx.Client, query: str, **more: Any) -> Any:
    response = ask(client, query, "application/json", **more).json()
    assert "errors" not in response, response
    return response["data"]


def table(response: httpx.Response) -> list[list[str]]:
    assert response.status_code == 200, response.text
    text = response.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def code_of(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


def test_a_list_is_a_table_with_all_its_rows(client: httpx.Client) -> None:
    query = "query Units($n: Int = 3) { all: employers(first: $n) { totalCount nodes { id name kind headcount organization { n: name } } } }"
    response = ask(client, query, f"{CSV}; headings=paths", accept_language="zh-CN")
    print(response.text[:1500], response.headers)
    for accept in (CSV, f"{CSV};codes=labels", NDJSON):
        print(ask(client, query, accept, accept_language="zh-CN").text[:400])
        print(ask(client, query, accept, accept_language="en").text[:400])

"""The endpoint on a small schema and an engine that needs no database; the real ones are in test_end_to_end.py."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from graphql import GraphQLError, build_schema, execute, get_variable_values
from graphql.pyutils import is_awaitable

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.principals import GrantRow, SignedIn
from hub.app import Hub, create_app, issuers_of
from hub.authentication.authenticator import Authenticator
from hub.authentication.principal_reader import PrincipalReader
from hub.settings import Settings
from resolvers.access.callers import Caller
from resolvers.engine.request.document import Answer, Document
from tests.tokens import token, write_key

TOKEN = token()
BEARER = {"authorization": f"Bearer {TOKEN}"}
RESPONSE = "application/graphql-response+json"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"

SCHEMA = build_schema(
    """
    enum Shade { DARK LIGHT }
    input Box { box: Box, list: [Int] }
    interface Named { name: String }
    type Tree implements Named { name: String, left: Tree, right: Tree, child(at: Int): Tree }
    type Query {
      word(of: String): String
      count(of: Int): Int
      boxed(in: Box): String
      shaded(in: Shade): String
      tree: Tree
      named: Named
      broken: String
      refused: String
    }
    type Mutation { change(to: String): String }
    """
)


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on which commands speak English."""
    for name in [name for name in os.environ if name.startswith("LC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")


class ToyEngine:
    """Runs documents with graphql-core on fixed values, and remembers how it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.fault: Exception | None = None

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        variables: dict[str, Any],
        *,
        caller: Caller,
        explain: bool = False,
        allowance: Any = None,
        request: Any = None,
    ) -> Answer:
        self.calls.append(
            {
                "name": operation_name,
                "variables": variables,
                "caller": caller,
                "persona": caller.name if caller.principal_id else None,
                "explain": explain,
                "allowance": allowance,
                "request": request,
            }
        )
        if self.fault is not None:
            raise self.fault
        read = document.operations.get(operation_name)
        if operation_name is None and len(document.operations) == 1:
            read = next(iter(document.operations.values()))
        if read is None:
            return refused(GraphQLError("Name one of the operations.", extensions={"code": "BAD_OPERATION"}))
        values = get_variable_values(SCHEMA, read.node.variable_definitions or (), variables, hide_suggestions=True)
        if isinstance(values, list):
            return refused(GraphQLError(values[0].message, extensions={"code": "BAD_VARIABLES"}))
        root = {"word": "word", "tree": {"name": "root", "left": {"name": "left"}}, "change": "changed"}
        result = execute(SCHEMA, document.ast, root, variable_values=variables, operation_name=operation_name)
        assert not is_awaitable(result)
        return Answer(orjson.dumps(result.formatted), 200)


class OneCaller(PrincipalReader):
    """Knows the principal ``national``, without a database."""

    is_fresh = True

    async def by_subject(self, subject: str) -> SignedIn | None:
        if not subject.endswith("|national"):
            return None
        held = GrantRow(1, Role.FEDERATION, 1, Hierarchy.TERRITORIAL, None, today(), None, "全总", None, True)
        return SignedIn(1, "national", PrincipalKind.PERSON, None, False, (held,), ())

    async def by_key(self, prefix: str) -> None:
        return None

    async def refresh(self) -> None:
        return None


def without_database(pool: asyncpg.Pool, settings: Settings) -> Authenticator:
    return Authenticator(OneCaller(pool), issuers_of(settings), public=settings.public_analyst)


def refused(error: GraphQLError) -> Answer:
    return Answer(orjson.dumps({"errors": [error.formatted]}), 400)


@pytest.fixture
def engine() -> ToyEngine:
    return ToyEngine()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_key(tmp_path)
    return Settings(database_url=NOWHERE, data_dir=tmp_path)


@pytest.fixture
async def app(settings: Settings, engine: ToyEngine) -> AsyncIterator[Hub]:
    made = create_app(
        settings, served=SCHEMA, make_engine=lambda pool, settings: engine, make_authenticator=without_database
    )
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: Hub) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://hub"
    ) as made:
        yield made


class Api:
    """The endpoint for a caller with a token who knows the new media type."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, query: Any, variables: Any = None, *, headers: Any = None, **members: Any) -> httpx.Response:
        body = {"query": query, **({} if variables is None else {"variables": variables}), **members}
        return await self.raw(json.dumps(body), headers=headers)

    async def raw(self, body: bytes | str, *, headers: Any = None) -> httpx.Response:
        given = {"content-type": "application/json", "accept": RESPONSE, **BEARER, **(headers or {})}
        return await self.client.post("/graphql", content=body, headers=given)

    async def get(self, parameters: Any = None, *, headers: Any = None, url: str = "/graphql") -> httpx.Response:
        return await self.client.get(url, params=parameters, headers={"accept": RESPONSE, **BEARER, **(headers or {})})


@pytest.fixture
def api(client: httpx.AsyncClient) -> Api:
    return Api(client)


def code_of(response: httpx.Response) -> str:
    """The code of the only error of a request that was not run."""
    body = response.json()
    assert "data" not in body
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    assert set(error) <= {"message", "locations", "extensions"}
    assert len(error["message"]) <= 300
    return str(error["extensions"]["code"])

"""Who is asking, and what an anonymous caller gets."""

import hashlib
import json
from pathlib import Path

import httpx
import pytest

from hub import auth
from hub.auth import Authenticator
from hub.errors import Refusal
from tests.hub.conftest import BEARER, RESPONSE, TOKEN, ToyEngine, code_of

JSON = {"content-type": "application/json", "accept": RESPONSE}


async def ask(client: httpx.AsyncClient, query: str, *authorization: str, **headers: str) -> httpx.Response:
    given = [*JSON.items(), *headers.items(), *(("authorization", value) for value in authorization)]
    return await client.post("/graphql", content=json.dumps({"query": query}), headers=given)


async def test_valid_token_names_the_principal(client: httpx.AsyncClient, engine: ToyEngine) -> None:
    for value in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "):
        assert (await ask(client, "{ word }", value)).status_code == 200
        assert engine.calls[-1]["persona"] == "national"


@pytest.mark.parametrize(
    "values",
    [
        ["Bearer wrong"],
        ["Bearer"],
        ["Bearer "],
        [""],
        [f"Basic {TOKEN}"],
        [TOKEN],
        [f"Bearer {TOKEN} {TOKEN}"],
        [f"Bearer {TOKEN}, Bearer {TOKEN}"],
        [f"Bearer {TOKEN},{TOKEN}"],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
        [f"Bearer {TOKEN}", "Bearer wrong"],
        [f"Bearer {TOKEN}x"],
        [f"Bearer {TOKEN[:-1]}"],
        ["Bearer " + "x" * 10_000],
        ["Bearer " + hashlib.sha256(TOKEN.encode()).hexdigest()],
    ],
)
async def test_anything_else_is_401_with_a_challenge(
    client: httpx.AsyncClient, engine: ToyEngine, values: list[str]
) -> None:
    response = await ask(client, "{ __typename }", *values)
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert engine.calls == []


@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
@pytest.mark.parametrize(
    "query",
    [
        "{ word }",
        "{ __typename word }",
        "{ __typename: word }",
        "{ ...F } fragment F on Query { ... { word } }",
        "{ word @skip(if: true) }",
        "query A { __typename } query B { word }",
        "mutation { change }",
    ],
)
async def test_anonymous_caller_is_told_where_the_token_is(
    client: httpx.AsyncClient, engine: ToyEngine, query: str, accept: str
) -> None:
    body = json.dumps({"query": query, "operationName": "B" if "query B" in query else None})
    response = await client.post("/graphql", content=body, headers={**JSON, "accept": accept})
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")
    message = response.json()["errors"][0]["message"]
    assert "make demo" in message
    assert "unionhub token national" in message
    assert engine.calls == []


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ __schema { types { name } } }",
        '{ ...F } fragment F on Query { __type(name: "Tree") { name } }',
    ],
)
async def test_anonymous_caller_may_introspect(client: httpx.AsyncClient, engine: ToyEngine, query: str) -> None:
    response = await ask(client, query)
    assert response.status_code == 200
    assert "errors" not in response.json()
    assert engine.calls[-1]["persona"] is None


async def test_anonymous_caller_gets_no_explanation(client: httpx.AsyncClient, engine: ToyEngine) -> None:
    await ask(client, "{ __typename }", **{"x-unionhub-explain": "1"})
    assert engine.calls[-1]["explain"] is False


async def test_token_in_the_address_is_no_token(client: httpx.AsyncClient) -> None:
    parameters = {"query": "{ word }", "access_token": TOKEN, "token": TOKEN}
    assert (await client.get("/graphql", params=parameters, headers={"accept": RESPONSE})).status_code == 401


def test_new_token_needs_no_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REREAD_SECONDS", 0.0)
    file = tmp_path / "tokens.json"
    who = Authenticator(file)
    with pytest.raises(Refusal):
        who.principal([BEARER["authorization"].encode()])
    file.write_text(json.dumps({"national": hashlib.sha256(TOKEN.encode()).hexdigest().upper()}))
    found = who.principal([BEARER["authorization"].encode()])
    assert found is not None
    assert found.name == "national"
    file.unlink()
    with pytest.raises(Refusal):
        who.principal([BEARER["authorization"].encode()])


@pytest.mark.parametrize("content", ["", "[]", "{", '{"national": null}', '"x"'])
def test_unreadable_token_file_lets_nobody_in(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(content)
    with pytest.raises(Refusal):
        Authenticator(file).principal([b"Bearer null"])
    assert Authenticator(file).principal([]) is None

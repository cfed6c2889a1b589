"""Who is told the schema, by ``UNIONHUB_INTROSPECTION``; and where else than in its header a token is none."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hub.app import create_app
from hub.settings import Settings
from resolvers.access.callers import PUBLIC
from tests.hub.conftest import BEARER, NOWHERE, RESPONSE, SCHEMA, TOKEN, Api, ToyEngine, code_of, without_database
from tests.tokens import write_key

ASKING = (
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Tree") { name } }',
    "{ word ...F } fragment F on Query { t: __schema { types { name } } }",
    "query A { word ... @include(if: true) { __schema { types { name } } } }",
)


@pytest.fixture(params=["all", "signed_in", "nobody"])
def introspection(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def api(tmp_path, engine: ToyEngine, introspection: str) -> AsyncIterator[Api]:
    write_key(tmp_path)
    settings = Settings(database_url=NOWHERE, data_dir=tmp_path, introspection=introspection)
    app = create_app(
        settings, served=SCHEMA, make_engine=lambda pool, settings: engine, make_authenticator=without_database
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client,
    ):
        yield Api(client)


@pytest.mark.parametrize("text", ASKING)
async def test_the_schema_is_told_to_whom_the_setting_says(api: Api, introspection: str, text: str) -> None:
    for signed_in in (True, False):
        if signed_in:
            response = await api.post(text)
        else:
            response = await api.client.post("/graphql", json={"query": text}, headers={"accept": RESPONSE})
        if introspection == "all" or (introspection == "signed_in" and signed_in):
            assert response.status_code == 200, response.text
        else:
            assert (response.status_code, code_of(response)) == (403, "NO_INTROSPECTION")


async def test_what_is_no_introspection_is_answered_in_any_case(api: Api) -> None:
    for text in ("{ word }", "{ __typename tree { __typename name } }"):
        assert (await api.post(text)).status_code == 200


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("{ wor }", "word"),
        ("{ count(o: 1) }", "of"),
        ("{ boxed(in: {lis: [1]}) }", "list"),
        ("{ shaded(in: DRK) }", "DARK"),
        ("{ ... on Tre { name } }", "Tree"),
    ],
)
async def test_names_are_suggested_to_whom_may_ask_for_the_schema(
    api: Api, introspection: str, text: str, near: str
) -> None:
    """Of the same document, one after the other: a refusal that is kept has no suggestion for who may not have one."""
    for signed_in in (True, False, True):
        headers = {"accept": RESPONSE, **(BEARER if signed_in else {})}
        response = await api.client.post("/graphql", json={"query": text}, headers=headers)
        assert code_of(response) == ("UNKNOWN_CODE" if near == "DARK" else "VALIDATION_FAILED")
        suggested = introspection == "all" or (introspection == "signed_in" and signed_in)
        assert ("Did you mean" in response.text) == (near in response.text) == suggested, response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": TOKEN},
        {"x-authorization": f"Bearer {TOKEN}"},
        {"proxy-authorization": f"Bearer {TOKEN}"},
        {"cookie": f"authorization={TOKEN}; token={TOKEN}; access_token={TOKEN}"},
        {"x-forwarded-user": "national", "x-remote-user": "national", "x-forwarded-for": "127.0.0.1"},
        {"sec-websocket-protocol": f"graphql-transport-ws, {TOKEN}"},
    ],
)
async def test_a_token_anywhere_else_than_in_its_header_signs_nobody_in(
    api: Api, engine: ToyEngine, headers: dict[str, str]
) -> None:
    response = await api.client.post(
        "/graphql",
        json={"query": "{ word }", "extensions": {"authorization": f"Bearer {TOKEN}"}},
        headers={"accept": RESPONSE, **headers},
    )
    assert response.status_code == 200
    assert engine.calls[-1]["caller"] is PUBLIC

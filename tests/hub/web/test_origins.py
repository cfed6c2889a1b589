"""Pages of other origins: CORS over real HTTP. A browser does the same in tests/explorer/test_other_origin.py."""

from collections.abc import Iterator

import httpx
import pytest

from hub.settings import Settings
from tests.hub.conftest import BEARER, RESPONSE
from tests.hub.running_hub import client_of, serving

PAGE, OTHER = "https://app.example.org", "https://elsewhere.example.org"
QUERY = {"query": "{ word }"}


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    with serving(settings, origins=(PAGE,)) as number:
        yield number


async def preflight(port: int, origin: str, path: str = "/graphql", **more: str) -> httpx.Response:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,traceparent,x-request-id",
        **more,
    }
    async with client_of(port) as client:
        return await client.options(path, headers=asked)


async def test_preflight_of_an_allowed_page_is_answered_without_a_token(port: int) -> None:
    answer = await preflight(port, PAGE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "traceparent", "x-request-id"} <= {*allowed.split(",")}
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    assert int(answer.headers["access-control-max-age"]) > 600


async def test_preflight_is_answered_where_nobody_may_ask_without_a_token(settings: Settings) -> None:
    with serving(settings, origins=(PAGE,), public_analyst=False) as port:
        assert (await preflight(port, PAGE)).status_code == 200


async def test_preflight_to_a_private_network_is_answered_to_pages_with_a_name(settings: Settings, port: int) -> None:
    asked = {"access-control-request-private-network": "true"}
    assert (await preflight(port, PAGE, **asked)).headers["access-control-allow-private-network"] == "true"
    with serving(settings, origins=("*",)) as every:
        assert (await preflight(every, PAGE, **asked)).status_code == 400


@pytest.mark.parametrize("origin", [OTHER, "null", "http://app.example.org", f"{PAGE}:444", f"{PAGE}.evil.org"])
async def test_other_pages_are_refused(port: int, origin: str) -> None:
    refused = await preflight(port, origin)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=QUERY, headers={"origin": origin, **BEARER})
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(("body", "status"), [({"query": "{ word }"}, 200), ({"query": "{"}, 400), ({}, 400)])
async def test_answers_and_refusals_can_be_read_by_an_allowed_page(port: int, body: object, status: int) -> None:
    async with client_of(port) as client:
        answer = await client.post("/graphql", json=body, headers={"origin": PAGE, "accept": RESPONSE, **BEARER})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "RateLimit" in answer.headers["access-control-expose-headers"]
    assert {"accept", "accept-language", "Origin"} <= set(answer.headers["vary"].split(", "))


async def test_a_refused_token_can_be_read_by_an_allowed_page(port: int) -> None:
    async with client_of(port) as client:
        headers = {"origin": PAGE, "authorization": "Bearer no.token.atall"}
        answer = await client.post("/graphql", json=QUERY, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == PAGE


async def test_every_page_where_all_may(settings: Settings) -> None:
    with serving(settings, origins=("*",)) as port:
        assert (await preflight(port, OTHER)).headers["access-control-allow-origin"] == "*"
        async with client_of(port) as client:
            answer = await client.post("/graphql", json=QUERY, headers={"origin": OTHER})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_nothing_is_allowed_by_default(settings: Settings) -> None:
    with serving(settings) as port:
        refused = await preflight(port, PAGE)
        assert refused.status_code == 405
        async with client_of(port) as client:
            answer = await client.post("/graphql", json=QUERY, headers={"origin": PAGE, **BEARER})
    for one in (refused, answer):
        assert not [name for name in one.headers if name.startswith("access-control")]


async def test_other_paths_are_of_no_concern_to_pages(port: int) -> None:
    async with client_of(port) as client:
        for path in ("/healthz", "/readyz", "/explorer/assets/index.js"):
            answer = await client.get(path, headers={"origin": PAGE})
            assert "access-control-allow-origin" not in answer.headers

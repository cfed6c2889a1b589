"""What caches may keep: the SDL, the explorer's page and files, and the public's answers to GET."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
from graphql import build_schema, print_schema
from starlette.applications import Starlette

from hub.settings import Settings
from hub.setup.compressed_files import write_compressed_files
from hub.web import explorer_page
from hub.web.caching import etag_of, matches
from resolvers.engine.request.document import Answer
from tests.hub.conftest import BEARER, RESPONSE, SCHEMA, ToyEngine, code_of
from tests.hub.running_hub import client_of, serving

SCRIPT = "export const words = 1;\n" * 500


@pytest.fixture
def port(settings: Settings, engine: ToyEngine) -> Iterator[int]:
    with serving(settings, engine) as number:
        yield number


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('W/"a"', True),
        ('"a"', True),
        ('"b", W/"a"', True),
        ('"b"', False),
        ("a", False),
    ],
)
def test_if_none_match_is_compared_weakly(header: str | None, known: bool) -> None:
    assert matches(header, 'W/"a"') is known


def test_validators_tell_contents_apart() -> None:
    assert etag_of(b"a") != etag_of(b"b")
    assert etag_of(b"a").startswith('W/"')


async def test_the_sdl_has_a_validator(port: int) -> None:
    async with client_of(port) as client:
        first = await client.get("/schema.graphql")
        second = await client.get("/schema.graphql", headers={"if-none-match": first.headers["etag"]})
        other = await client.get("/schema.graphql", headers={"if-none-match": '"other"'})
        head = await client.head("/schema.graphql")
    assert first.status_code == 200
    assert print_schema(build_schema(first.text)) == print_schema(SCHEMA)
    assert first.headers["cache-control"] == "no-cache"
    assert "Authorization" in first.headers["vary"]
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    assert other.text == first.text
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("introspection", "public", "signed_in"),
    [("all", 200, 200), ("signed_in", 403, 200), ("nobody", 403, 403)],
)
async def test_the_sdl_is_for_whom_introspection_is(
    settings: Settings, introspection: str, public: int, signed_in: int
) -> None:
    with serving(settings, introspection=introspection) as port:
        async with client_of(port) as client:
            answers = [await client.get("/schema.graphql", headers=headers) for headers in ({}, BEARER)]
    assert [answer.status_code for answer in answers] == [public, signed_in]
    for answer in answers:
        if answer.status_code == 403:
            assert code_of(answer) == "NO_INTROSPECTION"
            assert answer.headers["cache-control"] == "no-store"


async def test_the_sdl_wants_a_token_where_everything_does(settings: Settings) -> None:
    with serving(settings, public_analyst=False) as port:
        async with client_of(port) as client:
            assert (await client.get("/schema.graphql")).status_code == 401
            assert (await client.get("/schema.graphql", headers={"authorization": "Bearer x.y.z"})).status_code == 401


async def test_the_page_has_a_validator(port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Union Hub</title>")
    monkeypatch.setattr(explorer_page.explorer_page, "__defaults__", (tmp_path, explorer_page.EXPLORER_PAGE))
    async with client_of(port) as client:
        first = await client.get("/graphql", headers={"accept": "text/html"})
        second = await client.get("/graphql", headers={"accept": "text/html", "if-none-match": first.headers["etag"]})
        (tmp_path / "index.html").write_text("<!doctype html><title>Anew</title>")
        third = await client.get("/graphql", headers={"accept": "text/html", "if-none-match": first.headers["etag"]})
    assert [first.status_code, second.status_code, third.status_code] == [200, 304, 200]
    assert second.headers["content-security-policy"] == first.headers["content-security-policy"]


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    made = tmp_path / "explorer" / "assets"
    made.mkdir(parents=True)
    (made / "index-Ab12.js").write_text(SCRIPT)
    (made / "part.min.js").write_text(SCRIPT)
    (made / "small.css").write_text("body{}")
    write_compressed_files(made)
    return made


def browser_of(assets: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[explorer_page.explorer_assets(assets.parent)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub/explorer/assets")


def test_only_what_becomes_smaller_has_twins(assets: Path) -> None:
    assert sorted(path.name for path in assets.iterdir()) == [
        "index-Ab12.js",
        "index-Ab12.js.br",
        "index-Ab12.js.gz",
        "part.min.js",
        "part.min.js.br",
        "part.min.js.gz",
        "small.css",
    ]
    assert brotli.decompress((assets / "index-Ab12.js.br").read_bytes()) == SCRIPT.encode()
    assert gzip.decompress((assets / "index-Ab12.js.gz").read_bytes()) == SCRIPT.encode()


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("identity", None),
        ("", None),
        ("zstd", None),
        ("br;q=x", None),
    ],
)
async def test_files_are_sent_as_their_twins(assets: Path, accepted: str, coding: str | None) -> None:
    async with browser_of(assets) as browser:
        answer = await browser.get("/index-Ab12.js", headers={"accept-encoding": accepted})
        etag = answer.headers["etag"]
        again = await browser.get("/index-Ab12.js", headers={"accept-encoding": accepted, "if-none-match": etag})
    assert answer.text == SCRIPT
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304


async def test_twins_have_validators_of_their_own_and_no_address(assets: Path) -> None:
    async with browser_of(assets) as browser:
        tags = {
            (await browser.get("/index-Ab12.js", headers={"accept-encoding": accepted})).headers["etag"]
            for accepted in ("br", "gzip", "identity")
        }
        hidden = await browser.get("/index-Ab12.js.br")
        small = await browser.get("/small.css", headers={"accept-encoding": "br"})
        dotted = await browser.get("/part.min.js", headers={"accept-encoding": "gzip"})
        plain = await browser.get("/part.min.js", headers={"accept-encoding": "identity"})
    assert len(tags) == 3
    assert hidden.status_code == 404
    assert (small.status_code, small.text) == (200, "body{}")
    assert dotted.text == plain.text == SCRIPT
    assert {dotted.headers["content-type"], plain.headers["content-type"]} == {"text/javascript; charset=utf-8"}


async def test_the_publics_answer_to_get_may_be_kept(port: int) -> None:
    async with client_of(port) as client:
        first = await client.get("/graphql", params={"query": "{ word }"}, headers={"accept": RESPONSE})
        known = {"accept": RESPONSE, "if-none-match": first.headers["etag"]}
        second = await client.get("/graphql", params={"query": "{ word }"}, headers=known)
    assert first.json() == {"data": {"word": "word"}}
    assert first.headers["cache-control"] == "public, max-age=60"
    assert "authorization" in first.headers["vary"]
    assert not [name for name in first.headers if name.startswith("ratelimit")]
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["cache-control"] == "public, max-age=60"
    assert "content-type" not in second.headers


@pytest.mark.parametrize(
    ("method", "query", "headers", "status"),
    [
        ("GET", "{ word }", BEARER, 200),
        ("GET", "{ word }", {"authorization": "Bearer x.y.z"}, 401),
        ("GET", "{ word }", {"authorization": ""}, 401),
        ("GET", "{ nothing }", {}, 400),
        ("GET", "mutation { change }", {}, 405),
        ("GET", "query Q($of: String!) { word(of: $of) }", {}, 400),
        ("POST", "{ word }", {}, 200),
        ("POST", "mutation { change }", {}, 200),
    ],
)
async def test_no_other_answer_may_be_kept(
    port: int, method: str, query: str, headers: dict[str, str], status: int
) -> None:
    given = {"accept": RESPONSE, **headers}
    async with client_of(port) as client:
        if method == "GET":
            answer = await client.get("/graphql", params={"query": query}, headers=given)
        else:
            answer = await client.post("/graphql", json={"query": query}, headers=given)
    assert answer.status_code == status
    assert answer.headers["cache-control"].startswith("no-store")
    assert "etag" not in answer.headers


async def test_an_answer_with_an_error_may_not_be_kept(settings: Settings) -> None:
    class Failing(ToyEngine):
        async def execute(self, *given: Any, **more: Any) -> Answer:
            answer = await super().execute(*given, **more)
            return Answer(answer.body[:-1] + b',"errors":[{"message":"no"}]}', 200)

    with serving(settings, Failing()) as port:
        async with client_of(port) as client:
            answer = await client.get("/graphql", params={"query": "{ word }"}, headers={"accept": RESPONSE})
    assert answer.headers["cache-control"] == "no-store"


async def test_keeping_can_be_set(settings: Settings) -> None:
    for seconds, header in ((0, "no-store"), (3600, "public, max-age=3600")):
        with serving(settings, public_cache_seconds=seconds) as port:
            async with client_of(port) as client:
                answer = await client.get("/graphql", params={"query": "{ word }"}, headers={"accept": RESPONSE})
        assert answer.headers["cache-control"] == header

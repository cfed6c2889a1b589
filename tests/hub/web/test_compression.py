"""Compressed answers over real HTTP, and those that are not, because their length would give a secret away."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import brotli
import orjson
import pytest
from graphql import parse

from hub.compressible import aliases_can_spell_values
from hub.settings import Settings
from hub.web.compression import MIN_BYTES
from resolvers.engine.request.document import Answer
from tests.hub.conftest import BEARER, RESPONSE, ToyEngine
from tests.hub.running_hub import client_of, serving
from tests.hub.test_serve import exchange

SECRET = "330102199003078888"


class BigEngine(ToyEngine):
    """Answers at length, with a secret; and quotes a variable in an error if there is one."""

    async def execute(self, *given: Any, **more: Any) -> Answer:
        answer = await super().execute(*given, **more)
        body = answer.body
        for value in (b"word", b"changed", b"root"):
            body = body.replace(b':"' + value + b'"', b':"' + b"words and " * 500 + SECRET.encode() + b'"')
        quoted = given[2].get("of")
        if quoted:
            body = body[:-1] + b',"errors":' + orjson.dumps([{"message": f"There is no {quoted}."}]) + b"}"
        return Answer(body, answer.status)


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    with serving(settings, BigEngine(), origins=("https://app.example.org",)) as number:
        yield number


async def raw(
    port: int, accepted: str, query: str = "{ word }", *, token: bool = True, **more: Any
) -> tuple[str, bytes]:
    """Head and body of an answer as they are on the wire."""
    body = json.dumps({"query": query, **more}).encode()
    head = [
        "POST /graphql HTTP/1.1",
        "host: hub",
        "connection: close",
        "content-type: application/json",
        f"accept: {RESPONSE}",
        f"content-length: {len(body)}",
        *([f"accept-encoding: {accepted}"] if accepted else []),
        *([f"authorization: {BEARER['authorization']}"] if token else []),
    ]
    answer = await exchange(port, "\r\n".join(head).encode() + b"\r\n\r\n" + body)
    found, _, content = answer.partition(b"\r\n\r\n")
    return found.decode().lower(), content


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("*;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_answers_are_compressed_as_the_caller_wishes(port: int, accepted: str, coding: str | None) -> None:
    head, content = await raw(port, accepted)
    _, plain = await raw(port, "identity")
    assert (f"content-encoding: {coding}" in head) if coding else ("content-encoding" not in head)
    assert "accept-encoding" in head.partition("vary:")[2].partition("\r\n")[0]
    assert f"content-length: {len(content)}" in head
    assert "no-transform" not in head
    if coding == "br":
        assert brotli.decompress(content) == plain
    elif coding == "gzip":
        assert gzip.decompress(content) == plain
    elif coding == "zstd":
        assert content.startswith(b"\x28\xb5\x2f\xfd")
    else:
        assert content == plain
    if coding:
        assert len(content) < len(plain) / 10


async def test_a_client_reads_them(port: int) -> None:
    async with client_of(port) as client:
        for accepted in ("zstd", "br", "gzip"):
            headers = {"accept": RESPONSE, "accept-encoding": accepted, **BEARER}
            answer = await client.post("/graphql", json={"query": "{ word }"}, headers=headers)
            assert answer.headers["content-encoding"] == accepted
            assert SECRET in answer.json()["data"]["word"]


async def test_short_answers_are_sent_as_they_are(settings: Settings) -> None:
    with serving(settings) as port:
        head, content = await raw(port, "gzip, br, zstd")
    assert "content-encoding" not in head
    assert len(content) < MIN_BYTES


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("mutation { change }", {}),
        (f"{{ word _{SECRET}: count }}", {}),
        ("{ word PAID: count }", {}),
        ("{ word ...F } fragment F on Query { tree { x1: name } }", {}),
        ("query Q($of: String) { word(of: $of) }", {"variables": {"of": SECRET}}),
    ],
)
async def test_what_could_be_guessed_is_not_compressed(port: int, query: str, more: dict[str, Any]) -> None:
    head, content = await raw(port, "gzip, br, zstd", query, **more)
    assert head.startswith("http/1.1 200")
    assert "content-encoding" not in head
    assert "cache-control: no-store, no-transform" in head
    assert len(content) > MIN_BYTES


async def test_what_has_its_plan_is_not_compressed(port: int) -> None:
    async with client_of(port) as client:
        headers = {"accept": RESPONSE, "x-unionhub-explain": "1", **BEARER}
        answer = await client.post("/graphql", json={"query": "{ word }"}, headers=headers)
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["zstd", "br", "gzip"])
@pytest.mark.parametrize("by", ["alias", "message"])
async def test_the_length_of_an_answer_tells_no_guess_from_another(port: int, accepted: str, by: str) -> None:
    """What BREACH does: the right guess among wrong ones, put into the answer, does not make it shorter."""

    async def length(guess: str) -> int:
        if by == "alias":
            return len((await raw(port, accepted, f"{{ word _{guess}: count }}"))[1])
        query = "query Q($of: String) { word(of: $of) }"
        return len((await raw(port, accepted, query, variables={"of": guess}))[1])

    guesses = [SECRET, SECRET[:10] + "12345678", "987654321012345678", "440305197612319999"]
    assert len(set(await asyncio.gather(*map(length, guesses)))) == 1


async def test_the_public_has_no_secrets(port: int) -> None:
    head, _ = await raw(port, "br", f"{{ word _{SECRET}: count }}", token=False)
    assert "content-encoding: br" in head


@pytest.mark.parametrize(
    ("document", "spells"),
    [
        ("{ word }", False),
        ("{ openCases: word inAll: word a: word }", False),
        ("{ a1: word }", True),
        ("{ a_b: word }", True),
        ("{ Paid: word }", True),
        ("{ aBC: word }", True),
        ("{ ... on Query { a { b { x9: c } } } }", True),
        ("query A { word } query B { x9: word }", True),
        ("{ ...F } fragment F on Query { x9: word }", True),
        ("query x9($v1: Int = 7) { word(of: $v1) @include(if: true) }", False),
    ],
)
def test_aliases_that_could_spell_a_value(document: str, spells: bool) -> None:
    assert aliases_can_spell_values(parse(document)) is spells


async def test_the_sdl_is_compressed_and_revalidated(port: int) -> None:
    async with client_of(port) as client:
        answer = await client.get("/schema.graphql", headers={"accept-encoding": "br"})
        known = {"accept-encoding": "zstd", "if-none-match": answer.headers["etag"]}
        again = await client.get("/schema.graphql", headers=known)
    assert len(answer.content) < MIN_BYTES or answer.headers["content-encoding"] == "br"
    assert again.status_code == 304


async def test_pages_of_other_origins_read_compressed_answers(port: int) -> None:
    async with client_of(port) as client:
        headers = {"accept": RESPONSE, "origin": "https://app.example.org", "accept-encoding": "zstd", **BEARER}
        answer = await client.post("/graphql", json={"query": "{ word }"}, headers=headers)
    assert answer.headers["content-encoding"] == "zstd"
    assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
    assert {"Accept-Encoding", "Origin"} <= {part.strip() for part in answer.headers["vary"].split(",")}

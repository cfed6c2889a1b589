"""Keys of a provider: fetched when needed, kept while it is down, and never more often than the limit."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hub.authentication import jwks
from hub.authentication.jwks import ProviderError, RemoteKeys, is_safe
from hub.authentication.jwt import Issuer, verify
from hub.errors import Refusal
from tests.hub.authentication.test_jwt import AUDIENCE, EC, ED, NAME, PUBLIC, RSA, signed

SET = NAME + "/keys"


class Provider:
    """An OpenID Connect provider in memory."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.content: Any = {"keys": PUBLIC["keys"][:1]}
        self.discovery: Any = {"issuer": NAME, "jwks_uri": SET}
        self.status = 200
        self.fault: Exception | None = None
        self.body: bytes | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.fault is not None:
            raise self.fault
        content = self.discovery if request.url.path.startswith("/.well-known") else self.content
        return httpx.Response(self.status, content=self.body or json.dumps(content).encode())


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(jwks, "time", made)
    return made  # type: ignore[return-value]


def remote(provider: Provider, url: str | None = None) -> RemoteKeys:
    return RemoteKeys(NAME, url, transport=httpx.MockTransport(provider))


async def test_keys_are_discovered_once_and_kept(clock: Clock) -> None:
    provider = Provider()
    keys = remote(provider)
    assert provider.asked == []
    for _ in range(5):
        assert len(await keys.candidates("rsa", "RS256")) == 1
    assert provider.asked == [NAME + "/.well-known/openid-configuration", SET]


async def test_named_key_set_needs_no_discovery(clock: Clock) -> None:
    provider = Provider()
    assert await remote(provider, SET).candidates("rsa", "RS256")
    assert provider.asked == [SET]


async def test_new_key_is_fetched_when_a_token_names_it_at_most_twice_a_minute(clock: Clock) -> None:
    provider = Provider()
    keys = remote(provider, SET)
    await keys.candidates("rsa", "RS256")
    provider.content = PUBLIC
    epoch = keys.epoch
    for _ in range(50):
        assert await keys.candidates("ec", "ES256") == []
    assert len(provider.asked) == 1
    clock.now += jwks.MIN_FETCH_SECONDS
    assert len(await keys.candidates("ec", "ES256")) == 1
    assert (len(provider.asked), keys.epoch) == (2, epoch + 1)
    for number in range(50):
        assert await keys.candidates(f"none-{number}", "ES256") == []
    assert len(provider.asked) == 2


async def test_withdrawn_key_goes_with_the_next_fetch(clock: Clock) -> None:
    provider = Provider()
    provider.content = PUBLIC
    keys = remote(provider, SET)
    await keys.candidates("rsa", "RS256")
    epoch = keys.epoch
    provider.content = {"keys": PUBLIC["keys"][1:]}
    clock.now += jwks.MAX_AGE_SECONDS + 1
    assert await keys.candidates("rsa", "RS256")
    assert keys.refreshing is not None
    await keys.refreshing
    assert keys.epoch == epoch + 1
    assert await keys.candidates("rsa", "RS256") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": httpx.ConnectError("down")},
        {"fault": httpx.ReadTimeout("slow")},
        {"status": 500},
        {"status": 302},
        {"body": b"<html>"},
        {"body": b"[" * 100_000},
        {"body": b" " * (jwks.MAX_BYTES + 1)},
        {"content": {"keys": []}},
    ],
    ids=str,
)
async def test_known_keys_go_on_working_while_the_provider_is_down(clock: Clock, fault: dict[str, Any]) -> None:
    provider = Provider()
    keys = remote(provider, SET)
    issuer = Issuer(NAME, AUDIENCE, keys)
    await verify(signed().encode(), [issuer])
    vars(provider).update(fault)
    clock.now += jwks.MAX_AGE_SECONDS * 10
    assert (await verify(signed().encode(), [issuer])).subject.endswith("|248289")
    assert keys.refreshing is not None
    await keys.refreshing
    assert (await verify(signed().encode(), [issuer])).subject.endswith("|248289")
    with pytest.raises(Refusal) as caught:
        await verify(signed("ES256", EC).encode(), [issuer])
    assert (caught.value.status, caught.value.code) == (503, "PROVIDER_UNAVAILABLE")


async def test_provider_that_was_never_reached_is_503_and_asked_again_soon(clock: Clock) -> None:
    provider = Provider()
    provider.fault = httpx.ConnectError("down")
    issuer = Issuer(NAME, AUDIENCE, remote(provider, SET))
    for _ in range(20):
        with pytest.raises(Refusal) as caught:
            await verify(signed().encode(), [issuer])
        assert caught.value.code == "PROVIDER_UNAVAILABLE"
        assert "down" not in caught.value.message
    assert len(provider.asked) == 1
    provider.fault = None
    clock.now += jwks.RETRY_SECONDS
    assert await verify(signed().encode(), [issuer])


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example", "jwks_uri": SET},
        {"issuer": NAME},
        {"issuer": NAME, "jwks_uri": "http://evil.example/keys"},
        {"issuer": NAME, "jwks_uri": "file:///etc/passwd"},
        {"issuer": NAME, "jwks_uri": 5},
        [],
    ],
)
async def test_discovery_that_cannot_be_trusted_is_refused(clock: Clock, discovery: Any) -> None:
    provider = Provider()
    provider.discovery = discovery
    with pytest.raises(ProviderError):
        await remote(provider).candidates("rsa", "RS256")
    assert len(provider.asked) == 1


async def test_private_and_symmetric_keys_of_a_set_are_left_out(clock: Clock) -> None:
    provider = Provider()
    provider.content = {
        "keys": [
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
            {**ED.as_dict(private=True), "kid": "leaked"},
            {**RSA.as_dict(private=False), "kid": "good"},
        ]
    }
    keys = remote(provider, SET)
    assert await keys.candidates("good", "RS256")
    assert [key.kid for key in keys.keys] == ["good"]
    for algorithm in ("HS256", "EdDSA", "Ed25519"):
        assert await keys.candidates("leaked", algorithm) == []
        assert await keys.candidates("shared", algorithm) == []


def test_keys_are_fetched_over_tls_or_from_this_machine_only() -> None:
    assert is_safe("https://id.example.org/keys")
    assert is_safe("http://127.0.0.1:8080/keys")
    assert not is_safe("http://id.example.org/keys")
    assert not is_safe("ftp://id.example.org/keys")
    assert not is_safe("https:///keys")

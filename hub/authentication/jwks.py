"""Public keys of token issuers: parsed from a JSON Web Key Set, which is fetched from an OpenID Connect provider when needed."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from hub.settings import is_loopback

log = logging.getLogger("unionhub.oidc")

FETCH_SECONDS = 5.0
MAX_BYTES = 256 * 1024
MAX_KEYS = 50
MAX_AGE_SECONDS = 600.0
"""How long a key may be trusted after the provider has withdrawn it, while the provider can be reached."""

MIN_FETCH_SECONDS = 30.0
"""The shortest time between two fetches, however many tokens name an unknown key."""

RETRY_SECONDS = 5.0
MIN_RSA_BITS = 2048
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")

ALGORITHMS = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA", "Ed25519")}
"""The algorithms of each type of key. Symmetric algorithms and ``none`` are not accepted."""


class ProviderError(Exception):
    """The keys of a provider cannot be fetched; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signs tokens, and the algorithms that it may use."""

    kid: str | None
    algorithms: tuple[str, ...]
    key: Key


class Keys(Protocol):
    """Provides the keys of an issuer."""

    @property
    def epoch(self) -> int:
        """Rises when the keys change."""

    async def candidates(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token with this header may have been signed with."""


def matching(keys: list[PublicKey], kid: str | None, algorithm: str) -> list[PublicKey]:
    """The keys of this ID for this algorithm; for a token without one, the only key of its kind."""
    suited = [key for key in keys if algorithm in key.algorithms]
    if kid is None:
        return suited if len(suited) == 1 else []
    return [key for key in suited if key.kid == kid]


def read_key(jwk: Any) -> PublicKey:
    """Parse a public key from its JSON.

    Raises:
        ValueError: tokens may not be signed with it; the message says why and contains no part of the key.
    """
    if not isinstance(jwk, dict):
        raise ValueError("not an object")
    kind, kid = jwk.get("kty"), jwk.get("kid")
    if not isinstance(kind, str) or kind not in ALGORITHMS:
        raise ValueError("neither RSA, EC nor OKP")
    if any(name in jwk for name in PRIVATE):
        raise ValueError("published with its private part")
    uses = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(uses, list) or "verify" not in uses:
        raise ValueError("not for signatures")
    if kid is not None and not isinstance(kid, str):
        raise ValueError("its `kid` is not a text")
    algorithms = tuple(each for each in ALGORITHMS[kind] if jwk.get("alg") in (None, each))
    if not algorithms:
        raise ValueError("for an algorithm that is not accepted")
    if (kind, jwk.get("crv")) not in (("RSA", None), ("EC", "P-256"), ("OKP", "Ed25519")):
        raise ValueError("on a curve that is not accepted")
    bare = {name: value for name, value in jwk.items() if name in ("kty", "crv", "n", "e", "x", "y")}
    try:
        key: Key = JWKRegistry.import_key(bare)
        size = getattr(key.public_key, "key_size", MIN_RSA_BITS)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError("malformed") from error
    if kind == "RSA" and size < MIN_RSA_BITS:
        raise ValueError(f"RSA of less than {MIN_RSA_BITS} bits")
    return PublicKey(kid, algorithms, key)


def read_keys(content: Any, issuer: str) -> list[PublicKey]:
    """The usable keys of a JSON Web Key Set; the others are logged and left out.

    Raises:
        ProviderError: it is no key set, or has no usable key.
    """
    listed = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ProviderError("the key set is not an object with a list `keys`")
    found: list[PublicKey] = []
    for number, jwk in enumerate(listed[:MAX_KEYS]):
        try:
            key = read_key(jwk)
        except ValueError as error:
            log.warning("key left out", extra={"issuer": issuer, "number": number, "why": str(error)})
            continue
        if key.kid is not None and any(other.kid == key.kid for other in found):
            log.warning("key left out", extra={"issuer": issuer, "number": number, "why": "its `kid` is taken"})
            continue
        found.append(key)
    if not found:
        raise ProviderError("the key set has no key that tokens may be signed with")
    return found


class RemoteKeys:
    """The keys of an OpenID Connect provider: fetched at the first token, every ten minutes, and when a token names an unknown key.

    While the provider is down, the keys fetched before remain valid.

    Args:
        issuer: the provider's issuer, whose discovery document names the key set.
        url: the address of the key set; without it discovery finds it.
        transport: how to reach the provider; for tests.
    """

    def __init__(
        self, issuer: str, url: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.issuer = issuer
        self.url = url
        self.transport = transport
        self.keys: list[PublicKey] = []
        self.epoch = 0
        self.printed = ""
        self.fetched = float("-inf")
        self.tried = float("-inf")
        self.failed: str | None = None
        self.lock = asyncio.Lock()
        self.refreshing: asyncio.Task[None] | None = None

    async def candidates(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token with this header may have been signed with; empty if there is none.

        Raises:
            ProviderError: the key is not known and cannot be fetched.
        """
        found = matching(self.keys, kid, algorithm)
        if found:
            if time.monotonic() - self.fetched > MAX_AGE_SECONDS and self.may_try():
                self.refresh_aside()
            return found
        await self.refresh()
        found = matching(self.keys, kid, algorithm)
        if not found and self.failed is not None:
            raise ProviderError(self.failed)
        return found

    def may_try(self) -> bool:
        """Whether enough time has passed since the last fetch."""
        wait = RETRY_SECONDS if not self.keys else MIN_FETCH_SECONDS
        return time.monotonic() - self.tried >= wait

    def refresh_aside(self) -> None:
        """Fetch the keys in the background, while requests are answered with the known ones."""
        if self.refreshing is None or self.refreshing.done():
            self.refreshing = asyncio.create_task(self.refresh())

    async def refresh(self) -> None:
        """Fetch the keys, unless the last attempt was moments ago; a failure is logged and kept in ``failed``."""
        async with self.lock:
            if not self.may_try():
                return
            self.tried = time.monotonic()
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    content = await self.fetch()
                keys = read_keys(content, self.issuer)
            except (ProviderError, httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
                self.failed = str(error) or type(error).__name__
                log.error("keys of the provider cannot be had", extra={"issuer": self.issuer, "why": self.failed})
                return
            printed = json.dumps(content, sort_keys=True)
            if printed != self.printed:
                self.keys, self.printed = keys, printed
                self.epoch += 1
                log.info("keys of the provider", extra={"issuer": self.issuer, "kids": [key.kid for key in keys]})
            self.fetched = time.monotonic()
            self.failed = None

    async def fetch(self) -> Any:
        """The key set as the provider sends it."""
        async with httpx.AsyncClient(
            transport=self.transport, timeout=FETCH_SECONDS, follow_redirects=False, trust_env=True
        ) as client:
            url = self.url
            if url is None:
                document = await get_json(client, self.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if not isinstance(document, dict) or document.get("issuer") != self.issuer:
                    raise ProviderError("the discovery document is of another issuer")
                url = document.get("jwks_uri")
                if not isinstance(url, str):
                    raise ProviderError("the discovery document names no `jwks_uri`")
            return await get_json(client, url)


def is_safe(url: str) -> bool:
    """Whether keys may be fetched from a URL: over TLS, or from this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


async def get_json(client: httpx.AsyncClient, url: str) -> Any:
    """A JSON document of at most ``MAX_BYTES``.

    Raises:
        ProviderError: it is not JSON, too large, or not sent.
    """
    if not is_safe(url):
        raise ProviderError("keys are fetched by https only (http from this machine)")
    async with client.stream("GET", url, headers={"accept": "application/json"}) as response:
        if response.status_code != 200:
            raise ProviderError(f"the provider answered {response.status_code} at {urlsplit(url).path}")
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise ProviderError(f"the provider's answer is over {MAX_BYTES} bytes")
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise ProviderError("the provider's answer is not JSON") from error


class FixedKeys:
    """Keys that do not change."""

    def __init__(self, jwks: Mapping[str, Any], issuer: str) -> None:
        self.keys = read_keys(dict(jwks), issuer)
        self.epoch = 0

    async def candidates(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token with this header may have been signed with."""
        return matching(self.keys, kid, algorithm)

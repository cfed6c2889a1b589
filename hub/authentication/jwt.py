"""Verifies JSON Web Tokens: issued by a trusted issuer, for this hub, and valid now."""

import base64
import json
import math
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from hub.authentication.jwks import ALGORITHMS, Keys, ProviderError, PublicKey
from hub.errors import Refusal

ALLOWED = tuple(sorted({each for algorithms in ALGORITHMS.values() for each in algorithms}))
SKEW_SECONDS = 60.0
"""How far the clocks of issuer and hub may differ."""

MAX_TOKEN = 8_192
MAX_HEADER = 2_048
MAX_SUBJECT = 255

TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
OTHER_KINDS = ("nonce", "at_hash", "c_hash", "events")
"""Claims that only ID tokens and logout tokens have."""

REGISTRIES = {each: jws.JWSRegistry(algorithms=[each], strict_check_header=False) for each in ALLOWED}
for _registry in REGISTRIES.values():
    _registry.max_header_length = MAX_HEADER
    _registry.max_payload_length = MAX_TOKEN

warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
"""The name is deprecated; providers still use it, and it is accepted with Ed25519 keys only."""

CHALLENGE = (b"www-authenticate", b'Bearer realm="unionhub"')
INVALID = (b"www-authenticate", b'Bearer realm="unionhub", error="invalid_token"')


def unauthenticated(message: str, code: str = "UNAUTHENTICATED") -> Refusal:
    """The refusal of a caller who is not authenticated, with the challenge that HTTP requires."""
    return Refusal(401, code, message, [CHALLENGE if code == "UNAUTHENTICATED" else INVALID])


@dataclass(frozen=True, slots=True)
class Verified:
    """The contents of a valid token: ``subject`` is ``issuer|sub``, ``expires`` in seconds since 1970."""

    subject: str
    expires: float


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer of tokens: the values that ``iss`` and ``aud`` must have, and where its keys come from."""

    name: str
    audience: str
    keys: Keys


def looks_like_jwt(token: bytes) -> bool:
    """Whether a bearer token has the form of a JSON Web Token."""
    return token.startswith(b"eyJ") and b"." in token


async def verify(token: bytes, issuers: Iterable[Issuer], *, now: float | None = None) -> Verified:
    """Verify a JSON Web Token: form, algorithm, issuer, signature, time, audience and kind, in this order.

    The header's ``jku``, ``x5u``, ``jwk`` and ``x5c`` are ignored: keys come from the issuer only.

    Args:
        token: the token as sent in the header, at most 8 KiB.
        issuers: the trusted issuers, each with a name of its own.
        now: seconds since 1970.

    Raises:
        Refusal: 401 with BAD_TOKEN, BAD_ALGORITHM, WRONG_ISSUER, UNKNOWN_KEY, BAD_SIGNATURE, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID,
            WRONG_AUDIENCE or WRONG_TOKEN_KIND; 503 with PROVIDER_UNAVAILABLE.
    """
    if len(token) > MAX_TOKEN:
        raise unauthenticated(f"The token is over {MAX_TOKEN} bytes.", "BAD_TOKEN")
    header, claims = parts(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALLOWED:
        raise unauthenticated(f"The token must be signed with {', '.join(ALLOWED)}.", "BAD_ALGORITHM")
    kid = header.get("kid")
    texts = all(header.get(name) is None or isinstance(header[name], str) for name in ("kid", "typ"))
    if "crit" in header or "b64" in header or not texts:
        raise malformed()
    issuer = next((each for each in issuers if each.name == claims.get("iss")), None)
    if issuer is None:
        raise unauthenticated("The token is of an issuer that this hub does not trust.", "WRONG_ISSUER")
    try:
        candidates = await issuer.keys.candidates(kid, algorithm)
    except ProviderError as error:
        raise Refusal(
            503, "PROVIDER_UNAVAILABLE", "The token's key is not known, and its issuer cannot be asked now. Try again."
        ) from error
    if not candidates:
        raise unauthenticated("The token is signed with a key that its issuer does not have.", "UNKNOWN_KEY")
    if not any(is_signed(token, algorithm, key) for key in candidates):
        raise unauthenticated("The token's signature is wrong.", "BAD_SIGNATURE")
    expires = check_claims(claims, issuer, time.time() if now is None else now)
    check_kind(header, claims)
    return Verified(f"{issuer.name}|{subject_of(claims)}", expires)


def parts(token: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a token, not yet verified.

    Raises:
        Refusal: BAD_TOKEN, or WRONG_TOKEN_KIND for an encrypted one.
    """
    pieces = token.split(b".")
    if len(pieces) == 5:
        raise unauthenticated("An encrypted token is not accepted; send a signed access token.", "WRONG_TOKEN_KIND")
    if len(pieces) != 3 or not all(pieces[:2]) or len(pieces[0]) > MAX_HEADER:
        raise malformed()
    try:
        header, claims = (json.loads(decoded(piece)) for piece in pieces[:2])
    except (ValueError, RecursionError) as error:
        raise malformed() from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise malformed()
    return header, claims


def decoded(piece: bytes) -> bytes:
    """Decode base64url without padding.

    Raises:
        ValueError: it has another form.
    """
    if b"=" in piece:
        raise ValueError("padded")
    return base64.b64decode(piece + b"=" * (-len(piece) % 4), b"-_", validate=True)


def is_signed(token: bytes, algorithm: str, key: PublicKey) -> bool:
    """Whether this key signed the token with this algorithm."""
    try:
        jws.deserialize_compact(token, key.key, registry=REGISTRIES[algorithm])
    except (JoseError, ValueError, TypeError):
        return False
    return True


def check_claims(claims: Mapping[str, Any], issuer: Issuer, now: float) -> float:
    """Check that a signed token is for this hub and valid now; returns when it expires.

    Raises:
        Refusal: TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, WRONG_AUDIENCE or BAD_TOKEN.
    """
    expires = moment(claims, "exp")
    if expires is None:
        raise unauthenticated("The token has no `exp`; one that never ends is not accepted.", "BAD_TOKEN")
    if expires <= now - SKEW_SECONDS:
        raise unauthenticated("The token has expired. Sign in again.", "TOKEN_EXPIRED")
    for name in ("nbf", "iat"):
        begins = moment(claims, name)
        if begins is not None and begins > now + SKEW_SECONDS:
            raise unauthenticated("The token is not valid yet. Are the clocks right?", "TOKEN_NOT_YET_VALID")
    audience = claims.get("aud")
    if audience != issuer.audience and not (isinstance(audience, list) and issuer.audience in audience):
        raise unauthenticated("The token was issued for another service.", "WRONG_AUDIENCE")
    return expires


def check_kind(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Check that the token is an access token.

    Raises:
        Refusal: WRONG_TOKEN_KIND for an ID token, a refresh token, a logout token.
    """
    kind = header.get("typ")
    if (
        (kind.lower() if isinstance(kind, str) else kind) not in TYPES
        or any(name in claims for name in OTHER_KINDS)
        or str(claims.get("typ", "bearer")).lower() not in ("bearer", "jwt", "at+jwt")
        or claims.get("token_use", "access") != "access"
    ):
        raise unauthenticated(
            "This is not an access token. Send the access token, not the ID token.", "WRONG_TOKEN_KIND"
        )


def subject_of(claims: Mapping[str, Any]) -> str:
    """The user's ``sub``."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT or not subject.isprintable():
        raise malformed()
    return subject


def moment(claims: Mapping[str, Any], name: str) -> float | None:
    """A claim that is a time, in seconds since 1970; None if it is missing."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e12:
        raise malformed()
    return float(value)


def malformed() -> Refusal:
    """The refusal of a malformed token."""
    return unauthenticated("The token is malformed. Send it as the issuer gave it.", "BAD_TOKEN")

"""Authenticates callers: by a bearer token of a trusted issuer, by an agency's key, or as the public, with aggregates only."""

import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import asyncpg
from moka_py import Moka

from db.security.audit_log import Digest, Entry, record
from db.security.principals import SignedIn, digest_of
from hub.authentication.jwt import MAX_TOKEN, SKEW_SECONDS, Issuer, looks_like_jwt, unauthenticated, verify
from hub.authentication.principal_reader import PrincipalReader
from hub.errors import Refusal
from hub.limits.budget import Failures, network
from hub.limits.concurrency import KeyedSemaphore
from resolvers.access.callers import PUBLIC, Caller
from resolvers.viewer import caller_of

log = logging.getLogger("unionhub.auth")

REMEMBERED_SECONDS = 5.0
"""How long a signed-in caller is cached; then the signature is checked and the grants are read again."""

MAX_SESSIONS = 10_000
"""Callers that are cached; the one seen least recently is evicted first."""

VERIFIED_TOGETHER = 2
"""Tokens and keys of one source that are checked at the same time, unless they are cached; further ones wait. So a source that sends bad
tokens uses no more connections of the pool than this."""

KEY = re.compile(rb"uh_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")

SIGN_IN = "Send `Authorization: Bearer TOKEN` with the token that `make demo` or `unionhub token national` prints."


@dataclass(frozen=True, slots=True)
class RefusedSignIn:
    """A sign-in that was refused: the stable code, the principal's name where the token or key proves it, and the caller's address."""

    code: str
    principal: str | None
    source: str


OnRefused = Callable[[RefusedSignIn], Awaitable[None]]


@dataclass(slots=True)
class Session:
    """A cached caller of a token. It is valid until ``until`` (monotonic seconds), and while the epoch has not changed."""

    caller: Caller
    until: float
    epoch: int


class Authenticator:
    """Finds the caller of a request by its ``Authorization`` header.

    Args:
        callers: reads principals and keys from the database.
        issuers: issuers whose tokens are trusted.
        public: whether a caller without a token is accepted as the public analyst.
        failures: failed sign-ins by source.
        on_refused: called with every refusal, for the audit log.
    """

    def __init__(
        self,
        callers: PrincipalReader,
        issuers: Sequence[Issuer],
        *,
        public: bool = True,
        failures: Failures | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        self.callers = callers
        self.issuers = tuple(issuers)
        self.public = public
        self.failures = failures or Failures()
        self.on_refused = on_refused
        self.sessions: Moka[bytes, Session] = Moka(MAX_SESSIONS, policy="lru")
        self.turns = KeyedSemaphore(VERIFIED_TOGETHER)

    @property
    def epoch(self) -> int:
        """Rises when grants, assignments, keys of agencies or keys of an issuer change."""
        epoch = self.callers.epoch
        for issuer in self.issuers:
            epoch += issuer.keys.epoch
        return epoch

    def known(self, authorization: list[bytes]) -> Caller | None:
        """The cached caller of a request with these headers, if the cache entry is still valid; nearly every request ends here.

        The cache is keyed by the hash of the token, so that no token is kept in memory.
        """
        if not authorization:
            return PUBLIC if self.public else None
        if len(authorization) > 1 or not self.callers.is_fresh:
            return None
        session = self.sessions.get(blake2b(authorization[0]).digest())
        if session is None or session.epoch != self.epoch or time.monotonic() >= session.until:
            return None
        return session.caller

    async def caller(self, authorization: list[bytes], source: str) -> Caller:
        """The cached caller of a request with these headers, else as ``sign_in``."""
        return self.known(authorization) or await self.sign_in(authorization, source)

    async def sign_in(self, authorization: list[bytes], source: str) -> Caller:
        """The caller of a request with these headers.

        Args:
            authorization: the values of all ``Authorization`` headers.
            source: the address of the caller. Failures are counted by it, and refused after ten. The token or key is checked first, so
                that a good one is never refused because of the failures of others.

        Raises:
            Refusal: 401 or 403 with the code of the fault, 429 TOO_MANY_FAILURES instead of it, 503 PROVIDER_UNAVAILABLE.
        """
        if not authorization:
            if self.public:
                return PUBLIC
            raise unauthenticated(f"This hub requires a token. {SIGN_IN}")
        digest = blake2b(authorization[0]).digest() if len(authorization) == 1 else b""
        who: list[str] = []
        try:
            bearer(authorization)
            if self.sessions.get(digest) is not None:
                return await self.signed_in(authorization, digest, who)
            async with self.turns.turn(network(source)):
                return await self.signed_in(authorization, digest, who)
        except Refusal as refusal:
            if refusal.status in (401, 403):
                await self.failed(RefusedSignIn(refusal.code, who[0] if who else None, source), digest)
            raise

    async def failed(self, refused: RefusedSignIn, digest: bytes) -> None:
        """Count and log a failure, unless its source has used up its failures. A token that was valid until now is always logged, once.

        Raises:
            Refusal: 429 TOO_MANY_FAILURES, instead of the code of the fault.
        """
        was_good = self.sessions.remove(digest) is not None
        held_back = self.failures.record(refused.source)
        if held_back is not None and not was_good:
            raise held_back
        await self.tell(refused)

    async def signed_in(self, authorization: list[bytes], digest: bytes, who: list[str]) -> Caller:
        """Check a token or key in full and cache its caller; ``who`` gets the principal's name once the token or key proves it."""
        token = bearer(authorization)
        await self.callers.refresh()
        remembered = self.known(authorization)
        if remembered is not None:
            return remembered
        epoch = self.epoch
        found, expires = await (self.of_key(token, who) if token.startswith(b"uh_") else self.of_token(token))
        who[:] = [found.name]
        if found.disabled:
            raise unauthenticated(
                "This principal has been disabled. Ask the operator of the hub.", "PRINCIPAL_DISABLED"
            )
        if not found.grants:
            raise Refusal(
                403, "NO_GRANT", "You are signed in, but have no grant today. Ask whoever administers access."
            )
        caller = caller_of(found)
        self.sessions.set(digest, Session(caller, until(expires), epoch))
        return caller

    async def of_token(self, token: bytes) -> tuple[SignedIn, float]:
        """The principal of a JSON Web Token, and when that expires, in seconds since 1970.

        Raises:
            Refusal: see ``verify``; UNAUTHENTICATED for another kind of token, UNKNOWN_PRINCIPAL.
        """
        if not looks_like_jwt(token):
            raise unauthenticated(f"This is neither a token nor a key of this hub. {SIGN_IN}")
        verified = await verify(token, self.issuers)
        found = await self.callers.by_subject(verified.subject)
        if found is None:
            raise unauthenticated(
                "The token is valid, but its subject is not a principal of this hub. Ask its operator.",
                "UNKNOWN_PRINCIPAL",
            )
        return found, verified.expires + SKEW_SECONDS

    async def of_key(self, token: bytes, who: list[str]) -> tuple[SignedIn, float]:
        """The principal of an agency's key, and when that expires, in seconds since 1970.

        Raises:
            Refusal: UNKNOWN_API_KEY, API_KEY_REVOKED or API_KEY_EXPIRED.
        """
        form = KEY.fullmatch(token)
        found = await self.callers.by_key(form[1].decode()) if form else None
        digest = digest_of(token.decode("latin-1"))
        if found is None or not hmac.compare_digest(digest, found[0].digest):
            raise unauthenticated("This hub does not know this key.", "UNKNOWN_API_KEY")
        key, principal = found
        who[:] = [principal.name]
        if key.revoked_at is not None:
            raise unauthenticated("This key has been revoked.", "API_KEY_REVOKED")
        expires = key.expires_at.timestamp()
        if expires <= time.time():
            raise unauthenticated("This key has expired. Ask for a new one.", "API_KEY_EXPIRED")
        if not principal.disabled:
            await self.callers.used(key)
        return principal, expires

    async def tell(self, refused: RefusedSignIn) -> None:
        """Log a refusal. The caller is refused also where the audit log cannot be written."""
        log.warning(
            "sign-in refused", extra={"code": refused.code, "principal": refused.principal, "source": refused.source}
        )
        if self.on_refused is None:
            return
        try:
            await self.on_refused(refused)
        except Exception as error:
            log.error("refused sign-in is not in the audit log", exc_info=error)


def bearer(authorization: list[bytes]) -> bytes:
    """The one token of a request.

    Raises:
        Refusal: SEVERAL_TOKENS, WRONG_TOKEN_KIND, BAD_TOKEN or UNAUTHENTICATED.
    """
    if len(authorization) > 1:
        raise unauthenticated("Send one Authorization header, not several.", "SEVERAL_TOKENS")
    scheme, _, token = authorization[0].partition(b" ")
    token = token.strip(b" ")
    if b"," in token or b" " in token:
        raise unauthenticated("Send one token, not several.", "SEVERAL_TOKENS")
    if scheme.lower() != b"bearer":
        raise unauthenticated("Send the header as `Authorization: Bearer TOKEN`.", "WRONG_TOKEN_KIND")
    if not token:
        raise unauthenticated("Send the header as `Authorization: Bearer TOKEN`, with one token.")
    if len(token) > MAX_TOKEN:
        raise unauthenticated(f"The token is over {MAX_TOKEN} bytes.", "BAD_TOKEN")
    return token


def without_duplicates(authorization: list[bytes]) -> list[bytes]:
    """The ``authorization`` values of a handshake's headers and of its first message, without repetitions of a token."""
    found: dict[tuple[bytes, bytes], bytes] = {}
    for value in authorization:
        scheme, _, token = value.partition(b" ")
        found.setdefault((scheme.lower(), token.strip(b" ")), value)
    return list(found.values())


def until(expires: float) -> float:
    """When a cached caller expires, in monotonic seconds: after ``REMEMBERED_SECONDS``, and not later than the token."""
    return time.monotonic() + min(REMEMBERED_SECONDS, expires - time.time())


def write_refusals_to_audit_log(pool: asyncpg.Pool, digest: Digest = Digest.SHA256) -> OnRefused:
    """A callback that writes refused sign-ins to the audit log."""

    async def write(refused: RefusedSignIn) -> None:
        entry = Entry("SIGN_IN_REFUSED", refused.principal, fields=[refused.code], source=refused.source)
        async with pool.acquire() as connection:
            await record(connection, [entry], digest=digest)

    return write

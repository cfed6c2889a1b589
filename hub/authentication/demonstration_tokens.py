"""Issues the demonstration's tokens: an Ed25519 key in the data folder signs one for each persona."""

import json
import os
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from db.demo.personas import ISSUER, PERSONAS
from hub.authentication.jwks import PublicKey, log, matching
from hub.authentication.jwt import Issuer
from hub.settings import Settings

__all__ = ["PERSONAS", "LocalKeys", "TokenError", "local_issuer", "token_of"]

AUDIENCE = "unionhub"
ALGORITHM = "Ed25519"
DAYS = 90
"""How long a token of the demonstration lasts; `unionhub token` prints another at any time."""

LOOK_SECONDS = 1.0


class TokenError(Exception):
    """A token cannot be made or stored; the message says why."""


def token_of(settings: Settings, persona: str, *, new: bool = False) -> str:
    """A token of ``persona`` that lasts 90 days; the issuer's key is made if it is missing.

    ``new`` makes another key, which invalidates all tokens printed before.

    Raises:
        TokenError: there is no such persona, or the key cannot be read or written.
    """
    if persona not in PERSONAS:
        raise TokenError(f"There is no persona {persona!r}; there are: {', '.join(PERSONAS)}.")
    key = private_key(settings.issuer_key, new=new)
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": persona,
        "iat": now,
        "nbf": now,
        "exp": now + DAYS * 86_400,
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def private_key(path: Path, *, new: bool = False) -> OKPKey:
    """Read the issuer's key from its file, which is made if it is missing or if ``new``.

    Raises:
        TokenError: the file cannot be read or written, or holds something else.
    """
    if not new and path.exists():
        return read_key(path)
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    content = {**key.as_dict(private=True), "kid": key.kid}
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
        if new:
            fresh.replace(path)
        else:
            put_once(fresh, path)
    except OSError as error:
        raise TokenError(f"{path} cannot be written: {error}.") from error
    return read_key(path)


def put_once(fresh: Path, path: Path) -> None:
    """Move the new file into place, unless another process has made one in the meantime."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def read_key(path: Path) -> OKPKey:
    """Read the issuer's key from its file.

    Raises:
        TokenError: the file cannot be read, or holds something else.
    """
    advice = "`unionhub token --new` makes another key, which invalidates tokens printed before."
    try:
        content = json.loads(path.read_text())
        key = OKPKey.import_key(content)
    except (OSError, ValueError, TypeError, KeyError, JoseError, RecursionError) as error:
        raise TokenError(f"{path} holds no key: {type(error).__name__}. {advice}") from error
    if not key.is_private or not key.kid or content.get("crv") != "Ed25519":
        raise TokenError(f"{path} holds no private Ed25519 key. {advice}")
    return key


class LocalKeys:
    """The public key of the demonstration's issuer, read again when its file changes, so that a new key needs no restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: list[PublicKey] = []
        self.stamp: Any = None
        self.looked = float("-inf")
        self.changes = 0

    @property
    def epoch(self) -> int:
        """Rises when the key changes; the file is checked once a second at most."""
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:
            self.looked = now
            self.look()
        return self.changes

    def look(self) -> None:
        """Read the file if it has changed since it was last read."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = None
        if stamp == self.stamp:
            return
        self.stamp = stamp
        self.changes += 1
        self.keys = []
        if stamp is None:
            return
        try:
            key = read_key(self.path)
        except TokenError as error:
            log.error("the demonstration's tokens are not accepted", extra={"why": str(error)})
            return
        public = OKPKey.import_key(key.as_dict(private=False))
        self.keys = [PublicKey(key.kid, (ALGORITHM,), public)]

    async def candidates(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """The keys that a token with this header may have been signed with."""
        self.look()
        return matching(self.keys, kid, algorithm)


def local_issuer(settings: Settings) -> Issuer:
    """The demonstration's issuer; while its key file is missing no token of it is accepted."""
    return Issuer(ISSUER, AUDIENCE, LocalKeys(settings.issuer_key))

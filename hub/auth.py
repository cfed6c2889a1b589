"""Who is asking. Until access control stands there is one principal, ``national``, known by a bearer token."""

import hmac
import json
import logging
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hub.errors import Refusal

log = logging.getLogger("unionhub.auth")

CHALLENGE = (b"www-authenticate", b'Bearer realm="unionhub"')
REREAD_SECONDS = 1.0
MAX_TOKEN = 512


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who has said who they are."""

    name: str


def unauthenticated(message: str) -> Refusal:
    """The refusal of a caller who is not known, with the challenge that HTTP asks for."""
    return Refusal(401, "UNAUTHENTICATED", message, [CHALLENGE])


class Authenticator:
    """Principals by bearer token, from a JSON file ``{persona: hexadecimal SHA-256 of the token}``.

    The file is read again when it changes, at most once a second, so that a new token needs no restart.
    A missing file means that nobody has a token.
    """

    def __init__(self, token_file: Path | None) -> None:
        self.token_file = token_file
        self.digests: list[tuple[Principal, bytes]] = []
        self.stamp: tuple[int, int] | None = None
        self.looked = float("-inf")

    def principal(self, authorization: list[bytes]) -> Principal | None:
        """The principal of a request with these ``Authorization`` headers; None for an anonymous one.

        The token's hash is compared with every known one in constant time.

        Raises:
            Refusal: 401 UNAUTHENTICATED for anything but one valid bearer token.
        """
        if not authorization:
            return None
        if len(authorization) > 1:
            raise unauthenticated("Send one Authorization header, not several.")
        scheme, _, token = authorization[0].partition(b" ")
        token = token.strip(b" ")
        if scheme.lower() != b"bearer" or not token or len(token) > MAX_TOKEN or b" " in token or b"," in token:
            raise unauthenticated("Send the header as `Authorization: Bearer TOKEN`, with one token.")
        self.refresh()
        digest = sha256(token).hexdigest().encode()
        found = None
        for principal, known in self.digests:
            if hmac.compare_digest(digest, known):
                found = principal
        if found is None:
            raise unauthenticated("This token is not known here. `unionhub token national` prints a valid one.")
        return found

    def refresh(self) -> None:
        """Read the file if it is not the one that was read last."""
        now = time.monotonic()
        if now - self.looked < REREAD_SECONDS or self.token_file is None:
            return
        self.looked = now
        try:
            status = self.token_file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self.stamp:
                return
            content = json.loads(self.token_file.read_text())
            self.digests = [(Principal(name), str(digest).lower().encode()) for name, digest in content.items()]
            self.stamp = stamp
        except FileNotFoundError:
            self.digests, self.stamp = [], None
        except (OSError, ValueError, AttributeError) as error:
            self.digests, self.stamp = [], None
            log.error(
                "token file unreadable, nobody can sign in", extra={"file": str(self.token_file), "why": str(error)}
            )

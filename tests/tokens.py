"""Tokens of the tests: an issuer's key made for this run, and principals let in with it."""

import json
import time
from pathlib import Path
from typing import Any

import asyncpg
from joserfc import jwt
from joserfc.jwk import OKPKey

from db.access import PrincipalKind, Role
from db.clock import today
from db.demo.personas import ISSUER
from db.security.grants import ProposedGrant, grant
from db.security.principals import create_principal
from hub.authentication.demonstration_tokens import AUDIENCE

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)


def token(subject: str = "national", *, header: Any = None, key: Any = KEY, **claims: Any) -> str:
    """A token of the demonstration's issuer; claims given as None are left out."""
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "nbf": now, "exp": now + 3_600, **claims}
    full = {"alg": "Ed25519", "kid": KEY.kid, **(header or {})}
    kept = {name: value for name, value in made.items() if value is not None}
    return jwt.encode(full, kept, key, algorithms=[full["alg"]])


def write_key(folder: Path) -> None:
    """Make a data folder trust the tokens of the tests."""
    file = folder / "issuer.json"
    file.write_text(json.dumps({**KEY.as_dict(private=True), "kid": KEY.kid}))
    file.chmod(0o600)


async def let_in(
    connection: asyncpg.Connection, name: str = "national", role: Role = Role.ANALYST, **scope: Any
) -> int:
    """A principal with one grant, who signs in with ``token(name)``; its key."""
    number = await create_principal(connection, name, PrincipalKind.PERSON, subject=f"{ISSUER}|{name}")
    await grant(connection, ProposedGrant(number, role, today(), **scope))
    return number

"""Tokens of the demonstration: made at random, kept in the data folder, known to the hub by their SHA-256 only."""

import json
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

from hub.settings import Settings

PERSONAS = {"national": "全国总工会 — sees everything"}
"""Who the demonstration knows, and what they are; the personas of the other scopes come with access control."""


class TokenError(Exception):
    """A token cannot be made or kept; the message says why."""


def token_of(settings: Settings, persona: str, *, new: bool = False) -> str:
    """The token of ``persona``, made if there is none (or if ``new``); its digest is put where the hub reads it.

    The token is kept in ``demo-tokens.json`` in the data folder, to be printed again; both files have mode 600.

    Raises:
        TokenError: there is no such persona, or a file cannot be read or written.
    """
    if persona not in PERSONAS:
        raise TokenError(f"There is no persona {persona!r}; there is: {', '.join(PERSONAS)}.")
    kept = settings.data_dir / "demo-tokens.json"
    tokens = _read(kept)
    if new or not isinstance(tokens.get(persona), str):
        tokens[persona] = secrets.token_urlsafe(24)
        _write(kept, tokens)
    token = str(tokens[persona])
    digests = _read(settings.token_file)
    digest = sha256(token.encode()).hexdigest()
    if digests.get(persona) != digest:
        _write(settings.token_file, {**digests, persona: digest})
    return token


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TokenError(f"{path} cannot be read: {error}. Delete it, and new tokens are made.") from error
    if not isinstance(content, dict):
        raise TokenError(f"{path} is not a JSON object. Delete it, and new tokens are made.")
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace ``path`` at once, readable by this user only."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file, indent=1)
        fresh.replace(path)
    except OSError as error:
        raise TokenError(f"{path} cannot be written: {error}.") from error

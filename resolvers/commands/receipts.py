"""A command sent twice under one key is done once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from db.encryption.vault import Secret
from db.input_values import TextError, normal_text
from resolvers.commands.context import CommandContext, refused

MAX_KEY = 100
INPUT = Secret("command_receipt", "input_digest")
"""The digest is keyed: an input may hold a phone number, and a plain hash of one is soon guessed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Whether the command was done before under this key, and what was answered then (None where that is not kept)."""

    repeated: bool = False
    payload: Mapping[str, Any] | None = None


async def receipt(
    connection: asyncpg.Connection, context: CommandContext, command: str, key: str | None, given: Mapping[str, Any]
) -> Receipt:
    """Take a key for a command, inside the command's transaction: a second one of the same key waits for the first to end.

    Keys are the principal's own. What is refused or fails leaves its key free.

    Raises:
        Refused: BAD_IDEMPOTENCY_KEY, or IDEMPOTENCY_KEY_REUSED when it came with another input before.
    """
    if key is None:
        return Receipt()
    try:
        whole = 1 <= len(key) <= MAX_KEY and normal_text(key, MAX_KEY) == key.strip(" ")
    except TextError:
        whole = False
    if not whole:
        raise refused("BAD_IDEMPOTENCY_KEY", f"A key has 1 to {MAX_KEY} printable characters.", "idempotencyKey")
    digests = context.vault.indexes(INPUT, json.dumps(given, sort_keys=True))
    taken = await connection.execute(
        "INSERT INTO command_receipt (principal, command, key, input_digest) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        context.caller.name,
        command,
        key,
        digests[0],
    )
    if taken.endswith("1"):
        return Receipt()
    before = await connection.fetchrow(
        "SELECT input_digest, payload FROM command_receipt WHERE principal = $1 AND command = $2 AND key = $3",
        context.caller.name,
        command,
        key,
    )
    if before["input_digest"] not in digests:
        raise refused(
            "IDEMPOTENCY_KEY_REUSED", "This key came with another input before. Use a new one.", "idempotencyKey"
        )
    return Receipt(True, None if before["payload"] is None else json.loads(before["payload"]))


async def keep(
    connection: asyncpg.Connection, context: CommandContext, command: str, key: str | None, payload: Mapping[str, Any]
) -> None:
    """Keep what is answered, for a repeat. Not for personal data."""
    if key is not None:
        await connection.execute(
            "UPDATE command_receipt SET payload = $4 WHERE principal = $1 AND command = $2 AND key = $3",
            context.caller.name,
            command,
            key,
            json.dumps(payload, ensure_ascii=False),
        )

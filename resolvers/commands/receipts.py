"""Idempotency keys: a command that is sent twice with the same key is done once."""

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
"""The digest is keyed, because an input may hold a phone number, whose plain hash could be guessed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Whether the command was done before with this key, and its stored result (None if results of the command are not stored)."""

    repeated: bool = False
    payload: Mapping[str, Any] | None = None


async def receipt(
    connection: asyncpg.Connection, context: CommandContext, command: str, key: str | None, given: Mapping[str, Any]
) -> Receipt:
    """Claim a key for a command in the command's transaction: another command with the same key waits until this one ends.

    Each principal has keys of their own. A command that is refused or fails does not use its key up.

    Raises:
        Refused: BAD_IDEMPOTENCY_KEY, or IDEMPOTENCY_KEY_REUSED if the key was used with another input.
    """
    if key is None:
        return Receipt()
    try:
        valid = 1 <= len(key) <= MAX_KEY and normal_text(key, MAX_KEY) == key.strip(" ")
    except TextError:
        valid = False
    if not valid:
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
            "IDEMPOTENCY_KEY_REUSED", "This key was used with another input before. Use a new one.", "idempotencyKey"
        )
    return Receipt(True, None if before["payload"] is None else json.loads(before["payload"]))


async def keep(
    connection: asyncpg.Connection, context: CommandContext, command: str, key: str | None, payload: Mapping[str, Any]
) -> None:
    """Store the result for a repetition. Never store personal data."""
    if key is not None:
        await connection.execute(
            "UPDATE command_receipt SET payload = $4 WHERE principal = $1 AND command = $2 AND key = $3",
            context.caller.name,
            command,
            key,
            json.dumps(payload, ensure_ascii=False),
        )

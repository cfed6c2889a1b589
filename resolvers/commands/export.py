"""The command ``exportMyData`` (查阅复制): a worker's copy of all data on them, Personal Information Protection Law art. 45."""

import json
from typing import Any

from db.access import Role
from db.personal_data.subject_copy import everything_about
from db.security.audit_log import Entry
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    command,
    in_roles,
    log,
    refused,
    roles_held,
    transaction,
)
from resolvers.commands.personal_values import columns, decrypted
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose
from resolvers.commands.receipts import receipt
from resolvers.commands.visible_rows import visible_rows
from resolvers.engine.request import global_ids

EXPORT = "EXPORT"


@command
async def export_own_data(context: CommandContext, idempotency_key: str | None = None) -> str:
    """All rows about the caller, personal data in clear, as JSON text; the log entry is committed before the text is returned.

    A caller who is an official too gets what they see as a worker: their own health records, and no other person's.

    A repetition with the same key reads and logs again: the copy itself is not stored.

    Raises:
        Refused: FORBIDDEN, NOT_FOUND, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    roles, key = roles_held(context.caller, (Role.WORKER,)), context.caller.member_id
    if not roles or key is None:
        raise refused("FORBIDDEN", "Only a worker exports their own data.")
    fields = tuple(PersonalField)
    caller = in_roles(context.caller, roles)
    async with transaction(context, caller.scope) as connection:
        await receipt(connection, context, EXPORT, idempotency_key, {})
        rows = await visible_rows(connection, caller, context.today, "Member", [key], columns(fields))
        if key not in rows:
            raise refused("NOT_FOUND", "The hub has no member record of you.")
        clear = {field.name: value for field, value in decrypted(rows, fields, context.vault)[key].items()}
        document = _document(context, await everything_about(connection, key), clear)
        entry = Entry(
            EXPORT,
            role=Role.WORKER.name,
            purpose=RevealPurpose.OWN_DATA.name,
            records=[global_ids.encode(MEMBER, key)],
            fields=[field.name for field in fields],
        )
        await log(connection, context, entry)
    return document


def _document(context: CommandContext, records: dict[str, Any], clear: dict[str, str | None]) -> str:
    member = {
        **records["member"],
        "name": clear["NAME"],
        "birthDate": clear["BIRTH_DATE"],
        "residentNumber": clear["RESIDENT_NUMBER"],
        "phone": clear["PHONE"],
        "bankCard": clear["BANK_CARD"],
    }
    about = {"madeOn": context.today.isoformat(), "basis": RULES[RevealPurpose.OWN_DATA].basis}
    return json.dumps({**about, **records, "member": member}, ensure_ascii=False, indent=1)

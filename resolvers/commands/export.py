"""A worker's copy of all that the hub holds on them (查阅复制): Personal Information Protection Law art. 45."""

import json
from typing import Any

from db.access import Role
from db.personal_data.subject_copy import everything_about
from db.security.audit_log import Entry
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    guarded,
    held,
    log,
    narrowed,
    refused,
    transaction,
)
from resolvers.commands.personal import columns, opened
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose
from resolvers.commands.receipts import receipt
from resolvers.commands.sight import in_sight
from resolvers.engine.request import global_ids

EXPORT = "EXPORT"


@guarded
async def export_own_data(context: CommandContext, idempotency_key: str | None = None) -> str:
    """All rows about the caller, personal data in clear, as JSON text; the entry in the log is committed before it is answered.

    Who is an official too is given what they see as a worker: their own health records, and no other person's.

    A repeat under the same key reads again, and is logged again: the copy itself is kept nowhere.

    Raises:
        Refused: FORBIDDEN, NOT_FOUND, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    roles, key = held(context.caller, (Role.WORKER,)), context.caller.member_id
    if not roles or key is None:
        raise refused("FORBIDDEN", "Only a worker exports what is held on them.")
    fields = tuple(PersonalField)
    caller = narrowed(context.caller, roles)
    async with transaction(context, caller.scope) as connection:
        await receipt(connection, context, EXPORT, idempotency_key, {})
        rows = await in_sight(connection, caller, context.today, "Member", [key], columns(fields))
        if key not in rows:
            raise refused("NOT_FOUND", "The hub has no record of you as a member.")
        clear = {field.name: value for field, value in opened(rows, fields, context.vault)[key].items()}
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


def _document(context: CommandContext, held_on: dict[str, Any], clear: dict[str, str | None]) -> str:
    member = {
        **held_on["member"],
        "name": clear["NAME"],
        "birthDate": clear["BIRTH_DATE"],
        "residentNumber": clear["RESIDENT_NUMBER"],
        "phone": clear["PHONE"],
        "bankCard": clear["BANK_CARD"],
    }
    about = {"madeOn": context.today.isoformat(), "basis": RULES[RevealPurpose.OWN_DATA].basis}
    return json.dumps({**about, **held_on, "member": member}, ensure_ascii=False, indent=1)

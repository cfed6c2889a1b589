"""The command ``reveal`` (明文查看): personal data in clear for a purpose, up to a daily limit, logged before they are returned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import asyncpg

from db.clock import SHANGHAI
from db.members import Member
from db.meter import add_commands
from resolvers.access.column_access import SHOWN_DAYS
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    Refused,
    UserError,
    clean_text,
    command,
    decode_ids,
    in_roles,
    log,
    refused,
    roles_held,
    transaction,
)
from resolvers.commands.disclosure import MAX_REFERENCE, Disclosure, check_purpose
from resolvers.commands.grounds import check_ground
from resolvers.commands.personal_values import columns, decrypted
from resolvers.commands.purposes import PersonalField, RevealPurpose, allowed
from resolvers.commands.receipts import receipt
from resolvers.commands.visible_rows import visible_rows

REVEAL, REPEATED, REVEAL_REFUSED = "REVEAL", "REVEAL_REPEATED", "REVEAL_REFUSED"
DOCUMENT_READ = "DOCUMENT_READ"
CHANGED_ON = {
    PersonalField.BANK_CARD: Member.bank_card_changed_on,
    PersonalField.RESIDENT_NUMBER: Member.resident_number_changed_on,
    PersonalField.PHONE: Member.phone_changed_on,
}


@dataclass(frozen=True, slots=True)
class Revealed:
    """The requested fields of a member in clear; ``changed`` has the day of a recent correction by field."""

    id: str
    values: dict[PersonalField, str | None]
    changed: dict[PersonalField, date]


@command
async def reveal(
    context: CommandContext,
    members: Sequence[str],
    fields: Sequence[PersonalField],
    purpose: RevealPurpose,
    case_reference: str | None = None,
    idempotency_key: str | None = None,
) -> list[Revealed]:
    """The clear values of members, in the order of their IDs; all of them or none.

    One statement reads them. The log entry is committed before anything is returned: if it cannot be written, nothing is revealed.
    A repetition with the same key is logged as such and does not count against the limit.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, BAD_TEXT, FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE,
            BAD_CASE_REFERENCE, DAILY_LIMIT, NOT_FOUND (also for members that the caller does not see),
            BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
            Nothing is revealed.
    """
    keys = decode_ids(members, MEMBER, "ids")
    add_commands(len(keys) - 1)
    chosen = list(dict.fromkeys(fields))
    if not chosen:
        raise refused("EMPTY", "Give at least one field.", "fields")
    reference = clean_text(case_reference, MAX_REFERENCE, "caseReference")
    disclosure = Disclosure(keys, chosen, purpose, reference, roles_held(context.caller, allowed(purpose, chosen)))
    try:
        check_purpose(disclosure)
        async with transaction(context) as connection:
            given = {"ids": list(members), "fields": [field.name for field in chosen], "purpose": purpose.name}
            known = await receipt(connection, context, REVEAL, idempotency_key, {**given, "reference": reference})
            if not known.repeated:
                await within_limit(connection, context, len(keys), "ids")
            revealed = await _read(connection, context, disclosure)
            await log(connection, context, disclosure.entry(REPEATED if known.repeated else REVEAL))
    except Refused as refusal:
        await _log_refusal(context, disclosure, refusal)
        raise
    return revealed


async def within_limit(connection: asyncpg.Connection, context: CommandContext, count: int, path: str) -> None:
    """Lock out other reveals of the principal until this one is committed, and check today's number of revealed and read records.

    Raises:
        Refused: DAILY_LIMIT.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('reveal ' || $1, 0))", context.caller.name)
    begins = datetime.combine(context.today, time(), SHANGHAI)
    used = await connection.fetchval(
        "SELECT coalesce(sum(jsonb_array_length(records)), 0) FROM access_log"
        " WHERE at >= $1 AND principal = $2 AND action = ANY ($3)",
        begins,
        context.caller.name,
        [REVEAL, DOCUMENT_READ],
    )
    left = max(context.options.reveal_daily_limit - used, 0)
    if count > left:
        raise refused("DAILY_LIMIT", f"{left} more records may be revealed today; {count} were requested.", path)


async def _read(connection: asyncpg.Connection, context: CommandContext, disclosure: Disclosure) -> list[Revealed]:
    caller = in_roles(context.caller, disclosure.roles)
    selected = [*columns(disclosure.fields), *(CHANGED_ON[field] for field in disclosure.fields if field in CHANGED_ON)]
    rows = await visible_rows(connection, caller, context.today, "Member", disclosure.keys, selected)
    missing = [position for position, key in enumerate(disclosure.keys) if key not in rows]
    if missing:
        message = "There is no such member, or you do not see them."
        raise Refused(*(UserError("NOT_FOUND", message, ("input", "ids", str(position))) for position in missing))
    await check_ground(connection, context, disclosure)
    clear = decrypted(rows, disclosure.fields, context.vault)
    return [
        Revealed(text, clear[key], _changed(rows[key], disclosure.fields, context.today))
        for text, key in zip(disclosure.ids, disclosure.keys, strict=True)
    ]


def _changed(row: asyncpg.Record, fields: Sequence[PersonalField], today: date) -> dict[PersonalField, date]:
    days = {field: row[CHANGED_ON[field].key] for field in fields if field in CHANGED_ON}
    return {field: day for field, day in days.items() if day is not None and day > today - timedelta(SHOWN_DAYS)}


async def _log_refusal(context: CommandContext, disclosure: Disclosure, refusal: Refused) -> None:
    """Log the attempt; for a caller without a token without the records, which they do not see and may have made up."""
    if context.caller.principal_id is None:
        disclosure = replace(disclosure, keys=[])
    codes = dict.fromkeys(error.code for error in refusal.errors)
    async with transaction(context) as connection:
        await log(connection, context, disclosure.entry(REVEAL_REFUSED, *codes))

"""Personal data in clear (明文查看), for a purpose, up to a daily limit, and written to the audit log before they are answered."""

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
    checked,
    decoded,
    guarded,
    held,
    log,
    narrowed,
    refused,
    transaction,
)
from resolvers.commands.grounds import check_ground
from resolvers.commands.personal import columns, opened
from resolvers.commands.purposes import PersonalField, RevealPurpose, allowed
from resolvers.commands.receipts import receipt
from resolvers.commands.sight import in_sight
from resolvers.commands.stated import MAX_REFERENCE, Asked, permit

REVEAL, REPEATED, REVEAL_REFUSED = "REVEAL", "REVEAL_REPEATED", "REVEAL_REFUSED"
DOCUMENT_READ = "DOCUMENT_READ"
CHANGED_ON = {
    PersonalField.BANK_CARD: Member.bank_card_changed_on,
    PersonalField.RESIDENT_NUMBER: Member.resident_number_changed_on,
    PersonalField.PHONE: Member.phone_changed_on,
}


@dataclass(frozen=True, slots=True)
class Revealed:
    """A member's clear values; only the fields asked for are there. ``changed`` has those that a correction changed of late, and when."""

    id: str
    values: dict[PersonalField, str | None]
    changed: dict[PersonalField, date]


@guarded
async def reveal(
    context: CommandContext,
    members: Sequence[str],
    fields: Sequence[PersonalField],
    purpose: RevealPurpose,
    case_reference: str | None = None,
    idempotency_key: str | None = None,
) -> list[Revealed]:
    """The clear values of some members, in their order; all of them or none.

    One statement reads them. The entry in the log is committed before anything is returned: if it cannot be written, nothing is revealed.
    A repeat under the same key is logged as such and does not count against the limit.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, BAD_TEXT, FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE,
            BAD_CASE_REFERENCE, DAILY_LIMIT, NOT_FOUND (also for what is out of sight), BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
            Nothing is revealed.
    """
    keys = decoded(members, MEMBER, "ids")
    add_commands(len(keys) - 1)
    chosen = list(dict.fromkeys(fields))
    if not chosen:
        raise refused("EMPTY", "Name at least one field.", "fields")
    reference = checked(case_reference, MAX_REFERENCE, "caseReference")
    asked = Asked(keys, chosen, purpose, reference, held(context.caller, allowed(purpose, chosen)))
    try:
        permit(asked)
        async with transaction(context) as connection:
            given = {"ids": list(members), "fields": [field.name for field in chosen], "purpose": purpose.name}
            known = await receipt(connection, context, REVEAL, idempotency_key, {**given, "reference": reference})
            if not known.repeated:
                await within_limit(connection, context, len(keys), "ids")
            found = await _read(connection, context, asked)
            await log(connection, context, asked.entry(REPEATED if known.repeated else REVEAL))
    except Refused as refusal:
        await _log_refusal(context, asked, refusal)
        raise
    return found


async def within_limit(connection: asyncpg.Connection, context: CommandContext, wanted: int, path: str) -> None:
    """Hold the principal's other reveals back until this one is committed, and count what was revealed and read today.

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
    if wanted > left:
        raise refused("DAILY_LIMIT", f"{left} more records may be revealed today; {wanted} were asked for.", path)


async def _read(connection: asyncpg.Connection, context: CommandContext, asked: Asked) -> list[Revealed]:
    caller = narrowed(context.caller, asked.roles)
    wanted = [*columns(asked.fields), *(CHANGED_ON[field] for field in asked.fields if field in CHANGED_ON)]
    rows = await in_sight(connection, caller, context.today, "Member", asked.keys, wanted)
    missing = [position for position, key in enumerate(asked.keys) if key not in rows]
    if missing:
        message = "There is no such member in your sight."
        raise Refused(*(UserError("NOT_FOUND", message, ("input", "ids", str(position))) for position in missing))
    await check_ground(connection, context, asked)
    clear = opened(rows, asked.fields, context.vault)
    return [
        Revealed(text, clear[key], _changed(rows[key], asked.fields, context.today))
        for text, key in zip(asked.ids, asked.keys, strict=True)
    ]


def _changed(row: asyncpg.Record, fields: Sequence[PersonalField], today: date) -> dict[PersonalField, date]:
    days = {field: row[CHANGED_ON[field].key] for field in fields if field in CHANGED_ON}
    return {field: day for field, day in days.items() if day is not None and day > today - timedelta(SHOWN_DAYS)}


async def _log_refusal(context: CommandContext, asked: Asked, refusal: Refused) -> None:
    """Log what was tried; of a caller without a token not which records: they are out of sight, and may be made up."""
    if context.caller.principal_id is None:
        asked = replace(asked, keys=[])
    codes = dict.fromkeys(error.code for error in refusal.errors)
    async with transaction(context) as connection:
        await log(connection, context, asked.entry(REVEAL_REFUSED, *codes))

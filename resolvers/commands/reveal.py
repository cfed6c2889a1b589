"""Personal data in clear (明文查看), for a purpose, up to a daily limit, and written to the audit log before they are answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import asyncpg

from db.access import Role, SubjectRequest
from db.audit import Entry
from db.clock import SHANGHAI
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
from resolvers.commands.personal import columns, opened
from resolvers.commands.purposes import RULES, PersonalField, Reference, RevealPurpose, allowed
from resolvers.commands.receipts import receipt
from resolvers.commands.sight import in_sight, parties_of
from resolvers.engine import ids
from resolvers.errors import HubError

REVEAL, REPEATED, REVEAL_REFUSED = "REVEAL", "REVEAL_REPEATED", "REVEAL_REFUSED"
SUBJECT_REQUEST = "sreq"
MAX_REFERENCE, MIN_REFERENCE = 100, 4


@dataclass(frozen=True, slots=True)
class Revealed:
    """A member's clear values; only the fields asked for are there."""

    id: str
    values: dict[PersonalField, str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be revealed, once it is known to be well formed and permitted to ``roles``."""

    keys: Sequence[int]
    fields: Sequence[PersonalField]
    purpose: RevealPurpose
    reference: str | None
    roles: Sequence[Role]

    @property
    def ids(self) -> list[str]:
        """The members' global IDs."""
        return [ids.encode(MEMBER, key) for key in self.keys]

    def entry(self, action: str, *codes: str) -> Entry:
        """What the log says of it."""
        return Entry(
            action,
            role=", ".join(role.name for role in self.roles) or None,
            purpose=self.purpose.name,
            case_reference=self.reference,
            records=self.ids,
            fields=[*(field.name for field in self.fields), *codes],
        )


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
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, BAD_TEXT, FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, BAD_CASE_REFERENCE, DAILY_LIMIT,
            NOT_FOUND (also for what is out of sight), BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED. Nothing is revealed.
    """
    keys = decoded(members, MEMBER, "ids")
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
                await _within_limit(connection, context, len(keys))
            found = await _read(connection, context, asked)
            await log(connection, context, asked.entry(REPEATED if known.repeated else REVEAL))
    except Refused as refusal:
        await _log_refusal(context, asked, refusal)
        raise
    return found


def permit(asked: Asked) -> None:
    """The caller has a role that may see the fields for the purpose, and the case reference has the form that it wants.

    Raises:
        Refused: FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, BAD_CASE_REFERENCE.
    """
    if not asked.roles:
        raise refused(
            "FORBIDDEN_PURPOSE",
            "None of your roles may see these fields for this purpose. docs/purposes.md has the table.",
            "purpose",
        )
    wanted = RULES[asked.purpose].reference
    if wanted is None:
        return
    if asked.reference is None:
        raise refused(
            "MISSING_CASE_REFERENCE", f"This purpose needs a case reference: {wanted.value}.", "caseReference"
        )
    if wanted is Reference.DOCUMENT and len(asked.reference) < MIN_REFERENCE:
        raise refused("BAD_CASE_REFERENCE", f"The case reference is not a {wanted.value}.", "caseReference")


async def _within_limit(connection: asyncpg.Connection, context: CommandContext, wanted: int) -> None:
    """Hold the principal's other reveals back until this one is committed, and count what was revealed today."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('reveal ' || $1, 0))", context.caller.name)
    begins = datetime.combine(context.today, time(), SHANGHAI)
    used = await connection.fetchval(
        "SELECT coalesce(sum(jsonb_array_length(records)), 0) FROM access_log"
        " WHERE at >= $1 AND principal = $2 AND action = $3",
        begins,
        context.caller.name,
        REVEAL,
    )
    left = max(context.options.reveal_daily_limit - used, 0)
    if wanted > left:
        raise refused("DAILY_LIMIT", f"{left} more records may be revealed today; {wanted} were asked for.", "ids")


async def _read(connection: asyncpg.Connection, context: CommandContext, asked: Asked) -> list[Revealed]:
    caller = narrowed(context.caller, asked.roles)
    rows = await in_sight(connection, caller, context.today, "Member", asked.keys, columns(asked.fields))
    missing = [position for position, key in enumerate(asked.keys) if key not in rows]
    if missing:
        message = "There is no such member in your sight."
        raise Refused(*(UserError("NOT_FOUND", message, ("input", "ids", str(position))) for position in missing))
    await check_reference(connection, context, asked)
    clear = opened(rows, asked.fields, context.vault)
    return [Revealed(text, clear[key]) for text, key in zip(asked.ids, asked.keys, strict=True)]


async def check_reference(connection: asyncpg.Connection, context: CommandContext, asked: Asked) -> None:
    """The case reference names what the purpose wants of it.

    Raises:
        Refused: BAD_CASE_REFERENCE.
    """
    wanted, reference = RULES[asked.purpose].reference, asked.reference
    if reference is None or wanted is None or wanted is Reference.DOCUMENT:
        return
    if wanted is Reference.DISPUTE_CASE:
        caller = narrowed(context.caller, asked.roles)
        fits = await parties_of(connection, caller, context.today, reference, asked.keys) == set(asked.keys)
    else:
        fits = len(asked.keys) == 1 and await _is_open_request(connection, reference, asked.keys[0])
    if not fits:
        raise refused("BAD_CASE_REFERENCE", f"The case reference is not the {wanted.value}.", "caseReference")


async def _is_open_request(connection: asyncpg.Connection, reference: str, member: int) -> bool:
    try:
        key = ids.decode(reference, SUBJECT_REQUEST)[1]
    except HubError:
        return False
    table = SubjectRequest.__tablename__
    return bool(
        await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} WHERE id = $1 AND member_id = $2 AND closed_on IS NULL)",  # noqa: S608
            key,
            member,
        )
    )


async def _log_refusal(context: CommandContext, asked: Asked, refusal: Refused) -> None:
    """Log what was tried; of a caller without a token not which records: they are out of sight, and may be made up."""
    if context.caller.principal_id is None:
        asked = replace(asked, keys=())
    codes = dict.fromkeys(error.code for error in refusal.errors)
    async with transaction(context) as connection:
        await log(connection, context, asked.entry(REVEAL_REFUSED, *codes))

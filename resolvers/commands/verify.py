"""Papers compared with what is held on a member (信息核对): yes or no for each value, for a purpose, limited, and written to the audit log.

What may be revealed for a purpose may be compared for it. Nothing is shown that the caller did not send. How many wrong answers a caller
gets is set so that guessing is worthless: docs/masks.md has the figures.
"""

import hmac
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import asyncpg

from db.clock import SHANGHAI
from db.errors import DataError
from db.members import RESIDENT_NUMBER
from db.meter import add_commands
from db.personal_data.member_columns import normal_bank_card, normal_birth_date, normal_phone, normal_resident_number
from db.security.audit_log import Entry
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    Refused,
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
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose, allowed
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.sight import by_resident_number, in_sight
from resolvers.commands.stated import MAX_REFERENCE, Asked, permit

VERIFY, MISMATCH, VERIFY_REFUSED = "VERIFY", "VERIFY_MISMATCH", "VERIFY_REFUSED"
LOOKUP = "LOOKUP"
"""Stands among the fields of an entry in the log where nobody was found by the values sent."""

WRONG_A_DAY, WRONG_A_MONTH, MONTH = 5, 20, timedelta(days=30)
"""Wrong answers about one member that lock them for the principal: until the next day, and until older ones are thirty days old."""

WEIGHTS: Mapping[PersonalField, int] = {PersonalField.BIRTH_DATE: WRONG_A_DAY}
"""For how many wrong answers one of a field counts, 1 where it is not named. A band of five years has 1,826 days: one try a day at these is
no better than five at 10⁴ numbers."""

LOOKUPS_A_DAY = 20
"""Look-ups that find nobody lock all look-ups of the principal until the next day."""

MAX_VALUE = 100
LOOKED_UP_BY = (PersonalField.RESIDENT_NUMBER, PersonalField.NAME)


def normal_name(text: str) -> str:
    """A name as it is compared: without blanks around it, characters composed."""
    return unicodedata.normalize("NFC", text.strip())


NORMAL: Mapping[PersonalField, Callable[[str], str]] = {
    PersonalField.NAME: normal_name,
    PersonalField.BIRTH_DATE: normal_birth_date,
    PersonalField.RESIDENT_NUMBER: normal_resident_number,
    PersonalField.PHONE: normal_phone,
    PersonalField.BANK_CARD: normal_bank_card,
}
"""How each value is written when it is compared. DataError where it has not the form of its kind."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the member's global ID, None where a look-up found nobody, and for each value sent whether it is the one held."""

    id: str | None
    matches: Mapping[PersonalField, bool]

    def stored(self) -> dict[str, Any]:
        """As JSON that ``restored`` reads."""
        return {"id": self.id, "matches": {field.name: found for field, found in self.matches.items()}}


def restored(stored: Mapping[str, Any]) -> Verified:
    """What was answered before."""
    return Verified(stored["id"], {PersonalField[name]: found for name, found in stored["matches"].items()})


@guarded
async def verify(
    context: CommandContext,
    member: str | None,
    values: Mapping[PersonalField, str],
    purpose: RevealPurpose,
    case_reference: str | None = None,
    idempotency_key: str | None = None,
) -> Verified:
    """Whether ``values`` are those held on a member: the one named or, without one, the one in sight with this resident number and name.

    A look-up answers alike whether there is no such member, one out of sight, one of another name, or one who is locked for the caller:
    no ID, and no to every value. The entries in the log are committed before anything is answered. A repeat under the same key is
    answered as before and counts for nothing.

    Raises:
        Refused: EMPTY, MISSING_MEMBER, BAD_ID, BAD_TEXT, BAD_VALUE, FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE,
            BAD_CASE_REFERENCE, DAILY_LIMIT, LOCKED, NOT_FOUND (also for what is out of sight), BAD_IDEMPOTENCY_KEY,
            IDEMPOTENCY_KEY_REUSED.
    """
    sent = _normal(values)
    add_commands(len(sent) - 1)
    keys = _named(member, sent, purpose)
    reference = checked(case_reference, MAX_REFERENCE, "caseReference")
    fields = tuple(sent)
    asked = Asked([], fields, purpose, reference, held(context.caller, allowed(purpose, fields)))
    try:
        permit(asked)
        async with transaction(context) as connection:
            inputs = {"member": member, "purpose": purpose.name, "reference": reference}
            given = {**inputs, "values": {field.name: text for field, text in sent.items()}}
            known = await receipt(connection, context, VERIFY, idempotency_key, given)
            if known.payload is not None:
                return restored(known.payload)
            tries = await _tries(connection, context, len(sent))
            if keys:
                rows = await _seen(connection, context, asked, keys)
                asked = replace(asked, keys=keys)
                found = await _compared(connection, context, asked, rows, sent, tries)
            else:
                found = await _looked_up(connection, context, asked, sent, tries)
            await keep(connection, context, VERIFY, idempotency_key, found.stored())
    except Refused as refusal:
        await _log_refusal(context, asked, refusal)
        raise
    return found


def _named(member: str | None, sent: Mapping[PersonalField, str], purpose: RevealPurpose) -> list[int]:
    """The key of the member named; none for a look-up, which is for purposes whose ground does not name the person already."""
    if member is not None:
        return decoded([member], MEMBER, "memberId")
    if not set(LOOKED_UP_BY) <= set(sent):
        raise refused(
            "MISSING_MEMBER",
            "Name the member in `memberId`, or send `residentNumber` and `name` to look for one.",
            "memberId",
        )
    if RULES[purpose].reference is not None:
        raise refused(
            "MISSING_MEMBER", "This purpose has a case reference: name the member that it is about.", "memberId"
        )
    return []


def _normal(values: Mapping[PersonalField, str]) -> dict[PersonalField, str]:
    """The values as they are compared."""
    if not values:
        raise refused("EMPTY", "Send at least one value.", "values")
    sent = {}
    for field, text in values.items():
        whole = checked(text, MAX_VALUE, "values", field.name.lower())
        try:
            sent[field] = NORMAL[field](whole or "")
        except DataError as error:
            raise refused("BAD_VALUE", str(error), "values", field.name.lower()) from None
        if not sent[field]:
            raise refused("BAD_VALUE", "A value that is compared is not empty.", "values", field.name.lower())
    return sent


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong answers that the principal was given in the last thirty days, from the log: when, about whom, which."""

    since: datetime
    wrong: tuple[tuple[datetime, frozenset[str], tuple[str, ...]], ...]

    def is_locked(self, member: str) -> bool:
        """Whether the principal was given too many about a member."""
        weighed = [(at, sum(map(_weight, fields))) for at, members, fields in self.wrong if member in members]
        today = sum(weight for at, weight in weighed if at >= self.since)
        return today >= WRONG_A_DAY or sum(weight for _, weight in weighed) >= WRONG_A_MONTH

    @property
    def lookups(self) -> int:
        """How many look-ups of today found nobody."""
        return sum(at >= self.since and LOOKUP in fields for at, _, fields in self.wrong)


def _weight(field: str) -> int:
    known = PersonalField.__members__.get(field)
    return 0 if known is None else WEIGHTS.get(known, 1)


async def _tries(connection: asyncpg.Connection, context: CommandContext, wanted: int) -> Tries:
    """Hold the principal's other comparisons back until this one is committed, and count what they were answered before.

    Raises:
        Refused: DAILY_LIMIT.
    """
    name = context.caller.name
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('verify ' || $1, 0))", name)
    since = datetime.combine(context.today, time(), SHANGHAI)
    used = await connection.fetchval(
        "SELECT coalesce(sum(jsonb_array_length(fields - $3::text)), 0) FROM access_log"
        " WHERE principal = $1 AND at >= $2 AND action = ANY ($4)",
        name,
        since,
        LOOKUP,
        [VERIFY, MISMATCH],
    )
    left = max(context.options.verify_daily_limit - used, 0)
    if wanted > left:
        raise refused("DAILY_LIMIT", f"{left} more values may be compared today; {wanted} were sent.", "values")
    rows = await connection.fetch(
        "SELECT at, ARRAY(SELECT jsonb_array_elements_text(records)) AS members,"
        " ARRAY(SELECT jsonb_array_elements_text(fields)) AS fields"
        " FROM access_log WHERE principal = $1 AND at >= $2 AND action = $3",
        name,
        since - MONTH,
        MISMATCH,
    )
    return Tries(since, tuple((row["at"], frozenset(row["members"]), tuple(row["fields"])) for row in rows))


async def _seen(
    connection: asyncpg.Connection, context: CommandContext, asked: Asked, keys: list[int]
) -> Mapping[int, asyncpg.Record]:
    """What is held, sealed, on the member named, if they are in the caller's sight in a role that may ask."""
    caller = narrowed(context.caller, asked.roles)
    rows = await in_sight(connection, caller, context.today, "Member", keys, columns(asked.fields))
    if not rows:
        raise refused("NOT_FOUND", "There is no such member in your sight.", "memberId")
    return rows


async def _compared(
    connection: asyncpg.Connection,
    context: CommandContext,
    asked: Asked,
    rows: Mapping[int, asyncpg.Record],
    sent: Mapping[PersonalField, str],
    tries: Tries,
) -> Verified:
    """The answer for the member named, logged."""
    (member,) = asked.ids
    if tries.is_locked(member):
        raise refused(
            "LOCKED",
            f"Too many wrong values were sent for this member: {WRONG_A_DAY} in a day, or {WRONG_A_MONTH} in thirty days, of which a"
            f" wrong day of birth is {WRONG_A_DAY}. Compare again tomorrow, or `reveal` what the purpose needs.",
            "memberId",
        )
    await check_ground(connection, context, asked)
    found = _matches(rows, asked, sent, context)
    await _log(connection, context, asked, found)
    return Verified(member, found)


async def _looked_up(
    connection: asyncpg.Connection,
    context: CommandContext,
    asked: Asked,
    sent: Mapping[PersonalField, str],
    tries: Tries,
) -> Verified:
    """The answer for the member in sight who has the resident number and name sent, logged."""
    if tries.lookups >= LOOKUPS_A_DAY:
        raise refused(
            "LOCKED", f"{LOOKUPS_A_DAY} look-ups of today found nobody. Look again tomorrow, or name the member.", "memberId"
        )  # fmt: skip
    caller, vault = narrowed(context.caller, asked.roles), context.vault
    indexes = vault.indexes(RESIDENT_NUMBER, sent[PersonalField.RESIDENT_NUMBER])
    row = await by_resident_number(connection, caller, context.today, indexes, columns(asked.fields))
    if row is not None:
        asked = replace(asked, keys=[row[0]])
        found = _matches({row[0]: row}, asked, sent, context)
        if not tries.is_locked(asked.ids[0]) and all(found[field] for field in LOOKED_UP_BY):
            await _log(connection, context, asked, found)
            return Verified(asked.ids[0], found)
        # told as if there were nobody; the person's own log has it, and it counts for them
        wrong = [field for field in LOOKED_UP_BY if not found[field]]
        await log(connection, context, replace(asked, fields=wrong).entry(MISMATCH, LOOKUP))
    else:
        await log(connection, context, asked.entry(MISMATCH, LOOKUP))
    return Verified(None, dict.fromkeys(sent, False))


def _matches(
    rows: Mapping[int, asyncpg.Record], asked: Asked, sent: Mapping[PersonalField, str], context: CommandContext
) -> dict[PersonalField, bool]:
    """For each value whether it is the one held, in a time that does not tell how far it fits."""
    clear = opened(rows, asked.fields, context.vault)[asked.keys[0]]
    return {field: _is(field, clear[field], text) for field, text in sent.items()}


def _is(field: PersonalField, held_value: str | None, text: str) -> bool:
    value = normal_name(held_value or "") if field is PersonalField.NAME else held_value or ""
    return hmac.compare_digest(value.encode(), text.encode())


async def _log(
    connection: asyncpg.Connection, context: CommandContext, asked: Asked, found: Mapping[PersonalField, bool]
) -> None:
    """An entry for what fits, and one for what does not."""
    entries: list[Entry] = []
    for action, fits in ((VERIFY, True), (MISMATCH, False)):
        fields = [field for field, is_held in found.items() if is_held is fits]
        if fields:
            entries.append(replace(asked, fields=fields).entry(action))
    await log(connection, context, *entries)


async def _log_refusal(context: CommandContext, asked: Asked, refusal: Refused) -> None:
    """Log what was tried, without the caller's text, and with the member only if in sight: nobody writes into a stranger's log."""
    codes = dict.fromkeys(error.code for error in refusal.errors)
    async with transaction(context) as connection:
        await log(connection, context, replace(asked, reference=None).entry(VERIFY_REFUSED, *codes))

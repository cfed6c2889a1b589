"""The command ``verify`` (信息核对): values from a member's papers are compared with the stored ones, yes or no for each, for a purpose.

A field that may be revealed for a purpose may be compared for it. The result contains nothing that the caller did not send. The number of
mismatches that a caller gets is limited so that guessing is useless: docs/masks.md has the figures. Each comparison is logged.
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
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose, allowed
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.visible_rows import by_resident_number, visible_rows

VERIFY, MISMATCH, VERIFY_REFUSED = "VERIFY", "VERIFY_MISMATCH", "VERIFY_REFUSED"
LOOKUP = "LOOKUP"
"""The code among a log entry's fields for a look-up that found nobody."""

WRONG_A_DAY, WRONG_A_MONTH, MONTH = 5, 20, timedelta(days=30)
"""Mismatches about one member that lock the member for the principal: in a day until the next, in thirty days until they are older."""

WEIGHTS: Mapping[PersonalField, int] = {PersonalField.BIRTH_DATE: WRONG_A_DAY}
"""How many mismatches one of a field counts for; 1 unless listed. A band of five years has 1,826 days: one try a day at these is no better
than five tries at 10⁴ numbers."""

LOOKUPS_A_DAY = 20
"""Number of look-ups without a result that locks all look-ups of the principal until the next day."""

MAX_VALUE = 100
LOOKED_UP_BY = (PersonalField.RESIDENT_NUMBER, PersonalField.NAME)


def normal_name(text: str) -> str:
    """A name in the form for comparison: without surrounding blanks, in NFC."""
    return unicodedata.normalize("NFC", text.strip())


NORMAL: Mapping[PersonalField, Callable[[str], str]] = {
    PersonalField.NAME: normal_name,
    PersonalField.BIRTH_DATE: normal_birth_date,
    PersonalField.RESIDENT_NUMBER: normal_resident_number,
    PersonalField.PHONE: normal_phone,
    PersonalField.BANK_CARD: normal_bank_card,
}
"""Converts the value of each field to the form for comparison; raises DataError if it is malformed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The member's global ID, None if a look-up found nobody, and for each value sent whether it equals the stored one."""

    id: str | None
    matches: Mapping[PersonalField, bool]

    def stored(self) -> dict[str, Any]:
        """The result as the JSON of a receipt; ``restored`` reads it."""
        return {"id": self.id, "matches": {field.name: matches for field, matches in self.matches.items()}}


def restored(stored: Mapping[str, Any]) -> Verified:
    """The result in the JSON of a receipt."""
    return Verified(stored["id"], {PersonalField[name]: matches for name, matches in stored["matches"].items()})


@command
async def verify(
    context: CommandContext,
    member: str | None,
    values: Mapping[PersonalField, str],
    purpose: RevealPurpose,
    case_reference: str | None = None,
    idempotency_key: str | None = None,
) -> Verified:
    """Whether ``values`` equal those stored of a member: the given one or, without one, the one with this resident number and name whom
    the caller sees.

    A look-up has the same result if there is no such member, or one that the caller does not see, of another name, or locked for the
    caller: no ID, and no for every value. The log entries are committed before anything is returned. A repetition with the same key has
    the first result and does not count.

    Raises:
        Refused: EMPTY, MISSING_MEMBER, BAD_ID, BAD_TEXT, BAD_VALUE, FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE,
            BAD_CASE_REFERENCE, DAILY_LIMIT, LOCKED, NOT_FOUND (also for members that the caller does not see), BAD_IDEMPOTENCY_KEY,
            IDEMPOTENCY_KEY_REUSED.
    """
    sent = _normal(values)
    add_commands(len(sent) - 1)
    keys = _named(member, sent, purpose)
    reference = clean_text(case_reference, MAX_REFERENCE, "caseReference")
    fields = tuple(sent)
    disclosure = Disclosure([], fields, purpose, reference, roles_held(context.caller, allowed(purpose, fields)))
    try:
        check_purpose(disclosure)
        async with transaction(context) as connection:
            inputs = {"member": member, "purpose": purpose.name, "reference": reference}
            given = {**inputs, "values": {field.name: text for field, text in sent.items()}}
            known = await receipt(connection, context, VERIFY, idempotency_key, given)
            if known.payload is not None:
                return restored(known.payload)
            mismatches = await _mismatches(connection, context, len(sent))
            if keys:
                rows = await _read(connection, context, disclosure, keys)
                disclosure = replace(disclosure, keys=keys)
                verified = await _compared(connection, context, disclosure, rows, sent, mismatches)
            else:
                verified = await _looked_up(connection, context, disclosure, sent, mismatches)
            await keep(connection, context, VERIFY, idempotency_key, verified.stored())
    except Refused as refusal:
        await _log_refusal(context, disclosure, refusal)
        raise
    return verified


def _named(member: str | None, sent: Mapping[PersonalField, str], purpose: RevealPurpose) -> list[int]:
    """The key of the given member; empty for a look-up, which a purpose with a case reference does not have."""
    if member is not None:
        return decode_ids([member], MEMBER, "memberId")
    if not set(LOOKED_UP_BY) <= set(sent):
        raise refused(
            "MISSING_MEMBER",
            "Give `memberId`, or `residentNumber` and `name` to look for the member.",
            "memberId",
        )
    if RULES[purpose].reference is not None:
        raise refused(
            "MISSING_MEMBER",
            "This purpose has a case reference: give the `memberId` of the member that it is about.",
            "memberId",
        )
    return []


def _normal(values: Mapping[PersonalField, str]) -> dict[PersonalField, str]:
    """The values in the form for comparison."""
    if not values:
        raise refused("EMPTY", "Send at least one value.", "values")
    sent = {}
    for field, text in values.items():
        whole = clean_text(text, MAX_VALUE, "values", field.name.lower())
        try:
            sent[field] = NORMAL[field](whole or "")
        except DataError as error:
            raise refused("BAD_VALUE", str(error), "values", field.name.lower()) from None
        if not sent[field]:
            raise refused("BAD_VALUE", "A value to compare cannot be empty.", "values", field.name.lower())
    return sent


@dataclass(frozen=True, slots=True)
class Mismatches:
    """The principal's mismatches of the last thirty days, from the log: the moment, the members and the fields of each."""

    since: datetime
    entries: tuple[tuple[datetime, frozenset[str], tuple[str, ...]], ...]

    def is_locked(self, member: str) -> bool:
        """Whether the principal has had too many about this member."""
        weighed = [(at, sum(map(_weight, fields))) for at, members, fields in self.entries if member in members]
        today = sum(weight for at, weight in weighed if at >= self.since)
        return today >= WRONG_A_DAY or sum(weight for _, weight in weighed) >= WRONG_A_MONTH

    @property
    def lookups(self) -> int:
        """The number of today's look-ups that found nobody."""
        return sum(at >= self.since and LOOKUP in fields for at, _, fields in self.entries)


def _weight(field: str) -> int:
    known = PersonalField.__members__.get(field)
    return 0 if known is None else WEIGHTS.get(known, 1)


async def _mismatches(connection: asyncpg.Connection, context: CommandContext, count: int) -> Mismatches:
    """Lock out other comparisons of the principal until this one is committed, check today's number with ``count`` more, and read the
    mismatches.

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
    if count > left:
        raise refused("DAILY_LIMIT", f"{left} more values may be compared today; {count} were sent.", "values")
    rows = await connection.fetch(
        "SELECT at, ARRAY(SELECT jsonb_array_elements_text(records)) AS members,"
        " ARRAY(SELECT jsonb_array_elements_text(fields)) AS fields"
        " FROM access_log WHERE principal = $1 AND at >= $2 AND action = $3",
        name,
        since - MONTH,
        MISMATCH,
    )
    return Mismatches(since, tuple((row["at"], frozenset(row["members"]), tuple(row["fields"])) for row in rows))


async def _read(
    connection: asyncpg.Connection, context: CommandContext, disclosure: Disclosure, keys: list[int]
) -> Mapping[int, asyncpg.Record]:
    """The sealed values of the given member, whom the caller must see in a role that may compare."""
    caller = in_roles(context.caller, disclosure.roles)
    rows = await visible_rows(connection, caller, context.today, "Member", keys, columns(disclosure.fields))
    if not rows:
        raise refused("NOT_FOUND", "There is no such member, or you do not see them.", "memberId")
    return rows


async def _compared(
    connection: asyncpg.Connection,
    context: CommandContext,
    disclosure: Disclosure,
    rows: Mapping[int, asyncpg.Record],
    sent: Mapping[PersonalField, str],
    mismatches: Mismatches,
) -> Verified:
    """Compare the values with those of the given member, and log it."""
    (member,) = disclosure.ids
    if mismatches.is_locked(member):
        raise refused(
            "LOCKED",
            f"Too many wrong values were sent for this member: {WRONG_A_DAY} in a day, or {WRONG_A_MONTH} in thirty days, of which a"
            f" wrong day of birth is {WRONG_A_DAY}. Compare again tomorrow, or `reveal` what the purpose needs.",
            "memberId",
        )
    await check_ground(connection, context, disclosure)
    matches = _matches(rows, disclosure, sent, context)
    await _log(connection, context, disclosure, matches)
    return Verified(member, matches)


async def _looked_up(
    connection: asyncpg.Connection,
    context: CommandContext,
    disclosure: Disclosure,
    sent: Mapping[PersonalField, str],
    mismatches: Mismatches,
) -> Verified:
    """Compare the values with those of the member who has the resident number and name sent and whom the caller sees, and log it."""
    if mismatches.lookups >= LOOKUPS_A_DAY:
        raise refused(
            "LOCKED", f"{LOOKUPS_A_DAY} look-ups of today found nobody. Look again tomorrow, or name the member.", "memberId"
        )  # fmt: skip
    caller, vault = in_roles(context.caller, disclosure.roles), context.vault
    indexes = vault.indexes(RESIDENT_NUMBER, sent[PersonalField.RESIDENT_NUMBER])
    row = await by_resident_number(connection, caller, context.today, indexes, columns(disclosure.fields))
    if row is not None:
        disclosure = replace(disclosure, keys=[row[0]])
        matches = _matches({row[0]: row}, disclosure, sent, context)
        if not mismatches.is_locked(disclosure.ids[0]) and all(matches[field] for field in LOOKED_UP_BY):
            await _log(connection, context, disclosure, matches)
            return Verified(disclosure.ids[0], matches)
        # the same result as if there were nobody; but it is in the person's own log and counts for them
        wrong = [field for field in LOOKED_UP_BY if not matches[field]]
        await log(connection, context, replace(disclosure, fields=wrong).entry(MISMATCH, LOOKUP))
    else:
        await log(connection, context, disclosure.entry(MISMATCH, LOOKUP))
    return Verified(None, dict.fromkeys(sent, False))


def _matches(
    rows: Mapping[int, asyncpg.Record],
    disclosure: Disclosure,
    sent: Mapping[PersonalField, str],
    context: CommandContext,
) -> dict[PersonalField, bool]:
    """For each value whether it equals the stored one, compared in constant time."""
    clear = decrypted(rows, disclosure.fields, context.vault)[disclosure.keys[0]]
    return {field: _equals(field, clear[field], text) for field, text in sent.items()}


def _equals(field: PersonalField, stored: str | None, text: str) -> bool:
    value = normal_name(stored or "") if field is PersonalField.NAME else stored or ""
    return hmac.compare_digest(value.encode(), text.encode())


async def _log(
    connection: asyncpg.Connection,
    context: CommandContext,
    disclosure: Disclosure,
    matches: Mapping[PersonalField, bool],
) -> None:
    """Log the fields that match in one entry, and those that do not in another."""
    entries: list[Entry] = []
    for action, expected in ((VERIFY, True), (MISMATCH, False)):
        fields = [field for field, match in matches.items() if match is expected]
        if fields:
            entries.append(replace(disclosure, fields=fields).entry(action))
    await log(connection, context, *entries)


async def _log_refusal(context: CommandContext, disclosure: Disclosure, refusal: Refused) -> None:
    """Log the attempt without the caller's text, and with the member only if the caller sees them: nobody writes into a stranger's log."""
    codes = dict.fromkeys(error.code for error in refusal.errors)
    async with transaction(context) as connection:
        await log(connection, context, replace(disclosure, reference=None).entry(VERIFY_REFUSED, *codes))

"""Corrections of personal data (更正): one official proposes a change of what identifies or pays a person, another approves it."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from db.access import PROPOSAL
from db.encryption.vault import Sealed
from db.errors import DataError
from db.members import RESIDENT_NUMBER
from db.personal_data.erasure import ERASED_NAME
from db.personal_data.member_columns import personal_columns
from db.security.row_security import CLERK
from resolvers.commands.context import CommandContext, Refused, clean_text, refused
from resolvers.commands.purposes import PersonalField
from resolvers.commands.verify import NORMAL

MAX_VALUE = 100
GUARDED = ("bank_card", "resident_number", "phone")
"""Columns whose change a second official must approve. The phone is one, because the union calls it to confirm that a request is the
person's."""


def checked_values(corrections: Mapping[str, str] | None) -> dict[str, str]:
    """The values to write, by column, in their stored form; without those that are left out or empty.

    Raises:
        Refused: BAD_TEXT, BAD_VALUE.
    """
    values = {}
    for name, text in (corrections or {}).items():
        whole = clean_text(text, MAX_VALUE, "corrections", name)
        if whole is None:
            continue
        try:
            values[name] = NORMAL[PersonalField[name.upper()]](whole)
        except DataError as error:
            raise refused("BAD_VALUE", str(error), "corrections", name) from None
    return values


def needs_approval(changes: Mapping[str, str]) -> bool:
    """Whether a second official has to approve."""
    return any(name in GUARDED for name in changes)


async def propose_correction(
    connection: asyncpg.Connection,
    context: CommandContext,
    request: int,
    member: int,
    changes: Mapping[str, str],
    outcome: str | None,
) -> None:
    """Store a correction, sealed, until another official decides; the member's row does not change.

    Raises:
        Refused: DUPLICATE_RESIDENT_NUMBER.
    """
    await check_not_erased(connection, member)
    await _check_unused(connection, context, member, changes)
    proposal = json.dumps({"values": changes, "outcome": outcome}, ensure_ascii=False)
    await connection.execute(
        "UPDATE subject_request SET proposal = $2, proposed_by = $3, proposed_fields = $4, proposed_on = $5, rejected_on = NULL,"
        " rejection = NULL WHERE id = $1",
        request,
        context.vault.seal(PROPOSAL, request, proposal),
        context.caller.principal_id,
        ",".join(field_codes(changes)),
        context.today,
    )


def open_proposal(context: CommandContext, row: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """The values and the outcome in a request's sealed proposal."""
    sealed = Sealed(PROPOSAL.table, PROPOSAL.column, row["id"], row["proposal"])
    proposal = json.loads(context.vault.open([sealed])[0])
    return proposal["values"], proposal["outcome"]


def field_codes(changes: Mapping[str, str]) -> list[str]:
    """The fields of a correction, as codes of the audit log."""
    return sorted(name.upper() for name in changes)


async def check_not_erased(connection: asyncpg.Connection, member: int) -> None:
    """Check that the person was not erased.

    Raises:
        Refused: ERASED.
    """
    if await connection.fetchval("SELECT name = $2 FROM member WHERE id = $1", member, ERASED_NAME):
        raise refused(
            "ERASED", "The person's data were erased: there is nothing left to correct. Refuse with the reason.", "id"
        )


async def _check_unused(
    connection: asyncpg.Connection, context: CommandContext, member: int, changes: Mapping[str, str]
) -> None:
    if "resident_number" not in changes:
        return
    indexes = context.vault.indexes(RESIDENT_NUMBER, changes["resident_number"])
    query = "SELECT EXISTS (SELECT FROM member WHERE resident_number_index = ANY ($1) AND id <> $2)"
    async with connection.under_role(CLERK):
        taken = await connection.fetchval(query, indexes, member)
    if taken:
        raise _duplicate()


async def write_correction(
    connection: asyncpg.Connection, context: CommandContext, member: int, changes: Mapping[str, str]
) -> None:
    """Write a correction, sealed, with the clerk's database role.

    Raises:
        Refused: DUPLICATE_RESIDENT_NUMBER.
    """
    columns: dict[str, Any] = {}
    for name, text in changes.items():
        columns |= {"name": text} if name == "name" else personal_columns(context.vault, member, **{name: text})
    async with connection.under_role(CLERK):
        try:
            async with connection.transaction():
                await _update(connection, member, columns)
        except asyncpg.UniqueViolationError:
            raise _duplicate() from None
        if "name" in changes:
            await connection.execute("UPDATE dispute_party SET name = $2 WHERE member_id = $1", member, changes["name"])


def _duplicate() -> Refused:
    return refused(
        "DUPLICATE_RESIDENT_NUMBER",
        "Another member has this resident number. Find out first whose it is.",
        "corrections",
    )


async def _update(connection: asyncpg.Connection, member: int, columns: Mapping[str, Any]) -> None:
    assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    done = await connection.execute(f"UPDATE member SET {assignments} WHERE id = $1", member, *columns.values())  # noqa: S608
    if done != "UPDATE 1":
        raise RuntimeError(f"member {member} was not written: {done}")

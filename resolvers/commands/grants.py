"""The commands ``grantAccess`` and ``revokeAccess`` (授权): ``db.security.grants`` decides, and its errors become refusals here."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import asyncpg

from db.access import Role
from db.organizations import Hierarchy
from db.security import grants
from db.security.grant_checks import grantee
from db.security.grant_rules import ADMINISTRATORS
from db.security.grants import ProposedGrant
from db.security.principals import MAX_NAME, AccessError, Actor, access_changes
from db.security.row_security import granting
from resolvers.commands.context import CommandContext, Refused, clean_text, command, refused, roles_held, transaction
from resolvers.commands.receipts import keep, receipt
from resolvers.engine.request.global_ids import decode, encode
from resolvers.errors import HubError

GRANT = "grant"
"""Prefix of a grant's global ID."""

PLACES = {
    "NO_PRINCIPAL": "principal",
    "PRINCIPAL_DISABLED": "principal",
    "NO_MEMBER": "principal",
    "HIERARCHY_MISSING": "hierarchy",
    "BAD_VALIDITY": "validTo",
    "OUTLASTS_GRANTER": "validTo",
    "NO_ORGANIZATION": "organizationId",
    "ORGANIZATION_DISSOLVED": "organizationId",
    "NO_DIVISION": "divisionId",
    "NO_SUCH_GRANT": "id",
    "ALREADY_REVOKED": "id",
}
"""The input that each error is about; other errors are about the whole input."""


def actor(context: CommandContext) -> Actor:
    """The caller as the administrator who gives the command.

    Raises:
        Refused: MAY_NOT_GRANT if the caller administers nothing, without a query.
    """
    roles = roles_held(context.caller, sorted(ADMINISTRATORS, key=lambda role: role.name))
    if context.caller.principal_id is None or not roles:
        raise refused("MAY_NOT_GRANT", "Only a federation or an industry union may grant access.")
    return Actor(
        context.caller.name,
        context.caller.principal_id,
        ",".join(role.name for role in roles),
        context.request.get("source"),
        context.request.get("operation"),
        context.options.digest,
    )


def refusal(error: AccessError) -> Refused:
    """An error of ``db.security.grants`` as a refusal of the command."""
    place = PLACES.get(error.code)
    return refused(error.code, str(error), *([place] if place else []))


def key_of(text: str | None, prefix: str, place: str) -> int | None:
    """The key of a global ID of one type.

    Raises:
        Refused: BAD_ID.
    """
    if text is None:
        return None
    try:
        return decode(text, prefix)[1]
    except HubError as error:
        raise refused("BAD_ID", error.message, place) from None


@command
async def grant_access(
    context: CommandContext,
    principal: str,
    role: Role,
    *,
    organization_id: str | None = None,
    hierarchy: Hierarchy | None = None,
    division_id: str | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    key: str | None = None,
) -> str:
    """Grant a principal a role over a scope within the caller's own; returns the grant's global ID.

    Raises:
        Refused: BAD_TEXT, BAD_ID, and the codes of ``db.security.grants.grant``; nothing is written then. NO_PRINCIPAL also for a principal
            who belongs to no union of the caller's subtree.
    """
    by = actor(context)
    principal = clean_text(principal, MAX_NAME, "principal") or ""
    organization = key_of(organization_id, "org", "organizationId")
    division = key_of(division_id, "div", "divisionId")
    start = valid_from or context.today
    given = {
        "principal": principal,
        "role": role.name,
        "organization": organization,
        "hierarchy": hierarchy.name if hierarchy else None,
        "division": division,
        "from": start.isoformat(),
        "to": valid_to.isoformat() if valid_to else None,
    }

    async def work(connection: asyncpg.Connection) -> int:
        assert by.id is not None
        number = await grantee(connection, by.id, principal)
        proposed = ProposedGrant(number, role, start, valid_to, organization, hierarchy, division)
        return await grants.grant(connection, proposed, by=by)

    return await run_once(context, "grantAccess", key, given, work)


@command
async def revoke_access(context: CommandContext, grant_id: str, *, key: str | None = None) -> str:
    """End a grant at once; returns its global ID.

    Raises:
        Refused: MAY_NOT_GRANT, BAD_ID, NO_SUCH_GRANT or ALREADY_REVOKED.
    """
    by = actor(context)
    number = key_of(grant_id, GRANT, "id")
    assert number is not None

    async def work(connection: asyncpg.Connection) -> int:
        await grants.revoke(connection, number, by=by)
        return number

    return await run_once(context, "revokeAccess", key, {"id": number}, work)


async def run_once(context: CommandContext, command: str, key: str | None, given: Mapping[str, Any], work: Any) -> str:
    """Run ``work`` in a transaction, once for each idempotency key; returns the global ID of its grant."""
    try:
        assert context.caller.principal_id is not None
        scope = granting(context.caller.name, context.caller.principal_id)
        async with transaction(context, scope) as connection:
            known = await receipt(connection, context, command, key, given)
            if known.repeated and known.payload is not None:
                return str(known.payload["id"])
            grant_id = encode(GRANT, await work(connection))
            await keep(connection, context, command, key, {"id": grant_id})
    except AccessError as error:
        raise refusal(error) from None
    access_changes.changed()
    return grant_id

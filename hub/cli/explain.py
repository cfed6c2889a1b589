"""``unionhub explain``: run a query and show its plan, its SQL, and the rows and time of each statement."""

import asyncio
from typing import Any, NamedTuple

import asyncpg
import orjson

from db.security import principals
from db.security.row_security import HUB, READER
from db.server.connect import acquired, create_pool
from hub.app import default_engine, limits_of
from hub.documents import Accepted, Documents, Rejected
from hub.errors import Refusal
from hub.limits.budget import RoleLimits
from hub.operations import is_query
from hub.settings import RoleLimit, Settings
from resolvers.access.callers import PUBLIC, Caller
from resolvers.engine.request.document import Answer
from resolvers.engine.request.limits import MAX_PAGE
from resolvers.errors import localized
from resolvers.suggestions import suggestions_allowed
from resolvers.viewer import caller_of
from schema import schema

OPERATOR = Caller("operator", everything=True)

NOBODY = "public"
"""The name of a caller without a token."""


class Explained(NamedTuple):
    """The explanation of a query: plan and statements as text (empty if it was not run), and errors as ``CODE: message``."""

    text: str
    errors: list[str]


def explain_query(
    settings: Settings,
    url: str,
    text: str,
    variables: dict[str, Any],
    *,
    operation: str | None = None,
    name: str | None = None,
) -> Explained:
    """Explain a query for the principal of this ``name``; without it for a caller who sees everything.

    Raises:
        AccessError: NO_PRINCIPAL.
    """
    return asyncio.run(_explain(settings, url, text, variables, operation, name))


async def _explain(
    settings: Settings, url: str, text: str, variables: dict[str, Any], operation: str | None, name: str | None
) -> Explained:
    suggestions_allowed.set(True)
    found = Documents(schema._schema, limits_of(settings)).get(text)
    if isinstance(found, Rejected):
        return Explained("", as_errors(found.body))
    pool = await create_pool(url, size=1, statement_timeout_ms=settings.statement_timeout_ms, role=READER)
    try:
        caller = OPERATOR if name is None else await caller_named(pool, name)
        answer = await _answered(settings, pool, found, variables, operation, caller)
    except Refusal as refusal:
        return Explained("", [f"{refusal.code}: {localized(refusal.code, refusal.message)}"])
    finally:
        await pool.close()
    explained = orjson.loads(answer.body).get("extensions", {}).get("explain")
    return Explained("" if explained is None else _text(explained), as_errors(answer.body))


async def caller_named(pool: asyncpg.Pool, name: str) -> Caller:
    """The principal of a name with the grants of today; ``public`` is a caller without a token.

    Raises:
        AccessError: NO_PRINCIPAL.
        Refusal: PRINCIPAL_DISABLED, NO_GRANT: so the hub would answer.
    """
    if name == NOBODY:
        return PUBLIC
    async with acquired(pool, HUB) as connection:
        found = await principals.by_id(connection, await principals.principal_id(connection, name))
    assert found is not None
    if found.disabled:
        raise Refusal(401, "PRINCIPAL_DISABLED", "This principal has been disabled.")
    if not found.grants:
        raise Refusal(403, "NO_GRANT", "Nothing is granted to this principal today.")
    return caller_of(found)


async def _answered(
    settings: Settings,
    pool: asyncpg.Pool,
    found: Accepted,
    variables: dict[str, Any],
    name: str | None,
    caller: Caller,
) -> Answer:
    """The answer of the second run, whose statements are prepared, within the limits of the caller's roles."""
    operation = found.operation(name)
    if not is_query(operation):
        raise Refusal(405, "METHOD_NOT_ALLOWED", "Only queries are explained: a mutation would be carried out.")
    limits = RoleLimits(
        RoleLimit(settings.max_depth, settings.max_objects, MAX_PAGE), settings.role_limits, settings.introspection
    )
    if operation is not None:
        limits.require_depth(caller, operation.depth)
        if operation.introspects and caller is not OPERATOR:
            limits.require_introspection(caller)
    engine = default_engine(pool, settings)
    for _ in range(2):
        answer = await engine.execute(
            found.document, name, variables, caller=caller, explain=True, allowance=limits.allowance(caller)
        )
    return answer


def as_errors(body: bytes) -> list[str]:
    """The errors in a response, each as ``CODE: message``."""
    return [f"{error['extensions']['code']}: {error['message']}" for error in orjson.loads(body).get("errors", ())]


def _text(explained: dict[str, Any]) -> str:
    parts = [explained["tree"], ""]
    for statement in explained["statements"]:
        parts += [
            f"{statement['path']}: {statement['rows']} rows in {statement['milliseconds']} ms",
            f"  {statement['sql']}",
            "",
        ]
    parts.append(f"{explained['total_milliseconds']} ms in all, prepared statements warm")
    return "\n".join(parts)

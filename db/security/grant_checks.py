"""``db.security.grant_rules`` as SQL: what a granter may grant, to whom, and which grants they may end.

Each check is one statement, the same whatever its result, so that what is out of a granter's scope cannot be told from what does not exist.
"""

from collections.abc import Mapping
from datetime import date

import asyncpg

from db.access import Role
from db.clock import today
from db.hierarchies import TABLES
from db.security.grant_rules import ADMINISTRATORS, TABLE, Granter, Reach
from db.security.principals import AccessError

_ROLES = ", ".join(f"'{role.name}'" for role in sorted(ADMINISTRATORS, key=lambda role: role.name))

HELD = f"""
SELECT g.role, g.organization_id, g.hierarchy, g.valid_to, o.division_id,
  o.level = 'NATIONAL' AND o.kind = 'LOCAL_FEDERATION' AND g.role = 'FEDERATION' AND NOT EXISTS
    (SELECT FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL) AS topmost
FROM access_grant g JOIN principal p ON p.id = g.principal_id JOIN organization o ON o.id = g.organization_id
WHERE g.principal_id = $1 AND p.disabled_at IS NULL AND g.role IN ({_ROLES}) AND g.revoked_at IS NULL
  AND g.valid_from <= $2 AND (g.valid_to IS NULL OR g.valid_to > $2)
"""  # noqa: S608 — the roles are ours
"""SQL: the grants by which the principal $1 administers access on the day $2."""

_HELD = f"WITH h AS ({HELD}) "


def _in_force(table: str) -> str:
    return f"{table}.valid_from <= $2 AND ({table}.valid_to IS NULL OR {table}.valid_to > $2)"


def _below(union: str, *, strictly: bool = False) -> str:
    """SQL: the union is that of the grant ``h``, or below it in its hierarchy; ``strictly`` below it."""
    deeper = " AND t.depth > 0" if strictly else ""
    parts = [
        f"h.hierarchy = '{hierarchy.name}' AND EXISTS (SELECT FROM {table} t WHERE t.ancestor_id = h.organization_id"
        f" AND t.descendant_id = {union} AND {_in_force('t')}{deeper})"
        for hierarchy, table in TABLES.items()
    ]
    return f"({' OR '.join(parts)})"


def _stands(division: str, *, strictly: bool = False) -> str:
    """SQL: the division is that of the granter's union, or below it; ``strictly`` below it."""
    deeper = f" AND {division} <> h.division_id" if strictly else ""
    return f"EXISTS (SELECT FROM division_closure d WHERE d.ancestor_id = h.division_id AND d.descendant_id = {division}{deeper})"


_FOREIGN = (
    "EXISTS (SELECT FROM case_assignment a JOIN dispute_case c ON c.id = a.case_id WHERE a.principal_id = {principal}"
    f" AND a.revoked_at IS NULL AND (a.valid_to IS NULL OR a.valid_to > $2) AND NOT {_below('c.organization_id')})"
)
_MEMBER = (
    "EXISTS (SELECT FROM principal w JOIN membership m ON m.member_id = w.member_id WHERE w.id = {principal}"
    f" AND {_in_force('m')} AND {_below('m.organization_id')})"
)

COVERS: Mapping[Reach, str] = {
    Reach.ANYWHERE: "true",
    Reach.SUBTREE: f"h.hierarchy = {{hierarchy}} AND {_below('{organization}')}",
    Reach.STANDING: f"({{division}} IS NULL OR {_stands('{division}')})",
    Reach.UNSCOPED: "{division} IS NULL",
    Reach.MEMBERS: _MEMBER,
    Reach.CASES: f"NOT {_FOREIGN}",
}
"""SQL by reach: the granter's grant ``h`` covers the proposed grant."""

STILL_COVERS: Mapping[Reach, str] = {**COVERS, Reach.MEMBERS: "true", Reach.CASES: "true"}
"""The same for an existing grant: its scope is compared, not where the grantee belongs by now."""

CONTAINS: Mapping[Reach, str] = {
    Reach.ANYWHERE: "{organization} IS DISTINCT FROM h.organization_id",
    Reach.SUBTREE: f"h.hierarchy = {{hierarchy}} AND {_below('{organization}', strictly=True)}",
    Reach.STANDING: _stands("{division}", strictly=True),
    Reach.UNSCOPED: "false",
    Reach.MEMBERS: "false",
    Reach.CASES: "false",
}
"""SQL by reach: the scope of the granter's grant ``h`` strictly contains that of another grant. A grant without a scope is contained by the
national federation's alone."""

_HOLDS: Mapping[Granter, str] = {
    Granter.NATIONAL: "h.topmost",
    Granter.FEDERATION: "NOT h.topmost AND h.role = 'FEDERATION'",
    Granter.INDUSTRY_UNION: "h.role = 'INDUSTRY_UNION'",
}


def _by(role: Role, conditions: Mapping[Reach, str], names: Mapping[str, str]) -> str:
    """The condition on ``h`` for one role, by its rule; ``names`` are the SQL expressions for the proposed grant."""
    parts = [
        f"{holds} AND {conditions[reach].format_map(names)}"
        for granter, holds in _HOLDS.items()
        if (reach := TABLE[role].by.get(granter)) is not None
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _of_any(conditions: Mapping[Reach, str]) -> str:
    """The same for the role of the row ``g``."""
    names = {
        "principal": "g.principal_id",
        "organization": "g.organization_id",
        "hierarchy": "g.hierarchy",
        "division": "g.division_id",
    }
    cases = " ".join(f"WHEN '{role.name}' THEN {_by(role, conditions, names)}" for role in TABLE)
    return f"(CASE g.role {cases} END)"


PROPOSED = {
    "principal": "$3::bigint",
    "organization": "$4::bigint",
    "hierarchy": "$5::text",
    "division": "$6::bigint",
}
_GIVEN = "(SELECT $3::bigint, $4::bigint, $5::text, $6::bigint) AS given"
COVERING = {
    role: f"{_HELD}SELECT h.valid_to FROM h, {_GIVEN} WHERE {_by(role, COVERS, PROPOSED)}"  # noqa: S608
    for role in TABLE
}
"""SQL by role: when the granter's grants end that cover a grant of the role to $3, over the union $4 along $5, or the division $6."""

BELONGS = f"EXISTS (SELECT FROM h WHERE h.topmost OR {_below('p.organization_id')})"
NAMED = f"{_HELD}SELECT p.id FROM principal p WHERE p.name = $3 AND {BELONGS}"  # noqa: S608
KEYED = f"{_HELD}SELECT p.id FROM principal p WHERE p.id = $3 AND {BELONGS}"  # noqa: S608
"""SQL: the principal, by name or by ID, if the granter may grant to it."""

ENDABLE = f"""{_HELD}SELECT g.id, g.revoked_at IS NOT NULL AS ended FROM access_grant g WHERE g.id = $3
AND EXISTS (SELECT FROM h WHERE g.granted_by = $1 AND {_of_any(STILL_COVERS)} OR {_of_any(CONTAINS)})
"""  # noqa: S608
"""SQL: the grant $3, if the granter may end it: as its maker whose own grants still cover its scope, or as a superior."""

NOBODY = "There is no principal of this name to whom you may grant: it must belong to a union of your subtree."
"""The message for a principal who belongs elsewhere, disabled or not, and for one who does not exist."""


async def require_administrator(connection: asyncpg.Connection, by: int) -> None:
    """Require that the granter administers access today. Its grants are read and locked here, not taken from the cached caller.

    Raises:
        AccessError: MAY_NOT_GRANT.
    """
    if not await connection.fetch(f"{HELD} FOR SHARE OF g, p", by, today()):
        raise AccessError("MAY_NOT_GRANT", "Only a federation or an industry union may grant access.")


async def grantee(connection: asyncpg.Connection, by: int, name: str) -> int:
    """The ID of the principal of this name, who must belong to a union of the granter's subtree.

    Raises:
        AccessError: MAY_NOT_GRANT, or NO_PRINCIPAL, also for a principal who belongs elsewhere.
    """
    await require_administrator(connection, by)
    found = await connection.fetchval(NAMED, by, today(), name)
    if found is None:
        raise AccessError("NO_PRINCIPAL", NOBODY)
    return int(found)


async def require_grantee(connection: asyncpg.Connection, by: int, principal: int) -> None:
    """Require that the principal of this ID belongs to a union of the granter's subtree.

    Raises:
        AccessError: NO_PRINCIPAL.
    """
    if await connection.fetchval(KEYED, by, today(), principal) is None:
        raise AccessError("NO_PRINCIPAL", NOBODY)


async def require_cover(
    connection: asyncpg.Connection,
    by: int,
    role: Role,
    principal: int,
    scope: tuple[int | None, str | None, int | None],
    valid_to: date | None,
) -> None:
    """Require that a grant of the granter covers the role over ``scope`` (union, hierarchy, division), and lasts as long.

    A union that the granter does not see and one that does not exist give the same error.

    Raises:
        AccessError: NOT_IN_SCOPE or OUTLASTS_GRANTER.
    """
    until = [row[0] for row in await connection.fetch(COVERING[role], by, today(), principal, *scope)]
    if not until:
        raise AccessError(
            "NOT_IN_SCOPE", "This is not within what you may grant: your own subtree and role, and what they hold."
        )
    ends = [day for day in until if day is not None]
    if len(ends) == len(until) and (valid_to is None or valid_to > max(ends)):
        raise AccessError("OUTLASTS_GRANTER", f"Your own grant ends on {max(ends)}; grant until then at the latest.")


async def endable(connection: asyncpg.Connection, by: int, number: int) -> asyncpg.Record | None:
    """The grant of this ID, locked, and whether it has ``ended``; None if the granter may end no such grant."""
    return await connection.fetchrow(f"{ENDABLE} FOR NO KEY UPDATE OF g", by, today(), number)

"""The second wall, row-level security (docs/second-wall.md): the hub's roles, the scope of a session, and a check of a database.

The policies are SQL, in migrations from 0003 on.
"""

from dataclasses import dataclass, field

import asyncpg

READER = "unionhub_reader"
"""The role of every session of the hub at its start; no policy is for it alone, so it sees no row of a protected table."""

EVERYTHING = "unionhub_everything"
FEDERATION = "unionhub_federation"
BUREAU = "unionhub_bureau"
SOCIAL_SECURITY = "unionhub_social_security"
CASES = "unionhub_cases"
SELF = "unionhub_self"
SEVERAL = "unionhub_several"
"""All lenses but ``everything``, for a caller with more than one; a lens without keys shows nothing."""

ACCESS = "unionhub_access"
"""The hub itself at sign-in and when access is granted: it reads all, and writes principals, grants and keys."""

CLERK = "unionhub_clerk"
"""For commands that correct or erase a member, inside their transaction."""

AGGREGATES = "unionhub_aggregates"
"""For statistics of callers with aggregates only: all rows, but no column that names a person or a case."""

OPERATOR = "unionhub_operator"
"""For the operator's commands (`unionhub access`, `unionhub doctor`) when their login owns nothing; no request has it."""

WRITER = "unionhub_writer"
"""For a batch of records, inside its transaction: the rows of the caller's subtree of unions."""

TOP_WRITER = "unionhub_everything_writer"
"""The same for a caller who sees everything."""

SERVICE = "unionhub_service"
"""Member of all of these, and granted to the login of the service."""

ROLES = (
    READER,
    EVERYTHING,
    FEDERATION,
    BUREAU,
    SOCIAL_SECURITY,
    CASES,
    SELF,
    SEVERAL,
    ACCESS,
    CLERK,
    AGGREGATES,
    OPERATOR,
    WRITER,
    TOP_WRITER,
    SERVICE,
)

LENSES = (
    "territorial",
    "industrial",
    "hr_bureau",
    "social_security",
    "employers_body",
    "cases",
    "self",
    "everything",
    "me",
    "administered_territorial",
    "administered_industrial",
)
"""The settings that hold a scope's keys (``unionhub.territorial`` and so on), in the order of ``wall.carry``.

``me`` is the caller's principal; the last two are the unions over whose subtree the caller administers access.
"""

OPEN = {
    "division": "the territory is public",
    "division_alias": "the territory is public",
    "division_closure": "the territory is public",
    "deadline_rule": "the law is public",
    "policy_document": "published by its issuer",
    "policy_issuer": "published with its document",
    "policy_measure": "published with its document",
    "venue_coverage": "the units that a public venue serves",
    "published_figure": "published on a page; no record of a person",
    "access_version": "one number that counts changes",
    "alembic_version": "one number",
    "rollup.state": "whether roll-ups are kept",
    "rollup.anchor": "keys of unions and divisions",
    "rollup.place": "keys of unions in pairs",
    "rollup.code": "values of dimensions that occur, without a count",
    "access_log_head": "number and digest of the last entry; only functions of the owner change it",
}
"""Tables without row-level security, and why. Every other table has it."""


@dataclass(slots=True)
class Scope:
    """What a session may see: a role, the caller's name, and keys by lens, as PostgreSQL arrays in the order of ``LENSES``.

    ``sets`` is what ``wall.carry`` computed of the keys, stored so that the next connection need not compute it; ``wall.carry`` checks that
    it is up to date.
    """

    role: str
    principal: str = ""
    keys: tuple[str, ...] = ("{}",) * len(LENSES)
    sets: list[str] | None = field(default=None, compare=False)


NOBODY = Scope(READER)
"""Sees no row of a protected table."""

HUB = Scope(ACCESS)
"""The hub itself, before there is a caller: sign-in."""


def granting(name: str, principal: int) -> Scope:
    """The hub itself while a principal makes or ends a grant: the policies let it write what that principal may write."""
    keys = tuple(f"{{{principal}}}" if lens == "me" else "{}" for lens in LENSES)
    return Scope(ACCESS, name, keys)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that weakens the second wall in a database, and what to do about it."""

    seen: str
    advice: str
    is_grave: bool = True


_LOGIN = """
SELECT session_user AS name, r.rolsuper, r.rolbypassrls,
    EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('member') AND pg_has_role(session_user, relowner, 'MEMBER')) AS owns
FROM pg_roles r WHERE r.rolname = session_user
"""
_ROLES = """
SELECT wanted AS name, r.oid IS NOT NULL AS is_there, coalesce(r.rolsuper OR r.rolbypassrls OR r.rolcanlogin, false) AS is_strong,
    coalesce(pg_has_role(session_user, r.oid, 'SET'), false) AS may_be_set
FROM unnest($1::text[]) AS wanted LEFT JOIN pg_roles r ON r.rolname = wanted
"""
_TABLES = """
SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname AS relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE nspname IN ('public', 'rollup') AND relkind IN ('r', 'p') AND NOT relrowsecurity
ORDER BY 1
"""


async def faults(connection: asyncpg.Connection, *, embedded: bool = False) -> list[Fault]:
    """What weakens the second wall, as seen by a connection with the service's own login; empty if nothing does.

    On the ``embedded`` server the login is a superuser, as intended.
    """
    found = []
    for role in await connection.fetch(_ROLES, list(ROLES)):
        if not role["is_there"]:
            found.append(Fault(f"the role {role['name']} is missing", "`unionhub db upgrade`"))
        elif role["is_strong"]:
            found.append(
                Fault(
                    f"the role {role['name']} has rights of its own",
                    f"In psql: `ALTER ROLE {role['name']} NOLOGIN NOSUPERUSER NOBYPASSRLS;`",
                )
            )
        elif not role["may_be_set"]:
            login = await connection.fetchval("SELECT quote_ident(session_user)")
            found.append(
                Fault(
                    f"the login may not take on the role {role['name']}",
                    f"In psql: `GRANT {SERVICE} TO {login} WITH INHERIT FALSE, SET TRUE;`",
                )
            )
    bare = [row["relname"] for row in await connection.fetch(_TABLES) if row["relname"] not in OPEN]
    if bare:
        found.append(Fault(f"no row-level security on {', '.join(bare)}", "`unionhub db upgrade`"))
    login = await connection.fetchrow(_LOGIN)
    if not embedded and (login["rolsuper"] or login["rolbypassrls"] or login["owns"]):
        kind = "the owner of the tables" if login["owns"] else "a login that row-level security does not bind"
        kind = "a superuser" if login["rolsuper"] else kind
        found.append(
            Fault(
                f"the service logs in as {kind} ({login['name']}); queries run under {READER},"
                " but a fault that leaves that role has all rights",
                "Let it log in as a user that owns nothing, in psql: `CREATE ROLE hub LOGIN; "
                f"GRANT {SERVICE} TO hub WITH INHERIT FALSE, SET TRUE;`"
                " Migrations go on as the owner.",
                is_grave=False,
            )
        )
    return found

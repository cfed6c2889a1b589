"""What a login may do in a database: which right it lacks, in one line, and the statement that grants it."""

import asyncpg

from db.errors import DataError
from db.security.row_security import OPERATOR, READER, ROLES, SERVICE

_FACTS = """
SELECT session_user AS name, quote_ident(session_user) AS login, quote_ident(current_database()) AS database,
    r.rolsuper AS is_super, r.rolsuper OR r.rolcreaterole AS makes_roles,
    has_database_privilege(current_database(), 'CREATE') AS makes_schemas, has_schema_privilege('public', 'CREATE') AS makes_tables,
    pg_get_userbyid(t.relowner) AS owner, coalesce(pg_has_role(session_user, t.relowner, 'USAGE'), true) AS owns,
    ARRAY(SELECT wanted FROM unnest($1::text[]) AS wanted WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)) AS absent,
    coalesce((SELECT pg_has_role(session_user, oid, 'SET') FROM pg_roles WHERE rolname = $2), false) AS serves,
    coalesce((SELECT pg_has_role(session_user, oid, 'MEMBER WITH ADMIN OPTION') FROM pg_roles WHERE rolname = $2), false) AS gives
FROM pg_roles r LEFT JOIN pg_class t ON t.oid = to_regclass('public.alembic_version') WHERE r.rolname = session_user
"""
GRANT = f"GRANT {SERVICE} TO {{}} WITH INHERIT FALSE, SET TRUE"


async def missing_right(connection: asyncpg.Connection) -> str | None:
    """Which right the login of a connection lacks to upgrade the database, and how it is granted; None if it lacks none."""
    facts = await connection.fetchrow(_FACTS, list(ROLES), SERVICE)
    name, login, base = facts["name"], facts["login"], facts["database"]
    if not facts["owns"]:
        return only_owner(facts)
    if not facts["makes_schemas"]:
        return f"{name} may not make anything in {base}. As a superuser: ALTER DATABASE {base} OWNER TO {login}"
    if not facts["makes_tables"]:
        return f"{name} may not make tables in {base}. As its owner: GRANT CREATE ON SCHEMA public TO {login}"
    if facts["absent"] and not facts["makes_roles"]:
        return f"{name} may not make the role {facts['absent'][0]}. As a superuser: ALTER ROLE {login} CREATEROLE"
    if SERVICE not in facts["absent"] and not (facts["is_super"] or facts["serves"] or facts["gives"]):
        return f"{name} may not take on the role {SERVICE}. As a superuser: {GRANT.format(login)}"
    return None


async def unreadable(connection: asyncpg.Connection) -> str:
    """Why the login of a connection may not read the hub's tables, and how to give it the right."""
    facts = await connection.fetchrow(_FACTS, list(ROLES), SERVICE)
    if facts["serves"]:
        return only_owner(facts)
    return f"{facts['name']} may not read the hub's tables. As {facts['owner']}: {GRANT.format(facts['login'])}"


def only_owner(facts: asyncpg.Record) -> str:
    """The message for a command that only the owner of the tables may run."""
    return (
        f"{facts['name']} does not own the hub's tables, and this command changes them. Give it the login of {facts['owner']}:"
        " --database-url"
    )


OTHER_SCHEMA = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)


def refusal(error: BaseException) -> DataError:
    """The error for a statement that PostgreSQL refused, in one line: its message, detail and hint."""
    parts = [str(error), getattr(error, "detail", None), getattr(error, "hint", None)]
    said = ". ".join(part.strip().rstrip(".") for part in parts if part)
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return DataError(
            f"The login lacks a right: {said}. Commands that change tables need the login of their owner: --database-url postgresql://OWNER@…"
        )
    if isinstance(error, OTHER_SCHEMA):
        return DataError(f"The database is not as this version of the hub needs it: {said}. Run: unionhub doctor")
    return DataError(f"PostgreSQL refused: {said}.")


_ROLE_OF_OPERATOR = """
SELECT r.rolname FROM pg_roles r, pg_roles l LEFT JOIN pg_class t ON t.oid = to_regclass('public.alembic_version')
WHERE l.rolname = session_user AND NOT l.rolsuper AND NOT pg_has_role(session_user, t.relowner, 'USAGE')
    AND r.rolname = ANY ($1) AND pg_has_role(session_user, r.oid, 'SET')
ORDER BY array_position($1, r.rolname) LIMIT 1
"""


async def become_operator(connection: asyncpg.Connection) -> None:
    """SET ROLE to the operator's, which may read all and grant access, when the login owns nothing; an owner stays what it is."""
    role = await connection.fetchval(_ROLE_OF_OPERATOR, [OPERATOR, READER])
    if role is not None:
        await connection.execute(f"SET ROLE {role}")

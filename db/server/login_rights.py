"""What a login may do in a database: which right is missing, in one line, and the statement that gives it."""

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
JOIN = f"GRANT {SERVICE} TO {{}} WITH INHERIT FALSE, SET TRUE"


async def missing(connection: asyncpg.Connection) -> str | None:
    """Which right the login of a connection lacks to bring the database to another revision, and how it is given; None if it has all."""
    found = await connection.fetchrow(_FACTS, list(ROLES), SERVICE)
    name, login, base = found["name"], found["login"], found["database"]
    if not found["owns"]:
        return only_owner(found)
    if not found["makes_schemas"]:
        return f"{name} may not make anything in {base}. As a superuser: ALTER DATABASE {base} OWNER TO {login}"
    if not found["makes_tables"]:
        return f"{name} may not make tables in {base}. As its owner: GRANT CREATE ON SCHEMA public TO {login}"
    if found["absent"] and not found["makes_roles"]:
        return f"{name} may not make the role {found['absent'][0]}. As a superuser: ALTER ROLE {login} CREATEROLE"
    if SERVICE not in found["absent"] and not (found["is_super"] or found["serves"] or found["gives"]):
        return f"{name} may not take on the role {SERVICE}. As a superuser: {JOIN.format(login)}"
    return None


async def unreadable(connection: asyncpg.Connection) -> str:
    """Why the login of a connection may not read the hub's tables, and what to do."""
    found = await connection.fetchrow(_FACTS, list(ROLES), SERVICE)
    if found["serves"]:
        return only_owner(found)
    return f"{found['name']} may not read the hub's tables. As {found['owner']}: {JOIN.format(found['login'])}"


def only_owner(found: asyncpg.Record) -> str:
    """That a command wants another login."""
    return (
        f"{found['name']} does not own the hub's tables, and this command changes them. Give it the login of {found['owner']}:"
        " --database-url"
    )


OTHER_SCHEMA = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)


def refused(error: BaseException) -> DataError:
    """What to tell of a statement that PostgreSQL refused, in one line: its words, and what it adds to them."""
    parts = [str(error), getattr(error, "detail", None), getattr(error, "hint", None)]
    said = ". ".join(part.strip().rstrip(".") for part in parts if part)
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return DataError(
            f"The login lacks a right: {said}. What changes tables goes on as their owner: --database-url postgresql://OWNER@…"
        )
    if isinstance(error, OTHER_SCHEMA):
        return DataError(f"The database is not as this version of the hub needs it: {said}. Run: unionhub doctor")
    return DataError(f"PostgreSQL refused: {said}.")


_WORN = """
SELECT r.rolname FROM pg_roles r, pg_roles l LEFT JOIN pg_class t ON t.oid = to_regclass('public.alembic_version')
WHERE l.rolname = session_user AND NOT l.rolsuper AND NOT pg_has_role(session_user, t.relowner, 'USAGE')
    AND r.rolname = ANY ($1) AND pg_has_role(session_user, r.oid, 'SET')
ORDER BY array_position($1, r.rolname) LIMIT 1
"""


async def operate(connection: asyncpg.Connection) -> None:
    """Go on as the operator, when the login owns nothing: in the role that may read what is asked about, and say who may see what."""
    role = await connection.fetchval(_WORN, [OPERATOR, READER])
    if role is not None:
        await connection.execute(f"SET ROLE {role}")

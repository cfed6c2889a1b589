"""Helpers for migrations: row-level security of a new table in a line or two (docs/second-wall.md):

    protect("activity", UNIONS)                                      # a table with organization_id
    protect("participation", UNIONS, own("member_id"))               # and the worker's own rows
    protect("activity_session", through("activity", "activity_id"))  # a part of a record: in sight with it
    publish("census_category")                                       # reference data: also a reason in row_security.OPEN

The migration that calls these functions writes the policies into the database; a change of a function here does not change a database.
"""

import zlib
from collections.abc import Mapping

from alembic import op

READER, EVERYTHING, AGGREGATES = "unionhub_reader", "unionhub_everything", "unionhub_aggregates"

Policies = Mapping[str, str]
"""Conditions on a row by the role that sees it: ``federation``, ``bureau``, ``social_security``, ``cases``, ``self``, or ``reader`` for
all."""


def among(name: str, column: str) -> str:
    """SQL: the ID in the column is in a set of the session: ``unions``, ``superiors``, or the divisions ``reviewed`` and ``insured``."""
    return f"(width_bucket({column}, (SELECT wall.seen('{name}'))) & 1) <> 0"


def named(lens: str, column: str) -> str:
    """SQL: the ID in the column is one of the lens's keys."""
    return f"{column} = ANY ((SELECT wall.keys('{lens}'))::bigint[])"


def of_unions(column: str = "organization_id") -> Policies:
    """Federations and industry unions see the rows of their subtree."""
    return {"federation": among("unions", column)}


def of_divisions(column: str = "division_id") -> Policies:
    """Bureaus and agencies see the rows of their division and below."""
    return {"bureau": among("reviewed", column), "social_security": among("insured", column)}


def own(column: str = "member_id") -> Policies:
    """Workers see the rows that name them."""
    return {"self": named("self", column)}


def of_cases(column: str = "case_id") -> Policies:
    """Mediators and tribunals see the rows of the cases assigned to them."""
    return {"cases": named("cases", column)}


def own_through(parent: str, column: str) -> Policies:
    """Workers see the parts of a record that names them."""
    return {
        "self": f"EXISTS (SELECT FROM {parent} parent WHERE parent.id = {column} AND {named('self', 'parent.member_id')})"
    }


def through(parent: str, column: str) -> Policies:
    """A caller who sees the record that the column refers to sees its part."""
    return {"reader": f"EXISTS (SELECT FROM {parent} parent WHERE parent.id = {column})"}


UNIONS = of_unions()
DIVISIONS = of_divisions()
MAKE_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        BEGIN
            CREATE ROLE {role} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}' AND (rolsuper OR rolbypassrls OR rolcanlogin)) THEN
        RAISE EXCEPTION 'the role {role} is there already and has rights that it must not have'
            USING HINT = 'ALTER ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS, then repeat the command';
    END IF;
END $$
"""
JOIN_ROLE = """
DO $$
BEGIN
    FOR attempt IN 1..20 LOOP
        IF EXISTS (
            SELECT FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
            WHERE g.rolname = '{role}' AND m.rolname = '{member}' AND a.set_option AND a.inherit_option = {inherit}
        ) THEN
            RETURN;
        END IF;
        BEGIN
            GRANT {role} TO {member} WITH INHERIT {inherit}, SET TRUE;
            RETURN;
        EXCEPTION WHEN unique_violation OR internal_error THEN  -- "tuple concurrently updated"
            PERFORM pg_sleep(0.05 * attempt);
        END;
    END LOOP;
    RAISE EXCEPTION 'the role {role} could not be granted to {member}';
END $$
"""
"""Several databases of one server may be migrated at the same time, and share their roles."""

DROP_POLICIES = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT polname FROM pg_policy WHERE polrelid = '{table}'::regclass LOOP
        EXECUTE format('DROP POLICY %I ON {table}', name);
    END LOOP;
END $$
"""


def make_role(role: str) -> None:
    """A role that owns nothing and cannot log in, unless it is there; one with rights that it must not have is refused."""
    op.execute(MAKE_ROLE.format(role=role))


def join_role(role: str, member: str, *, inherit: bool) -> None:
    """Let ``member`` take ``role`` on with SET ROLE; with ``inherit`` it has its rights without that."""
    op.execute(JOIN_ROLE.format(role=role, member=member, inherit=str(inherit).lower()))


def protect(table: str, *policies: Policies, counted: str | None = "", everything: bool = True) -> None:
    """Row-level security for a new table: callers with everything see all rows (but not with ``everything=False``, for health data),
    others those of any of ``policies``.

    ``counted`` names the columns that statistics for callers with aggregates only may read, of all rows. The empty text is all columns;
    columns that name a person or a case must be left out. None allows no statistics.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT ON {table} TO {READER}")
    if everything:
        op.execute(f"CREATE POLICY everything ON {table} FOR SELECT TO {EVERYTHING} USING (true)")
    merged: dict[str, list[str]] = {}
    for each in policies:
        for lens, condition in each.items():
            merged.setdefault(lens, []).append(f"({condition})")
    for lens, conditions in merged.items():
        found = " OR ".join(conditions)
        op.execute(f"CREATE POLICY {lens} ON {table} FOR SELECT TO unionhub_{lens} USING ({found})")
    if counted is not None:
        op.execute(f"GRANT SELECT {f'({counted})' if counted else ''} ON {table} TO {AGGREGATES}")
        op.execute(f"CREATE POLICY aggregates ON {table} FOR SELECT TO {AGGREGATES} USING (true)")


def unprotect(*tables: str) -> None:
    """For ``downgrade``: remove policies and grants of tables that stay."""
    for table in tables:
        op.execute(f"REVOKE ALL ON {table} FROM {READER}, {AGGREGATES}")
        op.execute(DROP_POLICIES.format(table=table))
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def name_of(lens: str, condition: str) -> str:
    """The name of an additional policy."""
    return f"{lens}_{zlib.crc32(condition.encode()):08x}"


def also(table: str, policies: Policies) -> None:
    """Additional policies for a table that is protected already."""
    for lens, condition in policies.items():
        op.execute(
            f"CREATE POLICY {name_of(lens, condition)} ON {table} FOR SELECT TO unionhub_{lens} USING ({condition})"
        )


def write(table: str, rights: str, *policies: Policies) -> None:
    """Let commands write rows that fulfil ``policies``, for the roles that these name, e.g. ``write("claim", "INSERT, UPDATE (status)",
    UNIONS)``.

    A command's connection has the caller's scope, so ``policies`` repeat what the command has checked.
    """
    op.execute(f"GRANT {rights} ON {table} TO {READER}")
    kinds = [kind for kind in ("INSERT", "UPDATE", "DELETE") if kind in rights]
    everything: Policies = {"everything": "true"}
    for each in (everything, *policies):
        for lens, condition in each.items():
            for kind in kinds:
                using = f"USING ({condition})" if kind != "INSERT" else ""
                check = f"WITH CHECK ({condition})" if kind != "DELETE" else ""
                name = f"{kind.lower()}_{lens}"
                op.execute(f"CREATE POLICY {name} ON {table} FOR {kind} TO unionhub_{lens} {using} {check}")


def publish(table: str) -> None:
    """Let every caller read a table of reference data; it needs a reason in ``OPEN`` of ``db/security/row_security.py``."""
    op.execute(f"GRANT SELECT ON {table} TO {READER}, {AGGREGATES}")

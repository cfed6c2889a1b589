"""The second wall around granting: principals belong to a union, whose administrators and those above may grant to them; who may grant,
who ends a grant, and whose keys are in sight. What a grant of each role is over.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.wall import READER, named

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None

SCOPE_OF_ROLE = (
    "CASE WHEN role = 'FEDERATION' THEN organization_id IS NOT NULL AND hierarchy = 'TERRITORIAL'"
    " WHEN role = 'INDUSTRY_UNION' THEN organization_id IS NOT NULL AND hierarchy = 'INDUSTRIAL'"
    " WHEN role = 'GRASSROOTS_UNION' THEN organization_id IS NOT NULL"
    " WHEN role IN ('HR_BUREAU', 'SOCIAL_SECURITY_AGENCY', 'EMPLOYERS_BODY') THEN division_id IS NOT NULL"
    " WHEN role = 'ANALYST' THEN organization_id IS NULL"
    " ELSE organization_id IS NULL AND division_id IS NULL END"
)

BELONG = """
UPDATE principal p SET organization_id = g.organization_id
FROM (SELECT principal_id, min(organization_id) AS organization_id FROM access_grant
      WHERE granted_by IS NULL AND organization_id IS NOT NULL AND revoked_at IS NULL
      GROUP BY principal_id HAVING count(DISTINCT organization_id) = 1) g
WHERE g.principal_id = p.id
"""
"""Principals there already belong to the union over which the operator granted, where that is one."""

CARRY = """
CREATE OR REPLACE FUNCTION wall.carry(role text, principal text, keys text[], sets text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    stamp CONSTANT text := wall.stamp();
BEGIN
    PERFORM set_config('unionhub.stamp', '', false), set_config('unionhub.principal', principal, false),
        set_config('unionhub.territorial', keys[1], false), set_config('unionhub.industrial', keys[2], false),
        set_config('unionhub.hr_bureau', keys[3], false), set_config('unionhub.social_security', keys[4], false),
        set_config('unionhub.employers_body', keys[5], false), set_config('unionhub.cases', keys[6], false),
        set_config('unionhub.self', keys[7], false), set_config('unionhub.everything', keys[8], false),
        set_config('unionhub.me', keys[9], false){more};
    IF sets IS NULL OR sets[1] IS DISTINCT FROM stamp THEN
        sets := ARRAY[stamp, wall.made('unions')::text, wall.made('superiors')::text, wall.made('reviewed')::text,
            wall.made('insured')::text];
    END IF;
    PERFORM set_config('unionhub.seen_unions', sets[2], false), set_config('unionhub.seen_superiors', sets[3], false),
        set_config('unionhub.seen_reviewed', sets[4], false), set_config('unionhub.seen_insured', sets[5], false),
        set_config('unionhub.stamp', sets[1], false), set_config('role', role, false);
    RETURN sets;
END $$
"""
MORE = """,
        set_config('unionhub.administered_territorial', coalesce(keys[10], '{}'), false),
        set_config('unionhub.administered_industrial', coalesce(keys[11], '{}'), false)"""

# --- What who administers access sees.

HIERARCHIES = ("territorial", "industrial")
TODAY = "(SELECT wall.today())"
ANYTHING = "(SELECT cardinality(wall.keys('administered_territorial')) + cardinality(wall.keys('administered_industrial')) > 0)"


def held(table: str) -> str:
    """A dated row is in force today."""
    return f"{table}.valid_from <= {TODAY} AND ({table}.valid_to IS NULL OR {table}.valid_to > {TODAY})"


def under(hierarchy: str, union: str) -> str:
    """The union is at or below one over whose subtree the session's caller administers access."""
    return (
        f"EXISTS (SELECT FROM {hierarchy}_closure t WHERE t.descendant_id = {union}"
        f" AND {named(f'administered_{hierarchy}', 't.ancestor_id')} AND {held('t')})"
    )


def granted_over(hierarchy: str, table: str) -> str:
    return f"({table}.hierarchy = '{hierarchy.upper()}' AND {under(hierarchy, f'{table}.organization_id')})"



OVER = " OR ".join(granted_over(each, "g") for each in HIERARCHIES)
MADE = f"{named('me', 'g.granted_by')} AND {ANYTHING}"
STRAYS = {
    each: (
        f"EXISTS (SELECT FROM access_grant g WHERE g.principal_id = p.id AND g.role <> 'ANALYST' AND g.revoked_at IS NULL"
        f" AND (g.valid_to IS NULL OR g.valid_to > {TODAY}) AND NOT coalesce({granted_over(each, 'g')}, false))"
    )
    for each in HIERARCHIES
}
VIEWS = {
    "administered_grants": f"SELECT g.id, g.principal_id FROM access_grant g WHERE {OVER} OR {MADE}",
    "belonging": f"SELECT p.id FROM principal p WHERE {' OR '.join(under(each, 'p.organization_id') for each in HIERARCHIES)}",
    "wholly_belonging": "SELECT p.id FROM principal p WHERE "
    + " OR ".join(f"({under(each, 'p.organization_id')} AND NOT {STRAYS[each]})" for each in HIERARCHIES),
    "own_sign_ins": (
        "SELECT p.id, p.member_id, o.name AS organization FROM principal p LEFT JOIN organization o ON o.id = p.organization_id"
        f" WHERE p.member_id IS NOT NULL AND {named('self', 'p.member_id')}"
    ),
}
"""They belong to the tables' owner and show keys, and the worker's own union, so that a policy looks into other tables without theirs."""

SEEN = {
    "access_grant": "id IN (SELECT id FROM wall.administered_grants)",
    "principal": "id IN (SELECT principal_id FROM wall.administered_grants) OR id IN (SELECT id FROM wall.belonging)",
    "api_key": "principal_id IN (SELECT id FROM wall.wholly_belonging)",
}

# --- What who grants may write: asked by the policies of unionhub_access, whose session carries the granter in unionhub.me.

BELOW = """EXISTS (SELECT FROM public.territorial_closure t WHERE h.hierarchy = 'TERRITORIAL' AND t.ancestor_id = h.organization_id
        AND t.descendant_id = {union} AND t.valid_from <= wall.today() AND (t.valid_to IS NULL OR t.valid_to > wall.today()){deeper}
    UNION ALL SELECT FROM public.industrial_closure t WHERE h.hierarchy = 'INDUSTRIAL' AND t.ancestor_id = h.organization_id
        AND t.descendant_id = {union} AND t.valid_from <= wall.today() AND (t.valid_to IS NULL OR t.valid_to > wall.today()){deeper})"""


def below(union: str, deeper: str = "") -> str:
    return BELOW.format(union=union, deeper=deeper)


# A parameter must not have the name of a column: in a function of SQL the column would win.
UNION_ROLE = (
    "given_role IN ('FEDERATION', 'INDUSTRY_UNION', 'GRASSROOTS_UNION') AND given_role IN (h.role, 'GRASSROOTS_UNION')"
    " AND given_hierarchy = h.hierarchy"
)
STANDS = (
    "h.role = 'FEDERATION' AND EXISTS (SELECT FROM public.division_closure d WHERE d.ancestor_id = h.division_id"
    " AND d.descendant_id = given_division{deeper})"
)
FOREIGN = f"""EXISTS (SELECT FROM public.case_assignment a JOIN public.dispute_case c ON c.id = a.case_id
    WHERE a.principal_id = grantee AND a.revoked_at IS NULL AND (a.valid_to IS NULL OR a.valid_to > wall.today())
    AND NOT {below("c.organization_id")})"""
MEMBER = f"""EXISTS (SELECT FROM public.principal w JOIN public.membership m ON m.member_id = w.member_id WHERE w.id = grantee
    AND m.valid_from <= wall.today() AND (m.valid_to IS NULL OR m.valid_to > wall.today()) AND {below("m.organization_id")})"""

FUNCTIONS = (
    """
    CREATE FUNCTION wall.administrations(OUT role text, OUT organization_id bigint, OUT hierarchy text, OUT valid_to date,
        OUT division_id bigint, OUT topmost boolean) RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT g.role, g.organization_id, g.hierarchy, g.valid_to, o.division_id,
        o.level = 'NATIONAL' AND o.kind = 'LOCAL_FEDERATION' AND g.role = 'FEDERATION' AND NOT EXISTS
            (SELECT FROM public.organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL)
    FROM public.access_grant g JOIN public.principal p ON p.id = g.principal_id
        JOIN public.organization o ON o.id = g.organization_id
    WHERE g.principal_id = ANY (wall.keys('me')) AND p.disabled_at IS NULL AND g.role IN ('FEDERATION', 'INDUSTRY_UNION')
        AND g.revoked_at IS NULL AND g.valid_from <= wall.today() AND (g.valid_to IS NULL OR g.valid_to > wall.today())
    $$
    """,
    f"""
    CREATE FUNCTION wall.may_grant(grantee bigint, given_role text, given_union bigint, given_hierarchy text, given_division bigint, until date)
    RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM wall.administrations() h, public.principal p WHERE p.id = grantee
            AND (h.topmost OR {below("p.organization_id")}))
        AND EXISTS (SELECT FROM wall.administrations() h WHERE (h.valid_to IS NULL OR until <= h.valid_to) AND (h.topmost
            OR {UNION_ROLE} AND {below("given_union")}
            OR given_role IN ('CASE_WORKER', 'TRIBUNAL') AND NOT {FOREIGN}
            OR given_role = 'WORKER' AND {MEMBER}
            OR given_role = 'ANALYST' AND (given_division IS NULL OR {STANDS.format(deeper="")})))
    $$
    """,
    f"""
    CREATE FUNCTION wall.may_end(maker bigint, given_role text, given_union bigint, given_hierarchy text, given_division bigint)
    RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM wall.administrations() h WHERE maker = ANY (wall.keys('me')) AND (h.topmost
            OR {UNION_ROLE} AND {below("given_union")}
            OR given_role IN ('CASE_WORKER', 'TRIBUNAL', 'WORKER')
            OR given_role = 'ANALYST' AND (given_division IS NULL OR {STANDS.format(deeper="")})))
        OR EXISTS (SELECT FROM wall.administrations() h WHERE h.topmost AND given_union IS DISTINCT FROM h.organization_id
            OR {UNION_ROLE} AND {below("given_union", " AND t.depth > 0")}
            OR given_role = 'ANALYST' AND {STANDS.format(deeper=" AND d.depth > 0")})
    $$
    """,
)
WRITES = (
    "CREATE POLICY access_reads ON access_grant FOR SELECT TO unionhub_access USING (true)",
    "CREATE POLICY access_grants ON access_grant FOR INSERT TO unionhub_access WITH CHECK (revoked_at IS NULL"
    f" AND {named('me', 'granted_by')}"
    " AND wall.may_grant(principal_id, role, organization_id, hierarchy, division_id, valid_to))",
    "CREATE POLICY access_ends ON access_grant FOR UPDATE TO unionhub_access USING (true) WITH CHECK (revoked_at IS NOT NULL"
    " AND wall.may_end(granted_by, role, organization_id, hierarchy, division_id))",
)


def upgrade() -> None:
    op.add_column("principal", sa.Column("organization_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_principal_organization_id"), "principal", "organization", ["organization_id"], ["id"])
    op.create_index(op.f("ix_principal_organization_id"), "principal", ["organization_id"])
    op.execute(BELONG)
    op.create_check_constraint(op.f("ck_access_grant_scope_of_role"), "access_grant", SCOPE_OF_ROLE)
    op.execute(CARRY.replace("{more}", MORE))
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW wall.{name} AS {query}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}")
    for table, condition in SEEN.items():
        op.execute(f"DROP POLICY federation ON {table}")
        op.execute(f"CREATE POLICY federation ON {table} FOR SELECT TO unionhub_federation USING ({condition})")
    op.execute("DROP VIEW wall.administered")
    for function in FUNCTIONS:
        op.execute(function)
    op.execute("DROP POLICY access ON access_grant")
    for policy in WRITES:
        op.execute(policy)


ADMINISTERED = (
    "SELECT g.principal_id FROM access_grant g WHERE (width_bucket(g.organization_id, (SELECT wall.seen('unions'))) & 1) <> 0"
    f" OR {named('me', 'g.granted_by')}"
)
BEFORE = {
    "access_grant": "(width_bucket(organization_id, (SELECT wall.seen('unions'))) & 1) <> 0"
    f" OR {named('me', 'granted_by')}",
    "principal": "id IN (SELECT principal_id FROM wall.administered)",
    "api_key": "principal_id IN (SELECT principal_id FROM wall.administered)",
}


def downgrade() -> None:
    for name in ("access_reads", "access_grants", "access_ends"):
        op.execute(f"DROP POLICY {name} ON access_grant")
    op.execute("CREATE POLICY access ON access_grant TO unionhub_access USING (true) WITH CHECK (true)")
    op.execute("DROP FUNCTION wall.may_end, wall.may_grant, wall.administrations")
    op.execute(f"CREATE VIEW wall.administered AS {ADMINISTERED}")
    op.execute(f"GRANT SELECT ON wall.administered TO {READER}")
    for table, condition in BEFORE.items():
        op.execute(f"DROP POLICY federation ON {table}")
        op.execute(f"CREATE POLICY federation ON {table} FOR SELECT TO unionhub_federation USING ({condition})")
    for name in VIEWS:
        op.execute(f"DROP VIEW wall.{name}")
    op.execute(CARRY.replace("{more}", ""))
    op.drop_constraint(op.f("ck_access_grant_scope_of_role"), "access_grant")
    op.drop_column("principal", "organization_id")

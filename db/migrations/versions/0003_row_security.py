"""The second wall: roles that are no owners, and policies that show them only the rows of the caller whose scope the session carries."""

from collections.abc import Mapping

from alembic import op

from db.migrations.wall import join_role, make_role

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

# --- Roles. They are the cluster's, so another database's migration may make them at the same moment, or have made them before.

READER = "unionhub_reader"
LENSES: tuple[str, ...] = ("everything", "federation", "bureau", "social_security", "cases", "self")
"""Each lens's role; a federation's is that of both hierarchies, a bureau's that of the human-resources and the employers' side."""

INHERITS: Mapping[str, tuple[str, ...]] = {
    **{f"unionhub_{lens}": (READER,) for lens in LENSES},
    "unionhub_several": tuple(f"unionhub_{lens}" for lens in LENSES[1:]),
    "unionhub_access": ("unionhub_everything",),
    "unionhub_clerk": (READER,),
    "unionhub_aggregates": (),
}
SERVICE = "unionhub_service"
ROLES = (READER, *INHERITS, SERVICE)

JOIN_OWNER = f"""
DO $$
BEGIN
    IF NOT pg_has_role(current_user, '{SERVICE}', 'SET') THEN
        EXECUTE format('GRANT {SERVICE} TO %I WITH INHERIT FALSE, SET TRUE', current_user);
    END IF;
END $$
"""

# --- What the policies ask. A session's settings carry the caller's keys by lens, and sets made from them: sorted edges of the ranges
# of unions and divisions in sight, so that a row is tested by a binary search. A set counts only as of the hierarchies' version and day.

FUNCTIONS = (
    "CREATE SCHEMA wall",
    """
    CREATE TABLE wall.hierarchy (single boolean PRIMARY KEY DEFAULT true CHECK (single), version bigint NOT NULL DEFAULT 0)
    """,
    "INSERT INTO wall.hierarchy DEFAULT VALUES",
    """
    CREATE FUNCTION wall.hierarchy_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
        UPDATE wall.hierarchy SET version = version + 1;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION wall.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (now() AT TIME ZONE 'Asia/Shanghai')::date
    """,
    r"""
    CREATE FUNCTION wall.keys(lens text) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        setting text := current_setting('unionhub.' || lens, true);
    BEGIN
        IF setting ~ '^{\d{1,18}(,\d{1,18})*}$' THEN
            RETURN setting::bigint[];
        END IF;
        RETURN '{}';
    END $$
    """,
    """
    CREATE FUNCTION wall.stamp() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN (SELECT version FROM wall.hierarchy) || ' ' || (now() AT TIME ZONE 'Asia/Shanghai')::date;
    END $$
    """,
    """
    CREATE FUNCTION wall.edges(ids bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((
        SELECT array_agg(edge ORDER BY edge)
        FROM (SELECT range_agg(int8range(id, id, '[]')) AS found FROM unnest(ids) AS id) AS united,
             unnest(found) AS range, unnest(ARRAY[lower(range), upper(range)]) AS edge
    ), '{}')
    """,
    """
    CREATE FUNCTION wall.made(name text) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        day CONSTANT date := wall.today();
        territorial CONSTANT bigint[] := wall.keys('territorial');
        industrial CONSTANT bigint[] := wall.keys('industrial');
        divisions bigint[];
    BEGIN
        IF name = 'unions' THEN
            RETURN wall.edges(ARRAY(
                SELECT c.descendant_id FROM public.territorial_closure c
                WHERE c.ancestor_id = ANY (territorial) AND c.valid_from <= day AND (c.valid_to IS NULL OR c.valid_to > day OR
                    EXISTS (SELECT FROM wall.dissolved o WHERE o.id = c.descendant_id AND o.dissolved_on = c.valid_to))
                UNION ALL
                SELECT c.descendant_id FROM public.industrial_closure c
                WHERE c.ancestor_id = ANY (industrial) AND c.valid_from <= day AND (c.valid_to IS NULL OR c.valid_to > day OR
                    EXISTS (SELECT FROM wall.dissolved o WHERE o.id = c.descendant_id AND o.dissolved_on = c.valid_to))
            ));
        ELSIF name = 'superiors' THEN
            RETURN wall.edges(ARRAY(
                SELECT c.ancestor_id FROM public.territorial_closure c
                WHERE c.descendant_id = ANY (territorial) AND c.valid_from <= day AND (c.valid_to IS NULL OR c.valid_to > day)
                UNION ALL
                SELECT c.ancestor_id FROM public.industrial_closure c
                WHERE c.descendant_id = ANY (industrial) AND c.valid_from <= day AND (c.valid_to IS NULL OR c.valid_to > day)
            ));
        ELSIF name = 'reviewed' THEN
            divisions := wall.keys('hr_bureau') || wall.keys('employers_body');
        ELSIF name = 'insured' THEN
            divisions := wall.keys('social_security');
        END IF;
        RETURN wall.edges(ARRAY(SELECT c.descendant_id FROM public.division_closure c WHERE c.ancestor_id = ANY (divisions)));
    END $$
    """,
    """
    CREATE FUNCTION wall.seen(name text) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        IF current_setting('unionhub.stamp', true)
            = (SELECT version FROM wall.hierarchy) || ' ' || (now() AT TIME ZONE 'Asia/Shanghai')::date
        THEN
            RETURN current_setting('unionhub.seen_' || name)::bigint[];
        END IF;
        RETURN wall.made(name);
    END $$
    """,
    """
    CREATE FUNCTION wall.carry(role text, principal text, keys text[], sets text[]) RETURNS text[] LANGUAGE plpgsql AS $$
    DECLARE
        stamp CONSTANT text := wall.stamp();
    BEGIN
        PERFORM set_config('unionhub.stamp', '', false), set_config('unionhub.principal', principal, false),
            set_config('unionhub.territorial', keys[1], false), set_config('unionhub.industrial', keys[2], false),
            set_config('unionhub.hr_bureau', keys[3], false), set_config('unionhub.social_security', keys[4], false),
            set_config('unionhub.employers_body', keys[5], false), set_config('unionhub.cases', keys[6], false),
            set_config('unionhub.self', keys[7], false), set_config('unionhub.everything', keys[8], false),
            set_config('unionhub.me', keys[9], false);
        IF sets IS NULL OR sets[1] IS DISTINCT FROM stamp THEN
            sets := ARRAY[stamp, wall.made('unions')::text, wall.made('superiors')::text, wall.made('reviewed')::text,
                wall.made('insured')::text];
        END IF;
        PERFORM set_config('unionhub.seen_unions', sets[2], false), set_config('unionhub.seen_superiors', sets[3], false),
            set_config('unionhub.seen_reviewed', sets[4], false), set_config('unionhub.seen_insured', sets[5], false),
            set_config('unionhub.stamp', sets[1], false), set_config('role', role, false);
        RETURN sets;
    END $$
    """,
)
WATCHED = ("territorial_closure", "industrial_closure", "division_closure")

# --- Conditions. ``<> 0`` because PostgreSQL takes that to hold for nearly all rows, which is so where the plan has its own predicate.


def among(name: str, column: str) -> str:
    """The key in the column lies within one of the ranges whose edges the set has."""
    return f"(width_bucket({column}, (SELECT wall.seen('{name}'))) & 1) <> 0"


def named(lens: str, column: str) -> str:
    """The key in the column is one of the lens's own."""
    return f"{column} = ANY ((SELECT wall.keys('{lens}'))::bigint[])"


IN_FORCE = "daterange(m.valid_from, m.valid_to) @> (SELECT wall.today())"
VIEWS = {
    "dissolved": "SELECT o.id, o.dissolved_on FROM organization o WHERE o.dissolved_on IS NOT NULL",
    "administered": (
        f"SELECT g.principal_id FROM access_grant g WHERE {among('unions', 'g.organization_id')} OR {named('me', 'g.granted_by')}"
    ),
    # They belong to the tables' owner, so that a policy can look into another table without that table's policies in between;
    # each shows keys only, and only those that the session's scope reaches.
    "holding": f"SELECT m.member_id FROM membership m WHERE {IN_FORCE} AND {among('unions', 'm.organization_id')}",
    "handled": f"SELECT d.id FROM dispute_case d WHERE {among('unions', 'd.organization_id')}",
    "insuring": f"SELECT e.id FROM employer e WHERE {among('insured', 'e.division_id')}",
    "insured": (
        "SELECT i.member_id FROM insurance_enrolment i JOIN employer e ON e.id = i.participant_id"
        f" WHERE {among('insured', 'e.division_id')}"
    ),
    "case_members": f"SELECT p.member_id AS id FROM dispute_party p WHERE p.member_id IS NOT NULL AND {named('cases', 'p.case_id')}",
    "case_employers": (
        f"SELECT p.employer_id AS id FROM dispute_party p WHERE p.employer_id IS NOT NULL AND {named('cases', 'p.case_id')}"
        f" UNION ALL SELECT d.employer_id FROM dispute_case d WHERE d.employer_id IS NOT NULL AND {named('cases', 'd.id')}"
    ),
    "case_unions": (
        f"SELECT p.organization_id AS id FROM dispute_party p WHERE p.organization_id IS NOT NULL AND {named('cases', 'p.case_id')}"
        f" UNION ALL SELECT d.organization_id FROM dispute_case d WHERE {named('cases', 'd.id')}"
    ),
    "own_cases": f"SELECT p.case_id AS id FROM dispute_party p WHERE {named('self', 'p.member_id')}",
    "own_unions": (
        f"SELECT m.organization_id AS id FROM membership m WHERE {named('self', 'm.member_id')}"
        f" UNION ALL SELECT g.organization_id FROM engagement g WHERE {named('self', 'g.member_id')}"
    ),
    "own_employers": (
        f"SELECT g.employer_id AS id FROM engagement g WHERE {named('self', 'g.member_id')}"
        f" UNION ALL SELECT i.participant_id FROM insurance_enrolment i"
        f" WHERE i.participant_id IS NOT NULL AND {named('self', 'i.member_id')}"
    ),
}
HANDLED = "EXISTS (SELECT FROM wall.handled h WHERE h.id = case_id)"
OF_AGREEMENT = "EXISTS (SELECT FROM collective_agreement a WHERE a.id = agreement_id)"
OWN_CASE = "case_id IN (SELECT id FROM wall.own_cases)"
AGREEMENT_PART = {"federation, unionhub_bureau": OF_AGREEMENT}
UNION_RECORD = {"federation": among("unions", "organization_id")}

POLICIES: Mapping[str, Mapping[str, str]] = {
    "organization": {
        "federation": f"{among('unions', 'id')} OR {among('superiors', 'id')}",
        "bureau": among("reviewed", "division_id"),
        "social_security": among("insured", "division_id"),
        "cases": "id IN (SELECT id FROM wall.case_unions)",
        "self": "id IN (SELECT id FROM wall.own_unions)",
    },
    "organization_link": {"federation": among("unions", "child_id")},
    "committee_term": UNION_RECORD,
    "employer": {
        **UNION_RECORD,
        "bureau": among("reviewed", "division_id"),
        "social_security": among("insured", "division_id"),
        "cases": "id IN (SELECT id FROM wall.case_employers)",
        "self": "id IN (SELECT id FROM wall.own_employers)",
    },
    "employer_coverage": UNION_RECORD,
    "member": {
        "federation": "EXISTS (SELECT FROM wall.holding h WHERE h.member_id = id)",
        "social_security": "EXISTS (SELECT FROM wall.insured i WHERE i.member_id = id)",
        "cases": "id IN (SELECT id FROM wall.case_members)",
        "self": named("self", "id"),
    },
    "membership": {**UNION_RECORD, "self": named("self", "member_id")},
    "engagement": {**UNION_RECORD, "self": named("self", "member_id")},
    "collective_agreement": {
        **UNION_RECORD,
        "bureau": f"submitted_on IS NOT NULL AND {among('reviewed', 'division_id')}",
    },
    "agreement_party": AGREEMENT_PART,
    "agreement_coverage": AGREEMENT_PART,
    "agreement_step": AGREEMENT_PART,
    "insurance_enrolment": {
        **UNION_RECORD,
        "social_security": "EXISTS (SELECT FROM wall.insuring e WHERE e.id = participant_id)",
        "self": named("self", "member_id"),
    },
    "dispute_case": {**UNION_RECORD, "cases": named("cases", "id"), "self": "id IN (SELECT id FROM wall.own_cases)"},
    "dispute_party": {
        "federation": HANDLED,
        "cases": named("cases", "case_id"),
        "self": f"({named('self', 'member_id')} OR num_nonnulls(employer_id, organization_id) > 0) AND {OWN_CASE}",
    },
    "dispute_claim": {"federation": HANDLED, "cases": named("cases", "case_id"), "self": OWN_CASE},
    "dispute_step": {"federation": HANDLED, "cases": named("cases", "case_id"), "self": OWN_CASE},
    "recovery": {"federation": HANDLED, "cases": named("cases", "case_id"), "self": named("self", "member_id")},
}
"""Who reads which rows of the callers' tables, beside those who see everything."""

COUNTED: Mapping[str, str] = {
    "organization": "",
    "organization_link": "",
    "committee_term": "id, organization_id, committee, number, elected_on, valid_from, valid_to",
    "employer": "",
    "employer_coverage": "",
    "member": "id, sex, worker_type, is_migrant_worker, is_model_worker, division_id",
    "membership": "",
    "engagement": "id, member_id, employer_id, organization_id, kind, valid_from, valid_to",
    "collective_agreement": "",
    "agreement_party": "id, agreement_id, side, organization_id, employer_id",
    "agreement_coverage": "",
    "agreement_step": "id, agreement_id, status, actor, occurred_on, roster_count, present_count, votes_for",
    "insurance_enrolment": "id, organization_id, member_id, participant_id, scheme, cohort, base_amount, rate, valid_from, valid_to",
    "dispute_case": (
        "id, organization_id, employer_id, division_id, cause, phase, status, body, received_on, accepted_on, closed_on,"
        " claimant_count, is_collective, amount_claimed"
    ),
    "dispute_party": "id, case_id, role, member_id, employer_id, organization_id",
    "dispute_claim": "",
    "dispute_step": "id, case_id, phase, status, actor, occurred_on",
    "recovery": "",
}
"""What unionhub_aggregates reads of every row, to count and to add: all columns, or those that name no person and no case. A statement
wears that role only while it counts; the rows of who has aggregates only are read as unionhub_reader, who sees none."""

OPEN = ("division", "division_alias", "division_closure", "territorial_closure", "industrial_closure", "deadline_rule")
"""Tables without policies that every role reads: the territory, the law's periods, and keys of unions in pairs."""

# --- What the hub itself does: sign-in and grants (unionhub_access), the log, requests of data subjects, corrections (unionhub_clerk).

ADMINISTERED = "(SELECT principal_id FROM wall.administered)"
PRINCIPAL = "(SELECT current_setting('unionhub.principal', true))"
OF_MEMBER = {
    "everything": "true",
    "federation": "EXISTS (SELECT FROM wall.holding h WHERE h.member_id = subject_request.member_id)",
    "self": named("self", "member_id"),
}
ACCESS_TABLES = ("principal", "access_grant", "case_assignment", "api_key")
PROTECTED = (*POLICIES, *ACCESS_TABLES, "access_log", "subject_request")

KEY_COLUMNS = "id, principal_id, prefix, created_at, expires_at, revoked_at, last_used_at"
GRANTS = {
    READER: (
        "USAGE ON SCHEMA wall",
        f"SELECT ON {', '.join((*POLICIES, *OPEN, 'principal', 'access_version', 'alembic_version', 'wall.hierarchy'))}",
        "SELECT ON access_grant",
        f"SELECT ({KEY_COLUMNS}) ON api_key",
        "SELECT, INSERT ON access_log",
        "SELECT, INSERT, UPDATE (detail, closed_on, outcome) ON subject_request",
    ),
    "unionhub_access": (
        "SELECT, INSERT, UPDATE (revoked_at) ON access_grant, case_assignment",
        "SELECT, UPDATE (last_used_at) ON api_key",
        "UPDATE (disabled_at) ON principal",  # nobody does: a row lock asks for the right
    ),
    "unionhub_clerk": ("UPDATE ON member", "UPDATE (name) ON dispute_party"),
}
"""Rights beyond those of an earlier role. What a later migration adds for a command belongs there, in this form."""


def upgrade() -> None:
    for role in ROLES:
        make_role(role)
    for member, roles in INHERITS.items():
        for role in roles:
            join_role(role, member, inherit=True)
    for role in (READER, *INHERITS):
        join_role(role, SERVICE, inherit=False)
    op.execute(JOIN_OWNER)
    for statement in FUNCTIONS:
        op.execute(statement)
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER {table}_hierarchy AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION wall.hierarchy_changed()"
        )
    op.execute(
        "CREATE TRIGGER organization_hierarchy AFTER UPDATE OF dissolved_on ON organization"
        " FOR EACH STATEMENT EXECUTE FUNCTION wall.hierarchy_changed()"
    )
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW wall.{name} AS {query}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}")
    for table in PROTECTED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for table, policies in POLICIES.items():
        op.execute(f"CREATE POLICY everything ON {table} FOR SELECT TO unionhub_everything USING (true)")
        for lens, condition in policies.items():
            name = lens.split(",")[0]
            op.execute(f"CREATE POLICY {name} ON {table} FOR SELECT TO unionhub_{lens} USING ({condition})")
    for table in ACCESS_TABLES:
        op.execute(f"CREATE POLICY access ON {table} TO unionhub_access USING (true) WITH CHECK (true)")
    for table in ("principal", "access_grant", "api_key"):
        op.execute(f"CREATE POLICY everything ON {table} FOR SELECT TO unionhub_everything USING (true)")
    op.execute(
        "CREATE POLICY federation ON access_grant FOR SELECT TO unionhub_federation"
        f" USING ({among('unions', 'organization_id')} OR {named('me', 'granted_by')})"
    )
    op.execute(f"CREATE POLICY federation ON principal FOR SELECT TO unionhub_federation USING (id IN {ADMINISTERED})")
    op.execute(f"CREATE POLICY federation ON api_key FOR SELECT TO unionhub_federation USING (principal_id IN {ADMINISTERED})")
    op.execute(f"CREATE POLICY own ON api_key FOR SELECT TO {READER} USING ({named('me', 'principal_id')})")
    op.execute(f"CREATE POLICY self ON principal FOR SELECT TO unionhub_self USING ({named('self', 'member_id')})")
    op.execute(f"CREATE POLICY own ON access_log FOR SELECT TO {READER} USING (principal = {PRINCIPAL})")
    op.execute(f"CREATE POLICY appended ON access_log FOR INSERT TO {READER} WITH CHECK (true)")
    op.execute(
        "CREATE POLICY self ON access_log FOR SELECT TO unionhub_self USING"
        " (records ?| (SELECT array_agg('mem_' || to_hex(key)) FROM unnest(wall.keys('self')) AS key))"
    )
    for lens, condition in OF_MEMBER.items():
        op.execute(
            f"CREATE POLICY {lens} ON subject_request TO unionhub_{lens} USING ({condition}) WITH CHECK ({condition})"
        )
    for table in ("member", "dispute_party", "subject_request"):
        op.execute(f"CREATE POLICY clerk ON {table} TO unionhub_clerk USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY clerk ON dispute_case FOR SELECT TO unionhub_clerk USING (true)")  # is one still open?
    for role, rights in GRANTS.items():
        for right in rights:
            op.execute(f"GRANT {right} TO {role}")
    op.execute(f"GRANT SELECT ON {', '.join(OPEN)} TO unionhub_aggregates")
    for table, columns in COUNTED.items():
        op.execute(f"GRANT SELECT {f'({columns})' if columns else ''} ON {table} TO unionhub_aggregates")
        op.execute(f"CREATE POLICY aggregates ON {table} FOR SELECT TO unionhub_aggregates USING (true)")


def downgrade() -> None:
    for table in PROTECTED:
        op.execute(
            f"DO $$ DECLARE name text; BEGIN FOR name IN SELECT polname FROM pg_policy WHERE polrelid = '{table}'::regclass"
            f" LOOP EXECUTE format('DROP POLICY %I ON {table}', name); END LOOP; END $$"
        )
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in (*WATCHED, "organization"):
        op.execute(f"DROP TRIGGER {table}_hierarchy ON {table}")
    op.execute("DROP SCHEMA wall CASCADE")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {', '.join(GRANTS)}, unionhub_aggregates")

"""Unions write records of their subtree: two roles for it, what they may insert and change, and what they learn of records elsewhere.

The roles are taken on inside the transaction of a batch alone. A check that was forgotten still writes nothing outside of the caller's
subtree: policies test the old row and the new one, and triggers at the end of the batch test unions and persons that it made.
"""

from collections.abc import Mapping

from alembic import op

from db.migrations.wall import among, join_role, make_role

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels = None
depends_on = None

WRITER, TOP_WRITER = "unionhub_writer", "unionhub_everything_writer"
INHERITS = {WRITER: "unionhub_federation", TOP_WRITER: "unionhub_everything"}
SERVICE = "unionhub_service"

BELOW = among("unions", "organization_id")
ITSELF = among("unions", "id")
CHILD = among("unions", "child_id")
NEW_CHILD = (
    "NOT EXISTS (SELECT FROM territorial_closure c WHERE c.descendant_id = child_id)"
    " AND NOT EXISTS (SELECT FROM industrial_closure c WHERE c.descendant_id = child_id)"
)
"""A union that no closure has is one that the same batch makes."""

EMPLOYED = "EXISTS (SELECT FROM employer e WHERE e.id = employer_id OFFSET 0)"
JOINED = "EXISTS (SELECT FROM membership s WHERE s.member_id = {table}.member_id OFFSET 0)"
"""Employers and memberships in sight: policies of those tables apply here too."""

INSERTS: Mapping[str, tuple[str, str]] = {
    "organization": (
        "id, name, level, kind, form, status, division_id, industry, credit_code, established_on, dissolved_on",
        "true",
    ),
    "organization_link": ("child_id, parent_id, hierarchy, is_lead, reason, valid_from, valid_to", f"{CHILD} OR {NEW_CHILD}"),
    "committee_term": ("organization_id, committee, number, elected_on, chair_name, valid_from, valid_to", BELOW),
    "employer": (
        "id, name, kind, credit_code, industry, division_id, organization_id, headcount, is_platform_head, registered_on, closed_on",
        BELOW,
    ),
    "employer_coverage": ("organization_id, employer_id, valid_from, valid_to", f"{BELOW} AND {EMPLOYED}"),
    "member": (
        "id, name, sex, birth_year_from, birth_date, resident_number, resident_number_index, resident_number_region, phone, phone_index,"
        " phone_head, worker_type, is_migrant_worker, is_model_worker, division_id, organization_id",
        f"organization_id IS NULL OR {BELOW}",
    ),
    "membership": ("member_id, organization_id, status, channel, applied_on, valid_from, valid_to, end_reason", BELOW),
    "engagement": (
        "member_id, employer_id, organization_id, kind, job_title, valid_from, valid_to",
        f"{BELOW} AND {JOINED.format(table='engagement')}",
    ),
    "insurance_enrolment": (
        "id, organization_id, member_id, participant_id, scheme, cohort, base_amount, rate, source_system, source_number, valid_from,"
        " valid_to",
        f"{BELOW} AND {JOINED.format(table='insurance_enrolment')}",
    ),
}  # fmt: skip
"""Which columns of a new row are written, and on what condition. Unions and persons are tested by the triggers below: a person has no
membership before it is written, and a union is in no closure before its link is."""

UPDATES: Mapping[str, tuple[str, str]] = {
    "organization": ("name, form, status, division_id, industry, credit_code, established_on, dissolved_on", ITSELF),
    "committee_term": ("number, elected_on, chair_name, valid_from, valid_to", BELOW),
    "employer": ("name, kind, industry, division_id, headcount, is_platform_head, registered_on, closed_on", BELOW),
    "employer_coverage": ("valid_from, valid_to", BELOW),
    "member": ("worker_type, is_migrant_worker, is_model_worker, division_id", f"{BELOW} OR organization_id IS NULL"),
    "membership": ("status, channel, applied_on, valid_from, valid_to, end_reason", BELOW),
    "engagement": ("kind, job_title, valid_from, valid_to", BELOW),
    "insurance_enrolment": ("participant_id, scheme, cohort, base_amount, rate, valid_from, valid_to", BELOW),
}
"""Which columns of a row are changed, and on what condition on the old row and the new one. What names a person is not among them: it is
changed by a correction (0028). A row's union is not either: a move is no correction of a record."""

GUARDS = {
    "member": """
        IF NOT EXISTS (SELECT FROM public.membership s WHERE s.member_id = NEW.id) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a person is written with a membership in a union of the writer''s';
        END IF;
    """,
    "organization": """
        IF NOT wall.is_below(NEW.id) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a union is written below one of the writer''s';
        END IF;
    """,
    "organization_link": """
        IF NOT wall.is_below(NEW.parent_id) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a union is linked to one of the writer''s';
        END IF;
    """,
}
GUARD = """
CREATE FUNCTION wall.guard_new_{table}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF row_security_active('public.{table}') THEN
        {test}
    END IF;
    RETURN NULL;
END $$
"""
IS_BELOW = """
CREATE FUNCTION wall.is_below(organization bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(current_user, 'unionhub_everything', 'USAGE')
        OR EXISTS (SELECT FROM public.territorial_closure c
                   WHERE c.descendant_id = organization AND c.ancestor_id = ANY (wall.keys('territorial')))
        OR EXISTS (SELECT FROM public.industrial_closure c
                   WHERE c.descendant_id = organization AND c.ancestor_id = ANY (wall.keys('industrial')))
$$
"""
"""Read from the closures and not from the session's set, which is made anew for each statement after they have changed."""

KNOWN_PERSONS = """
CREATE FUNCTION wall.known_persons(numbers bytea[]) RETURNS TABLE (
    resident_number_index bytea, id bigint, organization_id bigint, name text, sex text, phone_index bytea, worker_type text,
    is_migrant_worker boolean, is_model_worker boolean, division_id bigint
) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.resident_number_index, m.id, m.organization_id, m.name, m.sex, m.phone_index, m.worker_type, m.is_migrant_worker,
           m.is_model_worker, m.division_id
    FROM public.member m WHERE m.resident_number_index = ANY (numbers) ORDER BY m.id FOR NO KEY UPDATE
$$
"""
"""The persons with these resident numbers, wherever they are members: who joins another union is the same person. They are locked, so that
of two batches with one person the second sees what the first has written."""

KNOWN_MEMBERSHIPS = """
CREATE FUNCTION wall.known_memberships(members bigint[]) RETURNS TABLE (
    id bigint, member_id bigint, organization_id bigint, status text, channel text, applied_on date, valid_from date, valid_to date,
    end_reason text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.member_id, s.organization_id, s.status, s.channel, s.applied_on, s.valid_from, s.valid_to, s.end_reason
    FROM public.membership s WHERE s.member_id = ANY (members) ORDER BY s.id
$$
"""
"""All memberships of some persons, which must not overlap."""

TAKEN = """
CREATE FUNCTION wall.taken_credit_codes(asked text, codes text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.credit_code FROM public.employer e WHERE asked = 'employer' AND e.credit_code = ANY (codes)
    UNION ALL SELECT o.credit_code FROM public.organization o WHERE asked = 'organization' AND o.credit_code = ANY (codes)
$$
"""
"""Credit codes of employers or unions that are on record, also out of the writer's sight: they are public, and unique."""

RECOMPUTE = """
CREATE FUNCTION wall.recompute_closures(unions bigint[], only_hierarchy text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    side record;
    walk text;
BEGIN
    FOR side IN VALUES ('TERRITORIAL', 'territorial_closure'), ('INDUSTRIAL', 'industrial_closure') LOOP
        CONTINUE WHEN side.column1 <> only_hierarchy;
        walk := format($walk$
            WITH RECURSIVE subtree AS (
                SELECT descendant_id AS id FROM %1$I WHERE ancestor_id = ANY ($1)
                UNION SELECT unnest($1)
            ), walk (ancestor_id, descendant_id, valid_from, valid_to, depth) AS (
                SELECT o.id, o.id,
                       coalesce(o.established_on, (SELECT min(valid_from) FROM organization_link WHERE child_id = o.id),
                                '1925-05-01'::date),
                       coalesce(o.dissolved_on, 'infinity'::date), 0::bigint
                FROM organization o JOIN subtree USING (id)
                UNION ALL
                SELECT l.parent_id, w.descendant_id, greatest(w.valid_from, l.valid_from),
                       least(w.valid_to, coalesce(l.valid_to, 'infinity'::date)), w.depth + 1
                FROM walk w
                JOIN organization_link l ON l.child_id = w.ancestor_id AND l.hierarchy = $2
                WHERE greatest(w.valid_from, l.valid_from) < least(w.valid_to, coalesce(l.valid_to, 'infinity'::date))
                  AND w.depth < 64
            ), pairs AS (
                SELECT ancestor_id, descendant_id, valid_from, nullif(valid_to, 'infinity'::date) AS valid_to, depth FROM walk
            )
        $walk$, side.column2);
        EXECUTE walk || format($delete$
            DELETE FROM %1$I c WHERE c.descendant_id IN (SELECT id FROM subtree) AND NOT EXISTS (SELECT FROM pairs p
            WHERE p.ancestor_id = c.ancestor_id AND p.descendant_id = c.descendant_id AND p.valid_from = c.valid_from
            AND p.valid_to IS NOT DISTINCT FROM c.valid_to AND p.depth = c.depth)
        $delete$, side.column2) USING unions, side.column1;
        EXECUTE walk || format($insert$
            INSERT INTO %1$I (ancestor_id, descendant_id, valid_from, valid_to, depth)
            SELECT ancestor_id, descendant_id, valid_from, valid_to, depth FROM pairs
            ON CONFLICT (ancestor_id, descendant_id, valid_from) DO NOTHING
        $insert$, side.column2) USING unions, side.column1;
    END LOOP;
END $$
"""
"""Computes the closure rows of unions and of everything that is or was below them, in one hierarchy or both. Closures follow from links
alone, so whoever links unions may have them computed."""

FUNCTIONS = {
    "wall.is_below(bigint)": IS_BELOW,
    "wall.known_persons(bytea[])": KNOWN_PERSONS,
    "wall.known_memberships(bigint[])": KNOWN_MEMBERSHIPS,
    "wall.taken_credit_codes(text, text[])": TAKEN,
    "wall.recompute_closures(bigint[], text)": RECOMPUTE,
    **{f"wall.guard_new_{table}()": GUARD.format(table=table, test=test) for table, test in GUARDS.items()},
}
SEQUENCES = ("organization", "employer", "member", "insurance_enrolment")
INDEXES = (("organization", "name"), ("employer", "name"), ("division", "full_name"))
"""By what rows of a batch refer to records, beside codes."""

WRITERS = f"{WRITER}, {TOP_WRITER}"


def upgrade() -> None:
    for role, inherited in INHERITS.items():
        make_role(role)
        join_role(inherited, role, inherit=True)
        join_role(role, SERVICE, inherit=False)
    for name, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        if "guard" not in name:
            op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {WRITERS}")
    for table, (columns, condition) in INSERTS.items():
        op.execute(f"GRANT INSERT ({columns}) ON {table} TO {WRITERS}")
        op.execute(f"CREATE POLICY insert_writer ON {table} FOR INSERT TO {WRITER} WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY insert_everything ON {table} FOR INSERT TO {TOP_WRITER} WITH CHECK (true)")
    for table, (columns, condition) in UPDATES.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {WRITERS}")
        op.execute(
            f"CREATE POLICY update_writer ON {table} FOR UPDATE TO {WRITER} USING ({condition}) WITH CHECK ({condition})"
        )
        op.execute(
            f"CREATE POLICY update_everything ON {table} FOR UPDATE TO {TOP_WRITER} USING (true) WITH CHECK (true)"
        )
    for table in SEQUENCES:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {WRITERS}")
    for table in GUARDS:
        # a person who is in a union is tested by the policy
        unless = " AND NEW.organization_id IS NULL" if table == "member" else ""
        op.execute(
            f"CREATE CONSTRAINT TRIGGER guard_new AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            f" WHEN (current_user IN ('{WRITER}', '{TOP_WRITER}'){unless}) EXECUTE FUNCTION wall.guard_new_{table}()"
        )
    # what the writers change of a member is named by their rights; the guard is of corrections and erasures
    op.execute("DROP TRIGGER guard ON member")
    op.execute(
        "CREATE TRIGGER guard BEFORE UPDATE ON member FOR EACH ROW"
        f" WHEN (current_user NOT IN ('{WRITER}', '{TOP_WRITER}')) EXECUTE FUNCTION wall.guard_member()"
    )
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in INDEXES:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.execute("DROP TRIGGER guard ON member")
    op.execute("CREATE TRIGGER guard BEFORE UPDATE ON member FOR EACH ROW EXECUTE FUNCTION wall.guard_member()")
    for table in GUARDS:
        op.execute(f"DROP TRIGGER guard_new ON {table}")
    for table, (columns, _) in INSERTS.items():
        op.execute(f"REVOKE INSERT ({columns}) ON {table} FROM {WRITERS}")
        for policy in ("insert_writer", "insert_everything"):
            op.execute(f"DROP POLICY {policy} ON {table}")
    for table, (columns, _) in UPDATES.items():
        op.execute(f"REVOKE UPDATE ({columns}) ON {table} FROM {WRITERS}")
        for policy in ("update_writer", "update_everything"):
            op.execute(f"DROP POLICY {policy} ON {table}")
    for table in SEQUENCES:
        op.execute(f"REVOKE USAGE ON SEQUENCE {table}_id_seq FROM {WRITERS}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")

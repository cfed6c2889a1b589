"""Every record has a version and the time of its last change, kept by a trigger; those that come from other systems have their number there.

Columns are added with constant defaults, which writes no row. ``changed_at`` of the rows that are there is the time of this migration.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0043"
branch_labels = None
depends_on = None

AGGREGATES, CLERK = "unionhub_aggregates", "unionhub_clerk"
WRITERS = "unionhub_writer, unionhub_everything_writer"

RECORDS = (
    "activity", "agreement_coverage", "agreement_party", "agreement_step", "aid_grant", "aid_project", "attendance", "care_case",
    "care_shift", "care_step", "census_record", "census_round", "certification", "certification_round", "certification_score",
    "collective_agreement", "committee_term", "construction_project", "cooperation_agreement", "cooperation_line", "dependant",
    "designation", "dispute_case", "dispute_claim", "dispute_party", "dispute_step", "donation", "employer", "employer_coverage",
    "engagement", "exhibitor", "household", "insurance_enrolment", "job_offer", "legal_service", "material_distribution",
    "mediation_body", "mediation_seat", "mediator", "member", "membership", "mutual_aid_claim", "mutual_aid_enrolment", "organization",
    "organization_link", "policy_document", "policy_issuer", "policy_measure", "population_estimate", "programme", "recovery", "roster",
    "roster_entry", "service_transaction", "target", "venue", "venue_coverage", "wish",
)  # fmt: skip
"""The tables that clerks and partners write. Not among them: what is derived (closures, roll-ups), reference data, published figures, and
what the hub keeps of itself (access, the log, receipts, jobs)."""

SOURCED = (
    "activity", "aid_grant", "aid_project", "care_case", "census_record", "certification", "certification_round", "collective_agreement",
    "construction_project", "cooperation_agreement", "dispute_case", "donation", "employer", "household", "legal_service",
    "material_distribution", "mediation_body", "mediator", "member", "mutual_aid_claim", "mutual_aid_enrolment", "policy_document",
    "programme", "recovery", "service_transaction", "venue", "wish",
)  # fmt: skip
"""Records that have a number of their own in other systems. Parts of a record are known by it. Unions and enrolments have such numbers
already (0001, 0039)."""

COLUMNS = ("version", "changed_at")
SOURCE = ("source_system", "source_number")

COUNT_VERSION = """
CREATE FUNCTION wall.count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.changed_at := now();
    RETURN NEW;
END $$
"""
UNLESS_ROTATING = "WHEN (current_setting('unionhub.rotating_keys', true) IS DISTINCT FROM 'on') "
"""A rotation of keys writes the same values in another cipher: no record has changed."""

COUNTED_COLUMNS = """
DO $$
DECLARE columns text;
BEGIN
    IF has_table_privilege('{role}', '{table}', 'SELECT') THEN
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
        WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped;
        REVOKE SELECT ON {table} FROM {role};
        EXECUTE format('GRANT SELECT (%s) ON {table} TO {role}', columns);
    END IF;
END $$
"""
"""The columns of before, for a role that might read all of a table: who has aggregates only is told of no record when it was changed, nor
its number in another system."""

KNOWN_PERSONS = """
CREATE FUNCTION wall.known_persons(numbers bytea[]) RETURNS TABLE (
    resident_number_index bytea, id bigint, organization_id bigint, name text, sex text, phone_index bytea, worker_type text,
    is_migrant_worker boolean, is_model_worker boolean, division_id bigint{more}
) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.resident_number_index, m.id, m.organization_id, m.name, m.sex, m.phone_index, m.worker_type, m.is_migrant_worker,
           m.is_model_worker, m.division_id{columns}
    FROM public.member m WHERE m.resident_number_index = ANY (numbers) ORDER BY m.id FOR NO KEY UPDATE
$$
"""
NUMBERED = ("organization", "insurance_enrolment", *SOURCED)
TAKEN = f"""
CREATE OR REPLACE FUNCTION wall.taken_source_numbers(asked text, systems text[], numbers text[])
RETURNS TABLE (source_system text, source_number text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF asked <> ALL ('{{{", ".join(NUMBERED)}}}') THEN
        RAISE undefined_table USING MESSAGE = asked || ' has no numbers of other systems';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT t.source_system, t.source_number FROM public.%I t JOIN unnest($1, $2) AS u(system, number)'
        ' ON t.source_system = u.system AND t.source_number = u.number', asked) USING systems, numbers;
END $$
"""  # noqa: S608 — names of tables
TAKEN_BEFORE = """
CREATE OR REPLACE FUNCTION wall.taken_source_numbers(asked text, systems text[], numbers text[])
RETURNS TABLE (source_system text, source_number text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.source_system, i.source_number FROM public.insurance_enrolment i
    JOIN unnest(systems, numbers) AS u(system, number) ON i.source_system = u.system AND i.source_number = u.number
    WHERE asked = 'insurance_enrolment'
    UNION ALL
    SELECT o.source_system, o.source_number FROM public.organization o
    JOIN unnest(systems, numbers) AS u(system, number) ON o.source_system = u.system AND o.source_number = u.number
    WHERE asked = 'organization'
$$
"""

PUBLISHED = ("policy_document", "policy_issuer", "policy_measure", "venue", "venue_coverage")
"""Tables that everybody reads whole."""

ASKED = "EXISTS (SELECT FROM subject_request q WHERE q.member_id = {table}.member_id AND q.kind = 'ERASURE' AND q.closed_on IS NULL)"
ERASED = ("care_case", "legal_service", "service_transaction", "wish")
"""Tables about a person whose number in another system an erasure empties; the clerk reaches rows of care cases already (0020)."""


def upgrade() -> None:
    for table in RECORDS:
        if table not in PUBLISHED:
            op.execute(COUNTED_COLUMNS.format(table=table, role=AGGREGATES))
        more = [f"ADD COLUMN {name} text" for name in SOURCE if table in SOURCED]
        op.execute(
            f"ALTER TABLE {table} {', '.join([*more, 'ADD COLUMN version integer NOT NULL DEFAULT 1'])},"
            " ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now()"
        )
    op.execute(COUNT_VERSION)
    op.execute("REVOKE EXECUTE ON FUNCTION wall.count_version() FROM PUBLIC")
    for table in RECORDS:
        condition = UNLESS_ROTATING if table == "member" else ""
        op.execute(
            f"CREATE TRIGGER version BEFORE UPDATE ON {table} FOR EACH ROW {condition}EXECUTE FUNCTION wall.count_version()"
        )
    for table in SOURCED:
        op.create_check_constraint(
            op.f(f"ck_{table}_source_whole"), table, "num_nonnulls(source_system, source_number) <> 1"
        )
        op.create_index(
            f"uq_{table}_source",
            table,
            ["source_number", "source_system"],
            unique=True,
            postgresql_where=sa.text("source_number IS NOT NULL"),
        )
    source = ", ".join(SOURCE)
    op.execute(f"GRANT INSERT ({source}), UPDATE ({source}) ON employer TO {WRITERS}")
    op.execute(f"GRANT INSERT ({source}) ON member TO {WRITERS}")
    for table in ERASED:
        op.execute(f"GRANT UPDATE ({source}) ON {table} TO {CLERK}")
        if table != "care_case":
            asked = ASKED.format(table=table)
            op.execute(f"CREATE POLICY clerk ON {table} TO {CLERK} USING ({asked}) WITH CHECK ({asked})")
    op.execute(TAKEN)
    known_persons(", version integer", ", m.version")


def downgrade() -> None:
    known_persons("", "")
    op.execute(TAKEN_BEFORE)
    source = ", ".join(SOURCE)
    for table in ERASED:
        op.execute(f"REVOKE UPDATE ({source}) ON {table} FROM {CLERK}")
        if table != "care_case":
            op.execute(f"DROP POLICY clerk ON {table}")
    for table in RECORDS:
        op.execute(f"DROP TRIGGER version ON {table}")
        for name in (*COLUMNS, *(SOURCE if table in SOURCED else ())):
            op.drop_column(table, name)
    op.execute("DROP FUNCTION wall.count_version()")


def known_persons(more: str, columns: str) -> None:
    """Make the function anew that finds persons by resident number: with their version, which a writer may expect."""
    op.execute("DROP FUNCTION wall.known_persons(bytea[])")
    op.execute(KNOWN_PERSONS.format(more=more, columns=columns))
    op.execute("REVOKE EXECUTE ON FUNCTION wall.known_persons(bytea[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION wall.known_persons(bytea[]) TO {WRITERS}")

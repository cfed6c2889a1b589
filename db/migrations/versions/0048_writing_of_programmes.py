"""Unions write the records of programmes in batches: activities, relief, coverage, certifications, mediation, paired assistance.

Rights and policies are those of 0038, from one table. Venues, which everybody reads, get row-level security, so that only their unions
write them.
"""

from collections.abc import Mapping

from alembic import op

from db.migrations.wall import among

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels = None
depends_on = None

WRITER, TOP_WRITER = "unionhub_writer", "unionhub_everything_writer"
WRITERS = f"{WRITER}, {TOP_WRITER}"
SOURCE = "source_system, source_number"
BELOW = among("unions", "organization_id")
JOINED = "(member_id IS NULL OR EXISTS (SELECT FROM membership s WHERE s.member_id = {table}.member_id OFFSET 0))"
"""Only persons with a membership in sight are named."""

PART = "EXISTS (SELECT FROM {parent} p WHERE p.id = {column} AND p.organization_id = {table}.organization_id OFFSET 0)"
"""A part of a record belongs to the union of the record."""

OF_PARENT = "EXISTS (SELECT FROM {parent} p WHERE p.id = {column} AND {below} OFFSET 0)"
"""A part without a union of its own is written by who may write the record."""

TABLES: Mapping[str, tuple[str, str]] = {
    "activity": (
        "organization_id, parent_id",
        f"{SOURCE}, title, kind, mode, division_id, starts_on, ends_on, skill, is_free, programme_id, employer_id, venue_id, line_id",
    ),
    "aid_grant": (
        "organization_id, household_id, member_id",
        f"{SOURCE}, division_id, kind, status, amount, item, applied_on, approved_on, paid_on",
    ),
    "aid_project": (
        "organization_id", f"{SOURCE}, name, kind, division_id, line_id, venue_id, budget, spent, started_on, completed_on",
    ),
    "attendance": (
        "activity_id, organization_id, member_id, household_id, attended_on", "division_id, employer_id, role, award, certificate_number",
    ),
    "census_record": (
        "round_id, organization_id, employer_id",
        f"{SOURCE}, division_id, surveyed_on, has_union, headcount, migrant_count, non_member_count, obstacle, follow_up_on",
    ),
    "census_round": ("organization_id, name", "starts_on, ends_on"),
    "certification": ("round_id, organization_id, venue_id", f"{SOURCE}, division_id, status, applied_on, awarded_on, valid_to"),
    "certification_round": ("organization_id", f"{SOURCE}, kind, level, cohort, name, publicised_from, publicised_to, awarded_on"),
    "certification_score": ("certification_id, criterion", "score, is_passed, evidence"),
    "construction_project": ("organization_id", f"{SOURCE}, name, division_id, employer_id, union_id, started_on, completed_on"),
    "cooperation_agreement": ("organization_id, partner_id, predecessor_id", f"{SOURCE}, title, signed_on, valid_from, valid_to"),
    "cooperation_line": ("agreement_id, kind", "title"),
    "designation": ("organization_id, division_id, kind, valid_from", "valid_to"),
    "donation": (f"{SOURCE}, organization_id", "division_id, line_id, donor_name, item, quantity, unit, donated_on"),
    "exhibitor": ("activity_id, employer_id, organization_id", ""),
    "household": ("organization_id, member_id", f"{SOURCE}, division_id, hardship, size, valid_from, valid_to"),
    "legal_service": (
        f"{SOURCE}, organization_id, member_id, previous_id",
        "division_id, link, outcome, body_id, mediator_id, case_id, opened_on, closed_on",
    ),
    "material_distribution": (
        f"{SOURCE}, organization_id", "division_id, activity_id, employer_id, kind, title, quantity, unit, distributed_on",
    ),
    "mediation_body": ("organization_id", f"{SOURCE}, name, kind, division_id, host, valid_from, valid_to"),
    "mediator": ("organization_id", f"{SOURCE}, name, kind, body_id, firm, valid_from, valid_to"),
    "mutual_aid_enrolment": ("organization_id, member_id", f"{SOURCE}, premium, valid_from, valid_to"),
    "population_estimate": ("organization_id, division_id, worker_type, as_of", "value, source"),
    "programme": ("organization_id, parent_id", f"{SOURCE}, name, valid_from, valid_to"),
    "roster": ("organization_id, name, as_of", "line_id"),
    "roster_entry": ("roster_id, member_id, organization_id", "division_id"),
    "target": ("organization_id, division_id, metric, starts_on", "operator, value, unit, ends_on"),
    "venue": ("organization_id", f"{SOURCE}, name, kind, division_id, employer_id, address, valid_from, valid_to"),
    "wish": (
        f"{SOURCE}, organization_id, member_id",
        "division_id, line_id, is_collective, item, standard_value, status, claimant_kind, claimant_id, claimant_name, proposed_on,"
        " claimed_on, delivered_on, confirmed_on",
    ),
}  # fmt: skip
"""By table: the columns that are written with a new record, and those that are also changed."""

PARENTS = {"attendance": ("activity", "activity_id"), "exhibitor": ("activity", "activity_id")}
OF_PARENTS = {
    "certification_score": ("certification", "certification_id"), "cooperation_line": ("cooperation_agreement", "agreement_id"),
}  # fmt: skip

UNION_OF_ROSTER = """
CREATE FUNCTION wall.union_of_roster(asked bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.organization_id FROM public.roster r WHERE r.id = asked
$$
"""
"""The policies of rosters look at their entries, so those of entries cannot look at rosters."""

TAKEN_ESTIMATES = """
CREATE FUNCTION wall.taken_estimates(divisions bigint[], types text[], days date[])
RETURNS TABLE (division_id bigint, worker_type text, as_of date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.division_id, e.worker_type, e.as_of FROM public.population_estimate e
    JOIN unnest(divisions, types, days) AS u(division, type, day)
        ON e.division_id = u.division AND e.worker_type IS NOT DISTINCT FROM u.type AND e.as_of = u.day
$$
"""
"""Estimates of a division, a type of worker and a day that are on record, also out of the writer's sight: there is one of each."""


FUNCTIONS = {
    "wall.union_of_roster(bigint)": UNION_OF_ROSTER,
    "wall.taken_estimates(bigint[], text[], date[])": TAKEN_ESTIMATES,
}


def condition_of(table: str) -> str:
    """SQL: the row belongs to a union of the writer's."""
    if table not in OF_PARENTS:
        return BELOW
    parent, column = OF_PARENTS[table]
    return OF_PARENT.format(parent=parent, column=column, below=among("unions", "p.organization_id"))


def new_condition_of(table: str) -> str:
    """SQL: the same of a new row, and the person and the record that it names are in the writer's sight."""
    conditions = [condition_of(table)]
    if table in PARENTS:
        parent, column = PARENTS[table]
        conditions.append(PART.format(table=table, parent=parent, column=column))
    if table == "roster_entry":
        conditions.append("organization_id = wall.union_of_roster(roster_id)")
    if "member_id" in TABLES[table][0]:
        conditions.append(JOINED.format(table=table))
    return " AND ".join(conditions)


def upgrade() -> None:
    op.execute("ALTER TABLE venue ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY public ON venue FOR SELECT USING (true)")
    for name, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {WRITERS}")
    for table, (fixed, changeable) in TABLES.items():
        op.execute(f"GRANT INSERT (id, {', '.join(filter(None, (fixed, changeable)))}) ON {table} TO {WRITERS}")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {WRITERS}")
        op.execute(f"CREATE POLICY insert_writer ON {table} FOR INSERT TO {WRITER} WITH CHECK ({new_condition_of(table)})")
        op.execute(f"CREATE POLICY insert_everything ON {table} FOR INSERT TO {TOP_WRITER} WITH CHECK (true)")
        if changeable:
            condition = condition_of(table)
            op.execute(f"GRANT UPDATE ({changeable}) ON {table} TO {WRITERS}")
            op.execute(
                f"CREATE POLICY update_writer ON {table} FOR UPDATE TO {WRITER} USING ({condition}) WITH CHECK ({condition})"
            )
            op.execute(
                f"CREATE POLICY update_everything ON {table} FOR UPDATE TO {TOP_WRITER} USING (true) WITH CHECK (true)"
            )
    op.create_index("ix_activity_title", "activity", ["title"])


def downgrade() -> None:
    op.drop_index("ix_activity_title", table_name="activity")
    for table, (fixed, changeable) in TABLES.items():
        op.execute(f"REVOKE INSERT (id, {', '.join(filter(None, (fixed, changeable)))}) ON {table} FROM {WRITERS}")
        op.execute(f"REVOKE USAGE ON SEQUENCE {table}_id_seq FROM {WRITERS}")
        policies = ["insert_writer", "insert_everything"]
        if changeable:
            op.execute(f"REVOKE UPDATE ({changeable}) ON {table} FROM {WRITERS}")
            policies += ["update_writer", "update_everything"]
        for policy in policies:
            op.execute(f"DROP POLICY {policy} ON {table}")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP POLICY public ON venue")
    op.execute("ALTER TABLE venue DISABLE ROW LEVEL SECURITY")

"""Unions write collective agreements and dispute cases of their subtree, with all that belongs to them.

Policies test the union of the agreement or case, also of its parts: a part of another union's case is not written, even if a check was forgotten.
Persons and employers that a part names are in the writer's sight: else a case would show somebody a person of another union.
"""

from collections.abc import Mapping

from alembic import op

from db.migrations.wall import among

revision: str = "0053"
down_revision: str | None = "0052"
branch_labels = None
depends_on = None

WRITER, TOP_WRITER = "unionhub_writer", "unionhub_everything_writer"
WRITERS = f"{WRITER}, {TOP_WRITER}"

BELOW = among("unions", "organization_id")
OF_AGREEMENT = f"EXISTS (SELECT FROM collective_agreement w WHERE w.id = agreement_id AND {among('unions', 'w.organization_id')} OFFSET 0)"
OF_CASE = f"EXISTS (SELECT FROM dispute_case w WHERE w.id = case_id AND {among('unions', 'w.organization_id')} OFFSET 0)"
EMPLOYER = "(employer_id IS NULL OR EXISTS (SELECT FROM employer e WHERE e.id = employer_id OFFSET 0))"
UNION = f"(organization_id IS NULL OR {BELOW})"
PERSON = "(member_id IS NULL OR EXISTS (SELECT FROM membership s WHERE s.member_id = {table}.member_id OFFSET 0))"
"""Employers and memberships in sight: policies of those tables apply here too."""

AGREEMENT = (
    "number, title, kind, status, employer_id, division_id, industry, worker_count, requested_on, signed_on, submitted_on, received_on,"
    " effective_on, published_on, term_from, term_to, source_system, source_number"
)
CASE = (
    "number, employer_id, division_id, cause, phase, status, body, received_on, accepted_on, closed_on, claimant_count, is_collective,"
    " amount_claimed, source_system, source_number"
)
AGREEMENT_STEP = "actor, document_number, roster_count, present_count, votes_for, note, occurred_on"

RIGHTS: Mapping[str, tuple[str, str, str]] = {
    "collective_agreement": ("organization_id", AGREEMENT, f"{BELOW} AND {EMPLOYER}"),
    "agreement_party": (
        "agreement_id, side, organization_id, employer_id, name", "chief_representative", f"{OF_AGREEMENT} AND {EMPLOYER} AND {UNION}"
    ),
    "agreement_coverage": ("agreement_id, employer_id", "worker_count, valid_from, valid_to", f"{OF_AGREEMENT} AND {EMPLOYER}"),
    "agreement_step": ("agreement_id, status", AGREEMENT_STEP, OF_AGREEMENT),
    "dispute_case": ("organization_id", CASE, f"{BELOW} AND {EMPLOYER}"),
    "dispute_party": (
        "case_id, role, name, member_id, employer_id, organization_id", "",
        f"{OF_CASE} AND {EMPLOYER} AND {UNION} AND {PERSON.format(table='dispute_party')}",
    ),
    "dispute_claim": ("case_id, kind", "amount", OF_CASE),
    "dispute_step": ("case_id, phase, status", "actor, occurred_on, document_number, note", OF_CASE),
    "recovery": (
        "case_id, member_id", "kind, amount, received_on, source_system, source_number",
        f"{OF_CASE} AND {PERSON.format(table='recovery')}",
    ),
}  # fmt: skip
"""By table the columns that are written with a new row only, those that change too, and the condition on the old row and the new one."""

OLD = {"agreement_party": OF_AGREEMENT, "agreement_coverage": OF_AGREEMENT, "recovery": OF_CASE}
"""The condition on the old row where it is another one: what a row names may be out of sight by now."""

TAKEN = """
CREATE FUNCTION wall.taken_numbers(asked text, numbers text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.number FROM public.collective_agreement a WHERE asked = 'collective_agreement' AND a.number = ANY (numbers)
    UNION ALL SELECT c.number FROM public.dispute_case c WHERE asked = 'dispute_case' AND c.number = ANY (numbers)
$$
"""
"""Numbers of agreements or cases that are on record, also out of the writer's sight: they are unique."""


def upgrade() -> None:
    op.execute(TAKEN)
    op.execute("REVOKE EXECUTE ON FUNCTION wall.taken_numbers(text, text[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION wall.taken_numbers(text, text[]) TO {WRITERS}")
    for table, (fixed, changed, condition) in RIGHTS.items():
        columns = ", ".join(each for each in ("id", fixed, changed) if each)
        op.execute(f"GRANT INSERT ({columns}) ON {table} TO {WRITERS}")
        op.execute(f"CREATE POLICY insert_writer ON {table} FOR INSERT TO {WRITER} WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY insert_everything ON {table} FOR INSERT TO {TOP_WRITER} WITH CHECK (true)")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {WRITERS}")
        if changed:
            old = OLD.get(table, BELOW if condition.startswith(BELOW) else condition)
            op.execute(f"GRANT UPDATE ({changed}) ON {table} TO {WRITERS}")
            new = condition if "employer_id" in changed else old
            op.execute(f"CREATE POLICY update_writer ON {table} FOR UPDATE TO {WRITER} USING ({old}) WITH CHECK ({new})")
            op.execute(f"CREATE POLICY update_everything ON {table} FOR UPDATE TO {TOP_WRITER} USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table, (fixed, changed, _) in RIGHTS.items():
        columns = ", ".join(each for each in ("id", fixed, changed) if each)
        op.execute(f"REVOKE INSERT ({columns}) ON {table} FROM {WRITERS}")
        op.execute(f"REVOKE USAGE ON SEQUENCE {table}_id_seq FROM {WRITERS}")
        policies = ["insert_writer", "insert_everything"]
        if changed:
            op.execute(f"REVOKE UPDATE ({changed}) ON {table} FROM {WRITERS}")
            policies += ["update_writer", "update_everything"]
        for policy in policies:
            op.execute(f"DROP POLICY {policy} ON {table}")
    op.execute("DROP FUNCTION wall.taken_numbers(text, text[])")

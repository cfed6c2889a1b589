"""Rights of data subjects: what hangs on a worker's own sign-ins is shown to them in their copy; who asked to be erased is, wherever
texts about them stand."""

from alembic import op

from db.migrations.wall import READER, named

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

OWN = f"p.member_id IS NOT NULL AND {named('self', 'p.member_id')}"
VIEWS = {
    "own_grants": (
        "SELECT g.id, p.member_id, g.role, o.name AS organization, g.hierarchy, d.full_name AS division, g.valid_from, g.valid_to,"
        " g.revoked_at FROM access_grant g JOIN principal p ON p.id = g.principal_id"
        f" LEFT JOIN organization o ON o.id = g.organization_id LEFT JOIN division d ON d.id = g.division_id WHERE {OWN}"
    ),
    "own_assignments": (
        "SELECT a.id, p.member_id, a.valid_from, a.valid_to, a.revoked_at FROM case_assignment a"
        f" JOIN principal p ON p.id = a.principal_id WHERE {OWN}"
    ),
    "own_keys": (
        "SELECT k.id, p.member_id, k.prefix, k.created_at, k.expires_at, k.revoked_at, k.last_used_at FROM api_key k"
        f" JOIN principal p ON p.id = k.principal_id WHERE {OWN}"
    ),
    "own_posts": (
        "SELECT m.id, p.member_id, o.name AS organization, b.name AS body, m.kind, m.name, m.firm, m.valid_from, m.valid_to"
        " FROM mediator m JOIN principal p ON p.id = m.principal_id JOIN organization o ON o.id = m.organization_id"
        f" LEFT JOIN mediation_body b ON b.id = m.body_id WHERE {OWN}"
    ),
}
"""What hangs on sign-ins of the worker: views of the owner's, which show a session what its own scope reaches. Policies on the tables
themselves would put these rows into lists that are for others."""

ASKED = "EXISTS (SELECT FROM subject_request q WHERE q.member_id = {table}.member_id AND q.kind = 'ERASURE' AND q.closed_on IS NULL)"
ERASED = {
    "membership": "end_reason",
    "engagement": "job_title",
    "insurance_enrolment": "source_number",
    "attendance": "certificate_number",
    "care_case": "diagnosis, onset_on",
}
"""Columns that the clerk may empty, in rows of who has asked for it and is not answered yet."""

OF_CASE = "EXISTS (SELECT FROM care_case c WHERE c.id = care_step.case_id)"
OF_HOUSEHOLD = "EXISTS (SELECT FROM household h WHERE h.id = attendance.household_id)"


def upgrade() -> None:
    for name, rows in VIEWS.items():
        op.execute(f"CREATE VIEW wall.{name} AS {rows}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}")
    op.execute(
        f"CREATE POLICY clerk ON household FOR SELECT TO unionhub_clerk USING ({ASKED.format(table='household')})"
    )
    conditions = {table: ASKED.format(table=table) for table in ERASED}
    conditions["attendance"] += f" OR {OF_HOUSEHOLD}"
    for table, columns in {**ERASED, "care_step": "note"}.items():
        asked = conditions.get(table, OF_CASE)
        op.execute(f"CREATE POLICY clerk ON {table} TO unionhub_clerk USING ({asked}) WITH CHECK ({asked})")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO unionhub_clerk")


def downgrade() -> None:
    for table, columns in {**ERASED, "care_step": "note"}.items():
        op.execute(f"REVOKE UPDATE ({columns}) ON {table} FROM unionhub_clerk")
        op.execute(f"DROP POLICY clerk ON {table}")
    op.execute("DROP POLICY clerk ON household")
    for name in VIEWS:
        op.execute(f"DROP VIEW wall.{name}")

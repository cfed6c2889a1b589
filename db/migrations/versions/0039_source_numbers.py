"""Unions have the number that they have in the system that they come from; such numbers are unique together with the system."""

import sqlalchemy as sa
from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels = None
depends_on = None

WRITERS = "unionhub_writer, unionhub_everything_writer"
COLUMNS = "source_number, source_system"
UNIQUE = ("organization", "insurance_enrolment")

TAKEN = """
CREATE FUNCTION wall.taken_source_numbers(asked text, systems text[], numbers text[]) RETURNS TABLE (source_system text, source_number text)
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
"""Numbers of source systems that are on record, also out of the writer's sight: they are unique."""


def upgrade() -> None:
    for column in COLUMNS.split(", "):
        op.add_column("organization", sa.Column(column, sa.Text()))
    for table in UNIQUE:
        op.create_unique_constraint(f"uq_{table}_source_number_source_system", table, COLUMNS.split(", "))
    op.execute(f"GRANT INSERT ({COLUMNS}), UPDATE ({COLUMNS}) ON organization TO {WRITERS}")
    op.execute(TAKEN)
    op.execute("REVOKE EXECUTE ON FUNCTION wall.taken_source_numbers(text, text[], text[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION wall.taken_source_numbers(text, text[], text[]) TO {WRITERS}")


def downgrade() -> None:
    op.execute("DROP FUNCTION wall.taken_source_numbers(text, text[], text[])")
    for table in UNIQUE:
        op.drop_constraint(f"uq_{table}_source_number_source_system", table)
    for column in COLUMNS.split(", "):
        op.drop_column("organization", column)

"""Rows that belong to a row of another table are checked one by one (docs/adr/0045, docs/performance.md).

Migration 0033 did so for policies that look for any of several rows. These look up the one row that theirs belongs to: an agreement, a case, a
certification. PostgreSQL made a set of all of them that the caller sees, for which it read the whole table.
"""

from collections.abc import Iterator

from alembic import op

from db.migrations.wall import among

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels = None
depends_on = None

PARTS = (
    ("federation", "collective_agreement", "agreement_id", "agreement_coverage agreement_party agreement_step"),
    ("federation", "wall.cases_of_unions", "case_id", "dispute_claim dispute_party dispute_step recovery"),
    ("reader", "certification", "certification_id", "certification_score"),
    ("reader", "cooperation_agreement", "agreement_id", "cooperation_line"),
    ("reader", "care_case", "case_id", "care_shift care_step"),
)
"""Policy, the table or view of the rows that others belong to, the column that names them, and the tables of the others."""


def policies(offset: str) -> Iterator[tuple[str, str, str]]:
    """Tables, their policies and what these say."""
    for policy, whole, column, tables in PARTS:
        for table in tables.split():
            yield table, policy, f"EXISTS (SELECT FROM {whole} w WHERE w.id = {table}.{column}{offset})"
    body = f"EXISTS (SELECT FROM mediation_body w WHERE w.id = mediation_seat.body_id AND %s{offset})"
    yield "mediation_seat", "federation", body % among("unions", "w.organization_id")
    yield "mediation_seat", "bureau", body % among("reviewed", "w.division_id")


def alter(offset: str) -> None:
    """Give the policies their conditions."""
    for table, policy, condition in policies(offset):
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({condition})")


def upgrade() -> None:
    alter(" OFFSET 0")


def downgrade() -> None:
    alter("")

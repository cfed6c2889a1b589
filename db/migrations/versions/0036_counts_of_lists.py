"""Counts of lists from roll-ups find the few unions that stand elsewhere by an index each (docs/adr/0049)."""

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels = None
depends_on = None

CLOSURES = ("territorial_closure", "industrial_closure")
FACTS = ("membership", "insurance_enrolment")


def upgrade() -> None:
    for table in CLOSURES:
        op.create_index(
            f"ix_{table}_ended", table, ["ancestor_id", "descendant_id"], postgresql_where=sa.text("valid_to IS NOT NULL")
        )
    cover(["valid_to"])


def downgrade() -> None:
    cover([])
    for table in CLOSURES:
        op.drop_index(f"ix_{table}_ended", table_name=table)


def cover(columns: list[str]) -> None:
    """Make the indexes of beginnings anew, with these columns beside."""
    for table in FACTS:
        name = f"ix_{table}_organization_id_valid_from"
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["organization_id", "valid_from"], postgresql_include=columns)

"""Roll-ups made anew: the cells of an anchor and slot stand together in a row, as arrays (docs/adr/0046).

They stand empty and out of use until ``unionhub db rebuild-rollups``; statistics are counted from the records until then.
"""

from alembic import op

from db.migrations.rollup_wall import make_anew
from db.rollups.layout import FACTS

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels = None
depends_on = None


COMPARED = (
    "EXECUTE ON FUNCTION rollup.membership_faults, rollup.insurance_enrolment_faults, rollup.today",
    "SELECT ON rollup.wanted",
)
"""What ``unionhub doctor`` compares roll-ups with the records by, as in 0031."""


def upgrade() -> None:
    make_anew(FACTS.values())
    for right in COMPARED:
        op.execute(f"GRANT {right} TO unionhub_operator")


def downgrade() -> None:
    """Nothing: 0010 and 0011 make the same now."""

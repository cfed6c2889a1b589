"""Roll-ups made anew: their parts can be built beside each other, all at once and in fewer steps.

They stand empty and out of use until ``unionhub db rebuild-rollups``; statistics are counted from the records until then.
"""

from db.migrations.rollup_wall import make_anew
from db.rolled import FACTS

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_anew(FACTS.values())


def downgrade() -> None:
    """Nothing: 0010 to 0012 make the same now."""

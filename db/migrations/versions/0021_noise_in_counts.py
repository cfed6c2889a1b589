"""Roll-ups made anew: beside each count the sum of its persons' keys, from which the noise of counts for callers with aggregates only
is drawn (docs/small-cells.md).

They stand empty and out of use until ``unionhub db rebuild-rollups``; statistics are counted from the records until then.
"""

from db.migrations.rollup_wall import make_anew
from db.rollups.layout import FACTS

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_anew(FACTS.values())


def downgrade() -> None:
    """Nothing: 0010 and 0011 make the same now."""

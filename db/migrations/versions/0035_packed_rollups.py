"""Roll-ups made anew: the cells of an anchor and slot stand together in a row, as arrays (docs/adr/0046).

They stand empty and out of use until ``unionhub db rebuild-rollups``; statistics are counted from the records until then.
"""

from db.migrations.rollup_wall import make_anew
from db.rollups.layout import FACTS

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_anew(FACTS.values(), compared_by="unionhub_operator")


def downgrade() -> None:
    """Nothing: 0010 and 0011 make the same now."""

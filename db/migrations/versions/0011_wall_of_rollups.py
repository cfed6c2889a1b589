"""The second wall around the roll-ups: cells of the unions in sight, and changes and repeated records of those unions alone."""

from db.migrations.rollup_wall import bare, guard
from db.rollups.layout import FACTS

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    guard(FACTS.values())


def downgrade() -> None:
    bare(FACTS.values())

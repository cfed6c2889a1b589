"""Roll-ups of memberships and insurance enrolments: counts kept ready for every province and city."""

from db.migrations.rollup import create, drop
from db.rollups.layout import FACTS

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create(FACTS.values())


def downgrade() -> None:
    drop(FACTS.values())

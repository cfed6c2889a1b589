"""A person and the union of one of its records may be changed at the same time: the roll-ups count both changes.

Whoever changes a person in a dimension locks the unions of its records before they are read. Functions alone change: cells that were wrong
before stay wrong until ``unionhub db rebuild-rollups``, which 0035 asks for anyway.
"""

from alembic import op

from db.migrations.rollup import replace_functions
from db.rollups.layout import FACTS

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    changed = (f"{table}_changed" for table in FACTS)
    replace_functions(FACTS.values(), "require_read_committed", "replace", "organization_changed", "member_changed", *changed)
    op.execute("REVOKE EXECUTE ON FUNCTION rollup.require_read_committed() FROM PUBLIC")


def downgrade() -> None:
    """Nothing: 0010 and 0011 make the same now."""

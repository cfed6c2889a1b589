"""Roll-ups of days, years and all time: 0018 makes them."""

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: 0018 makes the roll-ups anew."""


def downgrade() -> None:
    """Nothing, likewise."""

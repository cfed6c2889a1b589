"""Roll-ups that are built in parts: 0018 makes them."""

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: 0018 makes the roll-ups anew."""


def downgrade() -> None:
    """Nothing, likewise."""

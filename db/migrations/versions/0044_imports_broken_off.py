"""An import that was broken off is marked by ``unionhub db repair``."""

from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels = None
depends_on = None

STATES = ("RUNNING", "WRITTEN", "REHEARSED", "REFUSED", "UNREADABLE")
CHECK = "ck_import_job_importstate"


def allow(*states: str) -> None:
    op.drop_constraint(CHECK, "import_job")
    op.create_check_constraint(op.f(CHECK), "import_job", f"state IN ({', '.join(map(repr, states))})")


def upgrade() -> None:
    allow(*STATES, "BROKEN_OFF")


def downgrade() -> None:
    op.execute("UPDATE import_job SET state = 'RUNNING', ended_at = NULL WHERE state = 'BROKEN_OFF'")
    allow(*STATES)

"""Who awards a certification sees whom it certified, also where a union of another territory was."""

from alembic import op

from db.migrations.wall import READER, also, among, name_of

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

AWARDING = f"SELECT id AS round_id FROM certification_round WHERE {among('unions', 'organization_id')}"
AWARDED = "round_id IN (SELECT round_id FROM wall.awarding)"


def upgrade() -> None:
    op.execute(f"CREATE VIEW wall.awarding AS {AWARDING}")
    op.execute(f"GRANT SELECT ON wall.awarding TO {READER}")
    also("certification", {"federation": AWARDED})


def downgrade() -> None:
    op.execute(f"DROP POLICY {name_of('federation', AWARDED)} ON certification")
    op.execute("DROP VIEW wall.awarding")

"""What persons are counted by is told of those too who have left: their record is out of sight, the one that is counted is not."""

from alembic import op

from db.migrations.wall import AGGREGATES, READER

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE VIEW wall.described AS SELECT id, worker_type, sex, is_migrant_worker, is_model_worker FROM member")
    op.execute(f"GRANT SELECT ON wall.described TO {READER}, {AGGREGATES}")


def downgrade() -> None:
    op.execute("DROP VIEW wall.described")

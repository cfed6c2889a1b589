"""Statistics of a province are read from indexes alone where its unions, its employers and their coverage are looked up."""

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

KEY = "ancestor_id, descendant_id, valid_from"
CLOSURES = ("territorial_closure", "industrial_closure")
INDEXES = (
    ("ix_employer_organization_id_id", "employer", ["organization_id", "id"], "kind industry registered_on closed_on"),
    ("ix_employer_coverage_employer_id", "employer_coverage", ["employer_id"], "valid_from valid_to"),
)


def upgrade() -> None:
    for table in CLOSURES:
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT pk_{table},"
            f" ADD CONSTRAINT pk_{table} PRIMARY KEY ({KEY}) INCLUDE (valid_to, depth)"
        )
    for name, table, columns, include in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, postgresql_include=include.split())


def downgrade() -> None:
    for name, table, columns, _ in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
    for table in CLOSURES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY ({KEY})")

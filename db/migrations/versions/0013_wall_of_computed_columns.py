"""Computed columns and the audit log are the same behind the second wall; a roster is seen by the unions whose persons it lists."""

from alembic import op

from db.migrations.wall import AGGREGATES, EVERYTHING, READER, also, among, name_of

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

VIEWS = {
    "covering": "SELECT employer_id, valid_from, valid_to FROM employer_coverage",
    "sitting": "SELECT body_id, side, valid_to FROM mediation_seat",
}
"""What ``isOrganized`` and ``sideCount`` are computed from, for whoever sees the employer or the body: views of the owner's, without the unions
and persons concerned."""

LISTED = f"EXISTS (SELECT FROM roster_entry e WHERE e.roster_id = roster.id AND {among('unions', 'e.organization_id')})"
POLICIES = {"federation": LISTED}


def upgrade() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA wall TO {AGGREGATES}")
    for name, rows in VIEWS.items():
        op.execute(f"CREATE VIEW wall.{name} AS {rows}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}, {AGGREGATES}")
    also("roster", POLICIES)
    op.execute(f"CREATE POLICY everything ON access_log FOR SELECT TO {EVERYTHING} USING (true)")


def downgrade() -> None:
    op.execute("DROP POLICY everything ON access_log")
    for lens, condition in POLICIES.items():
        op.execute(f"DROP POLICY {name_of(lens, condition)} ON roster")
    for name in VIEWS:
        op.execute(f"DROP VIEW wall.{name}")
    op.execute(f"REVOKE USAGE ON SCHEMA wall FROM {AGGREGATES}")

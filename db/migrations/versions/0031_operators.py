"""What the operator's commands act as when the login owns nothing: principals, grants, assigned cases, keys, and the whole audit log."""

from alembic import op

from db.migrations.rollup_wall import COMPARED, let_compare
from db.migrations.wall import join_role, make_role

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None

OPERATOR, EVERYTHING, SERVICE = "unionhub_operator", "unionhub_everything", "unionhub_service"

RIGHTS = {
    "principal": "SELECT, INSERT, UPDATE (organization_id, disabled_at)",
    "access_grant": "SELECT, INSERT, UPDATE (revoked_at)",
    "case_assignment": "SELECT, INSERT, UPDATE (revoked_at)",
    "api_key": "INSERT, UPDATE (expires_at, revoked_at)",
}


def upgrade() -> None:
    make_role(OPERATOR)
    join_role(EVERYTHING, OPERATOR, inherit=True)
    join_role(OPERATOR, SERVICE, inherit=False)
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {OPERATOR}")
        op.execute(f"CREATE POLICY operator ON {table} TO {OPERATOR} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY operator ON access_log FOR SELECT TO {OPERATOR} USING (true)")
    let_compare(OPERATOR)


def downgrade() -> None:
    for right in COMPARED:
        op.execute(f"REVOKE {right} FROM {OPERATOR}")
    op.execute("DROP POLICY operator ON access_log")
    for table in RIGHTS:
        op.execute(f"DROP POLICY operator ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {OPERATOR}")

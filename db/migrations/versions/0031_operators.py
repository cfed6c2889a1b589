"""What the operator's commands act as when the login owns nothing: principals, grants, assigned cases, keys, and the whole audit log."""

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None

OPERATOR, EVERYTHING, SERVICE = "unionhub_operator", "unionhub_everything", "unionhub_service"

MAKE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OPERATOR}') THEN
        BEGIN
            CREATE ROLE {OPERATOR} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{OPERATOR}' AND (rolsuper OR rolbypassrls OR rolcanlogin)) THEN
        RAISE EXCEPTION 'the role {OPERATOR} is there already and has rights that it must not have'
            USING HINT = 'ALTER ROLE {OPERATOR} NOLOGIN NOSUPERUSER NOBYPASSRLS, then repeat the command';
    END IF;
END $$
"""
JOIN = """
DO $$
BEGIN
    FOR attempt IN 1..20 LOOP
        IF EXISTS (
            SELECT FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
            WHERE g.rolname = '{role}' AND m.rolname = '{member}' AND a.set_option AND a.inherit_option = {inherit}
        ) THEN
            RETURN;
        END IF;
        BEGIN
            GRANT {role} TO {member} WITH INHERIT {inherit}, SET TRUE;
            RETURN;
        EXCEPTION WHEN unique_violation OR internal_error THEN  -- "tuple concurrently updated"
            PERFORM pg_sleep(0.05 * attempt);
        END;
    END LOOP;
    RAISE EXCEPTION 'the role {role} could not be granted to {member}';
END $$
"""
RIGHTS = {
    "principal": "SELECT, INSERT, UPDATE (organization_id, disabled_at)",
    "access_grant": "SELECT, INSERT, UPDATE (revoked_at)",
    "case_assignment": "SELECT, INSERT, UPDATE (revoked_at)",
    "api_key": "INSERT, UPDATE (expires_at, revoked_at)",
}


COMPARED = (
    "EXECUTE ON FUNCTION rollup.membership_faults, rollup.insurance_enrolment_faults, rollup.today",
    "SELECT ON rollup.wanted",
)
"""What `unionhub doctor` compares roll-ups with the records by."""


def upgrade() -> None:
    op.execute(MAKE)
    op.execute(JOIN.format(role=EVERYTHING, member=OPERATOR, inherit="true"))
    op.execute(JOIN.format(role=OPERATOR, member=SERVICE, inherit="false"))
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {OPERATOR}")
        op.execute(f"CREATE POLICY operator ON {table} TO {OPERATOR} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY operator ON access_log FOR SELECT TO {OPERATOR} USING (true)")
    for right in COMPARED:
        op.execute(f"GRANT {right} TO {OPERATOR}")


def downgrade() -> None:
    for right in COMPARED:
        op.execute(f"REVOKE {right} FROM {OPERATOR}")
    op.execute("DROP POLICY operator ON access_log")
    for table in RIGHTS:
        op.execute(f"DROP POLICY operator ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {OPERATOR}")

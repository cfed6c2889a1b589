"""An engagement goes on in another union also where the worker is a member elsewhere, as couriers often are: who reorganizes unions sees the
engagement, and not the membership that the policy on new engagements asked for."""

from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels = None
depends_on = None

WRITER = "unionhub_writer"
NAME = "wall.continues_engagement(bigint, bigint, date)"
CONTINUES = """
CREATE FUNCTION wall.continues_engagement(member bigint, employer bigint, day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.engagement e WHERE e.member_id = member AND e.employer_id = employer AND e.valid_to = day)
$$
"""
"""Whether an engagement of these two has ended on the day: a policy may not ask its own table."""

JOINED = "EXISTS (SELECT FROM membership s WHERE s.member_id = engagement.member_id OFFSET 0)"
BELOW = "(width_bucket(organization_id, (SELECT wall.seen('unions'))) & 1) <> 0"


def upgrade() -> None:
    op.execute(CONTINUES)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {NAME} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {WRITER}")
    op.execute(
        f"ALTER POLICY insert_writer ON engagement WITH CHECK ({BELOW} AND ({JOINED}"
        " OR wall.continues_engagement(member_id, employer_id, valid_from)))"
    )


def downgrade() -> None:
    op.execute(f"ALTER POLICY insert_writer ON engagement WITH CHECK ({BELOW} AND {JOINED})")
    op.execute(f"DROP FUNCTION {NAME}")

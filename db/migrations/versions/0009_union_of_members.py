"""A member's row says in which union their active membership is, kept by the memberships themselves; the second wall tests it first."""

import sqlalchemy as sa
from alembic import op

from db.migrations.wall import among

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

ACTIVE = "valid_from IS NOT NULL AND valid_to IS NULL"
FILL = f"UPDATE member SET organization_id = s.organization_id FROM membership s WHERE s.member_id = member.id AND {ACTIVE}"
KEEP = f"""
CREATE FUNCTION membership_keeps_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE member SET organization_id = (SELECT organization_id FROM membership s WHERE s.member_id = member.id AND {ACTIVE})
        FROM (SELECT DISTINCT member_id FROM removed) gone
        WHERE member.id = gone.member_id AND organization_id IS DISTINCT FROM
            (SELECT organization_id FROM membership s WHERE s.member_id = member.id AND {ACTIVE});
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE member SET organization_id = added.organization_id FROM added
        WHERE member.id = added.member_id AND {ACTIVE} AND member.organization_id IS DISTINCT FROM added.organization_id;
    END IF;
    RETURN NULL;
END $$
"""
"""Joined by the members' key, whatever the planner knows of a table that is only just being filled."""

TRIGGERS = {
    "INSERT": "NEW TABLE AS added",
    "UPDATE": "OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "OLD TABLE AS removed",
}
EMPTY = "UPDATE member SET organization_id = NULL WHERE organization_id IS NOT NULL"
EMPTIED = f"""
CREATE FUNCTION membership_leaves_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    {EMPTY};
    RETURN NULL;
END $$
"""
HOLDING = """
CREATE OR REPLACE VIEW wall.holding AS SELECT m.member_id FROM membership m
WHERE {ended} AND (width_bucket(m.organization_id, (SELECT wall.seen('unions'))) & 1) <> 0
"""
NOT_ENDED = "(m.valid_to IS NULL OR m.valid_to > (SELECT wall.today()))"
IN_FORCE = "daterange(m.valid_from, m.valid_to) @> (SELECT wall.today())"
HELD = "EXISTS (SELECT FROM wall.holding h WHERE h.member_id = id)"


def upgrade() -> None:
    op.execute("SET LOCAL row_security = off")
    op.add_column("member", sa.Column("organization_id", sa.BigInteger()))
    op.execute(FILL)
    op.create_foreign_key("fk_member_organization_id_organization", "member", "organization", ["organization_id"], ["id"])
    op.create_index("ix_member_organization_id_id", "member", ["organization_id", "id"])
    op.execute(KEEP)
    op.execute(EMPTIED)
    for event, tables in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER membership_{event.lower()} AFTER {event} ON membership REFERENCING {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION membership_keeps_member()"
        )
    op.execute(
        "CREATE TRIGGER membership_truncate AFTER TRUNCATE ON membership"
        " FOR EACH STATEMENT EXECUTE FUNCTION membership_leaves_members()"
    )
    for function in ("membership_keeps_member()", "membership_leaves_members()"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute(HOLDING.format(ended=NOT_ENDED))
    op.execute("DROP POLICY federation ON member")
    op.execute(
        f"CREATE POLICY federation ON member FOR SELECT TO unionhub_federation USING ({among('unions', 'organization_id')} OR {HELD})"
    )
    op.execute("GRANT SELECT (organization_id) ON member TO unionhub_aggregates")


def downgrade() -> None:
    op.execute("DROP POLICY federation ON member")
    op.execute(f"CREATE POLICY federation ON member FOR SELECT TO unionhub_federation USING ({HELD})")
    op.execute(HOLDING.format(ended=IN_FORCE))
    for event in (*TRIGGERS, "TRUNCATE"):
        op.execute(f"DROP TRIGGER membership_{event.lower()} ON membership")
    op.execute("DROP FUNCTION membership_keeps_member()")
    op.execute("DROP FUNCTION membership_leaves_members()")
    op.drop_column("member", "organization_id")

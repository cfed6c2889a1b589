"""What is below what is told to who sees links: not to bureaus, agencies, mediators and workers, who know of a union itself alone."""

from alembic import op

from db.migrations.wall import AGGREGATES, DROP_POLICIES, EVERYTHING, also, name_of

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None

CLOSURES = ("territorial_closure", "industrial_closure")
UNLINKED = ("bureau", "social_security", "cases", "self")
LINKS = {lens: "EXISTS (SELECT FROM organization o WHERE o.id = child_id)" for lens in UNLINKED}
"""What these saw of links until now (0008)."""

HOLDS_UNIONS = "(SELECT wall.keys('territorial') <> '{}' OR wall.keys('industrial') <> '{}')"
"""Who holds a union reads all pairs of keys: which of them may be asked about is the first wall's, and is tested once a statement here."""


def upgrade() -> None:
    # the sets that all policies rest on are made from the closures whoever asks
    op.execute("ALTER FUNCTION wall.made(text) SECURITY DEFINER SET search_path = pg_catalog, pg_temp")
    for table in CLOSURES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for role, condition in (
            (EVERYTHING, "true"),
            (AGGREGATES, "true"),
            ("unionhub_federation", HOLDS_UNIONS),
            *((f"unionhub_{lens}", "depth = 0") for lens in UNLINKED),
        ):
            op.execute(f"CREATE POLICY {role.removeprefix('unionhub_')} ON {table} FOR SELECT TO {role} USING ({condition})")
    for lens, condition in LINKS.items():
        op.execute(f"DROP POLICY {name_of(lens, condition)} ON organization_link")


def downgrade() -> None:
    also("organization_link", LINKS)
    for table in CLOSURES:
        op.execute(DROP_POLICIES.format(table=table))
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("ALTER FUNCTION wall.made(text) SECURITY INVOKER RESET search_path")

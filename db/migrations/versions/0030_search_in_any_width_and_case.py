"""Search in names whatever the width and case of letters, digits and brackets (全角半角、大小写): grams are those of the folded text."""

from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

INDEXES = (
    "ix_division_full_name_grams",
    "ix_division_name_grams",
    "ix_employer_name_grams",
    "ix_member_name_grams",
    "ix_organization_name_grams",
    "ix_venue_name_grams",
)
FOLDED = """
CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(normalize(value, NFKC) COLLATE "C")
"""
AROUND = """
CREATE FUNCTION {name}({value} text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN plain_{name}(folded({value}))
"""
FUNCTIONS = (("grams", "value"), ("needle_grams", "needle"))


def upgrade() -> None:
    drop()
    op.execute(FOLDED)
    for name, value in FUNCTIONS:
        op.execute(f"ALTER FUNCTION {name}(text) RENAME TO plain_{name}")
        op.execute(AROUND.format(name=name, value=value))
    create()


def downgrade() -> None:
    drop()
    for name, _ in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}(text)")
        op.execute(f"ALTER FUNCTION plain_{name}(text) RENAME TO {name}")
    op.execute("DROP FUNCTION folded(text)")
    create()


def drop() -> None:
    """Drop the indexes, whose functions change."""
    for index in INDEXES:
        op.execute(f"DROP INDEX {index}")


def create() -> None:
    """Make the indexes anew."""
    for index in INDEXES:
        table, column = index.removeprefix("ix_").removesuffix("_grams").split("_", 1)
        op.execute(f"CREATE INDEX {index} ON {table} USING gin (grams({column}))")
        op.execute(f"ANALYZE {table}")

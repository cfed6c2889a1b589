"""Views of the second wall are named by the rows that they hold, no longer by a participle (``described``, ``holding``, ``sitting``).

Policies refer to a view by its number, so they follow by themselves; no function names one of these views.
"""

from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None

NAMES = {
    "described": "counted_persons",
    "covering": "coverage_periods",
    "sitting": "mediation_sides",
    "handled": "cases_of_unions",
    "holding": "members_of_unions",
    "awarding": "rounds_of_unions",
    "exhibiting": "exhibiting_employers",
    "insured": "members_insured_in_divisions",
    "insuring": "employers_in_divisions",
    "belonging": "administered_principals",
    "wholly_belonging": "wholly_administered_principals",
}
"""The name of each view by its former one. ``of_unions`` is the caller's subtree, ``in_divisions`` the divisions of a social-security agency."""


def upgrade() -> None:
    for former, name in NAMES.items():
        op.execute(f"ALTER VIEW wall.{former} RENAME TO {name}")


def downgrade() -> None:
    for former, name in NAMES.items():
        op.execute(f"ALTER VIEW wall.{name} RENAME TO {former}")

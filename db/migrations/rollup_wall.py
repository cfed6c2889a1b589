"""Row-level security of the roll-ups: a caller reads cells and repeats of the unions in sight, and changes of these unions; the only
function that it may call is the folding."""

from collections.abc import Iterable

from alembic import op

from db.migrations.rollup import create, drop
from db.migrations.wall import AGGREGATES, READER, UNIONS, among, protect, unprotect
from db.rollups.layout import Fact

OPEN = ("state", "anchor", "place", "code")
"""They have IDs of unions and divisions, and values of dimensions that occur: nothing of a person."""

HOLDS = "c.valid_from <= (SELECT wall.today()) AND (c.valid_to IS NULL OR c.valid_to > (SELECT wall.today()))"
SAME = """(cardinality((SELECT wall.keys('{other}'))) = 0 OR EXISTS (
    SELECT FROM {lens}_closure c
    WHERE c.descendant_id = a.key AND c.ancestor_id = ANY ((SELECT wall.keys('{lens}'))::bigint[]) AND {holds}))"""
"""The anchor is below a union of the caller's in the hierarchy by which it counts; certain for a caller with a lens of that hierarchy
alone."""

OF_LENS = "SELECT a.id FROM rollup.anchor a WHERE a.kind IN ('{kind}', 'OWN') AND {mine} AND {any} AND {same}"
ANCHORS = " UNION ALL ".join(
    OF_LENS.format(
        kind=lens.upper(),
        mine=among("unions", "a.key"),
        any=f"cardinality((SELECT wall.keys('{lens}'))) > 0",
        same=SAME.format(lens=lens, other=other, holds=HOLDS),
    )
    for lens, other in (("territorial", "industrial"), ("industrial", "territorial"))
)
IN_SIGHT = {"federation": "anchor IN (SELECT id FROM wall.counted)"}


def guard(facts: Iterable[Fact]) -> None:
    """Put the roll-ups of these facts behind the second wall."""
    op.execute(f"CREATE VIEW wall.counted AS {ANCHORS}")
    op.execute(f"GRANT SELECT ON wall.counted TO {READER}")
    op.execute(f"GRANT USAGE ON SCHEMA rollup TO {READER}, {AGGREGATES}")
    op.execute(f"GRANT USAGE ON SCHEMA noise TO {AGGREGATES}")
    op.execute(f"GRANT SELECT ON noise.seed TO {AGGREGATES}")
    for table in OPEN:
        op.execute(f"GRANT SELECT ON rollup.{table} TO {READER}, {AGGREGATES}")
    for fact in facts:
        protect(f"rollup.{fact.table}_pack", IN_SIGHT)
        op.execute(f"GRANT SELECT ON rollup.{fact.table}_cell TO {READER}, {AGGREGATES}")  # as far as they see packs
        protect(f"rollup.{fact.table}_change", UNIONS)
        protect(f"rollup.{fact.table}_repeat", IN_SIGHT)
    op.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rollup FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION rollup.fold() TO {READER}")


COMPARED = (
    "EXECUTE ON FUNCTION rollup.membership_faults, rollup.insurance_enrolment_faults, rollup.today",
    "SELECT ON rollup.wanted",
)
"""What ``unionhub doctor`` compares roll-ups with the records by."""


def make_anew(facts: Iterable[Fact], *, compared_by: str | None = None) -> None:
    """Replace the roll-ups of these facts by empty ones behind the wall, out of use until they are rebuilt. The role of ``compared_by``,
    which is the operator's from 0031 on, may compare them with the records."""
    facts = tuple(facts)
    drop(facts)
    create(facts)
    guard(facts)
    if compared_by is not None:
        let_compare(compared_by)


def let_compare(role: str) -> None:
    """Let a role compare the roll-ups with the records."""
    for right in COMPARED:
        op.execute(f"GRANT {right} TO {role}")


def bare(facts: Iterable[Fact]) -> None:
    """For ``downgrade``: the roll-ups without the wall."""
    op.execute("DROP VIEW wall.counted CASCADE")
    unprotect(*(f"rollup.{fact.table}_{part}" for fact in facts for part in ("pack", "change", "repeat")))
    for fact in facts:
        op.execute(f"REVOKE ALL ON rollup.{fact.table}_cell FROM {READER}, {AGGREGATES}")
    for table in OPEN:
        op.execute(f"REVOKE ALL ON rollup.{table} FROM {READER}, {AGGREGATES}")
    op.execute(f"REVOKE USAGE ON SCHEMA rollup FROM {READER}, {AGGREGATES}")
    op.execute(f"REVOKE EXECUTE ON FUNCTION rollup.fold() FROM {READER}")
    op.execute(f"REVOKE ALL ON noise.seed FROM {AGGREGATES}")
    op.execute(f"REVOKE USAGE ON SCHEMA noise FROM {AGGREGATES}")
    op.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rollup TO PUBLIC")

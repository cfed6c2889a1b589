"""Checks of one statement each, which returns the keys of the rows that differ from what they are derived from."""

from dataclasses import dataclass

from db.hierarchies import LOCK
from db.imports import IMPORT_LOCKS
from db.reference.load_divisions import INHERITED_PAIRS

FIRST = 5
"""How many keys a finding names."""

WALK = """
WITH RECURSIVE walk (ancestor_id, descendant_id, valid_from, valid_to, depth) AS (
    SELECT o.id, o.id,
           coalesce(o.established_on, (SELECT min(valid_from) FROM organization_link WHERE child_id = o.id), '1925-05-01'::date),
           CASE WHEN EXISTS (SELECT FROM organization_succession s WHERE s.predecessor_id = o.id AND s.kind = 'MERGER')
                THEN 'infinity'::date ELSE coalesce(o.dissolved_on, 'infinity'::date) END, 0::bigint
    FROM organization o
    UNION ALL
    SELECT l.parent_id, w.descendant_id, greatest(w.valid_from, l.valid_from),
           least(w.valid_to, coalesce(l.valid_to, 'infinity'::date)), w.depth + 1
    FROM walk w JOIN organization_link l ON l.child_id = w.ancestor_id AND l.hierarchy = '{hierarchy}'
    WHERE greatest(w.valid_from, l.valid_from) < least(w.valid_to, coalesce(l.valid_to, 'infinity'::date)) AND w.depth < 64
), pairs AS (
    SELECT ancestor_id, descendant_id, valid_from, nullif(valid_to, 'infinity'::date) AS valid_to, depth FROM walk
)
"""
"""SQL: the closure rows of one hierarchy, of all unions, as ``wall.recompute_closures`` computes them: of merged unions to no end
(migration 0052)."""

CLOSURE = f"""{WALK}
SELECT descendant_id AS id FROM (
    (SELECT ancestor_id, descendant_id, valid_from, valid_to, depth FROM {{table}} EXCEPT SELECT * FROM pairs)
    UNION ALL (SELECT ancestor_id, descendant_id, valid_from, NULL::date, NULL::bigint FROM pairs
               EXCEPT SELECT ancestor_id, descendant_id, valid_from, NULL::date, NULL::bigint FROM {{table}})
) differing GROUP BY 1
"""  # noqa: S608 — constants
"""Links that overlap may give two rows of one key, of which the closure has one; so a row is missing if its key is."""

CIRCLES = f"{WALK} SELECT descendant_id AS id FROM walk WHERE ancestor_id = descendant_id AND depth > 0 GROUP BY 1"  # noqa: S608
TERRITORIAL = {"hierarchy": "TERRITORIAL", "table": "territorial_closure"}
INDUSTRIAL = {"hierarchy": "INDUSTRIAL", "table": "industrial_closure"}
IN_CIRCLES = f"({CIRCLES.format(**TERRITORIAL)}) UNION ({CIRCLES.format(**INDUSTRIAL)})"

DIVISION_PAIRS = """
WITH RECURSIVE walk (ancestor_id, descendant_id, depth) AS (
    SELECT id, id, 0 FROM division
    UNION ALL
    SELECT d.parent_id, w.descendant_id, w.depth + 1 FROM walk w JOIN division d ON d.id = w.ancestor_id
    WHERE d.parent_id IS NOT NULL AND w.depth < 16
)
"""
DIVISION_CLOSURE = f"""{DIVISION_PAIRS}
SELECT descendant_id AS id FROM (
    (SELECT ancestor_id, descendant_id, depth FROM division_closure WHERE NOT inherited EXCEPT SELECT * FROM walk)
    UNION ALL (SELECT * FROM walk EXCEPT SELECT ancestor_id, descendant_id, depth FROM division_closure WHERE NOT inherited)
) differing GROUP BY 1
"""  # noqa: S608
MEND_DIVISIONS = (
    "DELETE FROM division_closure WHERE inherited OR descendant_id = ANY ($1::bigint[])",
    f"{DIVISION_PAIRS} INSERT INTO division_closure (ancestor_id, descendant_id, depth, inherited)"  # noqa: S608
    " SELECT ancestor_id, descendant_id, depth, false FROM walk WHERE descendant_id = ANY ($1::bigint[])",
    INHERITED_PAIRS,
)

ACTIVE = "s.valid_from IS NOT NULL AND s.valid_to IS NULL"
UNION_OF_MEMBER = f"""
SELECT m.id FROM member m LEFT JOIN membership s ON s.member_id = m.id AND {ACTIVE}
WHERE m.organization_id IS DISTINCT FROM s.organization_id
"""  # noqa: S608 — a constant
MEND_UNION_OF_MEMBER = f"""
UPDATE member SET organization_id = (SELECT s.organization_id FROM membership s WHERE s.member_id = member.id AND {ACTIVE})
WHERE id = ANY ($1::bigint[])
"""  # noqa: S608
PATHS = """
SELECT s.id FROM membership s JOIN membership_traced(ARRAY(SELECT DISTINCT member_id FROM membership)) t ON t.id = s.id
WHERE (s.entry, s.exit) IS DISTINCT FROM (t.entry, t.exit)
"""
MEND_PATHS = "SELECT membership_trace(ARRAY(SELECT DISTINCT member_id FROM membership WHERE id = ANY ($1::bigint[])))"

STUCK = f"""
SELECT j.id FROM import_job j WHERE state = 'RUNNING' AND started_at < now() - interval '10 minutes' AND NOT EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {IMPORT_LOCKS} AND l.objid = (j.id % 2147483648)::oid
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608
MEND_STUCK = (
    "UPDATE import_job SET state = 'BROKEN_OFF', ended_at = now() WHERE id = ANY ($1::bigint[]) AND state = 'RUNNING'"
)


@dataclass(frozen=True, slots=True)
class Check:
    """``find`` returns the keys of wrong rows; ``mend`` takes them as $1, at most ``batch`` at a time, under the advisory ``lock``.

    ``text`` says what is wrong, with places for the number and the first keys. Without ``mend`` nothing can be derived: ``advice`` says
    what to do, and the checks that it ``hides`` are left out as long as it finds something.
    """

    name: str
    text: str
    find: str
    mend: tuple[str, ...] = ()
    advice: str = ""
    lock: int | None = None
    batch: int = 5_000
    hides: tuple[str, ...] = ()


CHECKS = (
    Check(
        "circles",
        "{} unions are above themselves by their links, first {}",
        IN_CIRCLES,
        advice="End one link of each circle: set valid_to in organization_link.",
        hides=("territorial closure", "industrial closure", "roll-ups"),
    ),
    Check(
        "territorial closure",
        "{} unions are in the territorial closure otherwise than by their links, first {}",
        CLOSURE.format(**TERRITORIAL),
        ("SELECT wall.recompute_closures($1::bigint[], 'TERRITORIAL')",),
        lock=LOCK,
    ),
    Check(
        "industrial closure",
        "{} unions are in the industrial closure otherwise than by their links, first {}",
        CLOSURE.format(**INDUSTRIAL),
        ("SELECT wall.recompute_closures($1::bigint[], 'INDUSTRIAL')",),
        lock=LOCK,
    ),
    Check(
        "division closure",
        "{} divisions are in their closure otherwise than by their parents, first {}",
        DIVISION_CLOSURE,
        MEND_DIVISIONS,
        batch=1_000_000,
    ),
    Check(
        "members",
        "{} members have another union than their active membership, first {}",
        UNION_OF_MEMBER,
        (MEND_UNION_OF_MEMBER,),
    ),
    Check(
        "memberships",
        "{} memberships say otherwise how they began or ended than the person's memberships before and after, first {}",
        PATHS,
        (MEND_PATHS,),
    ),
    Check("imports", "{} imports were broken off, and are still marked as running, first {}", STUCK, (MEND_STUCK,)),
)
"""In the order in which they are mended: later ones read what earlier ones mend."""

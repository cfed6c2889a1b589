"""The closures as the links give them, in SQL that nothing else uses."""

WALK = """
WITH RECURSIVE subtree AS (
    SELECT descendant_id AS id FROM {table} WHERE ancestor_id = ANY ($1::bigint[])
    UNION SELECT unnest($1::bigint[])
), walk (ancestor_id, descendant_id, valid_from, valid_to, depth) AS (
    SELECT o.id, o.id,
           coalesce(o.established_on, (SELECT min(valid_from) FROM organization_link WHERE child_id = o.id),
                    '1925-05-01'::date),
           CASE WHEN o.id IN (SELECT predecessor_id FROM organization_succession WHERE kind = 'MERGER') THEN 'infinity'
                ELSE coalesce(o.dissolved_on, 'infinity'::date) END, 0::bigint
    FROM organization o JOIN subtree USING (id)
    UNION ALL
    SELECT l.parent_id, w.descendant_id, greatest(w.valid_from, l.valid_from),
           least(w.valid_to, coalesce(l.valid_to, 'infinity'::date)), w.depth + 1
    FROM walk w
    JOIN organization_link l ON l.child_id = w.ancestor_id AND l.hierarchy = $2
    WHERE greatest(w.valid_from, l.valid_from) < least(w.valid_to, coalesce(l.valid_to, 'infinity'::date))
      AND w.depth < 64
), pairs AS (
    SELECT ancestor_id, descendant_id, valid_from, nullif(valid_to, 'infinity'::date) AS valid_to, depth FROM walk
)
"""
"""SQL: the closure rows of the unions in $1 and everything below them, computed from the links of hierarchy $2."""

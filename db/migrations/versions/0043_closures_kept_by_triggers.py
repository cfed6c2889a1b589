"""Closures are kept by triggers, whichever way a union, its days or a link came; a link that would put a union above itself is refused.

Bulk loads that write the closures themselves switch the triggers off for their transaction: ``SET LOCAL unionhub.closures = off``.

Roll-ups find the places of the unions that changed by these unions: before, one union cost as much as all of them.
"""

from alembic import op

from db.migrations.rollup import replace_functions
from db.rollups.layout import FACTS

revision: str = "0043"
down_revision: str | None = "0040"
branch_labels = None
depends_on = None

WRITERS = "'unionhub_writer', 'unionhub_everything_writer'"
LOCK = 7_021_927
"""The advisory lock of ``db.hierarchies``: one change of the hierarchies at a time."""

LOCKING = f"""
CREATE FUNCTION wall.lock_hierarchies() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    RETURN NULL;
END $$
"""
"""Runs before the statement locks any row, as whoever writes unions takes this lock first."""

OF_LINKS = """
CREATE FUNCTION wall.keep_closures_of_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    territorial bigint[];
    industrial bigint[];
    undated bigint[];
    above bigint;
BEGIN
    IF current_setting('unionhub.closures', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'TERRITORIAL'),
               array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'INDUSTRIAL') INTO territorial, industrial FROM added;
        territorial := territorial || ARRAY(SELECT id FROM unnest(industrial) AS id
            WHERE NOT EXISTS (SELECT FROM territorial_closure c WHERE c.descendant_id = id));
        industrial := industrial || ARRAY(SELECT id FROM unnest(territorial) AS id
            WHERE NOT EXISTS (SELECT FROM industrial_closure c WHERE c.descendant_id = id));
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'TERRITORIAL'),
               array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'INDUSTRIAL') INTO territorial, industrial FROM removed;
    ELSE
        SELECT array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'TERRITORIAL'),
               array_agg(DISTINCT child_id) FILTER (WHERE hierarchy = 'INDUSTRIAL') INTO territorial, industrial FROM (
            (SELECT id, child_id, parent_id, hierarchy, valid_from, valid_to FROM removed
             EXCEPT SELECT id, child_id, parent_id, hierarchy, valid_from, valid_to FROM added)
            UNION ALL
            (SELECT id, child_id, parent_id, hierarchy, valid_from, valid_to FROM added
             EXCEPT SELECT id, child_id, parent_id, hierarchy, valid_from, valid_to FROM removed)
        ) differing;
    END IF;
    -- a union without a day of establishment is counted from its first link, in both hierarchies
    SELECT array_agg(id) INTO undated FROM organization
    WHERE established_on IS NULL AND (id = ANY (territorial) OR id = ANY (industrial));
    territorial := territorial || undated;
    industrial := industrial || undated;
    IF territorial <> '{}' THEN PERFORM wall.recompute_closures(territorial, 'TERRITORIAL'); END IF;
    IF industrial <> '{}' THEN PERFORM wall.recompute_closures(industrial, 'INDUSTRIAL'); END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT l.child_id INTO above FROM added l
        WHERE l.hierarchy = 'TERRITORIAL' AND EXISTS (SELECT FROM territorial_closure c
                  WHERE c.ancestor_id = l.child_id AND c.descendant_id = l.parent_id
                      AND daterange(c.valid_from, c.valid_to) && daterange(l.valid_from, l.valid_to))
           OR l.hierarchy = 'INDUSTRIAL' AND EXISTS (SELECT FROM industrial_closure c
                  WHERE c.ancestor_id = l.child_id AND c.descendant_id = l.parent_id
                      AND daterange(c.valid_from, c.valid_to) && daterange(l.valid_from, l.valid_to))
        LIMIT 1;
        IF above IS NOT NULL THEN
            RAISE check_violation USING MESSAGE = format('union %s would be above itself', above),
                HINT = 'Link it to a parent that is not below it on any day of the link.';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""
OF_UNIONS = """
CREATE FUNCTION wall.keep_closures_of_unions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    unions bigint[];
BEGIN
    IF current_setting('unionhub.closures', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO unions FROM added;
    ELSE
        SELECT array_agg(a.id) INTO unions FROM added a JOIN removed r ON r.id = a.id
        WHERE (a.established_on, a.dissolved_on) IS DISTINCT FROM (r.established_on, r.dissolved_on);
    END IF;
    IF unions IS NOT NULL THEN PERFORM wall.recompute_closures(unions); END IF;
    RETURN NULL;
END $$
"""
FUNCTIONS = {
    "wall.lock_hierarchies()": LOCKING,
    "wall.keep_closures_of_links()": OF_LINKS,
    "wall.keep_closures_of_unions()": OF_UNIONS,
}
LINKS, UNIONS = "wall.keep_closures_of_links()", "wall.keep_closures_of_unions()"
ADDED, REMOVED = "NEW TABLE AS added", "OLD TABLE AS removed"
TRIGGERS = {
    ("organization_link", "closures_lock"): ("BEFORE INSERT OR UPDATE OR DELETE", "", "wall.lock_hierarchies()"),
    ("organization_link", "closures_insert"): ("AFTER INSERT", f"REFERENCING {ADDED}", LINKS),
    ("organization_link", "closures_update"): ("AFTER UPDATE", f"REFERENCING {REMOVED} {ADDED}", LINKS),
    ("organization_link", "closures_delete"): ("AFTER DELETE", f"REFERENCING {REMOVED}", LINKS),
    ("organization", "closures_lock"): ("BEFORE UPDATE OF established_on, dissolved_on", "", "wall.lock_hierarchies()"),
    # the writers' unions come with a link, and a union that no closure has is one that the same batch makes (0038)
    ("organization", "closures_insert"): (
        "AFTER INSERT", f"REFERENCING {ADDED} FOR EACH STATEMENT WHEN (current_user NOT IN ({WRITERS}))", UNIONS,
    ),
    ("organization", "closures_update"): ("AFTER UPDATE", f"REFERENCING {REMOVED} {ADDED}", UNIONS),
}  # fmt: skip


def upgrade() -> None:
    for name, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
    for (table, name), (event, more, function) in TRIGGERS.items():
        each = "" if "FOR EACH" in more else "FOR EACH STATEMENT"
        op.execute(f"CREATE TRIGGER {name} {event} ON {table} {more} {each} EXECUTE FUNCTION {function}")
    replace_functions(FACTS.values(), "replace", *(f"{fact}_move" for fact in FACTS))


def downgrade() -> None:
    for table, name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")

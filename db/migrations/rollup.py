"""SQL of the roll-ups (docs/adr/0032): for each kind of record with many rows, how its counts are kept ready.

Written into the database by the migration that calls ``create``; to change what a function here says changes no database.

    anchor      what is counted below: unions and divisions down to the cities, their children for drill-down, and everything
    place       the unions whose records an anchor counts
    <fact>_class    every combination of dimensions that occurs
    <fact>_cell     per anchor, month or year, and class: how many records began or ended
    <fact>_change   changes since the cells were last added up: signed images of records, appended by triggers
    <fact>_repeat   the records of persons who have several
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alembic import op

LOCK = 7_021_928
"""Advisory lock of whoever changes cells or places: one at a time. Writers of records do not take it."""


@dataclass(frozen=True)
class Fact:
    """A table whose records are rolled up: its dimensions by type, told by their own table, ``member`` or ``organization``."""

    table: str
    own: Mapping[str, str]
    member: Mapping[str, str]
    organization: Mapping[str, str]

    @property
    def types(self) -> Mapping[str, str]:
        """All dimensions with their types."""
        return {**self.own, **self.member, **self.organization}

    @property
    def names(self) -> str:
        """All dimensions, for a list of columns."""
        return ", ".join(self.types)

    def row(self, own: str = "f", member: str = "m", organization: str = "o") -> str:
        """All dimensions of a record, from these tables."""
        sides = ((self.own, own), (self.member, member), (self.organization, organization))
        return ", ".join(f"{table}.{name}" for part, table in sides for name in part)


BASE = """
CREATE SCHEMA rollup;
CREATE TABLE rollup.state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id), ready boolean NOT NULL, placed_on date NOT NULL, next_change date NOT NULL
);
INSERT INTO rollup.state VALUES (true, false, '1900-01-01', '1900-01-01');
CREATE TABLE rollup.anchor (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, key bigint NOT NULL, drill boolean NOT NULL,
    UNIQUE (kind, key)
);
CREATE TABLE rollup.place (anchor integer NOT NULL, organization_id bigint NOT NULL, PRIMARY KEY (anchor, organization_id));
CREATE INDEX ix_place_organization_id ON rollup.place (organization_id, anchor);

CREATE FUNCTION rollup.today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION rollup.slots(begins date, ends date) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS $$
    SELECT event + extract(year FROM day)::integer * 12 + extract(month FROM day)::integer - 1
    FROM (VALUES (0, begins), (200000, ends)) e (event, day) WHERE day IS NOT NULL
    UNION ALL
    SELECT event + 100000 + extract(year FROM day)::integer
    FROM (VALUES (0, begins), (200000, ends)) e (event, day) WHERE day IS NOT NULL
$$;

CREATE VIEW rollup.kept AS
SELECT 'EVERYTHING' AS kind, 0::bigint AS key, true AS drill
UNION ALL SELECT 'OWN_DIVISION', 0, false
UNION ALL SELECT 'OWN_DIVISION', id, false FROM division WHERE level = 'PROVINCE'
UNION ALL SELECT 'DIVISION', d.id, d.level = 'PROVINCE' FROM division d LEFT JOIN division p ON p.id = d.parent_id
    WHERE d.level IN ('PROVINCE', 'CITY') OR p.level = 'PROVINCE'
UNION ALL SELECT 'OWN', id, false FROM organization WHERE level IN ('NATIONAL', 'PROVINCIAL')
UNION ALL SELECT 'TERRITORIAL', o.id, o.level IN ('NATIONAL', 'PROVINCIAL') FROM organization o
    WHERE o.level IN ('NATIONAL', 'PROVINCIAL', 'CITY') OR EXISTS (
        SELECT FROM territorial_closure c JOIN organization p ON p.id = c.ancestor_id AND p.level IN ('NATIONAL', 'PROVINCIAL')
        WHERE c.descendant_id = o.id AND c.depth = 1)
UNION ALL SELECT 'INDUSTRIAL', o.id, o.level IN ('NATIONAL', 'PROVINCIAL') FROM organization o
    WHERE EXISTS (SELECT FROM industrial_closure c WHERE c.ancestor_id = o.id AND c.depth > 0)
      AND o.level IN ('NATIONAL', 'PROVINCIAL', 'CITY') OR EXISTS (
        SELECT FROM industrial_closure c JOIN organization p ON p.id = c.ancestor_id AND p.level IN ('NATIONAL', 'PROVINCIAL')
        WHERE c.descendant_id = o.id AND c.depth = 1);

CREATE VIEW rollup.wanted AS
SELECT a.id AS anchor, o.id AS organization_id FROM rollup.anchor a CROSS JOIN organization o WHERE a.kind = 'EVERYTHING'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN organization o ON o.id = a.key WHERE a.kind = 'OWN'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN organization o ON coalesce(o.division_id, 0) = a.key WHERE a.kind = 'OWN_DIVISION'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN division_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.division_id = c.descendant_id WHERE a.kind = 'DIVISION'
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN territorial_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.id = c.descendant_id WHERE a.kind = 'TERRITORIAL' AND c.valid_from <= rollup.today()
    AND (c.valid_to IS NULL OR c.valid_to > rollup.today() OR c.valid_to = o.dissolved_on)
UNION ALL SELECT a.id, o.id FROM rollup.anchor a JOIN industrial_closure c ON c.ancestor_id = a.key
    JOIN organization o ON o.id = c.descendant_id WHERE a.kind = 'INDUSTRIAL' AND c.valid_from <= rollup.today()
    AND (c.valid_to IS NULL OR c.valid_to > rollup.today() OR c.valid_to = o.dissolved_on);

CREATE VIEW rollup.coming AS
SELECT descendant_id AS organization_id, valid_from AS day FROM territorial_closure
UNION ALL SELECT descendant_id, valid_to FROM territorial_closure WHERE valid_to IS NOT NULL
UNION ALL SELECT descendant_id, valid_from FROM industrial_closure
UNION ALL SELECT descendant_id, valid_to FROM industrial_closure WHERE valid_to IS NOT NULL;
"""
"""Anchors and places. A slot is a month (year * 12 + month - 1) or, from 100,000 on, a year; from 200,000 on the same for endings.

``coming`` has every day on which a place may change by itself.
"""

FACT = """
CREATE TABLE rollup.{table}_class (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL UNIQUE, {columns});
CREATE TABLE rollup.{table}_cell (
    anchor integer NOT NULL, slot integer NOT NULL, class integer NOT NULL, n integer NOT NULL,
    PRIMARY KEY (anchor, slot, class) INCLUDE (n)
);
CREATE TABLE rollup.{table}_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sign integer NOT NULL, organization_id bigint NOT NULL,
    member_id bigint NOT NULL, valid_from date NOT NULL, valid_to date, key text NOT NULL, {columns}
);
CREATE TABLE rollup.{table}_repeat (
    id bigint PRIMARY KEY, organization_id bigint NOT NULL, member_id bigint NOT NULL, valid_from date NOT NULL, valid_to date,
    class integer NOT NULL, overlapping boolean NOT NULL
);
CREATE INDEX ix_{table}_repeat_organization_id ON rollup.{table}_repeat (organization_id, valid_from) INCLUDE (member_id, class);
CREATE INDEX ix_{table}_repeat_overlapping ON rollup.{table}_repeat (organization_id) WHERE overlapping;
CREATE INDEX ix_{table}_repeat_member_id ON rollup.{table}_repeat (member_id);
CREATE INDEX ix_{table}_organization_id_valid_from ON {table} (organization_id, valid_from);
CREATE INDEX ix_{table}_organization_id_valid_to ON {table} (organization_id, valid_to) WHERE valid_to IS NOT NULL;

CREATE VIEW rollup.{table}_now AS
SELECT f.id, f.organization_id, f.member_id, f.valid_from, f.valid_to, ROW({row})::text AS key, {row}
FROM {table} f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id
WHERE f.valid_from IS NOT NULL;

CREATE VIEW rollup.{table}_several AS
SELECT n.id, n.organization_id, n.member_id, n.valid_from, n.valid_to, n.key,
       EXISTS (SELECT FROM {table} f WHERE f.member_id = n.member_id AND f.id <> n.id AND f.valid_from IS NOT NULL
               AND daterange(f.valid_from, f.valid_to) && daterange(n.valid_from, n.valid_to)) AS overlapping
FROM rollup.{table}_now n
WHERE EXISTS (SELECT FROM {table} f WHERE f.member_id = n.member_id AND f.id <> n.id AND f.valid_from IS NOT NULL);

CREATE FUNCTION rollup.{table}_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE rollup.state SET ready = false;
        RETURN NULL;
    END IF;
    -- Who changes a dimension of these persons and unions waits until this is written, and counts it then.
    IF TG_OP <> 'INSERT' THEN
        PERFORM FROM member WHERE id IN (SELECT member_id FROM removed) ORDER BY id FOR SHARE;
        PERFORM FROM organization WHERE id IN (SELECT organization_id FROM removed) ORDER BY id FOR SHARE;
        INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, key, {names})
        SELECT -1, f.organization_id, f.member_id, f.valid_from, f.valid_to, ROW({row})::text, {row}
        FROM removed f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id
        WHERE f.valid_from IS NOT NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM FROM member WHERE id IN (SELECT member_id FROM added) ORDER BY id FOR SHARE;
        PERFORM FROM organization WHERE id IN (SELECT organization_id FROM added) ORDER BY id FOR SHARE;
        INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, key, {names})
        SELECT 1, f.organization_id, f.member_id, f.valid_from, f.valid_to, ROW({row})::text, {row}
        FROM added f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id
        WHERE f.valid_from IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.{table}_fold() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE folded bigint; people bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    INSERT INTO rollup.{table}_class (key, {names})
    SELECT DISTINCT ON (key) key, {names} FROM rollup.{table}_change ON CONFLICT (key) DO NOTHING;
    WITH gone AS (
        DELETE FROM rollup.{table}_change c USING rollup.{table}_class k WHERE k.key = c.key
        RETURNING c.sign, c.organization_id, c.member_id, c.valid_from, c.valid_to, k.id AS class
    ), added AS (
        INSERT INTO rollup.{table}_cell AS cell (anchor, slot, class, n)
        SELECT p.anchor, slot, g.class, sum(g.sign) FROM gone g JOIN rollup.place p ON p.organization_id = g.organization_id
        CROSS JOIN LATERAL rollup.slots(g.valid_from, g.valid_to) slot
        GROUP BY 1, 2, 3 HAVING sum(g.sign) <> 0
        ON CONFLICT (anchor, slot, class) DO UPDATE SET n = cell.n + excluded.n
    )
    SELECT count(*), array_agg(DISTINCT member_id) INTO folded, people FROM gone;
    DELETE FROM rollup.{table}_repeat WHERE member_id = ANY (people);
    INSERT INTO rollup.{table}_repeat
    SELECT s.id, s.organization_id, s.member_id, s.valid_from, s.valid_to, k.id, s.overlapping
    FROM rollup.{table}_several s JOIN rollup.{table}_class k ON k.key = s.key WHERE s.member_id = ANY (people);
    RETURN folded;
END $$;

CREATE FUNCTION rollup.{table}_move(organizations bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH wanted AS (
        SELECT anchor, organization_id FROM rollup.wanted WHERE organization_id = ANY (organizations)
    ), moved AS (
        SELECT coalesce(w.anchor, p.anchor) AS anchor, coalesce(w.organization_id, p.organization_id) AS organization_id,
               CASE WHEN w.anchor IS NULL THEN -1 ELSE 1 END AS sign
        FROM wanted w FULL JOIN (SELECT * FROM rollup.place WHERE organization_id = ANY (organizations)) p
             ON p.anchor = w.anchor AND p.organization_id = w.organization_id
        WHERE w.anchor IS NULL OR p.anchor IS NULL
    ), folded AS (
        SELECT e.organization_id, slot, k.id AS class, sum(e.sign) AS n
        FROM (SELECT 1 AS sign, organization_id, valid_from, valid_to, key FROM rollup.{table}_now
              WHERE organization_id IN (SELECT organization_id FROM moved)
              UNION ALL
              SELECT -sign, organization_id, valid_from, valid_to, key FROM rollup.{table}_change
              WHERE organization_id IN (SELECT organization_id FROM moved)) e
        JOIN rollup.{table}_class k ON k.key = e.key
        CROSS JOIN LATERAL rollup.slots(e.valid_from, e.valid_to) slot
        GROUP BY 1, 2, 3 HAVING sum(e.sign) <> 0
    )
    INSERT INTO rollup.{table}_cell AS cell (anchor, slot, class, n)
    SELECT m.anchor, f.slot, f.class, sum(m.sign * f.n) FROM moved m JOIN folded f ON f.organization_id = m.organization_id
    GROUP BY 1, 2, 3 HAVING sum(m.sign * f.n) <> 0
    ON CONFLICT (anchor, slot, class) DO UPDATE SET n = cell.n + excluded.n;
$$;

CREATE FUNCTION rollup.{table}_rebuild() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
BEGIN
    DELETE FROM rollup.{table}_change;
    DELETE FROM rollup.{table}_cell;
    DELETE FROM rollup.{table}_repeat;
    INSERT INTO rollup.{table}_class (key, {names})
    SELECT DISTINCT ON (key) key, {names} FROM rollup.{table}_now ON CONFLICT (key) DO NOTHING;
    ANALYZE rollup.{table}_class;
    INSERT INTO rollup.{table}_cell (anchor, slot, class, n)
    SELECT p.anchor, e.slot, e.class, sum(e.n)
    FROM (SELECT n.organization_id, slot, k.id AS class, count(*)::integer AS n
          FROM rollup.{table}_now n JOIN rollup.{table}_class k ON k.key = n.key
          CROSS JOIN LATERAL rollup.slots(n.valid_from, n.valid_to) slot GROUP BY 1, 2, 3) e
    JOIN rollup.place p ON p.organization_id = e.organization_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
    INSERT INTO rollup.{table}_repeat
    SELECT s.id, s.organization_id, s.member_id, s.valid_from, s.valid_to, k.id, s.overlapping
    FROM rollup.{table}_several s JOIN rollup.{table}_class k ON k.key = s.key ORDER BY s.organization_id;
    ANALYZE rollup.{table}_cell;
    ANALYZE rollup.{table}_repeat;
    ANALYZE rollup.{table}_change;
END $$;

CREATE FUNCTION rollup.{table}_faults(anchors integer[])
RETURNS TABLE (anchor integer, slot integer, key text, kept bigint, counted bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.anchor, e.slot, e.key, sum(e.kept), sum(e.counted)
    FROM (SELECT c.anchor, c.slot, k.key, c.n AS kept, 0 AS counted
          FROM rollup.{table}_cell c JOIN rollup.{table}_class k ON k.id = c.class WHERE c.anchor = ANY (anchors)
          UNION ALL
          SELECT p.anchor, slot, c.key, c.sign, 0 FROM rollup.{table}_change c
          JOIN rollup.place p ON p.organization_id = c.organization_id AND p.anchor = ANY (anchors)
          CROSS JOIN LATERAL rollup.slots(c.valid_from, c.valid_to) slot
          UNION ALL
          SELECT w.anchor, slot, n.key, 0, 1 FROM rollup.{table}_now n
          JOIN rollup.wanted w ON w.organization_id = n.organization_id AND w.anchor = ANY (anchors)
          CROSS JOIN LATERAL rollup.slots(n.valid_from, n.valid_to) slot) e
    GROUP BY 1, 2, 3 HAVING sum(e.kept) <> sum(e.counted)
    UNION ALL
    SELECT NULL, NULL, 'person ' || coalesce(s.member_id, r.member_id), count(r.id), count(s.id)
    FROM rollup.{table}_several s FULL JOIN rollup.{table}_repeat r
         ON r.id = s.id AND r.organization_id = s.organization_id AND r.member_id = s.member_id
         AND r.valid_from = s.valid_from AND r.overlapping = s.overlapping
         AND r.valid_to IS NOT DISTINCT FROM s.valid_to
    WHERE (r.id IS NULL OR s.id IS NULL)
      AND coalesce(s.member_id, r.member_id) NOT IN (SELECT member_id FROM rollup.{table}_change)
    GROUP BY coalesce(s.member_id, r.member_id);
$$;

CREATE TRIGGER rollup_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
"""

RESTATED = """
    INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, key, {names})
    SELECT e.sign, f.organization_id, f.member_id, f.valid_from, f.valid_to, ROW({row})::text, {row}
    FROM (SELECT -1 AS sign, removed.* FROM removed UNION ALL SELECT 1, added.* FROM added) e
    JOIN {table} f ON f.{column} = e.id AND f.valid_from IS NOT NULL
    {joined}
    WHERE e.id = ANY (restated);
"""
"""Records whose person or union has changed in a dimension, as they were and as they are."""

WHOLE = """
CREATE FUNCTION rollup.replace(organizations bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE fresh bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    WITH added AS (
        INSERT INTO rollup.anchor AS anchor (kind, key, drill)
        SELECT kind, key, drill FROM rollup.kept WHERE kind IN ('OWN', 'TERRITORIAL', 'INDUSTRIAL') AND (key = ANY (organizations)
            OR key IN (SELECT descendant_id FROM territorial_closure WHERE ancestor_id = ANY (organizations) AND depth = 1)
            OR key IN (SELECT descendant_id FROM industrial_closure WHERE ancestor_id = ANY (organizations) AND depth = 1))
        ON CONFLICT (kind, key) DO UPDATE SET drill = true WHERE excluded.drill AND NOT anchor.drill
        RETURNING key
    )
    SELECT array_agg(DISTINCT c.descendant_id) INTO fresh FROM added JOIN (
        SELECT ancestor_id, descendant_id FROM territorial_closure UNION ALL SELECT ancestor_id, descendant_id FROM industrial_closure
    ) c ON c.ancestor_id = added.key;
    organizations := organizations || coalesce(fresh, '{{}}');
    {moves}
    DELETE FROM rollup.place p WHERE organization_id = ANY (organizations)
        AND NOT EXISTS (SELECT FROM rollup.wanted w WHERE w.anchor = p.anchor AND w.organization_id = p.organization_id);
    INSERT INTO rollup.place SELECT anchor, organization_id FROM rollup.wanted WHERE organization_id = ANY (organizations)
        ON CONFLICT DO NOTHING;
    UPDATE rollup.state SET next_change = soon.day
    FROM (SELECT coalesce(min(day), 'infinity') AS day FROM rollup.coming
          WHERE day > rollup.today() AND organization_id = ANY (organizations)) soon
    WHERE soon.day < next_change;
END $$;

CREATE FUNCTION rollup.place_again() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found bigint[];
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE rollup.state SET ready = false;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT descendant_id) INTO found FROM added;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT descendant_id) INTO found FROM removed;
    ELSE
        SELECT array_agg(DISTINCT descendant_id) INTO found
        FROM (SELECT descendant_id FROM removed UNION ALL SELECT descendant_id FROM added) both_;
    END IF;
    IF found IS NOT NULL THEN PERFORM rollup.replace(found); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.organization_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE restated bigint[]; placed bigint[];
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO placed FROM added;
    ELSE
        SELECT array_agg(a.id) FILTER (WHERE (a.level, a.form, a.industry) IS DISTINCT FROM (r.level, r.form, r.industry)),
               array_agg(a.id) FILTER (
                   WHERE (a.level, a.division_id, a.dissolved_on) IS DISTINCT FROM (r.level, r.division_id, r.dissolved_on))
        INTO restated, placed FROM removed r JOIN added a ON a.id = r.id;
    END IF;
    IF restated IS NOT NULL THEN
        {of_organizations}
    END IF;
    IF placed IS NOT NULL THEN PERFORM rollup.replace(placed); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.member_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE restated bigint[];
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    SELECT array_agg(a.id) INTO restated FROM removed r JOIN added a ON a.id = r.id
    WHERE (a.worker_type, a.sex, a.is_migrant_worker, a.is_model_worker)
          IS DISTINCT FROM (r.worker_type, r.sex, r.is_migrant_worker, r.is_model_worker);
    IF restated IS NOT NULL THEN
        {of_members}
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.fold() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE passed bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    IF (SELECT rollup.today() >= next_change AND ready FROM rollup.state) THEN
        SELECT array_agg(DISTINCT organization_id) INTO passed FROM rollup.coming, rollup.state
        WHERE day > placed_on AND day <= rollup.today();
        UPDATE rollup.state SET placed_on = rollup.today(),
            next_change = (SELECT coalesce(min(day), 'infinity') FROM rollup.coming WHERE day > rollup.today());
        IF passed IS NOT NULL THEN PERFORM rollup.replace(passed); END IF;
    END IF;
    RETURN {folds};
END $$;

CREATE FUNCTION rollup.place_all() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
BEGIN
    DELETE FROM rollup.place;
    DELETE FROM rollup.anchor;
    INSERT INTO rollup.anchor (kind, key, drill) SELECT kind, key, drill FROM rollup.kept;
    ANALYZE rollup.anchor;
    INSERT INTO rollup.place SELECT anchor, organization_id FROM rollup.wanted ORDER BY 1, 2;
    ANALYZE rollup.place;
    UPDATE rollup.state SET ready = true, placed_on = rollup.today(),
        next_change = (SELECT coalesce(min(day), 'infinity') FROM rollup.coming WHERE day > rollup.today());
END $$;

CREATE TRIGGER rollup_insert AFTER INSERT ON organization REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.organization_changed();
CREATE TRIGGER rollup_update AFTER UPDATE ON organization REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.organization_changed();
CREATE TRIGGER rollup_update AFTER UPDATE ON member REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.member_changed();
"""

CLOSURE = """
CREATE TRIGGER rollup_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.place_again();
CREATE TRIGGER rollup_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.place_again();
CREATE TRIGGER rollup_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION rollup.place_again();
CREATE TRIGGER rollup_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION rollup.place_again();
"""


def _restated(fact: Fact, by: str) -> str:
    other = "member" if by == "organization" else "organization"
    short = {"member": "m", "organization": "o"}
    joined = f"JOIN {other} {short[other]} ON {short[other]}.id = f.{other}_id"
    row = fact.row(**{by: "e"})
    return RESTATED.format(table=fact.table, names=fact.names, row=row, column=f"{by}_id", joined=joined)


def statements(facts: tuple[Fact, ...]) -> list[str]:
    """All statements that make the roll-ups of these facts."""
    made = [BASE]
    for fact in facts:
        columns = ", ".join(f"{name} {kind}" for name, kind in fact.types.items())
        made.append(FACT.format(table=fact.table, columns=columns, names=fact.names, row=fact.row(), lock=LOCK))
    made.append(
        WHOLE.format(
            lock=LOCK,
            moves=" ".join(f"PERFORM rollup.{fact.table}_move(organizations);" for fact in facts),
            folds=" + ".join(f"rollup.{fact.table}_fold()" for fact in facts),
            of_organizations="".join(_restated(fact, "organization") for fact in facts if fact.organization),
            of_members="".join(_restated(fact, "member") for fact in facts if fact.member),
        )
    )
    made += [CLOSURE.format(table=table) for table in ("territorial_closure", "industrial_closure")]
    return [statement for script in made for statement in split(script)]


def split(script: str) -> list[str]:
    """The statements of a script; a semicolon inside $$ ends none."""
    parts = script.split("$$")
    marked = [part.replace(";", "\0") if place % 2 == 0 else part for place, part in enumerate(parts)]
    return [found.strip() for found in "$$".join(marked).split("\0") if found.strip()]


def create(facts: tuple[Fact, ...]) -> None:
    """Make the roll-ups of these facts, empty and not in use until they are rebuilt."""
    connection = op.get_bind()
    for statement in statements(facts):
        connection.exec_driver_sql(statement)


def drop(facts: tuple[Fact, ...]) -> None:
    """For ``downgrade``."""
    op.execute("DROP SCHEMA rollup CASCADE")
    for fact in facts:
        op.drop_index(f"ix_{fact.table}_organization_id_valid_from", table_name=fact.table)
        op.drop_index(f"ix_{fact.table}_organization_id_valid_to", table_name=fact.table)

"""SQL of the roll-ups (docs/adr/0032): stored counts of each kind of record with many rows.

The migration that calls ``create`` writes it into the database; a change of a function here does not change a database.

    anchor      the places whose records are counted: unions and divisions down to the cities, their children for drill-down, and the
                whole; ``drill`` marks those with children and with sets by year
    place       the unions whose records an anchor counts
    code        the number of each value of a dimension
    <fact>_pack     cells of an anchor, those of 32 days, a year or all time together, as arrays; there may be several of one slot
    <fact>_cell     a view of the packs: per anchor, slot, and class (db/rollups/layout.py defines both): how many records began or ended,
                    and the sum of their persons' keys modulo 2^24 (docs/small-cells.md)
    <fact>_change   changes since the cells were last folded: signed images of records, appended by triggers
    <fact>_repeat   per anchor: the records of persons who have several, each with the first days of the ones before and after it
"""

from collections.abc import Iterable

from alembic import op
from sqlalchemy import inspect

from db.migrations.rollup_fact import LOCK, learn, of_fact, restated, unions
from db.rollups.layout import CLASS, DAY, DIMENSIONS, ENDED, EPOCH, EVER, KEYS, PACK, Fact

NOISE = """
CREATE SCHEMA IF NOT EXISTS noise;
CREATE TABLE IF NOT EXISTS noise.seed (
    id boolean PRIMARY KEY DEFAULT true CHECK (id), first bigint NOT NULL, second bigint NOT NULL, third bigint NOT NULL
);
INSERT INTO noise.seed (first, second, third)
SELECT {random}, {random}, {random} ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION noise.key(number bigint, seed noise.seed) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (hashint8extended(hashint8extended(number, seed.first), seed.second) & {mask})::integer
$$;
CREATE OR REPLACE FUNCTION noise.folded(keys bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (keys & {mask})::integer
$$;
"""
"""The secret seed of the noise in counts for callers with aggregates only (docs/small-cells.md), made once and kept when roll-ups are
made anew; the key of a record or person by its number; and a sum of keys modulo 2^24."""

RANDOM = "('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12) || right(gen_random_uuid()::text, 4))::bit(64)::bigint"

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
CREATE TABLE rollup.place (anchor integer NOT NULL, organization_id bigint NOT NULL);
{keys}

CREATE FUNCTION rollup.today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION rollup.days(begins date, ends date) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS $$
    VALUES ({day} + (begins - date '{epoch}')), ({ended} + {day} + (ends - date '{epoch}'))
$$;

CREATE FUNCTION rollup.first_of_pack(slot integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN slot % {ended} < {day} THEN slot ELSE slot - slot % {pack} END
$$;
CREATE FUNCTION rollup.code_in_pack(slot integer, class bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT class | ((slot - rollup.first_of_pack(slot))::bigint << {class_bits})
$$;

CREATE FUNCTION rollup.slots(begins date, ends date) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS $$
    SELECT event + slot FROM (VALUES (0, begins), ({ended}, ends)) e (event, day)
    CROSS JOIN LATERAL (VALUES ({ever}), (extract(year FROM day)::integer), ({day} + (day - date '{epoch}'))) s (slot)
    WHERE day IS NOT NULL
$$;

CREATE TABLE rollup.code (
    dimension text NOT NULL, code integer NOT NULL, value text NOT NULL, PRIMARY KEY (dimension, code), UNIQUE (dimension, value),
    CONSTRAINT room CHECK (code BETWEEN 1 AND CASE dimension {room} END)
);
CREATE FUNCTION rollup.learn(learnt text, found text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO rollup.code (dimension, code, value)
    SELECT learnt, (SELECT coalesce(max(code), 0) FROM rollup.code WHERE dimension = learnt) + row_number() OVER (ORDER BY value), value
    FROM (SELECT unnest(found) AS value EXCEPT SELECT value FROM rollup.code WHERE dimension = learnt) fresh WHERE value IS NOT NULL
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
"""Anchors, places and codes. ``coming`` has every day on which a place may change by itself."""

PLACE_KEYS = """
    ALTER TABLE rollup.place ADD CONSTRAINT place_pkey PRIMARY KEY (anchor, organization_id);
    CREATE INDEX ix_place_organization_id ON rollup.place (organization_id, anchor);
"""
WITHOUT_PLACE_KEYS = """
    ALTER TABLE rollup.place DROP CONSTRAINT place_pkey;
    DROP INDEX rollup.ix_place_organization_id;
"""
"""The indexes of places, and the statements that drop them."""

WHOLE = """
CREATE FUNCTION rollup.require_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'persons and unions that roll-ups count are changed at READ COMMITTED only' USING ERRCODE = 'feature_not_supported',
            DETAIL = 'A snapshot that was taken before a lock does not show what others wrote until the lock was free.';
    END IF;
END $$;

CREATE FUNCTION rollup.replace(organizations bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE raised integer[]; fresh bigint[]; touched bigint[]; in_use boolean;
BEGIN
    PERFORM rollup.require_read_committed();
    PERFORM pg_advisory_xact_lock({lock});
    -- locked, so that a transaction whose snapshot is older than a building does not go by what was before
    SELECT ready INTO in_use FROM rollup.state FOR SHARE;
    IF NOT in_use THEN RETURN; END IF;
    -- as an array, so that all below looks these unions up, and does not go through all there are
    touched := ARRAY(SELECT unnest(organizations)
        UNION SELECT descendant_id FROM territorial_closure WHERE ancestor_id = ANY (organizations) AND depth = 1
        UNION SELECT descendant_id FROM industrial_closure WHERE ancestor_id = ANY (organizations) AND depth = 1);
    WITH added AS (
        INSERT INTO rollup.anchor AS anchor (kind, key, drill)
        SELECT kind, key, drill FROM rollup.kept WHERE kind IN ('OWN', 'TERRITORIAL', 'INDUSTRIAL') AND key = ANY (touched)
        ON CONFLICT (kind, key) DO UPDATE SET drill = true WHERE excluded.drill AND NOT anchor.drill
        RETURNING id, key
    )
    SELECT array_agg(DISTINCT added.id), array_agg(DISTINCT c.descendant_id) INTO raised, fresh FROM added LEFT JOIN (
        SELECT ancestor_id, descendant_id FROM territorial_closure UNION ALL SELECT ancestor_id, descendant_id FROM industrial_closure
    ) c ON c.ancestor_id = added.key;
    IF raised IS NOT NULL THEN
        {raise}
    END IF;
    organizations := organizations || coalesce(fresh, '{{}}');
    {moves}
    DELETE FROM rollup.place p WHERE organization_id = ANY (organizations)
        AND NOT EXISTS (SELECT FROM rollup.wanted w WHERE w.anchor = p.anchor AND w.organization_id = p.organization_id
                        AND w.organization_id = ANY (organizations));
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
        -- No lock of persons: who changes one locks the unions of its records first, and this holds them.
        PERFORM rollup.require_read_committed();
        {of_organizations}
    END IF;
    IF placed IS NOT NULL THEN PERFORM rollup.replace(placed); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.member_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE restated bigint[]; unions bigint[];
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    SELECT array_agg(a.id) INTO restated FROM removed r JOIN added a ON a.id = r.id
    WHERE (a.worker_type, a.sex, a.is_migrant_worker, a.is_model_worker)
          IS DISTINCT FROM (r.worker_type, r.sex, r.is_migrant_worker, r.is_model_worker);
    IF restated IS NOT NULL THEN
        PERFORM rollup.require_read_committed();
        -- Who changes a dimension of these unions waits until this is written, or has committed when this reads.
        unions := ARRAY({unions});
        PERFORM FROM organization WHERE id = ANY (unions) ORDER BY id FOR SHARE;
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

CREATE FUNCTION rollup.learn_all() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    {learns}
END $$;

CREATE FUNCTION rollup.place_all() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' SET maintenance_work_mem = '256MB' AS $$
DECLARE fresh boolean := NOT EXISTS (SELECT FROM rollup.place);
BEGIN
    IF fresh THEN
        {without_keys}
        TRUNCATE rollup.place;
    ELSE
        DELETE FROM rollup.place;
    END IF;
    DELETE FROM rollup.anchor;
    INSERT INTO rollup.anchor (kind, key, drill) SELECT kind, key, drill FROM rollup.kept;
    ANALYZE rollup.anchor;
    INSERT INTO rollup.place SELECT anchor, organization_id FROM rollup.wanted ORDER BY 1, 2;
    IF fresh THEN
        {keys}
    END IF;
    ANALYZE rollup.place;
    UPDATE rollup.state SET placed_on = rollup.today(),
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


def statements(facts: Iterable[Fact]) -> list[str]:
    """The statements that make the roll-ups of these facts."""
    facts = tuple(facts)
    room = " ".join(f"WHEN '{name}' THEN {(1 << coded.bits) - 1}" for name, coded in DIMENSIONS.items())
    made = [
        NOISE.format(random=RANDOM, mask=KEYS - 1),
        BASE.format(
            ended=ENDED, ever=EVER, day=DAY, epoch=EPOCH, room=room, keys=PLACE_KEYS, pack=PACK, class_bits=CLASS
        ),
        *(of_fact(fact) for fact in facts),
    ]
    made.append(
        WHOLE.format(
            lock=LOCK,
            keys=PLACE_KEYS,
            without_keys=WITHOUT_PLACE_KEYS,
            learns=" ".join(learn(fact, fact.home) for fact in facts),
            moves=" ".join(f"PERFORM rollup.{fact.table}_move(organizations);" for fact in facts),
            folds=" + ".join(f"rollup.{fact.table}_fold()" for fact in facts),
            of_organizations="".join(restated(fact, "organization") for fact in facts if fact.organization),
            of_members="".join(restated(fact, "member") for fact in facts if fact.member),
            unions=" UNION ".join(unions(fact) for fact in facts if fact.member and fact.organization),
            **{"raise": " ".join(f"PERFORM rollup.{fact.table}_sum(raised);" for fact in facts)},
        )
    )
    made += [CLOSURE.format(table=table) for table in ("territorial_closure", "industrial_closure")]
    return [statement for script in made for statement in split(script)]


def split(script: str) -> list[str]:
    """The statements of a script; a semicolon inside $$ does not end one."""
    parts = script.split("$$")
    marked = [part.replace(";", "\0") if place % 2 == 0 else part for place, part in enumerate(parts)]
    return [found.strip() for found in "$$".join(marked).split("\0") if found.strip()]


def create(facts: Iterable[Fact]) -> None:
    """Make the roll-ups of these facts, empty and out of use until they are rebuilt. A migration older than a column makes them without
    it."""
    connection = op.get_bind()
    known = [fact.of([column["name"] for column in inspect(connection).get_columns(fact.table)]) for fact in facts]
    for statement in statements(known):
        connection.exec_driver_sql(statement)


def replace_functions(facts: Iterable[Fact], *names: str) -> None:
    """Write these functions of the schema again, or for the first time, over those that an older migration wrote."""
    connection = op.get_bind()
    for statement in statements(facts):
        for name in names:
            if statement.startswith(f"CREATE FUNCTION rollup.{name}("):
                connection.exec_driver_sql(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def drop(facts: Iterable[Fact]) -> None:
    """For ``downgrade``."""
    op.execute("DROP SCHEMA rollup CASCADE")
    for fact in facts:
        op.drop_index(f"ix_{fact.table}_organization_id_valid_from", table_name=fact.table)
        op.drop_index(f"ix_{fact.table}_organization_id_valid_to", table_name=fact.table)

"""SQL of one fact: its cells, changes and repeats (db/migrations/rollup.py)."""

from collections.abc import Callable

from db.rollups.layout import CLASS, DAY, DIMENSIONS, ENDED, EPOCH, EVER, SET, Fact

LOCK = 7_021_928
"""Advisory lock for changes of cells or places: one at a time. Writers of records do not take it."""

FACT = """
CREATE TABLE rollup.{table}_pack (anchor integer NOT NULL, slot integer NOT NULL, codes bigint[] STORAGE EXTERNAL NOT NULL,
    n integer[] STORAGE EXTERNAL NOT NULL, keys integer[] STORAGE EXTERNAL NOT NULL);
CREATE VIEW rollup.{table}_cell WITH (security_invoker = true) AS
SELECT anchor, slot + (code >> {class_bits})::integer AS slot, code & ((1::bigint << {class_bits}) - 1) AS class, n, keys
FROM (SELECT anchor, slot, unnest(codes) AS code, unnest(n) AS n, unnest(keys) AS keys FROM rollup.{table}_pack) p;
CREATE TABLE rollup.{table}_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sign integer NOT NULL, organization_id bigint NOT NULL,
    member_id bigint NOT NULL, valid_from date NOT NULL, valid_to date, {columns}
);
CREATE TABLE rollup.{table}_repeat (
    anchor integer NOT NULL, id bigint NOT NULL, organization_id bigint NOT NULL, member_id bigint NOT NULL, valid_from date NOT NULL,
    valid_to date, class bigint NOT NULL, overlapping boolean NOT NULL, previous date, next date
);
{keys}
CREATE INDEX ix_{table}_organization_id_valid_from ON {table} (organization_id, valid_from);
CREATE INDEX ix_{table}_organization_id_valid_to ON {table} (organization_id, valid_to) WHERE valid_to IS NOT NULL;

CREATE VIEW rollup.{table}_now AS
SELECT f.id, f.organization_id, f.member_id, f.valid_from, f.valid_to, {class} AS class
FROM {table} f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id {codes}
WHERE f.valid_from IS NOT NULL;

CREATE VIEW rollup.{table}_logged AS
SELECT c.id, c.sign, c.organization_id, c.member_id, c.valid_from, c.valid_to, {class} AS class
FROM rollup.{table}_change c {codes_of_changes};

CREATE VIEW rollup.{table}_several AS
SELECT n.*,
    EXISTS (SELECT FROM {table} f WHERE f.member_id = n.member_id AND f.id <> n.id AND f.valid_from IS NOT NULL
            AND daterange(f.valid_from, f.valid_to) && daterange(n.valid_from, n.valid_to)) AS overlapping,
    (SELECT max(f.valid_from) FROM {table} f WHERE f.member_id = n.member_id AND (f.valid_from, f.id) < (n.valid_from, n.id)) AS previous,
    (SELECT min(f.valid_from) FROM {table} f WHERE f.member_id = n.member_id AND (f.valid_from, f.id) > (n.valid_from, n.id)) AS next
FROM rollup.{table}_now n
WHERE EXISTS (SELECT FROM {table} f WHERE f.member_id = n.member_id AND f.id <> n.id AND f.valid_from IS NOT NULL);

CREATE FUNCTION rollup.{table}_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE people bigint[]; unions bigint[];
BEGIN
    IF current_setting('unionhub.rollups', true) = 'off' THEN RETURN NULL; END IF;
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE rollup.state SET ready = false;
        RETURN NULL;
    END IF;
    -- Who changes a dimension of these persons and unions waits until this is written, and counts it then.
    IF TG_OP <> 'INSERT' THEN
        SELECT array_agg(member_id), array_agg(organization_id) INTO people, unions FROM removed;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT people || array_agg(member_id), unions || array_agg(organization_id) INTO people, unions FROM added;
    END IF;
    PERFORM FROM member WHERE id = ANY (people) ORDER BY id FOR SHARE;
    PERFORM FROM organization WHERE id = ANY (unions) ORDER BY id FOR SHARE;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, {names})
        SELECT -1, f.organization_id, f.member_id, f.valid_from, f.valid_to, {row}
        FROM removed f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id
        WHERE f.valid_from IS NOT NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, {names})
        SELECT 1, f.organization_id, f.member_id, f.valid_from, f.valid_to, {row}
        FROM added f JOIN member m ON m.id = f.member_id JOIN organization o ON o.id = f.organization_id
        WHERE f.valid_from IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION rollup.{table}_fold() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
DECLARE changes bigint[]; people bigint[]; dropped bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    IF NOT (SELECT ready FROM rollup.state) THEN  -- whoever builds them counts these records anyway
        DELETE FROM rollup.{table}_change;
        GET DIAGNOSTICS dropped = ROW_COUNT;
        RETURN dropped;
    END IF;
    SELECT array_agg(id), array_agg(DISTINCT member_id) INTO changes, people FROM rollup.{table}_change;
    IF changes IS NULL THEN RETURN 0; END IF;
    {learn_changes}
    WITH events AS (  -- images of a record that cancel each other are gone here
        SELECT g.organization_id, slot, g.class, sum(g.sign) AS n, sum(g.sign * noise.key(g.member_id, z)) AS keys
        FROM noise.seed z, rollup.{table}_logged g CROSS JOIN LATERAL rollup.days(g.valid_from, g.valid_to) slot
        WHERE g.id = ANY (changes) AND slot IS NOT NULL
        GROUP BY 1, 2, 3 HAVING sum(g.sign) <> 0 OR sum(g.sign * noise.key(g.member_id, z)) <> 0
    ), days AS MATERIALIZED (
        SELECT p.anchor, e.slot, e.class, sum(e.n)::integer AS n, noise.folded(sum(e.keys)::bigint) AS keys
        FROM events e JOIN rollup.place p ON p.organization_id = e.organization_id GROUP BY 1, 2, 3
    ), {sums}, {added}
    {pack};
    DELETE FROM rollup.{table}_change WHERE id = ANY (changes);
    DELETE FROM rollup.{table}_repeat WHERE member_id = ANY (people);
    WITH several AS MATERIALIZED (SELECT * FROM rollup.{table}_several WHERE member_id = ANY (people))  -- once, not at every anchor
    INSERT INTO rollup.{table}_repeat
    SELECT p.anchor, s.* FROM several s JOIN rollup.place p ON p.organization_id = s.organization_id;
    RETURN cardinality(changes);
END $$;

CREATE FUNCTION rollup.{table}_move(organizations bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH wanted AS (
        SELECT anchor, organization_id FROM rollup.wanted WHERE organization_id = ANY (organizations)
    ), moved AS MATERIALIZED (
        SELECT coalesce(w.anchor, p.anchor) AS anchor, coalesce(w.organization_id, p.organization_id) AS organization_id,
               CASE WHEN w.anchor IS NULL THEN -1 ELSE 1 END AS sign
        FROM wanted w FULL JOIN (SELECT * FROM rollup.place WHERE organization_id = ANY (organizations)) p
             ON p.anchor = w.anchor AND p.organization_id = w.organization_id
        WHERE w.anchor IS NULL OR p.anchor IS NULL
    ), people AS (
        SELECT member_id FROM {table} WHERE organization_id IN (SELECT organization_id FROM moved)
        UNION SELECT member_id FROM rollup.{table}_change WHERE organization_id IN (SELECT organization_id FROM moved)
    ), folded AS (
        SELECT e.organization_id, slot, e.class, sum(e.sign) AS n, sum(e.sign * noise.key(e.member_id, z)) AS keys
        FROM noise.seed z,
             (SELECT 1 AS sign, organization_id, member_id, valid_from, valid_to, class FROM rollup.{table}_now
              WHERE organization_id = ANY (organizations) AND organization_id IN (SELECT organization_id FROM moved)
              UNION ALL
              SELECT -sign, organization_id, member_id, valid_from, valid_to, class FROM rollup.{table}_logged
              WHERE organization_id = ANY (organizations) AND organization_id IN (SELECT organization_id FROM moved)) e
        CROSS JOIN LATERAL rollup.days(e.valid_from, e.valid_to) slot
        WHERE slot IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(e.sign) <> 0 OR sum(e.sign * noise.key(e.member_id, z)) <> 0
    ), days AS MATERIALIZED (
        SELECT m.anchor, s.slot, s.class, sum(m.sign * s.n)::integer AS n, noise.folded(sum(m.sign * s.keys)::bigint) AS keys
        FROM moved m JOIN folded s ON s.organization_id = m.organization_id GROUP BY 1, 2, 3
    ), {sums}, {added}, packed AS (
        {pack}
    ), gone AS (
        DELETE FROM rollup.{table}_repeat r USING moved m
        WHERE m.sign < 0 AND r.anchor = m.anchor AND r.organization_id = m.organization_id
            AND r.member_id = ANY (ARRAY(SELECT member_id FROM people))
    )
    INSERT INTO rollup.{table}_repeat
    SELECT m.anchor, s.* FROM rollup.{table}_several s JOIN moved m ON m.organization_id = s.organization_id AND m.sign > 0
    WHERE s.organization_id = ANY (organizations);  -- found by these unions, where moved alone would go through all records
$$;

CREATE FUNCTION rollup.{table}_sum(anchors integer[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
    WITH days AS (
        SELECT anchor, slot, class, n, keys FROM rollup.{table}_cell
        WHERE anchor = ANY (anchors) AND slot < {set} AND slot % {ended} > {ever}
    ), {sums}, cells AS (  -- packs of years and of all time are known by their only slot
        SELECT anchor, slot, class AS code, n, keys FROM sums s
        WHERE NOT EXISTS (SELECT FROM rollup.{table}_pack p WHERE p.anchor = s.anchor AND p.slot = s.slot)
    )
    {pack};
$$;

CREATE FUNCTION rollup.{table}_clear() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT ready FROM rollup.state) THEN
        DELETE FROM rollup.{table}_pack;
        DELETE FROM rollup.{table}_repeat;
    ELSE  -- nobody reads them, and keys made afterwards take a third of the time
        {without_keys}
        TRUNCATE rollup.{table}_pack, rollup.{table}_repeat;
    END IF;
END $$;

CREATE FUNCTION rollup.{table}_rebuild(part integer, parts integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
BEGIN
    IF part = 0 THEN DELETE FROM rollup.{table}_change; END IF;
    WITH events AS (
        SELECT n.organization_id, slot, n.class, count(*)::integer AS n, sum(noise.key(n.member_id, z)) AS keys
        FROM noise.seed z, rollup.{table}_now n CROSS JOIN LATERAL rollup.days(n.valid_from, n.valid_to) slot
        WHERE slot IS NOT NULL GROUP BY 1, 2, 3
    ), days AS MATERIALIZED (
        SELECT p.anchor, e.slot, e.class, sum(e.n)::integer AS n, noise.folded(sum(e.keys)::bigint) AS keys
        FROM events e JOIN rollup.place p ON p.organization_id = e.organization_id AND p.anchor % parts = part GROUP BY 1, 2, 3
    ), {sums}, cells AS (
        SELECT anchor, rollup.first_of_pack(slot) AS slot, rollup.code_in_pack(slot, class) AS code, n, keys FROM days
        UNION ALL SELECT * FROM sums
    )
    {pack};
END $$;

CREATE FUNCTION rollup.{table}_rebuild_repeats() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
    WITH several AS MATERIALIZED (  -- each once and not at every anchor, and no class is made of others
        SELECT * FROM rollup.{table}_several WHERE member_id = ANY (ARRAY(
            SELECT member_id FROM {table} WHERE valid_from IS NOT NULL GROUP BY 1 HAVING count(*) > 1))
    )
    INSERT INTO rollup.{table}_repeat
    SELECT p.anchor, s.* FROM several s JOIN rollup.place p ON p.organization_id = s.organization_id ORDER BY p.anchor, s.valid_from;
$$;

CREATE FUNCTION rollup.{table}_keys() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
BEGIN
    {keys}
    ANALYZE rollup.{table}_pack;
    ANALYZE rollup.{table}_change;
    ANALYZE rollup.{table}_repeat;
END $$;

CREATE FUNCTION rollup.{table}_faults(anchors integer[])
RETURNS TABLE (anchor integer, slot integer, key text, kept bigint, counted bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH held AS (
        SELECT p.anchor, c.member_id, c.valid_from, c.valid_to, c.class, c.sign AS kept, 0 AS counted FROM rollup.{table}_logged c
        JOIN rollup.place p ON p.organization_id = c.organization_id AND p.anchor = ANY (anchors)
        UNION ALL
        SELECT w.anchor, n.member_id, n.valid_from, n.valid_to, n.class, 0, 1 FROM rollup.{table}_now n
        JOIN rollup.wanted w ON w.organization_id = n.organization_id AND w.anchor = ANY (anchors)
    ), several AS (
        SELECT w.anchor, s.* FROM rollup.{table}_several s
        JOIN rollup.wanted w ON w.organization_id = s.organization_id AND w.anchor = ANY (anchors)
    )
    SELECT e.anchor, e.slot, 'class ' || e.class, sum(e.kept), sum(e.counted)
    FROM (SELECT c.anchor, c.slot, c.class, c.n AS kept, 0 AS counted, c.keys::bigint FROM rollup.{table}_cell c
          WHERE c.anchor = ANY (anchors)
          UNION ALL
          SELECT h.anchor, s.slot + {set} * t.number, h.class & t.mask, h.kept, h.counted,
                 (h.kept - h.counted) * noise.key(h.member_id, z)
          FROM noise.seed z, held h JOIN rollup.anchor a ON a.id = h.anchor
          CROSS JOIN LATERAL rollup.slots(h.valid_from, h.valid_to) s (slot) JOIN {sets} ON {kept}) e
    GROUP BY 1, 2, 3 HAVING sum(e.kept) <> sum(e.counted) OR noise.folded(sum(e.keys)::bigint) <> 0
    UNION ALL
    SELECT coalesce(s.anchor, r.anchor), NULL, 'person ' || coalesce(s.member_id, r.member_id), count(r.id), count(s.id)
    FROM several s FULL JOIN (SELECT * FROM rollup.{table}_repeat r WHERE r.anchor = ANY (anchors)) r
         ON r.anchor = s.anchor AND r.id = s.id
    WHERE s IS DISTINCT FROM r AND coalesce(s.member_id, r.member_id) NOT IN (SELECT member_id FROM rollup.{table}_change)
    GROUP BY coalesce(s.anchor, r.anchor), coalesce(s.member_id, r.member_id);
$$;

CREATE TRIGGER rollup_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
CREATE TRIGGER rollup_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION rollup.{table}_changed();
"""

INDEXES = (
    ("INDEX", "{table}_pack_key", "{table}_pack (anchor, slot)"),
    ("INDEX", "{table}_repeat_begun", "{table}_repeat (anchor, valid_from) INCLUDE (previous, next, member_id, class)"),
    (
        "INDEX",
        "{table}_repeat_ended",
        "{table}_repeat (anchor, valid_to) INCLUDE (member_id, class) WHERE valid_to IS NOT NULL",
    ),
    ("INDEX", "{table}_repeat_overlapping", "{table}_repeat (anchor) WHERE overlapping"),
    ("INDEX", "{table}_repeat_member", "{table}_repeat (member_id)"),
)
KEYS = " ".join(f"CREATE {kind} IF NOT EXISTS {name} ON rollup.{columns};" for kind, name, columns in INDEXES)
WITHOUT_KEYS = " ".join(f"DROP INDEX IF EXISTS rollup.{name};" for _, name, _ in INDEXES)
"""The indexes of packs and repeats, and the statements that drop them. None is a constraint, because building one would lock readers out.
"""

SUMS = """years AS MATERIALIZED (
        SELECT d.anchor, d.slot / {ended} * {ended} + CASE WHEN a.drill
                   THEN extract(year FROM date '{epoch}' + d.slot % {ended} - {day})::integer ELSE {ever} END AS slot,
               d.class, sum(d.n)::integer AS n, noise.folded(sum(d.keys)) AS keys, a.drill
        FROM days d JOIN rollup.anchor a ON a.id = d.anchor GROUP BY 1, 2, 3, a.drill
    ), spans AS MATERIALIZED (
        SELECT * FROM years
        UNION ALL
        SELECT anchor, slot / {ended} * {ended} + {ever}, class, sum(n)::integer, noise.folded(sum(keys)), drill
        FROM years WHERE drill GROUP BY 1, 2, 3, drill
    ), sums AS (
        SELECT anchor, slot, class, n, keys FROM spans WHERE drill
        UNION ALL
        SELECT s.anchor, s.slot + {set} * t.number, s.class & t.mask, sum(s.n)::integer, noise.folded(sum(s.keys))
        FROM spans s CROSS JOIN {sets} WHERE t.number > 0 GROUP BY 1, 2, 3
    )"""
"""Queries: ``sums`` are the cells by year, of all time and of sets that ``KEPT`` stores in addition to the cells ``days``. Only large
places have years; other places have sums of all time."""

KEPT = (
    f"(CASE WHEN t.number = 0 THEN a.drill OR s.slot % {ENDED} > {EVER}"
    f" ELSE s.slot % {ENDED} = {EVER} OR a.drill AND s.slot % {ENDED} < {EVER} END)"
)
"""Which slots are stored: all dimensions by day everywhere, by year and of all time for large places; sets of dimensions of all time
everywhere, by year for large places."""

PACKS = 8
"""As many packs of an anchor and slot are made one by the next folding that adds to them."""

ADDED = """made AS MATERIALIZED (
        SELECT anchor, rollup.first_of_pack(slot) AS slot, rollup.code_in_pack(slot, class) AS code, n, keys
        FROM (SELECT * FROM days UNION ALL SELECT * FROM sums) found WHERE n <> 0 OR keys <> 0
    ), touched AS (  -- of each anchor and slot its packs; a search in the index for each, whatever the planner expects of their number
        SELECT (SELECT array_agg(p.ctid) FROM rollup.{table}_pack p WHERE p.anchor = m.anchor AND p.slot = m.slot) AS packs
        FROM (SELECT DISTINCT anchor, slot FROM made) m
    ), merged AS (
        DELETE FROM rollup.{table}_pack
        WHERE ctid = ANY (ARRAY(SELECT unnest(packs) FROM touched WHERE cardinality(packs) >= {packs}))
        RETURNING anchor, slot, codes, n, keys
    ), cells AS (
        SELECT anchor, slot, code, sum(n)::integer AS n, noise.folded(sum(keys)) AS keys
        FROM (SELECT * FROM made UNION ALL SELECT anchor, slot, unnest(codes), unnest(n), unnest(keys) FROM merged) every
        GROUP BY 1, 2, 3 HAVING sum(n) <> 0 OR noise.folded(sum(keys)) <> 0
    )"""
"""Queries: ``cells`` are what is added to cells that may be there already, and with it the cells of packs that are made one."""

PACKED = """INSERT INTO rollup.{table}_pack (anchor, slot, codes, n, keys)
    SELECT anchor, slot, array_agg(code), array_agg(n), array_agg(keys)
    FROM (SELECT * FROM cells ORDER BY anchor, slot) sorted GROUP BY anchor, slot"""
"""The statement that writes ``cells`` as packs, sorted, so that what is read together lies together."""

RESTATED = """
    INSERT INTO rollup.{table}_change (sign, organization_id, member_id, valid_from, valid_to, {names})
    SELECT e.sign, f.organization_id, f.member_id, f.valid_from, f.valid_to, {row}
    FROM (SELECT -1 AS sign, removed.* FROM removed UNION ALL SELECT 1, added.* FROM added) e
    JOIN {table} f ON f.{column} = e.id AND f.valid_from IS NOT NULL
    {joined}
    WHERE e.id = ANY (restated);
"""
"""Records whose person or union has changed in a dimension, before and after."""


def _codes(fact: Fact, own: str = "f", member: str = "m", organization: str = "o") -> str:
    """Joins to the code of each dimension."""
    return " ".join(
        f"LEFT JOIN rollup.code c_{name} ON c_{name}.dimension = '{name}' AND c_{name}.value = {column}::text"
        for name, column in zip(fact.names, _columns(fact, own, member, organization), strict=True)
    )


def _columns(fact: Fact, own: str = "f", member: str = "m", organization: str = "o") -> list[str]:
    """The dimensions of a record, from these tables."""
    sides = ((fact.own, own), (fact.member, member), (fact.organization, organization))
    return [f"{table}.{name}" for part, table in sides for name in part]


def _class(fact: Fact) -> str:
    return " | ".join(f"(coalesce(c_{name}.code, 0)::bigint << {fact.shift(name)})" for name in fact.names)


def _sets(fact: Fact) -> str:
    """The sets of a fact and their bits; set 0 has all of them."""
    rows = [f"({number}, {fact.mask(names)}::bigint)" for number, names in enumerate((fact.names, *fact.sets))]
    return f"(VALUES {', '.join(rows)}) t (number, mask)"


def learn(fact: Fact, table: Callable[[str], str]) -> str:
    """Give new values a code."""
    return " ".join(
        f"PERFORM rollup.learn('{name}', (SELECT array_agg(DISTINCT {name}::text) FROM {table(name)}));"  # noqa: S608
        for name in fact.names
    )


def of_fact(fact: Fact) -> str:
    """The script of one fact."""
    slots = {"ever": EVER, "day": DAY, "epoch": EPOCH, "ended": ENDED, "set": SET, "class_bits": CLASS}
    return FACT.format(
        table=fact.table,
        columns=", ".join(f"{name} {DIMENSIONS[name].type}" for name in fact.names),
        names=", ".join(fact.names),
        row=", ".join(_columns(fact)),
        codes=_codes(fact),
        codes_of_changes=_codes(fact, "c", "c", "c"),
        sets=_sets(fact),
        learn_changes=learn(fact, lambda _: f"rollup.{fact.table}_change WHERE id = ANY (changes)"),
        kept=KEPT,
        keys=KEYS.format(table=fact.table),
        without_keys=WITHOUT_KEYS.format(table=fact.table),
        sums=SUMS.format(sets=_sets(fact), **slots),
        added=ADDED.format(table=fact.table, packs=PACKS),
        pack=PACKED.format(table=fact.table),
        lock=LOCK,
        **slots,
        **{"class": _class(fact)},
    )


def restated(fact: Fact, by: str) -> str:
    """Appends changes of records whose person or union (``by``) has changed in a dimension."""
    other = "member" if by == "organization" else "organization"
    short = {"member": "m", "organization": "o"}
    joined = f"JOIN {other} {short[other]} ON {short[other]}.id = f.{other}_id"
    row = ", ".join(_columns(fact, **{by: "e"}))
    names = ", ".join(fact.names)
    return RESTATED.format(table=fact.table, names=names, row=row, column=f"{by}_id", joined=joined)


def unions(fact: Fact) -> str:
    """A query for the unions in which persons (``restated``) have records."""
    return f"SELECT organization_id FROM {fact.table} WHERE member_id = ANY (restated) AND valid_from IS NOT NULL"  # noqa: S608

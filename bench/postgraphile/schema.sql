-- What PostGraphile is given: views of the hub's tables with the columns that the operations ask for, and functions as computed columns,
-- by which it finds the hierarchy. They are STABLE and of plain SQL, so that PostgreSQL inlines them; they join and order as the hub's do.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
COMMENT ON SCHEMA peer IS 'For the benchmark alone: what PostGraphile serves.';
SET search_path = peer;

CREATE VIEW organization AS
    SELECT id, name, level, kind, status, credit_code, established_on FROM public.organization;
CREATE VIEW member AS
    SELECT id, name, sex, birth_year_from::int AS birth_year_from, worker_type, is_migrant_worker FROM public.member;
CREATE VIEW dispute_case AS SELECT id, number, cause, status, received_on FROM public.dispute_case;
CREATE VIEW dispute_party AS SELECT id, case_id, role, member_id FROM public.dispute_party;
CREATE VIEW insurance_enrolment AS SELECT id, member_id, scheme, valid_from, valid_to FROM public.insurance_enrolment;

COMMENT ON VIEW organization IS E'@primaryKey id';
COMMENT ON VIEW member IS E'@primaryKey id';
COMMENT ON VIEW dispute_case IS E'@primaryKey id';
COMMENT ON VIEW dispute_party IS E'@primaryKey id\n@foreignKey (member_id) references member (id)';
COMMENT ON VIEW insurance_enrolment IS E'@primaryKey id';

CREATE FUNCTION today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;
COMMENT ON FUNCTION today IS E'@omit';
CREATE FUNCTION key(gid text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || lpad(split_part(gid, '_', 2), 16, '0'))::bit(64)::bigint
$$;
COMMENT ON FUNCTION key IS E'@omit';

CREATE VIEW current_member AS
    SELECT m.* FROM member m
    WHERE EXISTS (
        SELECT FROM public.membership s
        WHERE s.member_id = m.id AND s.valid_from <= today() AND (s.valid_to IS NULL OR s.valid_to > today())
    );
COMMENT ON VIEW current_member IS E'@primaryKey id';

-- global IDs, as the hub writes them
CREATE FUNCTION organization_gid(subject organization) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'org_' || to_hex(subject.id) $$;
CREATE FUNCTION member_gid(subject member) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'mem_' || to_hex(subject.id) $$;
CREATE FUNCTION current_member_gid(subject current_member) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'mem_' || to_hex(subject.id) $$;
CREATE FUNCTION dispute_case_gid(subject dispute_case) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'case_' || to_hex(subject.id) $$;
CREATE FUNCTION dispute_party_gid(subject dispute_party) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'dparty_' || to_hex(subject.id) $$;
CREATE FUNCTION insurance_enrolment_gid(subject insurance_enrolment) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'ins_' || to_hex(subject.id) $$;

-- roots
CREATE FUNCTION organization_by_gid(id text) RETURNS organization LANGUAGE sql STABLE AS $$
    SELECT o.* FROM peer.organization o WHERE o.id = peer.key(organization_by_gid.id)
$$;
CREATE FUNCTION organizations_by_gid(ids text[]) RETURNS SETOF organization LANGUAGE sql STABLE AS $$
    SELECT o.* FROM peer.organization o WHERE o.id = ANY (ARRAY(SELECT peer.key(gid) FROM unnest(ids) gid)) ORDER BY o.id
$$;

-- relations
CREATE FUNCTION organization_children(parent organization, kind text) RETURNS SETOF organization LANGUAGE sql STABLE AS $$
    SELECT o.* FROM peer.organization o JOIN public.organization_link l ON l.child_id = o.id
    WHERE l.parent_id = parent.id AND l.hierarchy = 'TERRITORIAL'
      AND l.valid_from <= peer.today() AND (l.valid_to IS NULL OR l.valid_to > peer.today())
      AND o.kind = organization_children.kind
    ORDER BY l.child_id
$$;
CREATE FUNCTION organization_members(parent organization) RETURNS SETOF member LANGUAGE sql STABLE AS $$
    SELECT m.* FROM public.membership s
    JOIN public.territorial_closure c ON c.descendant_id = s.organization_id
    JOIN peer.member m ON m.id = s.member_id
    WHERE c.ancestor_id = parent.id AND c.valid_from <= peer.today() AND (c.valid_to IS NULL OR c.valid_to > peer.today())
      AND s.valid_from <= peer.today() AND (s.valid_to IS NULL OR s.valid_to > peer.today())
    ORDER BY c.descendant_id, s.id
$$;
CREATE FUNCTION organization_dispute_cases(parent organization) RETURNS SETOF dispute_case LANGUAGE sql STABLE AS $$
    SELECT d.id, d.number, d.cause, d.status, d.received_on FROM public.dispute_case d
    JOIN public.territorial_closure c ON c.descendant_id = d.organization_id
    WHERE c.ancestor_id = parent.id AND c.valid_from <= peer.today() AND (c.valid_to IS NULL OR c.valid_to > peer.today())
    ORDER BY c.descendant_id, d.id
$$;
CREATE FUNCTION dispute_case_parties(parent dispute_case, role text) RETURNS SETOF dispute_party LANGUAGE sql STABLE AS $$
    SELECT y.* FROM peer.dispute_party y WHERE y.case_id = parent.id AND y.role = dispute_case_parties.role ORDER BY y.id
$$;
CREATE FUNCTION member_enrolments(parent member) RETURNS SETOF insurance_enrolment LANGUAGE sql STABLE AS $$
    SELECT e.* FROM peer.insurance_enrolment e WHERE e.member_id = parent.id ORDER BY e.id
$$;
RESET search_path;

"""The statements of the peer by hand: one an operation, whose answer is the JSON of the response. They join and order as the hub's do."""

ONE_RECORD = """
SELECT json_build_object('data', json_build_object('organization', (
    SELECT json_build_object('id', 'org_' || to_hex(id), 'name', name, 'level', level, 'kind', kind, 'status', status,
        'creditCode', credit_code, 'establishedOn', established_on)
    FROM organization WHERE id = $1::bigint
)))::text
"""


def _children(above: str, one: str, fields: str) -> str:
    """The page of local federations right below the union ``above``, each named ``one`` in its fields."""
    return f"""(
        SELECT json_build_object('nodes', coalesce(json_agg(page.node), '[]'))
        FROM (
            SELECT json_build_object('id', 'org_' || to_hex({one}.id), 'name', {one}.name, 'level', {one}.level,
                'status', {one}.status, {fields}) AS node
            FROM organization {one} JOIN organization_link l ON l.child_id = {one}.id
            WHERE l.parent_id = {above}.id AND l.hierarchy = 'TERRITORIAL'
              AND l.valid_from <= $3::date AND (l.valid_to IS NULL OR l.valid_to > $3::date) AND {one}.kind = 'LOCAL_FEDERATION'
            ORDER BY l.child_id LIMIT 20
        ) page
    )"""


_MEMBERS = """'members', (
    SELECT json_build_object('nodes', coalesce(json_agg(
        json_build_object('id', 'mem_' || to_hex(m.id), 'name', m.name, 'sex', m.sex, 'workerType', m.worker_type)
        ORDER BY page.descendant_id, page.id), '[]'))
    FROM (
        SELECT s.member_id, c.descendant_id, s.id
        FROM membership s JOIN territorial_closure c ON c.descendant_id = s.organization_id
        WHERE c.ancestor_id = county.id AND c.valid_from <= $3::date AND (c.valid_to IS NULL OR c.valid_to > $3::date)
          AND s.valid_from <= $3::date AND (s.valid_to IS NULL OR s.valid_to > $3::date)
        ORDER BY c.descendant_id, s.id LIMIT $2::int
    ) page JOIN member m ON m.id = page.member_id
)"""

_COUNTIES = _children("city", "county", _MEMBERS)
_CITIES = _children("province", "city", f"'children', {_COUNTIES}")
NESTED = f"""
SELECT json_build_object('data', json_build_object('organization', (
    SELECT json_build_object('id', 'org_' || to_hex(province.id), 'name', province.name, 'level', province.level,
        'status', province.status, 'children', {_CITIES})
    FROM organization province WHERE province.id = $1::bigint
)))::text
"""

CASES = """
SELECT json_build_object('data', json_build_object('organizations', json_build_object('nodes', (
    SELECT json_agg(json_build_object('id', 'org_' || to_hex(o.id), 'name', o.name, 'disputeCases', (
        SELECT json_build_object('nodes', coalesce(json_agg(page.node), '[]'))
        FROM (
            SELECT json_build_object('id', 'case_' || to_hex(d.id), 'number', d.number, 'cause', d.cause, 'status', d.status,
                'receivedOn', d.received_on, 'parties', json_build_object('nodes', coalesce((
                    SELECT json_agg(json_build_object('id', 'dparty_' || to_hex(y.id), 'role', y.role, 'subject', CASE
                        WHEN y.member_id IS NOT NULL THEN (
                            SELECT json_build_object('__typename', 'Member', 'id', 'mem_' || to_hex(m.id), 'name', m.name,
                                'workerType', m.worker_type, 'insuranceEnrolments', json_build_object('nodes', coalesce((
                                    SELECT json_agg(json_build_object('id', 'ins_' || to_hex(e.id), 'scheme', e.scheme,
                                        'validFrom', e.valid_from, 'validTo', e.valid_to) ORDER BY e.id)
                                    FROM (SELECT * FROM insurance_enrolment WHERE member_id = m.id ORDER BY id LIMIT 10) e
                                ), '[]')))
                            FROM member m WHERE m.id = y.member_id)
                        WHEN y.employer_id IS NOT NULL THEN json_build_object('__typename', 'Employer')
                        WHEN y.organization_id IS NOT NULL THEN json_build_object('__typename', 'Organization') END))
                    FROM (SELECT * FROM dispute_party WHERE case_id = d.id AND role = 'CLAIMANT' ORDER BY id LIMIT 1) y
                ), '[]'))) AS node
            FROM dispute_case d JOIN territorial_closure c ON c.descendant_id = d.organization_id
            WHERE c.ancestor_id = o.id AND c.valid_from <= $2::date AND (c.valid_to IS NULL OR c.valid_to > $2::date)
            ORDER BY c.descendant_id, d.id LIMIT 20
        ) page
    )) ORDER BY o.id)
    FROM organization o WHERE o.id = ANY($1::bigint[])
))))::text
"""


def _page(after: str) -> str:
    """The keys of 200 members of today behind a key."""
    return f"""(
        SELECT member_id FROM membership
        WHERE member_id > {after} AND valid_from <= $1::date AND (valid_to IS NULL OR valid_to > $1::date)
        ORDER BY member_id LIMIT 200
    )"""


def _members(after: str) -> str:
    """A page of 200 members of today."""
    return f"""(
        SELECT json_build_object('nodes', coalesce(json_agg(json_build_object('id', 'mem_' || to_hex(m.id), 'name', m.name, 'sex', m.sex,
            'birthYearFrom', m.birth_year_from, 'workerType', m.worker_type, 'isMigrantWorker', m.is_migrant_worker)
            ORDER BY m.id), '[]'))
        FROM {_page(after)} page JOIN member m ON m.id = page.member_id
    )"""


_AFTER = {"a": "0", "b": "$2::bigint", "c": "$3::bigint", "d": "$4::bigint", "e": "$5::bigint"}
_PAGES = ", ".join(f"'{name}', {_members(after)}" for name, after in _AFTER.items())
LIST_1000 = f"SELECT json_build_object('data', json_build_object({_PAGES}))::text"

PAGE = f"""
SELECT json_build_object('data', json_build_object('members', json_build_object('pageInfo', json_build_object('endCursor', (
    SELECT max(member_id)::text FROM {_page("$2::bigint")} page
)))))::text
"""
"""Where a page ends: what the operation with five pages begins its others with."""

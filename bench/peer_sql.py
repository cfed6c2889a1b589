"""The peer's statements: one for each relation. ``$1`` has the parents' keys and ``$2`` the size of a page.

They join and order as the hub's do, and bring whole rows: a DataLoader does not know which fields were asked for.
"""

PAGE = "FROM unnest($1::bigint[]) AS parent(key) CROSS JOIN LATERAL"

ORGANIZATION = "SELECT * FROM organization WHERE id = ANY($1::bigint[])"
MEMBER = "SELECT * FROM member WHERE id = ANY($1::bigint[])"
EMPLOYER = "SELECT * FROM employer WHERE id = ANY($1::bigint[])"

ORGANIZATIONS = "SELECT * FROM organization WHERE id = ANY($1::bigint[]) ORDER BY id LIMIT $2"

CHILDREN = f"""
SELECT parent.key AS parent, page.* {PAGE} (
    SELECT o.* FROM organization o JOIN organization_link l ON l.child_id = o.id
    WHERE l.parent_id = parent.key AND l.hierarchy = 'TERRITORIAL'
      AND l.valid_from <= $4::date AND (l.valid_to IS NULL OR l.valid_to > $4::date)
      AND ($3::text IS NULL OR o.kind = $3::text)
    ORDER BY l.child_id LIMIT $2
) page
"""

MEMBERS_WITHIN = f"""
SELECT parent.key AS parent, m.* {PAGE} (
    SELECT s.member_id, c.descendant_id, s.id FROM membership s
    JOIN territorial_closure c ON c.descendant_id = s.organization_id
    WHERE c.ancestor_id = parent.key AND c.valid_from <= $3::date AND (c.valid_to IS NULL OR c.valid_to > $3::date)
      AND s.valid_from <= $3::date AND (s.valid_to IS NULL OR s.valid_to > $3::date)
    ORDER BY c.descendant_id, s.id LIMIT $2
) page JOIN member m ON m.id = page.member_id
ORDER BY page.descendant_id, page.id
"""

CASES_WITHIN = f"""
SELECT parent.key AS parent, page.* {PAGE} (
    SELECT d.* FROM dispute_case d
    JOIN territorial_closure c ON c.descendant_id = d.organization_id
    WHERE c.ancestor_id = parent.key AND c.valid_from <= $3::date AND (c.valid_to IS NULL OR c.valid_to > $3::date)
    ORDER BY c.descendant_id, d.id LIMIT $2
) page
"""

PARTIES = f"""
SELECT parent.key AS parent, page.* {PAGE} (
    SELECT * FROM dispute_party WHERE case_id = parent.key AND ($3::text IS NULL OR role = $3::text) ORDER BY id LIMIT $2
) page
"""

ENROLMENTS = f"""
SELECT parent.key AS parent, page.* {PAGE} (
    SELECT * FROM insurance_enrolment WHERE member_id = parent.key ORDER BY id LIMIT $2
) page
"""

MEMBERS = """
SELECT m.* FROM (
    SELECT member_id FROM membership
    WHERE member_id > $1::bigint AND valid_from <= $3::date AND (valid_to IS NULL OR valid_to > $3::date)
    ORDER BY member_id LIMIT $2
) page JOIN member m ON m.id = page.member_id ORDER BY page.member_id
"""

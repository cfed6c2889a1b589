"""The parts of a data subject's copy from the programmes: relief, paired assistance, care, activities, services."""

import re
from collections.abc import Mapping

PLACE = "LEFT JOIN organization o ON o.id = r.organization_id LEFT JOIN division v ON v.id = r.division_id"
UNION = "LEFT JOIN organization o ON o.id = r.organization_id"
OWN_HOUSEHOLD = "LEFT JOIN household h ON h.id = r.household_id AND h.member_id = $1"
OWN_ENROLMENT = "LEFT JOIN {} e ON e.id = r.enrolment_id AND e.member_id = $1"
OWN_CASE = """LEFT JOIN dispute_case c ON c.id = r.case_id
    AND EXISTS (SELECT FROM dispute_party p WHERE p.case_id = c.id AND p.member_id = $1)"""
OWN_CARE = "LEFT JOIN care_case c ON c.id = r.case_id AND c.member_id = $1"


def reference(prefix: str, alias: str, name: str) -> str:
    """SQL: the global ID of a joined row; null if that row is not the person's."""
    return f"""'{prefix}_' || to_hex({alias}.id) AS "{name}\""""


def listed(prefix: str | None, source: str, *columns: str) -> str:
    """SQL: the rows ``r`` of a source as a JSON list of objects, with their global ID if they have one, and API names for columns."""
    first = [] if prefix is None else [f"'{prefix}_' || to_hex(r.id) AS id"]
    named = ", ".join([*first, *map(_named, columns)])
    return f"(SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT {named} FROM {source} ORDER BY r.id) x)"  # noqa: S608


def _named(column: str) -> str:
    if " AS " in column:
        return column
    name = column.partition(".")[2].removesuffix("::text")
    return f'{column} AS "{re.sub("_(.)", lambda found: found[1].upper(), name)}"'


PROGRAMMES: Mapping[str, str] = {
    "households": listed(
        "hh", f"household r {PLACE} WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "r.hardship", "r.size", "r.valid_from", "r.valid_to",
        "r.source_system", "r.source_number",
    ),
    "dependants": listed(
        "dep", "dependant r JOIN household h ON h.id = r.household_id WHERE h.member_id = $1",
        reference("hh", "h", "household"), "r.birth_year", "r.school_stage",
    ),
    "aidGrants": listed(
        "aid",
        f"aid_grant r {PLACE} {OWN_HOUSEHOLD} LEFT JOIN dependant d ON d.id = r.dependant_id AND d.household_id = h.id"
        " WHERE r.member_id = $1 OR h.id IS NOT NULL",
        "o.name AS organization", "v.full_name AS division", "r.kind", "r.status", reference("hh", "h", "household"),
        reference("dep", "d", "dependant"), "r.amount::text", "r.item", "r.applied_on", "r.approved_on", "r.paid_on",
        "r.source_system", "r.source_number",
    ),
    "wishes": listed(
        "wish", f"wish r {PLACE} LEFT JOIN organization t ON t.id = r.claimant_id WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "r.is_collective", "r.item", "r.standard_value::text", "r.status",
        "r.claimant_kind", "t.name AS claimant", "r.claimant_name", "r.proposed_on", "r.claimed_on", "r.delivered_on", "r.confirmed_on",
        "r.source_system", "r.source_number",
    ),
    "rosterEntries": listed(
        "rentry", f"roster_entry r {PLACE} JOIN roster l ON l.id = r.roster_id WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "l.name AS roster", "l.as_of",
    ),
    "careCases": listed(
        "care", f"care_case r {PLACE} WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "r.diagnosis", "r.onset_on", "r.opened_on", "r.closed_on",
        "r.source_system", "r.source_number",
    ),
    "careSteps": listed(
        "cstep",
        "care_step r JOIN care_case c ON c.id = r.case_id LEFT JOIN division a ON a.id = r.from_division_id"
        " LEFT JOIN division b ON b.id = r.to_division_id WHERE c.member_id = $1",
        reference("care", "c", "case"), "r.kind", "r.occurred_on", 'a.full_name AS "fromDivision"', 'b.full_name AS "toDivision"',
        "r.note",
    ),
    "careShifts": listed(
        "cshift", f"care_shift r {OWN_CARE} WHERE r.member_id = $1 OR c.id IS NOT NULL",
        reference("care", "c", "case"), 'r.member_id = $1 AS "isCarer"', "r.served_on",
    ),
    "mutualAidEnrolments": listed(
        "maid", f"mutual_aid_enrolment r {UNION} WHERE r.member_id = $1",
        "o.name AS organization", "r.premium::text", "r.valid_from", "r.valid_to",
        "r.source_system", "r.source_number",
    ),
    "mutualAidClaims": listed(
        "maclaim",
        f"mutual_aid_claim r {UNION} {OWN_ENROLMENT.format('mutual_aid_enrolment')} {OWN_CARE} WHERE r.member_id = $1",
        "o.name AS organization", reference("maid", "e", "enrolment"), reference("care", "c", "case"), "r.status", "r.filed_on",
        "r.approved_on", "r.paid_on", "r.amount::text",
        "r.source_system", "r.source_number",
    ),
    "attendances": listed(
        "att",
        f"attendance r {PLACE} {OWN_HOUSEHOLD} LEFT JOIN activity a ON a.id = r.activity_id"
        " LEFT JOIN employer f ON f.id = r.employer_id WHERE r.member_id = $1 OR h.id IS NOT NULL",
        "o.name AS organization", "v.full_name AS division", reference("act", "a", "activity"), "a.kind", "a.title", "a.skill",
        reference("hh", "h", "household"), "f.name AS employer", "r.role", "r.attended_on", "r.award", "r.certificate_number",
    ),
    "serviceTransactions": listed(
        "trans",
        f"service_transaction r {PLACE} {OWN_ENROLMENT.format('insurance_enrolment')} LEFT JOIN venue w ON w.id = r.venue_id"
        " WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "w.name AS venue", reference("ins", "e", "enrolment"), "r.started_at",
        "r.ended_at", "r.source_system", "r.source_number",
    ),
    "legalServices": listed(
        "serv",
        f"legal_service r {PLACE} {OWN_CASE} WHERE r.member_id = $1",
        "o.name AS organization", "v.full_name AS division", "r.link", "r.outcome", reference("case", "c", "case"), "r.opened_on",
        "r.closed_on", "r.source_system", "r.source_number",
    ),
}  # fmt: skip
"""Each part as an SQL expression; ``$1`` is the person. The carer of a shift and the lawyer of a service are not the person."""

"""The copy of a data subject (PIPL art. 45): everything that the hub holds on one person, in one statement."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from db.personal_data.subject_copy_programmes import PROGRAMMES, listed
from db.security.audit_log import SHOWN_REFERENCE, SHOWN_TO_PERSON

NAMES = ", ".join(f"'{action}'" for action in sorted(SHOWN_TO_PERSON))
REGISTERS = f"""
SELECT jsonb_build_object(
  'member', (SELECT jsonb_build_object('id', 'mem_' || to_hex(m.id), 'sex', m.sex, 'birthYearFrom', m.birth_year_from,
      'workerType', m.worker_type, 'isMigrantWorker', m.is_migrant_worker, 'isModelWorker', m.is_model_worker,
      'division', d.full_name, 'bankCardChangedOn', m.bank_card_changed_on, 'residentNumberChangedOn', m.resident_number_changed_on,
      'phoneChangedOn', m.phone_changed_on,
      'sourceSystem', m.source_system, 'sourceNumber', m.source_number)
      FROM member m LEFT JOIN division d ON d.id = m.division_id WHERE m.id = $1),
  'memberships', (SELECT jsonb_agg(jsonb_build_object('id', 'mship_' || to_hex(s.id), 'organization', o.name, 'status', s.status,
      'channel', s.channel, 'entry', s.entry, 'exit', s.exit, 'appliedOn', s.applied_on,
      'validFrom', s.valid_from, 'validTo', s.valid_to, 'endReason', s.end_reason) ORDER BY s.id)
      FROM membership s LEFT JOIN organization o ON o.id = s.organization_id WHERE s.member_id = $1),
  'engagements', (SELECT jsonb_agg(jsonb_build_object('id', 'eng_' || to_hex(e.id), 'employer', f.name, 'organization', o.name,
      'kind', e.kind, 'jobTitle', e.job_title, 'validFrom', e.valid_from, 'validTo', e.valid_to) ORDER BY e.id)
      FROM engagement e LEFT JOIN employer f ON f.id = e.employer_id LEFT JOIN organization o ON o.id = e.organization_id
      WHERE e.member_id = $1),
  'insuranceEnrolments', (SELECT jsonb_agg(jsonb_build_object('id', 'ins_' || to_hex(i.id), 'scheme', i.scheme, 'cohort', i.cohort,
      'participant', f.name, 'baseAmount', i.base_amount::text, 'rate', i.rate::text, 'sourceSystem', i.source_system,
      'sourceNumber', i.source_number, 'validFrom', i.valid_from, 'validTo', i.valid_to) ORDER BY i.id)
      FROM insurance_enrolment i LEFT JOIN employer f ON f.id = i.participant_id WHERE i.member_id = $1),
  'disputeCases', (SELECT jsonb_agg(jsonb_build_object('id', 'case_' || to_hex(c.id), 'number', c.number, 'cause', c.cause,
      'phase', c.phase, 'status', c.status, 'body', c.body, 'receivedOn', c.received_on, 'acceptedOn', c.accepted_on,
      'closedOn', c.closed_on, 'amountClaimed', c.amount_claimed::text, 'organization', o.name, 'employer', f.name,
      'ownRoles', (SELECT jsonb_agg(jsonb_build_object('role', p.role, 'name', p.name) ORDER BY p.id)
          FROM dispute_party p WHERE p.case_id = c.id AND p.member_id = $1),
      'claims', (SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'amount', l.amount::text) ORDER BY l.id)
          FROM dispute_claim l WHERE l.case_id = c.id),
      'steps', (SELECT jsonb_agg(jsonb_build_object('phase', t.phase, 'status', t.status, 'actor', t.actor, 'occurredOn', t.occurred_on,
          'documentNumber', t.document_number) ORDER BY t.occurred_on, t.id) FROM dispute_step t WHERE t.case_id = c.id),
      'ownRecoveries', (SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'amount', r.amount::text, 'receivedOn', r.received_on)
          ORDER BY r.id) FROM recovery r WHERE r.case_id = c.id AND r.member_id = $1)) ORDER BY c.id)
      FROM dispute_case c LEFT JOIN organization o ON o.id = c.organization_id LEFT JOIN employer f ON f.id = c.employer_id
      WHERE EXISTS (SELECT FROM dispute_party p WHERE p.case_id = c.id AND p.member_id = $1)),
  'subjectRequests', (SELECT jsonb_agg(jsonb_build_object('id', 'sreq_' || to_hex(q.id), 'kind', q.kind, 'detail', q.detail,
      'openedOn', q.opened_on, 'dueOn', q.due_on, 'closedOn', q.closed_on, 'outcome', q.outcome, 'documentNumber', q.document_number,
      'documentReceivedOn', q.document_received_on, 'documentType', q.document_type, 'documentDigest', encode(q.document_digest, 'hex'),
      'proposedFields', q.proposed_fields, 'proposedOn', q.proposed_on, 'approvedAt', q.approved_at, 'rejectedOn', q.rejected_on,
      'rejection', q.rejection) ORDER BY q.id)
      FROM subject_request q WHERE q.member_id = $1),
  'recoveries', (SELECT jsonb_agg(jsonb_build_object('id', 'recov_' || to_hex(r.id), 'kind', r.kind, 'amount', r.amount::text,
      'receivedOn', r.received_on, 'sourceSystem', r.source_system, 'sourceNumber', r.source_number)
      ORDER BY r.id) FROM recovery r WHERE r.member_id = $1),
  'signIns', (SELECT jsonb_agg(jsonb_build_object('name', a.name, 'kind', a.kind, 'subject', a.subject, 'createdAt', a.created_at,
      'disabledAt', a.disabled_at,
      'organization', (SELECT s.organization FROM wall.own_sign_ins s WHERE s.id = a.id)) ORDER BY a.id)
      FROM principal a WHERE a.member_id = $1),
  'accessLog', (SELECT jsonb_agg(jsonb_build_object('at', g.at, 'principal', g.principal, 'role', g.role, 'action', g.action,
      'purpose', g.purpose, 'caseReference',
      CASE WHEN g.case_reference ~ '{SHOWN_REFERENCE}' OR g.purpose = 'DISPUTE_CASE' THEN g.case_reference
      WHEN g.case_reference IS NOT NULL THEN 'TEXT' END, 'fields', g.fields) ORDER BY g.id)
      FROM access_log g WHERE g.records ? ('mem_' || to_hex($1::bigint)) AND g.action IN ({NAMES}))
)
"""  # noqa: S608 — names of actions and a pattern, both of the code
"""The register of members and what the hub itself keeps; of the log what the person
reads there (``AccessLog`` in ``resolvers.access.column_access``)."""

ACCOUNTS: Mapping[str, str] = {
    "accessGrants": listed(
        None, "wall.own_grants r WHERE r.member_id = $1",
        "r.role", "r.organization", "r.hierarchy", "r.division", "r.valid_from", "r.valid_to", "r.revoked_at",
    ),
    "caseAssignments": listed(
        None, "wall.own_assignments r WHERE r.member_id = $1", "r.valid_from", "r.valid_to", "r.revoked_at"
    ),
    "apiKeys": listed(
        None, "wall.own_keys r WHERE r.member_id = $1",
        "r.prefix", "r.created_at", "r.expires_at", "r.revoked_at", "r.last_used_at",
    ),
    "mediatorPosts": listed(
        None, "wall.own_posts r WHERE r.member_id = $1",
        "r.organization", "r.body", "r.kind", "r.name", "r.firm", "r.valid_from", "r.valid_to",
    ),
}  # fmt: skip
"""Rows of the person's sign-ins. Policies show these tables to administrators; the views of the wall show the person's own rows."""

EVERYTHING = REGISTERS + "".join(
    f"|| jsonb_build_object('{name}', {rows})\n" for name, rows in {**PROGRAMMES, **ACCOUNTS}.items()
)

LEFT_OUT: Mapping[str, str] = {
    "access_grant.granted_by": "what they granted to others is about those others",
    "aid_grant.dependant_id": "a grant to a child names the household too, and is found by it",
    "legal_service.mediator_id": "what they did as a lawyer or mediator is about those whom they served",
    "legal_service.previous_id": "its own member says whose it is, as for the link before it",
    **dict.fromkeys(
        ("subject_request.opened_by", "subject_request.closed_by", "subject_request.proposed_by"),
        "a request is about whom it names, and not about who handled it",
    ),
    "mutual_aid_claim.case_id": "its own member says whose it is",
    "mutual_aid_claim.enrolment_id": "its own member says whose it is",
    "service_transaction.enrolment_id": "its own member says whose it is",
}
"""Columns that refer to the person, directly or through a row about them, but do not bring their row into the copy; and why."""


async def everything_about(connection: asyncpg.Connection, member: int) -> dict[str, Any]:
    """The document without the sealed columns and the name; a list without rows is empty.

    No other person is in it: of a case it has the person's own roles and recoveries, no other party and none of the handlers' notes. The
    session must have the person's own scope, by which the second wall shows the rows of their sign-ins.
    """
    found = json.loads(await connection.fetchval(EVERYTHING, member))
    return {name: [] if value is None and name != "member" else value for name, value in found.items()}

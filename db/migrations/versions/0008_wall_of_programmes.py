"""The second wall around the programmes; an index for a principal's own entries in the audit log."""

from alembic import op

from db.migrations.wall import UNIONS, also, among, named, of_cases, of_unions, own, own_through, protect, publish, through, unprotect

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

PUBLISHED = ("published_figure", "policy_document", "policy_issuer", "policy_measure", "venue", "venue_coverage")
OF_UNIONS = (
    "census_round",
    "census_record",
    "certification",
    "designation",
    "population_estimate",
    "programme",
    "construction_project",
    "target",
    "exhibitor",
    "job_offer",
    "material_distribution",
    "aid_project",
)
OF_MEMBERS = ("household", "mutual_aid_enrolment", "service_transaction", "roster_entry")
COUNTED = {
    "certification_round": "",
    "activity": "",
    "roster": "",
    "mediation_body": "",
    "cooperation_agreement": "",
    "cooperation_line": "",
    "mediation_seat": "",
    "certification_score": "",
    "dependant": "",
    "care_shift": "",
    "care_step": "id, case_id, kind, occurred_on, from_division_id, to_division_id",
    "mutual_aid_claim": "",
    "care_case": "id, organization_id, member_id, division_id, onset_on, opened_on, closed_on",
    "aid_grant": "",
    "mediator": "id, organization_id, body_id, kind, name, firm, valid_from, valid_to",
    "legal_service": "",
    "attendance": (
        "id, activity_id, organization_id, division_id, member_id, household_id, employer_id, role, attended_on, award"
    ),
    "wish": "",
    "donation": "",
}
"""What counts read of the tables below: all columns, or those that name nobody."""
HANDLED = {
    "federation": f"{named('territorial', 'organization_id')} OR {named('industrial', 'organization_id')}",
    "everything": named("everything", "organization_id"),
}
"""Health data: the handling union's itself, not those of the unions above it."""

OWN_HOUSEHOLD = f"EXISTS (SELECT FROM household h WHERE h.id = a.household_id AND {named('self', 'h.member_id')})"
ATTENDED = (
    "EXISTS (SELECT FROM attendance a WHERE a.activity_id = activity.id"
    f" AND ({named('self', 'a.member_id')} OR {OWN_HOUSEHOLD}))"
)
LISTED = f"EXISTS (SELECT FROM roster_entry e WHERE e.roster_id = roster.id AND {named('self', 'e.member_id')})"
SERVED = f"EXISTS (SELECT FROM legal_service l WHERE l.body_id = mediation_body.id AND {named('cases', 'l.case_id')})"
APPLIED = (
    "EXISTS (SELECT FROM certification c WHERE c.round_id = certification_round.id"
    f" AND {among('unions', 'c.organization_id')})"
)
SEAT = "EXISTS (SELECT FROM mediation_body b WHERE b.id = body_id AND {})"
POLICIES = {
    "certification_round": (UNIONS, {"federation": APPLIED}),
    "activity": (UNIONS, {"self": ATTENDED}),
    "roster": (UNIONS, {"self": LISTED}),
    "mediation_body": (UNIONS, {"bureau": among("reviewed", "division_id"), "cases": SERVED}),
    "cooperation_agreement": (UNIONS, of_unions("partner_id")),
    "cooperation_line": (through("cooperation_agreement", "agreement_id"),),
    "mediation_seat": (
        {
            "federation": SEAT.format(among("unions", "b.organization_id")),
            "bureau": SEAT.format(among("reviewed", "b.division_id")),
        },
    ),
    "certification_score": (through("certification", "certification_id"),),
    "dependant": (UNIONS, own_through("household", "household_id")),
    "care_case": (HANDLED, own()),
    "mutual_aid_claim": (HANDLED, own()),
    "care_shift": (through("care_case", "case_id"), own()),
    "care_step": (through("care_case", "case_id"),),
    "aid_grant": (UNIONS, own(), own_through("household", "household_id")),
    "mediator": (UNIONS,),
    "legal_service": (UNIONS, own(), of_cases()),
    "attendance": (UNIONS, own(), own_through("household", "household_id")),
    "wish": (UNIONS, of_unions("claimant_id"), own()),
    "donation": (UNIONS,),
}
EXHIBITING = f"SELECT x.employer_id FROM exhibitor x WHERE {among('unions', 'x.organization_id')}"
"""What exhibitors are counted by, though the employer may be in another union: a view of the owner's, of keys only."""

HEALTH = ("care_case", "mutual_aid_claim", "care_shift", "care_step")


def upgrade() -> None:
    op.create_index("ix_access_log_principal_at", "access_log", ["principal", "at"])
    for table in PUBLISHED:
        publish(table)
    for table in OF_UNIONS:
        protect(table, UNIONS)
    for table in OF_MEMBERS:
        protect(table, UNIONS, own())
    for table, policies in POLICIES.items():
        protect(table, *policies, counted=COUNTED[table], everything=table not in HEALTH)


    for lens in ("bureau", "social_security", "cases", "self"):
        also("organization_link", {lens: "EXISTS (SELECT FROM organization o WHERE o.id = child_id)"})
    also("organization_link", {"federation": among("superiors", "child_id")})
    op.execute(f"CREATE VIEW wall.exhibiting AS {EXHIBITING}")
    op.execute("GRANT SELECT ON wall.exhibiting TO unionhub_reader")
    also("employer", {"federation": "id IN (SELECT employer_id FROM wall.exhibiting)"})


def downgrade() -> None:
    op.execute("DROP VIEW wall.exhibiting CASCADE")
    op.drop_index("ix_access_log_principal_at", "access_log")
    unprotect(*OF_UNIONS, *OF_MEMBERS, *POLICIES, *PUBLISHED)

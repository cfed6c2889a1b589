"""Sources of paired assistance: agreements and their lines, wishes, donations, aid projects, rosters."""

from db.assistance import AidProject, CooperationAgreement, CooperationLine, Donation, Roster, RosterEntry, Wish
from db.organizations import Organization
from resolvers import activities
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Rate, Ref, Statistic, distinct, total, where
from resolvers.engine.declare.validity import Period
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

COOPERATION_WITHIN = Many(
    "CooperationAgreement",
    Within(CooperationAgreement.organization_id),
)
WISHES_WITHIN = Many("Wish", Within(Wish.organization_id))
DONATIONS_WITHIN = Many("Donation", Within(Donation.organization_id))
AID_PROJECTS_WITHIN = Many("AidProject", Within(AidProject.organization_id))
ROSTERS_WITHIN = Many("Roster", Within(Roster.organization_id))

OF_ORGANIZATION = {
    "cooperation_agreements": COOPERATION_WITHIN,
    "wishes": WISHES_WITHIN,
    "donations": DONATIONS_WITHIN,
    "aid_projects": AID_PROJECTS_WITHIN,
    "rosters": ROSTERS_WITHIN,
}
OF_DIVISION = {
    "wishes": Many("Wish", WithinDivision(Wish.division_id)),
    "donations": Many("Donation", WithinDivision(Donation.division_id)),
    "aid_projects": Many("AidProject", WithinDivision(AidProject.division_id)),
}
OF_MEMBER = {
    "wishes": Many("Wish", By(Wish.member_id)),
    "roster_entries": Many("RosterEntry", By(RosterEntry.member_id), expected=1),
}

registry.add(
    Source(
        CooperationAgreement,
        "coop",
        hide=("organization_id", "partner_id", "predecessor_id"),
        fields={
            "organization": One("Organization", CooperationAgreement.organization_id),
            "partner": One("Organization", CooperationAgreement.partner_id),
            "predecessor": One("CooperationAgreement", CooperationAgreement.predecessor_id),
            "lines": Many("CooperationLine", By(CooperationLine.agreement_id)),
        },
    )
)
registry.add(
    Source(
        CooperationLine,
        "line",
        hide=("agreement_id",),
        fields={
            "agreement": One("CooperationAgreement", CooperationLine.agreement_id),
            "wishes": Many("Wish", By(Wish.line_id)),
            **activities.OF_LINE,
        },
    )
)
registry.add(
    Source(
        Wish,
        "wish",
        hide=("organization_id", "division_id", "line_id", "member_id", "claimant_id"),
        fields={
            "organization": One("Organization", Wish.organization_id),
            "division": One("Division", Wish.division_id),
            "line": One("CooperationLine", Wish.line_id),
            "member": One("Member", Wish.member_id),
            "claimant": One("Organization", Wish.claimant_id),
        },
    )
)
registry.add(
    Source(
        Donation,
        "don",
        hide=("organization_id", "division_id", "line_id"),
        fields={
            "organization": One("Organization", Donation.organization_id),
            "division": One("Division", Donation.division_id),
            "line": One("CooperationLine", Donation.line_id),
        },
    )
)
registry.add(
    Source(
        AidProject,
        "aidproj",
        period=Period(AidProject.started_on, AidProject.completed_on),
        hide=("organization_id", "division_id", "line_id", "venue_id"),
        fields={
            "organization": One("Organization", AidProject.organization_id),
            "division": One("Division", AidProject.division_id),
            "line": One("CooperationLine", AidProject.line_id),
            "venue": One("Venue", AidProject.venue_id),
        },
    )
)
registry.add(
    Source(
        Roster,
        "roster",
        hide=("organization_id", "line_id"),
        fields={
            "organization": One("Organization", Roster.organization_id),
            "line": One("CooperationLine", Roster.line_id),
            "entries": Many("RosterEntry", By(RosterEntry.roster_id)),
        },
    )
)
registry.add(
    Source(
        RosterEntry,
        "rentry",
        hide=("organization_id", "division_id", "roster_id", "member_id"),
        fields={
            "organization": One("Organization", RosterEntry.organization_id),
            "division": One("Division", RosterEntry.division_id),
            "roster": One("Roster", RosterEntry.roster_id),
            "member": One("Member", RosterEntry.member_id),
        },
    )
)
registry.root("cooperation_agreements", COOPERATION_WITHIN)
registry.root("wishes", WISHES_WITHIN)
registry.root("donations", DONATIONS_WITHIN)
registry.root("aid_projects", AID_PROJECTS_WITHIN)
registry.root("rosters", ROSTERS_WITHIN)
registry.statistic(
    Statistic(
        "WISHES",
        Wish,
        organization=Wish.organization_id,
        division=Wish.division_id,
        begins=Wish.proposed_on,
        events={"CLAIMED": Wish.claimed_on, "DELIVERED": Wish.delivered_on, "CONFIRMED": Wish.confirmed_on},
        joins=(Join(Organization, Wish.claimant_id), Join(CooperationLine, Wish.line_id)),
        dimensions={
            "ITEM": Wish.item,
            "STATUS": Wish.status,
            "IS_COLLECTIVE": Wish.is_collective,
            "CLAIMANT_KIND": Wish.claimant_kind,
            "CLAIMANT": Ref("Organization", Wish.claimant_id, Organization.name),
            "LINE": CooperationLine.kind,
        },
        measures={
            "items": RECORDS,
            "amount": total(Wish.standard_value),
            "units": distinct(Wish.claimant_id),
            "delivered": where(Wish.delivered_on.is_not(None)),
        },
        rates={"delivered_share": Rate("delivered", "records")},
        personal=True,
    )
)
registry.statistic(
    Statistic(
        "DONATIONS",
        Donation,
        organization=Donation.organization_id,
        division=Donation.division_id,
        begins=Donation.donated_on,
        joins=(Join(Organization, Donation.organization_id), Join(CooperationLine, Donation.line_id)),
        dimensions={
            "ITEM": Donation.item,
            "UNIT": Donation.unit,
            "DONOR": Donation.donor_name,
            "LEVEL": Organization.level,
            "LINE": CooperationLine.kind,
        },
        measures={"quantity": total(Donation.quantity, Donation.unit), "units": distinct(Donation.organization_id)},
    )
)
registry.statistic(
    Statistic(
        "AID_PROJECTS",
        AidProject,
        organization=AidProject.organization_id,
        division=AidProject.division_id,
        begins=AidProject.started_on,
        ends=AidProject.completed_on,
        joins=(Join(CooperationLine, AidProject.line_id),),
        dimensions={"KIND": AidProject.kind, "LINE": CooperationLine.kind},
        measures={
            "items": RECORDS,
            "amount": total(AidProject.budget),
            "completed": where(AidProject.completed_on.is_not(None), event="BEGAN"),
        },
        rates={"completed_share": Rate("completed", "records")},
    )
)
registry.statistic(
    Statistic(
        "ROSTER_ENTRIES",
        RosterEntry,
        organization=RosterEntry.organization_id,
        division=RosterEntry.division_id,
        begins=Roster.as_of,
        joins=(Join(Roster, RosterEntry.roster_id), Join(CooperationLine, Roster.line_id)),
        dimensions={"LINE": CooperationLine.kind},
        measures={"persons": distinct(RosterEntry.member_id)},
        person=RosterEntry.member_id,
    )
)

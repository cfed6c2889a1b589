"""Sources of members, memberships and engagements."""

from db.members import Engagement, Member, Membership, Sex
from db.organizations import Organization
from resolvers import activities, assistance, care, disputes, insurance, mediation, relief, services
from resolvers.access.column_access import bank_card, phone, resident_number
from resolvers.counted_persons import COUNTED_PERSONS
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import Join, Rate, Rollup, Statistic, distinct, where
from resolvers.engine.declare.validity import Period
from resolvers.quality import QualitySeverity, RecordRule, declare, is_listed
from resolvers.registry import registry
from resolvers.relations import By, Within

IN_FORCE = Period(Membership.valid_from, Membership.valid_to)

MEMBERS_WITHIN = Many(
    "Member",
    Within(
        Membership.organization_id,
        period=IN_FORCE,
        via=Membership.member_id,
        denormalized=Member.organization_id,
        via_type="Membership",
        dense=True,
    ),
    counted_by="MEMBERSHIPS",
)
MEMBERSHIPS_WITHIN = Many("Membership", Within(Membership.organization_id, dense=True), counted_by="MEMBERSHIPS")

OF_ORGANIZATION = {"members": MEMBERS_WITHIN, "memberships": MEMBERSHIPS_WITHIN}
OF_EMPLOYER = {"engagements": Many("Engagement", By(Engagement.employer_id))}

SEALED = (
    "birth_date",
    "resident_number_index",
    "resident_number_region",
    "phone_index",
    "phone_head",
)

MEMBER_QUALITY = declare(
    "Member",
    RecordRule(
        "MEMBER_RECORDED_TWICE",
        "is_probably_recorded_twice",
        QualitySeverity.WARNING,
        is_listed("probable_duplicates", Member.id),
        column="name",
    ),
)
MEMBERSHIP_QUALITY = declare(
    "Membership",
    RecordRule(
        "MEMBER_OF_TWO_UNIONS",
        "overlaps_another",
        QualitySeverity.ERROR,
        is_listed("overlapping_memberships", Membership.id),
        column="joined_on",
    ),
    RecordRule(
        "MEMBERSHIP_IN_DISSOLVED_UNION",
        "outlasts_union",
        QualitySeverity.ERROR,
        is_listed("outlasting_memberships", Membership.id),
        column="left_on",
    ),
)

registry.add(
    Source(
        Member,
        "mem",
        columns={
            **MEMBER_QUALITY,
            "resident_number": resident_number(Member.__table__),
            "phone": phone(Member.__table__),
            "bank_card": bank_card(Member.__table__),
        },
        hide=("division_id", "organization_id", *SEALED),
        searchable=("name",),
        fields={
            "division": One("Division", Member.division_id),
            "memberships": Many("Membership", By(Membership.member_id), expected=2),
            "engagements": Many("Engagement", By(Engagement.member_id), expected=2),
            **insurance.OF_MEMBER,
            **disputes.OF_MEMBER,
            **relief.OF_MEMBER,
            **assistance.OF_MEMBER,
            **care.OF_MEMBER,
            **activities.OF_MEMBER,
            **services.OF_MEMBER,
            **mediation.OF_MEMBER,
        },
    )
)
registry.add(
    Source(
        Membership,
        "mship",
        columns=MEMBERSHIP_QUALITY,
        period=IN_FORCE,
        hide=("member_id", "organization_id"),
        fields={
            "member": One("Member", Membership.member_id),
            "organization": One("Organization", Membership.organization_id),
        },
    )
)
registry.add(
    Source(
        Engagement,
        "eng",
        hide=("member_id", "employer_id", "organization_id"),
        fields={
            "member": One("Member", Engagement.member_id),
            "employer": One("Employer", Engagement.employer_id),
            "organization": One("Organization", Engagement.organization_id),
        },
    )
)
registry.root("members", MEMBERS_WITHIN)
registry.root("memberships", MEMBERSHIPS_WITHIN)
registry.statistic(
    Statistic(
        "MEMBERSHIPS",
        Membership,
        organization=Membership.organization_id,
        division=Organization.division_id,
        begins=Membership.valid_from,
        ends=Membership.valid_to,
        joins=(Join(COUNTED_PERSONS, Membership.member_id), Join(Organization, Membership.organization_id)),
        dimensions={
            "WORKER_TYPE": COUNTED_PERSONS.c.worker_type,
            "SEX": COUNTED_PERSONS.c.sex,
            "IS_MIGRANT_WORKER": COUNTED_PERSONS.c.is_migrant_worker,
            "IS_MODEL_WORKER": COUNTED_PERSONS.c.is_model_worker,
            "CHANNEL": Membership.channel,
            "STATUS": Membership.status,
            "ENTRY": Membership.entry,
            "EXIT": Membership.exit,
            "LEVEL": Organization.level,
            "FORM": Organization.form,
            "INDUSTRY": Organization.industry,
        },
        measures={
            "persons": distinct(Membership.member_id),
            "migrants": where(COUNTED_PERSONS.c.is_migrant_worker, rollup_value=("IS_MIGRANT_WORKER", "true")),
            "women": where(COUNTED_PERSONS.c.sex == Sex.FEMALE, rollup_value=("SEX", "FEMALE")),
        },
        rates={"migrant_share": Rate("migrants", "records"), "women_share": Rate("women", "records")},
        where=Membership.valid_from.is_not(None),
        person=Membership.member_id,
        rollup=Rollup(
            "membership",
            {
                "WORKER_TYPE": "worker_type",
                "SEX": "sex",
                "IS_MIGRANT_WORKER": "is_migrant_worker",
                "IS_MODEL_WORKER": "is_model_worker",
                "CHANNEL": "channel",
                "STATUS": "status",
                "ENTRY": "entry",
                "EXIT": "exit",
                "LEVEL": "level",
                "FORM": "form",
                "INDUSTRY": "industry",
            },
        ),
        widespread=True,
    )
)

"""Sources of households in hardship, their children, and grants."""

from sqlalchemy import func

from db.personal_data.member_columns import BAND
from db.relief import AidGrant, Dependant, Household
from resolvers import activities
from resolvers.bank_card_changes import card_changed_on
from resolvers.counted_persons import COUNTED_PERSONS
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Rate, Statistic, distinct, total, where
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

HOUSEHOLDS_WITHIN = Many("Household", Within(Household.organization_id))
GRANTS_WITHIN = Many("AidGrant", Within(AidGrant.organization_id))
OF_ORGANIZATION = {"households": HOUSEHOLDS_WITHIN, "aid_grants": GRANTS_WITHIN}
OF_DIVISION = {
    "households": Many("Household", WithinDivision(Household.division_id)),
    "aid_grants": Many("AidGrant", WithinDivision(AidGrant.division_id)),
}
OF_MEMBER = {
    "households": Many("Household", By(Household.member_id)),
    "aid_grants": Many("AidGrant", By(AidGrant.member_id)),
}

registry.add(
    Source(
        Household,
        "hh",
        hide=("organization_id", "division_id", "member_id"),
        fields={
            "organization": One("Organization", Household.organization_id),
            "division": One("Division", Household.division_id),
            "member": One("Member", Household.member_id),
            "dependants": Many("Dependant", By(Dependant.household_id)),
            "aid_grants": Many("AidGrant", By(AidGrant.household_id)),
            **activities.OF_HOUSEHOLD,
        },
    )
)
registry.add(
    Source(
        Dependant,
        "dep",
        columns={"birth_year_from": Dependant.birth_year - func.mod(Dependant.birth_year, BAND)},
        hide=("organization_id", "household_id", "birth_year"),
        fields={
            "organization": One("Organization", Dependant.organization_id),
            "household": One("Household", Dependant.household_id),
            "aid_grants": Many("AidGrant", By(AidGrant.dependant_id)),
        },
    )
)
registry.add(
    Source(
        AidGrant,
        "aid",
        columns={"bank_card_changed_on": card_changed_on("grant_card_changed", AidGrant.id)},
        hide=("organization_id", "division_id", "household_id", "dependant_id", "member_id", "written_by"),
        fields={
            "organization": One("Organization", AidGrant.organization_id),
            "division": One("Division", AidGrant.division_id),
            "household": One("Household", AidGrant.household_id),
            "dependant": One("Dependant", AidGrant.dependant_id),
            "member": One("Member", AidGrant.member_id),
        },
    )
)
registry.root("households", HOUSEHOLDS_WITHIN)
registry.root("aid_grants", GRANTS_WITHIN)
registry.statistic(
    Statistic(
        "HOUSEHOLDS",
        Household,
        organization=Household.organization_id,
        division=Household.division_id,
        begins=Household.valid_from,
        ends=Household.valid_to,
        joins=(Join(COUNTED_PERSONS, Household.member_id),),
        dimensions={
            "HARDSHIP": Household.hardship,
            "WORKER_TYPE": COUNTED_PERSONS.c.worker_type,
            "IS_MIGRANT_WORKER": COUNTED_PERSONS.c.is_migrant_worker,
        },
        measures={"households": RECORDS, "persons": distinct(Household.member_id)},
        person=Household.member_id,
    )
)
registry.statistic(
    Statistic(
        "AID_GRANTS",
        AidGrant,
        organization=AidGrant.organization_id,
        division=AidGrant.division_id,
        begins=AidGrant.paid_on,
        events={"APPLIED": AidGrant.applied_on},
        joins=(Join(Household, AidGrant.household_id), Join(Dependant, AidGrant.dependant_id)),
        dimensions={
            "KIND": AidGrant.kind,
            "STATUS": AidGrant.status,
            "HARDSHIP": Household.hardship,
            "SCHOOL_STAGE": Dependant.school_stage,
        },
        measures={
            "amount": total(AidGrant.amount),
            "households": distinct(AidGrant.household_id),
            "persons": distinct(func.coalesce(-AidGrant.dependant_id, AidGrant.member_id, Household.member_id)),
            "paid": where(AidGrant.paid_on.is_not(None), event="APPLIED"),
        },
        rates={"paid_share": Rate("paid", "records")},
        person=func.coalesce(-AidGrant.dependant_id, AidGrant.member_id, Household.member_id),
    )
)

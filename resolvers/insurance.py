"""How insurance enrolments are answered."""

from db.insurance import InsuranceEnrolment
from resolvers.engine.source import Many, One, Source
from resolvers.reach import Period, Within
from resolvers.registry import registry

ENROLMENTS_WITHIN = Many(
    "InsuranceEnrolment",
    Within(InsuranceEnrolment.organization_id, period=Period.of(InsuranceEnrolment)),
)

registry.add(
    Source(
        InsuranceEnrolment,
        "ins",
        hide=("organization_id", "member_id", "participant_id"),
        fields={
            "organization": One("Organization", InsuranceEnrolment.organization_id),
            "member": One("Member", InsuranceEnrolment.member_id),
            "participant": One("Employer", InsuranceEnrolment.participant_id),
        },
    )
)
registry.root("insurance_enrolments", ENROLMENTS_WITHIN)

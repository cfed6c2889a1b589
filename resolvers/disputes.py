"""How dispute cases are answered, with the last day of their mediation."""

from sqlalchemy import and_, or_

from db.disputes import DisputeCase, DisputeClaim, DisputeParty, DisputePhase, DisputeStatus, DisputeStep, Recovery
from db.employers import Employer
from resolvers.deadlines import Procedure, due_on
from resolvers.engine.source import AnyOf, Lookup, Many, One, Source
from resolvers.engine.statistic import RECORDS, Join, Statistic, distinct, median, share, total
from resolvers.mediation import OF_CASE
from resolvers.overdue import Timed, overdue, overdue_share
from resolvers.reach import By, Period, Within
from resolvers.registry import registry

CASES_WITHIN = Many(
    "DisputeCase", Within(DisputeCase.organization_id, period=Period(DisputeCase.received_on, DisputeCase.closed_on))
)

MEDIATION = Procedure("dispute", "mediate")

registry.add(
    Source(
        DisputeCase,
        "case",
        hide=("organization_id", "employer_id", "division_id"),
        fields={
            "organization": One("Organization", DisputeCase.organization_id),
            "employer": One("Employer", DisputeCase.employer_id),
            "division": One("Division", DisputeCase.division_id),
            "parties": Many("DisputeParty", By(DisputeParty.case_id)),
            "claims": Many("DisputeClaim", By(DisputeClaim.case_id), expected=2),
            "steps": Many("DisputeStep", By(DisputeStep.case_id, order=[DisputeStep.occurred_on]), expected=5),
            "recoveries": Many("Recovery", By(Recovery.case_id)),
            "mediation_due_on": due_on(MEDIATION, DisputeCase.received_on, DisputeCase.division_id),
            **OF_CASE,
        },
    )
)
registry.add(
    Source(
        DisputeParty,
        "dparty",
        hide=("case_id", "member_id", "employer_id", "organization_id"),
        fields={
            "case": One("DisputeCase", DisputeParty.case_id),
            "subject": AnyOf(
                (
                    One("Member", DisputeParty.member_id),
                    One("Employer", DisputeParty.employer_id),
                    One("Organization", DisputeParty.organization_id),
                )
            ),
        },
    )
)
registry.add(Source(DisputeClaim, "claim", hide=("case_id",)))
registry.add(Source(DisputeStep, "dstep", hide=("case_id",)))
registry.add(
    Source(
        Recovery,
        "recov",
        hide=("case_id", "member_id"),
        fields={"case": One("DisputeCase", Recovery.case_id), "member": One("Member", Recovery.member_id)},
    )
)
registry.root("dispute_case", Lookup("DisputeCase", {"id": DisputeCase.id, "number": DisputeCase.number}))
registry.root("dispute_cases", CASES_WITHIN)
MEDIATED = Timed(MEDIATION, DisputeCase.received_on, DisputeCase.closed_on, DisputeCase.division_id)
BEFORE_ARBITRATION = or_(
    *(
        DisputeCase.phase == phase
        for phase in (DisputePhase.COUNSELLING, DisputePhase.DAILY_MEDIATION, DisputePhase.PRE_ARBITRATION)
    )
)
CONCLUDED = or_(
    *(
        DisputeCase.status == status
        for status in (DisputeStatus.SETTLED, DisputeStatus.DECIDED, DisputeStatus.WITHDRAWN, DisputeStatus.CLOSED)
    )
)

registry.statistic(
    Statistic(
        "DISPUTE_CASES",
        DisputeCase,
        organization=DisputeCase.organization_id,
        division=DisputeCase.division_id,
        begins=DisputeCase.received_on,
        ends=DisputeCase.closed_on,
        joins=(Join(Employer, DisputeCase.employer_id),),
        dimensions={
            "CAUSE": DisputeCase.cause,
            "PHASE": DisputeCase.phase,
            "STATUS": DisputeCase.status,
            "BODY": DisputeCase.body,
            "IS_COLLECTIVE": DisputeCase.is_collective,
            "INDUSTRY": Employer.industry,
        },
        measures={
            "cases": RECORDS,
            "amount": total(DisputeCase.amount_claimed),
            "overdue": overdue(MEDIATED),
            "overdue_share": overdue_share(MEDIATED),
            "median_days": median(DisputeCase.closed_on - DisputeCase.received_on),
            "settled_before_arbitration": share(
                and_(DisputeCase.status == DisputeStatus.SETTLED, BEFORE_ARBITRATION), CONCLUDED
            ),
        },
        widespread=True,
    )
)
registry.statistic(
    Statistic(
        "RECOVERIES",
        Recovery,
        organization=DisputeCase.organization_id,
        division=DisputeCase.division_id,
        begins=Recovery.received_on,
        joins=(Join(DisputeCase, Recovery.case_id), Join(Employer, DisputeCase.employer_id)),
        dimensions={
            "KIND": Recovery.kind,
            "CAUSE": DisputeCase.cause,
            "IS_COLLECTIVE": DisputeCase.is_collective,
            "INDUSTRY": Employer.industry,
        },
        measures={
            "persons": distinct(Recovery.member_id),
            "cases": distinct(Recovery.case_id),
            "amount": total(Recovery.amount),
        },
        person=Recovery.member_id,
        widespread=True,
    )
)

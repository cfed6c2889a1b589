"""Sources of dispute cases, with the last day of their mediation."""

from sqlalchemy import Date, and_, func, not_, or_, select

from db.disputes import DisputeCase, DisputeClaim, DisputeParty, DisputePhase, DisputeStatus, DisputeStep, Recovery
from db.employers import Employer
from resolvers import mediation
from resolvers.deadlines import Procedure
from resolvers.engine.declare.columns import alias, one_of
from resolvers.engine.declare.sources import AnyOf, Lookup, Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Rate, Statistic, distinct, median, total, where
from resolvers.engine.declare.validity import Period
from resolvers.overdue import TIMELINESS, Overdue, TimedStep, timeliness
from resolvers.quality import QualitySeverity, RecordRule, declare
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

CASES_WITHIN = Many("DisputeCase", Within(DisputeCase.organization_id))

OF_ORGANIZATION = {"dispute_cases": CASES_WITHIN}
OF_DIVISION = {"dispute_cases": Many("DisputeCase", WithinDivision(DisputeCase.division_id))}
OF_MEMBER = {
    "dispute_cases": Many("DisputeCase", By(DisputeParty.member_id, via=DisputeParty.case_id, via_type="DisputeParty"))
}
OF_EMPLOYER = {"dispute_cases": Many("DisputeCase", By(DisputeCase.employer_id))}

MEDIATING = (DisputePhase.COUNSELLING, DisputePhase.DAILY_MEDIATION, DisputePhase.PRE_ARBITRATION)
ENDED = (DisputeStatus.SETTLED, DisputeStatus.DECIDED, DisputeStatus.WITHDRAWN, DisputeStatus.CLOSED)
STEP = alias(DisputeStep)
BEFORE_ARBITRATION = one_of(DisputeCase.phase, MEDIATING)
CONCLUDED = one_of(DisputeCase.status, ENDED)

MEDIATION_ENDED = (
    select(func.min(STEP.c.occurred_on))
    .where(
        STEP.c.case_id == DisputeCase.id,
        or_(
            not_(one_of(STEP.c.phase, MEDIATING)),
            and_(STEP.c.phase != DisputePhase.COUNSELLING, one_of(STEP.c.status, ENDED)),
        ),
    )
    .correlate_except(STEP)
    .scalar_subquery()
)
"""The day on which a case left mediation: that of the outcome, or of the first step at arbitration or a court."""

MEDIATION = TimedStep(
    Procedure("dispute", "mediate"),
    DisputeCase.received_on,
    func.least(DisputeCase.closed_on, MEDIATION_ENDED, type_=Date()).label("mediated_on"),
    DisputeCase.division_id,
)
OVERDUE = Overdue((MEDIATION,))

QUALITY = declare(
    "DisputeCase",
    RecordRule(
        "CASE_CLOSED_WITHOUT_DAY",
        "lacks_closing_day",
        QualitySeverity.ERROR,
        and_(DisputeCase.closed_on.is_(None), one_of(DisputeCase.status, ENDED)),
        column="closed_on",
    ),
)

registry.add(
    Source(
        DisputeCase,
        "case",
        columns=QUALITY,
        period=Period(DisputeCase.received_on, DisputeCase.closed_on),
        hide=("organization_id", "employer_id", "division_id"),
        fields={
            "organization": One("Organization", DisputeCase.organization_id),
            "employer": One("Employer", DisputeCase.employer_id),
            "division": One("Division", DisputeCase.division_id),
            "parties": Many("DisputeParty", By(DisputeParty.case_id, few=True)),
            "claims": Many("DisputeClaim", By(DisputeClaim.case_id, few=True), expected=2),
            "steps": Many(
                "DisputeStep", By(DisputeStep.case_id, order=[DisputeStep.occurred_on], few=True), expected=5
            ),
            "recoveries": Many("Recovery", By(Recovery.case_id, few=True)),
            "mediation_due_on": MEDIATION.due_on,
            "mediation_due_provisional": MEDIATION.provisional,
            "mediation_days_left": MEDIATION.days_left,
            "overdue": OVERDUE.field,
            **mediation.OF_CASE,
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
            **timeliness(OVERDUE),
            "median_days": median(DisputeCase.closed_on - DisputeCase.received_on),
            "concluded": where(CONCLUDED),
            "settled": where(DisputeCase.status == DisputeStatus.SETTLED),
            "settled_early": where(and_(DisputeCase.status == DisputeStatus.SETTLED, BEFORE_ARBITRATION)),
        },
        rates={
            **TIMELINESS,
            "settled_share": Rate("settled", "concluded"),
            "settled_before_arbitration": Rate("settled_early", "concluded"),
        },
        widespread=True,
        personal=True,
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

"""Sources of collective agreements, with the last days that the law sets for their steps."""

from datetime import date

from sqlalchemy import ColumnElement, Date, and_, func, select

from db.agreements import AgreementCoverage, AgreementParty, AgreementStatus, AgreementStep, CollectiveAgreement
from resolvers.deadlines import Procedure
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.sources import Lookup, Many, One, Source
from resolvers.engine.declare.statistics import Statistic, distinct, median
from resolvers.engine.declare.validity import Period
from resolvers.overdue import TIMELINESS, Overdue, TimedStep, timeliness
from resolvers.quality import QualitySeverity, RecordRule, declare, today
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

AGREEMENTS_WITHIN = Many("CollectiveAgreement", Within(CollectiveAgreement.organization_id))

OF_ORGANIZATION = {"collective_agreements": AGREEMENTS_WITHIN}
OF_DIVISION = {"collective_agreements": Many("CollectiveAgreement", WithinDivision(CollectiveAgreement.division_id))}
OF_EMPLOYER = {
    "collective_agreements": Many("CollectiveAgreement", By(CollectiveAgreement.employer_id)),
    "agreement_coverages": Many("AgreementCoverage", By(AgreementCoverage.employer_id)),
}

STEP = alias(AgreementStep)


def _first(*conditions: ColumnElement[bool]) -> ColumnElement[date]:
    """The day of an agreement's first step that fulfils these conditions."""
    first = select(func.min(STEP.c.occurred_on)).where(STEP.c.agreement_id == CollectiveAgreement.id, *conditions)
    return first.correlate_except(STEP).scalar_subquery()


ANSWERED = _first(STEP.c.status != AgreementStatus.REQUESTED).label("answered_on")
OBJECTED = _first(STEP.c.status == AgreementStatus.OBJECTED, STEP.c.occurred_on >= CollectiveAgreement.received_on)
REVIEWED = func.least(CollectiveAgreement.effective_on, OBJECTED, type_=Date()).label("reviewed_on")
"""Any later step answers a request; a review ends when the agreement takes effect or the bureau objects."""

PLACE = (CollectiveAgreement.division_id, CollectiveAgreement.kind)
REPLY = TimedStep(
    Procedure("agreement", "reply", special={"WAGE": "reply_wage"}), CollectiveAgreement.requested_on, ANSWERED, *PLACE
)
SUBMISSION = TimedStep(
    Procedure("agreement", "submit"), CollectiveAgreement.signed_on, CollectiveAgreement.submitted_on, *PLACE
)
REVIEW = TimedStep(Procedure("agreement", "review"), CollectiveAgreement.received_on, REVIEWED, *PLACE)
OVERDUE = Overdue((REPLY, SUBMISSION, REVIEW))

QUALITY = declare(
    "CollectiveAgreement",
    RecordRule(
        "AGREEMENT_PAST_ITS_END",
        "is_past_its_end",
        QualitySeverity.ERROR,
        and_(
            CollectiveAgreement.status == AgreementStatus.EFFECTIVE,
            func.coalesce(CollectiveAgreement.term_to <= today(), False),
        ),
        column="term_to",
    ),
)

registry.add(
    Source(
        CollectiveAgreement,
        "agr",
        columns=QUALITY,
        period=Period(CollectiveAgreement.term_from, CollectiveAgreement.term_to),
        hide=("organization_id", "employer_id", "division_id"),
        searchable=(),
        fields={
            "organization": One("Organization", CollectiveAgreement.organization_id),
            "employer": One("Employer", CollectiveAgreement.employer_id),
            "division": One("Division", CollectiveAgreement.division_id),
            "parties": Many("AgreementParty", By(AgreementParty.agreement_id), expected=2),
            "coverages": Many("AgreementCoverage", By(AgreementCoverage.agreement_id)),
            "steps": Many("AgreementStep", By(AgreementStep.agreement_id, order=[AgreementStep.occurred_on])),
            "reply_due_on": REPLY.due_on,
            "reply_due_provisional": REPLY.provisional,
            "reply_days_left": REPLY.days_left,
            "submission_due_on": SUBMISSION.due_on,
            "submission_due_provisional": SUBMISSION.provisional,
            "submission_days_left": SUBMISSION.days_left,
            "review_due_on": REVIEW.due_on,
            "review_due_provisional": REVIEW.provisional,
            "review_days_left": REVIEW.days_left,
            "overdue": OVERDUE.field,
        },
    )
)
registry.add(
    Source(
        AgreementParty,
        "aparty",
        hide=("agreement_id", "organization_id", "employer_id"),
        fields={
            "organization": One("Organization", AgreementParty.organization_id),
            "employer": One("Employer", AgreementParty.employer_id),
        },
    )
)
registry.add(
    Source(
        AgreementCoverage,
        "acover",
        hide=("agreement_id", "employer_id"),
        fields={
            "agreement": One("CollectiveAgreement", AgreementCoverage.agreement_id),
            "employer": One("Employer", AgreementCoverage.employer_id),
        },
    )
)
registry.add(Source(AgreementStep, "astep", hide=("agreement_id",)))
registry.root(
    "collective_agreement",
    Lookup("CollectiveAgreement", {"id": CollectiveAgreement.id, "number": CollectiveAgreement.number}),
)
registry.root("collective_agreements", AGREEMENTS_WITHIN)
registry.statistic(
    Statistic(
        "COLLECTIVE_AGREEMENTS",
        CollectiveAgreement,
        organization=CollectiveAgreement.organization_id,
        division=CollectiveAgreement.division_id,
        begins=CollectiveAgreement.term_from,
        ends=CollectiveAgreement.term_to,
        events={
            "REQUESTED": CollectiveAgreement.requested_on,
            "SIGNED": CollectiveAgreement.signed_on,
            "SUBMITTED": CollectiveAgreement.submitted_on,
            "EFFECTIVE": CollectiveAgreement.effective_on,
        },
        dimensions={
            "KIND": CollectiveAgreement.kind,
            "STATUS": CollectiveAgreement.status,
            "INDUSTRY": CollectiveAgreement.industry,
        },
        measures={
            "units": distinct(CollectiveAgreement.employer_id),
            **timeliness(OVERDUE, event="REQUESTED"),
            "median_days": median(CollectiveAgreement.signed_on - CollectiveAgreement.requested_on),
        },
        rates=TIMELINESS,
        widespread=True,
    )
)

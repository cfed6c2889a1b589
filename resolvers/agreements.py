"""How collective agreements are answered, with the last days that the law sets for their steps."""

from db.agreements import AgreementCoverage, AgreementParty, AgreementStep, CollectiveAgreement
from resolvers.deadlines import Procedure, due_on
from resolvers.engine.source import Lookup, Many, One, Source
from resolvers.engine.statistic import Statistic, distinct, median
from resolvers.overdue import Timed, overdue, overdue_share
from resolvers.reach import By, Period, Within
from resolvers.registry import registry

AGREEMENTS_WITHIN = Many(
    "CollectiveAgreement",
    Within(
        CollectiveAgreement.organization_id, period=Period(CollectiveAgreement.term_from, CollectiveAgreement.term_to)
    ),
)

REPLY = Procedure("agreement", "reply", special={"WAGE": "reply_wage"})
SUBMISSION = Procedure("agreement", "submit")
REVIEW = Procedure("agreement", "review")
PLACE = (CollectiveAgreement.division_id, CollectiveAgreement.kind)

registry.add(
    Source(
        CollectiveAgreement,
        "agr",
        hide=("organization_id", "employer_id", "division_id"),
        searchable=(),
        fields={
            "organization": One("Organization", CollectiveAgreement.organization_id),
            "employer": One("Employer", CollectiveAgreement.employer_id),
            "division": One("Division", CollectiveAgreement.division_id),
            "parties": Many("AgreementParty", By(AgreementParty.agreement_id), expected=2),
            "coverages": Many(
                "AgreementCoverage",
                By(AgreementCoverage.agreement_id, period=Period.of(AgreementCoverage)),
            ),
            "steps": Many("AgreementStep", By(AgreementStep.agreement_id, order=[AgreementStep.occurred_on])),
            "reply_due_on": due_on(REPLY, CollectiveAgreement.requested_on, *PLACE),
            "submission_due_on": due_on(SUBMISSION, CollectiveAgreement.signed_on, *PLACE),
            "review_due_on": due_on(REVIEW, CollectiveAgreement.received_on, *PLACE),
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
STEPS = (
    Timed(SUBMISSION, CollectiveAgreement.signed_on, CollectiveAgreement.submitted_on, *PLACE),
    Timed(REVIEW, CollectiveAgreement.received_on, CollectiveAgreement.effective_on, *PLACE),
)

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
            "overdue": overdue(*STEPS),
            "overdue_share": overdue_share(*STEPS),
            "median_days": median(CollectiveAgreement.signed_on - CollectiveAgreement.requested_on),
        },
        widespread=True,
    )
)

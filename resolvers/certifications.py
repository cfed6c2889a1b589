"""Sources of certifications: rounds, awards with their validity, and scores."""

from db.certifications import Certification, CertificationRound, CertificationScore
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Rate, Statistic, distinct, where
from resolvers.engine.declare.validity import Period
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

ROUNDS_WITHIN = Many("CertificationRound", Within(CertificationRound.organization_id))
CERTIFICATIONS_WITHIN = Many("Certification", Within(Certification.organization_id))

OF_ORGANIZATION = {"certification_rounds": ROUNDS_WITHIN, "certifications": CERTIFICATIONS_WITHIN}
OF_DIVISION = {"certifications": Many("Certification", WithinDivision(Certification.division_id))}
OF_VENUE = {"certifications": Many("Certification", By(Certification.venue_id), expected=1)}

registry.add(
    Source(
        CertificationRound,
        "cfround",
        hide=("organization_id",),
        fields={
            "organization": One("Organization", CertificationRound.organization_id),
            "certifications": Many("Certification", By(Certification.round_id)),
        },
    )
)
registry.add(
    Source(
        Certification,
        "cert",
        period=Period(Certification.awarded_on, Certification.valid_to),
        hide=("round_id", "organization_id", "venue_id", "division_id"),
        fields={
            "round": One("CertificationRound", Certification.round_id),
            "organization": One("Organization", Certification.organization_id),
            "venue": One("Venue", Certification.venue_id),
            "division": One("Division", Certification.division_id),
            "scores": Many("CertificationScore", By(CertificationScore.certification_id), expected=5),
        },
    )
)
registry.add(
    Source(
        CertificationScore,
        "score",
        hide=("certification_id",),
        fields={"certification": One("Certification", CertificationScore.certification_id)},
    )
)
registry.root("certification_rounds", ROUNDS_WITHIN)
registry.root("certifications", CERTIFICATIONS_WITHIN)
registry.statistic(
    Statistic(
        "CERTIFICATIONS",
        Certification,
        organization=Certification.organization_id,
        division=Certification.division_id,
        begins=Certification.awarded_on,
        ends=Certification.valid_to,
        events={"APPLIED": Certification.applied_on},
        joins=(Join(CertificationRound, Certification.round_id),),
        dimensions={
            "KIND": CertificationRound.kind,
            "LEVEL": CertificationRound.level,
            "COHORT": CertificationRound.cohort,
            "STATUS": Certification.status,
        },
        measures={
            "items": RECORDS,
            "units": distinct(Certification.organization_id),
            "awarded": where(Certification.awarded_on.is_not(None), event="APPLIED"),
        },
        rates={"awarded_share": Rate("awarded", "records")},
    )
)
registry.statistic(
    Statistic(
        "CERTIFICATION_SCORES",
        CertificationScore,
        organization=Certification.organization_id,
        division=Certification.division_id,
        begins=Certification.applied_on,
        joins=(
            Join(Certification, CertificationScore.certification_id),
            Join(CertificationRound, Certification.round_id),
        ),
        dimensions={
            "KIND": CertificationRound.kind,
            "COHORT": CertificationRound.cohort,
            "CRITERION": CertificationScore.criterion,
            "IS_PASSED": CertificationScore.is_passed,
        },
        measures={
            "items": RECORDS,
            "units": distinct(Certification.organization_id),
            "passed": where(CertificationScore.is_passed.is_(True)),
        },
        rates={"passed_share": Rate("passed", "records")},
    )
)

"""How exhibitors at job fairs and the posts that they offer are answered."""

from db.fairs import Exhibitor, JobOffer
from resolvers.engine.source import Many, One, Source
from resolvers.reach import By, Within
from resolvers.registry import registry

EXHIBITORS_WITHIN = Many("Exhibitor", Within(Exhibitor.organization_id))
OFFERS_WITHIN = Many("JobOffer", Within(JobOffer.organization_id))

OF_ORGANIZATION = {"exhibitors": EXHIBITORS_WITHIN, "job_offers": OFFERS_WITHIN}
OF_EMPLOYER = {"exhibitors": Many("Exhibitor", By(Exhibitor.employer_id))}

registry.add(
    Source(
        Exhibitor,
        "exhib",
        hide=("activity_id", "organization_id", "employer_id"),
        fields={
            "activity": One("Activity", Exhibitor.activity_id),
            "organization": One("Organization", Exhibitor.organization_id),
            "employer": One("Employer", Exhibitor.employer_id),
            "job_offers": Many("JobOffer", By(JobOffer.exhibitor_id)),
        },
    )
)
registry.add(
    Source(
        JobOffer,
        "offer",
        hide=("exhibitor_id", "organization_id"),
        fields={
            "exhibitor": One("Exhibitor", JobOffer.exhibitor_id),
            "organization": One("Organization", JobOffer.organization_id),
        },
    )
)
registry.root("exhibitors", EXHIBITORS_WITHIN)
registry.root("job_offers", OFFERS_WITHIN)

"""Sources of exhibitors at job fairs and of the posts that they offer."""

from sqlalchemy import case

from db.activities import Activity
from db.employers import Employer
from db.fairs import Exhibitor, JobOffer
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import Join, Rate, Ref, Statistic, distinct, total
from resolvers.registry import registry
from resolvers.relations import By, Within

EXHIBITORS_WITHIN = Many("Exhibitor", Within(Exhibitor.organization_id))
OFFERS_WITHIN = Many("JobOffer", Within(JobOffer.organization_id))

OF_ORGANIZATION = {"exhibitors": EXHIBITORS_WITHIN, "job_offers": OFFERS_WITHIN}
OF_EMPLOYER = {"exhibitors": Many("Exhibitor", By(Exhibitor.employer_id))}
OF_ACTIVITY = {"exhibitors": Many("Exhibitor", By(Exhibitor.activity_id))}

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
registry.statistic(
    Statistic(
        "EXHIBITORS",
        Exhibitor,
        organization=Exhibitor.organization_id,
        division=Activity.division_id,
        begins=Activity.starts_on,
        joins=(Join(Activity, Exhibitor.activity_id), Join(Employer, Exhibitor.employer_id)),
        dimensions={"INDUSTRY": Employer.industry, "EMPLOYER": Ref("Employer", Exhibitor.employer_id, Employer.name)},
        measures={"units": distinct(Exhibitor.employer_id), "sessions": distinct(Exhibitor.activity_id)},
    )
)
registry.statistic(
    Statistic(
        "JOB_OFFERS",
        JobOffer,
        organization=JobOffer.organization_id,
        division=Activity.division_id,
        begins=Activity.starts_on,
        joins=(
            Join(Exhibitor, JobOffer.exhibitor_id),
            Join(Activity, Exhibitor.activity_id),
            Join(Employer, Exhibitor.employer_id),
        ),
        dimensions={
            "IS_FLEXIBLE": JobOffer.is_flexible,
            "INDUSTRY": Employer.industry,
            "EMPLOYER": Ref("Employer", Exhibitor.employer_id, Employer.name),
        },
        measures={
            "items": total(JobOffer.headcount),
            "filled": total(JobOffer.filled_count),
            "followed_up": total(case((JobOffer.filled_count.is_not(None), JobOffer.headcount))),
            "units": distinct(Exhibitor.employer_id),
        },
        rates={"filled_share": Rate("filled", "followed_up", is_part=False)},
    )
)

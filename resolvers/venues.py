"""Sources of venues."""

from db.venues import Venue
from resolvers import activities, certifications, services
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Statistic, distinct
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

VENUES_WITHIN = Many("Venue", Within(Venue.organization_id))

OF_ORGANIZATION = {"venues": VENUES_WITHIN}
OF_DIVISION = {"venues": Many("Venue", WithinDivision(Venue.division_id))}
OF_EMPLOYER = {"venues": Many("Venue", By(Venue.employer_id))}

registry.add(
    Source(
        Venue,
        "venue",
        hide=("organization_id", "division_id", "employer_id"),
        searchable=("name",),
        fields={
            "organization": One("Organization", Venue.organization_id),
            "division": One("Division", Venue.division_id),
            "employer": One("Employer", Venue.employer_id),
            **certifications.OF_VENUE,
            **activities.OF_VENUE,
            **services.OF_VENUE,
        },
    )
)
registry.root("venues", VENUES_WITHIN)
registry.statistic(
    Statistic(
        "VENUES",
        Venue,
        organization=Venue.organization_id,
        division=Venue.division_id,
        begins=Venue.valid_from,
        ends=Venue.valid_to,
        dimensions={"KIND": Venue.kind},
        measures={"items": RECORDS, "units": distinct(Venue.organization_id)},
    )
)

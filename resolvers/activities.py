"""How programmes, activities and attendances are answered."""

from sqlalchemy import ColumnElement, Date, Integer, literal_column, type_coerce

from db.activities import Activity, Attendance, Programme
from db.fairs import Exhibitor
from db.services import MaterialDistribution
from resolvers.engine.source import Many, One, Source
from resolvers.reach import By, Period, Within, WithinDivision
from resolvers.registry import registry

ONE: ColumnElement[int] = literal_column("1", Integer())
UNDER_WAY = Period(Activity.starts_on, type_coerce(Activity.ends_on + ONE, Date))
DAYS = type_coerce(Activity.ends_on - Activity.starts_on, Integer) + ONE
RUNNING = Period.of(Programme)

PROGRAMMES_WITHIN = Many("Programme", Within(Programme.organization_id, period=RUNNING))
ACTIVITIES_WITHIN = Many("Activity", Within(Activity.organization_id, period=UNDER_WAY))
ATTENDANCES_WITHIN = Many("Attendance", Within(Attendance.organization_id))

OF_ORGANIZATION = {
    "programmes": PROGRAMMES_WITHIN,
    "activities": ACTIVITIES_WITHIN,
    "attendances": ATTENDANCES_WITHIN,
}
OF_DIVISION = {
    "activities": Many("Activity", WithinDivision(Activity.division_id, period=UNDER_WAY)),
    "attendances": Many("Attendance", WithinDivision(Attendance.division_id)),
}
OF_MEMBER = {"attendances": Many("Attendance", By(Attendance.member_id))}
OF_EMPLOYER = {
    "activities": Many("Activity", By(Activity.employer_id, period=UNDER_WAY)),
    "attendances": Many("Attendance", By(Attendance.employer_id)),
}
OF_VENUE = {"activities": Many("Activity", By(Activity.venue_id, period=UNDER_WAY))}
OF_LINE = {"activities": Many("Activity", By(Activity.line_id, period=UNDER_WAY))}
OF_HOUSEHOLD = {"attendances": Many("Attendance", By(Attendance.household_id))}
OF_MEASURE = {"activities": Many("Activity", By(Activity.measure_id, period=UNDER_WAY))}

registry.add(
    Source(
        Programme,
        "prog",
        hide=("organization_id", "parent_id"),
        fields={
            "organization": One("Organization", Programme.organization_id),
            "parent": One("Programme", Programme.parent_id),
            "parts": Many("Programme", By(Programme.parent_id, period=RUNNING)),
            "activities": Many("Activity", By(Activity.programme_id, period=UNDER_WAY)),
        },
    )
)
registry.add(
    Source(
        Activity,
        "act",
        columns={"days": DAYS},
        hide=(
            "organization_id",
            "division_id",
            "programme_id",
            "parent_id",
            "employer_id",
            "venue_id",
            "measure_id",
            "line_id",
        ),
        fields={
            "organization": One("Organization", Activity.organization_id),
            "division": One("Division", Activity.division_id),
            "programme": One("Programme", Activity.programme_id),
            "parent": One("Activity", Activity.parent_id),
            "employer": One("Employer", Activity.employer_id),
            "venue": One("Venue", Activity.venue_id),
            "measure": One("PolicyMeasure", Activity.measure_id),
            "line": One("CooperationLine", Activity.line_id),
            "beside": Many("Activity", By(Activity.parent_id)),
            "attendances": Many("Attendance", By(Attendance.activity_id)),
            "exhibitors": Many("Exhibitor", By(Exhibitor.activity_id)),
            "material_distributions": Many("MaterialDistribution", By(MaterialDistribution.activity_id)),
        },
    )
)
registry.add(
    Source(
        Attendance,
        "att",
        hide=("activity_id", "organization_id", "division_id", "member_id", "household_id", "employer_id"),
        fields={
            "activity": One("Activity", Attendance.activity_id),
            "organization": One("Organization", Attendance.organization_id),
            "division": One("Division", Attendance.division_id),
            "member": One("Member", Attendance.member_id),
            "household": One("Household", Attendance.household_id),
            "employer": One("Employer", Attendance.employer_id),
        },
    )
)
registry.root("programmes", PROGRAMMES_WITHIN)
registry.root("activities", ACTIVITIES_WITHIN)
registry.root("attendances", ATTENDANCES_WITHIN)

"""Sources of programmes, activities and attendances."""

from sqlalchemy import ColumnElement, Integer, func, literal_column, type_coerce

from db.activities import Activity, Attendance, Programme
from db.employers import Employer
from db.policies import PolicyMeasure
from resolvers import fairs, services
from resolvers.counted_persons import COUNTED_PERSONS
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Ref, Statistic, distinct
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

ONE: ColumnElement[int] = literal_column("1", Integer())
DAYS = type_coerce(Activity.ends_on - Activity.starts_on, Integer) + ONE

PROGRAMMES_WITHIN = Many("Programme", Within(Programme.organization_id))
ACTIVITIES_WITHIN = Many("Activity", Within(Activity.organization_id))
ATTENDANCES_WITHIN = Many("Attendance", Within(Attendance.organization_id))

OF_ORGANIZATION = {
    "programmes": PROGRAMMES_WITHIN,
    "activities": ACTIVITIES_WITHIN,
    "attendances": ATTENDANCES_WITHIN,
}
OF_DIVISION = {
    "activities": Many("Activity", WithinDivision(Activity.division_id)),
    "attendances": Many("Attendance", WithinDivision(Attendance.division_id)),
}
OF_MEMBER = {"attendances": Many("Attendance", By(Attendance.member_id))}
OF_EMPLOYER = {
    "activities": Many("Activity", By(Activity.employer_id)),
    "attendances": Many("Attendance", By(Attendance.employer_id)),
}
OF_VENUE = {"activities": Many("Activity", By(Activity.venue_id))}
OF_LINE = {"activities": Many("Activity", By(Activity.line_id))}
OF_HOUSEHOLD = {"attendances": Many("Attendance", By(Attendance.household_id))}
OF_MEASURE = {"activities": Many("Activity", By(Activity.measure_id))}

registry.add(
    Source(
        Programme,
        "prog",
        hide=("organization_id", "parent_id"),
        fields={
            "organization": One("Organization", Programme.organization_id),
            "parent": One("Programme", Programme.parent_id),
            "parts": Many("Programme", By(Programme.parent_id)),
            "activities": Many("Activity", By(Activity.programme_id)),
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
            **fairs.OF_ACTIVITY,
            **services.OF_ACTIVITY,
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
registry.statistic(
    Statistic(
        "ACTIVITIES",
        Activity,
        organization=Activity.organization_id,
        division=Activity.division_id,
        begins=Activity.starts_on,
        joins=(
            Join(Employer, Activity.employer_id),
            Join(Programme, Activity.programme_id),
            Join(PolicyMeasure, Activity.measure_id),
        ),
        dimensions={
            "KIND": Activity.kind,
            "MODE": Activity.mode,
            "SKILL": Activity.skill,
            "INDUSTRY": Employer.industry,
            "EMPLOYER": Ref("Employer", Activity.employer_id, Employer.name),
            "PROGRAMME": Ref("Programme", Activity.programme_id, Programme.name),
            "MEASURE": Ref("PolicyMeasure", Activity.measure_id, PolicyMeasure.title),
        },
        measures={"sessions": RECORDS, "units": distinct(Activity.employer_id)},
    )
)
registry.statistic(
    Statistic(
        "ATTENDANCES",
        Attendance,
        organization=Attendance.organization_id,
        division=Attendance.division_id,
        begins=Attendance.attended_on,
        joins=(
            Join(Activity, Attendance.activity_id),
            Join(Programme, Activity.programme_id),
            Join(Employer, Attendance.employer_id),
            Join(COUNTED_PERSONS, Attendance.member_id),
        ),
        dimensions={
            "KIND": Activity.kind,
            "MODE": Activity.mode,
            "SKILL": Activity.skill,
            "ROLE": Attendance.role,
            "AWARD": Attendance.award,
            "PROGRAMME": Ref("Programme", Activity.programme_id, Programme.name),
            "EMPLOYER": Ref("Employer", Attendance.employer_id, Employer.name),
            "WORKER_TYPE": COUNTED_PERSONS.c.worker_type,
            "IS_MIGRANT_WORKER": COUNTED_PERSONS.c.is_migrant_worker,
        },
        measures={
            "attendances": RECORDS,
            "persons": distinct(Attendance.member_id),
            "households": distinct(Attendance.household_id),
            "units": distinct(Attendance.employer_id),
            "sessions": distinct(Attendance.activity_id),
        },
        person=func.coalesce(Attendance.member_id, Attendance.household_id),
    )
)

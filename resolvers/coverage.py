"""Sources of coverage: census rounds and records, population estimates, targets, designations and construction projects."""

from sqlalchemy import BigInteger, Date, cast, column, func, select, table

from db.coverage import CensusRecord, CensusRound, ConstructionProject, Designation, PopulationEstimate, Target
from db.employers import Employer
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Rate, Statistic, distinct, total, where
from resolvers.engine.declare.validity import Period, holds
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision
from resolvers.target_progress import PROGRESS

ROUNDS_WITHIN = Many("CensusRound", Within(CensusRound.organization_id))
RECORDS_WITHIN = Many("CensusRecord", Within(CensusRecord.organization_id))
ESTIMATES_WITHIN = Many("PopulationEstimate", Within(PopulationEstimate.organization_id))
TARGETS_WITHIN = Many("Target", Within(Target.organization_id))
DESIGNATIONS_WITHIN = Many("Designation", Within(Designation.organization_id))
PROJECTS_WITHIN = Many("ConstructionProject", Within(ConstructionProject.organization_id))

TODAY = select(cast(func.timezone("Asia/Shanghai", func.now()), Date)).scalar_subquery()

COVERAGE_PERIODS = table(
    "coverage_periods",
    column("employer_id", BigInteger()),
    column("valid_from", Date()),
    column("valid_to", Date()),
    schema="wall",
)
"""The employer and the days of every coverage, without the union: whoever sees an employer sees whether a union covers it."""

IS_ORGANIZED = (
    select(COVERAGE_PERIODS.c.employer_id)
    .where(
        COVERAGE_PERIODS.c.employer_id == Employer.id,
        holds(Period(COVERAGE_PERIODS.c.valid_from, COVERAGE_PERIODS.c.valid_to), TODAY),
    )
    .correlate(Employer.__table__)
    .exists()
)
"""Whether a union covers the employer today."""

OF_ORGANIZATION = {
    "census_rounds": ROUNDS_WITHIN,
    "census_records": RECORDS_WITHIN,
    "population_estimates": ESTIMATES_WITHIN,
    "targets": TARGETS_WITHIN,
    "designations": DESIGNATIONS_WITHIN,
    "construction_projects": PROJECTS_WITHIN,
    "works": Many("ConstructionProject", By(ConstructionProject.union_id), expected=1),
}
"""Lists of a union; ``works`` are the projects whose project union it is."""

OF_DIVISION = {
    "census_records": Many("CensusRecord", WithinDivision(CensusRecord.division_id)),
    "population_estimates": Many("PopulationEstimate", WithinDivision(PopulationEstimate.division_id)),
    "targets": Many("Target", WithinDivision(Target.division_id)),
    "designations": Many("Designation", WithinDivision(Designation.division_id)),
    "construction_projects": Many("ConstructionProject", WithinDivision(ConstructionProject.division_id)),
}

OF_EMPLOYER = {
    "census_records": Many("CensusRecord", By(CensusRecord.employer_id)),
    "construction_projects": Many("ConstructionProject", By(ConstructionProject.employer_id)),
}

OF_DOCUMENT = {"targets": Many("Target", By(Target.document_id))}

registry.add(
    Source(
        CensusRound,
        "cround",
        period=Period(CensusRound.starts_on, CensusRound.ends_on),
        hide=("organization_id",),
        fields={
            "organization": One("Organization", CensusRound.organization_id),
            "records": Many("CensusRecord", By(CensusRecord.round_id)),
        },
    )
)
registry.add(
    Source(
        CensusRecord,
        "census",
        hide=("round_id", "organization_id", "division_id", "employer_id"),
        fields={
            "round": One("CensusRound", CensusRecord.round_id),
            "organization": One("Organization", CensusRecord.organization_id),
            "division": One("Division", CensusRecord.division_id),
            "employer": One("Employer", CensusRecord.employer_id),
        },
    )
)
registry.add(
    Source(
        PopulationEstimate,
        "pop",
        hide=("organization_id", "division_id"),
        fields={
            "organization": One("Organization", PopulationEstimate.organization_id),
            "division": One("Division", PopulationEstimate.division_id),
        },
    )
)
registry.add(
    Source(
        Target,
        "target",
        period=Period(Target.starts_on, Target.ends_on),
        hide=("organization_id", "division_id", "document_id"),
        fields={
            "organization": One("Organization", Target.organization_id),
            "division": One("Division", Target.division_id),
            "document": One("PolicyDocument", Target.document_id),
            "progress": PROGRESS,
        },
    )
)
registry.add(
    Source(
        Designation,
        "desig",
        hide=("organization_id", "division_id"),
        fields={
            "organization": One("Organization", Designation.organization_id),
            "division": One("Division", Designation.division_id),
        },
    )
)
registry.add(
    Source(
        ConstructionProject,
        "works",
        period=Period(ConstructionProject.started_on, ConstructionProject.completed_on),
        hide=("organization_id", "division_id", "employer_id", "union_id"),
        fields={
            "organization": One("Organization", ConstructionProject.organization_id),
            "division": One("Division", ConstructionProject.division_id),
            "employer": One("Employer", ConstructionProject.employer_id),
            "union": One("Organization", ConstructionProject.union_id),
        },
    )
)
registry.root("census_rounds", ROUNDS_WITHIN)
registry.root("census_records", RECORDS_WITHIN)
registry.root("population_estimates", ESTIMATES_WITHIN)
registry.root("targets", TARGETS_WITHIN)
registry.root("designations", DESIGNATIONS_WITHIN)
registry.root("construction_projects", PROJECTS_WITHIN)
registry.statistic(
    Statistic(
        "CENSUS_RECORDS",
        CensusRecord,
        organization=CensusRecord.organization_id,
        division=CensusRecord.division_id,
        begins=CensusRecord.surveyed_on,
        joins=(Join(Employer, CensusRecord.employer_id),),
        dimensions={
            "HAS_UNION": CensusRecord.has_union,
            "OBSTACLE": CensusRecord.obstacle,
            "IS_ORGANIZED": IS_ORGANIZED,
            "INDUSTRY": Employer.industry,
        },
        measures={
            "units": distinct(CensusRecord.employer_id),
            "workers": total(CensusRecord.non_member_count),
            "organized": where(CensusRecord.has_union.is_(True)),
        },
        rates={"organized_share": Rate("organized", "records")},
    )
)
registry.statistic(
    Statistic(
        "POPULATION_ESTIMATES",
        PopulationEstimate,
        organization=PopulationEstimate.organization_id,
        division=PopulationEstimate.division_id,
        begins=PopulationEstimate.as_of,
        dimensions={"WORKER_TYPE": PopulationEstimate.worker_type},
        measures={"workers": total(PopulationEstimate.value)},
        newest=(PopulationEstimate.division_id, PopulationEstimate.worker_type),
    )
)
registry.statistic(
    Statistic(
        "CONSTRUCTION_PROJECTS",
        ConstructionProject,
        organization=ConstructionProject.organization_id,
        division=ConstructionProject.division_id,
        begins=ConstructionProject.started_on,
        ends=ConstructionProject.completed_on,
        measures={
            "items": RECORDS,
            "units": distinct(ConstructionProject.union_id),
            "organized": where(ConstructionProject.union_id.is_not(None)),
            "completed": where(ConstructionProject.completed_on.is_not(None), event="BEGAN"),
        },
        rates={"organized_share": Rate("organized", "records"), "completed_share": Rate("completed", "records")},
    )
)

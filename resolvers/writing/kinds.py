"""The kinds of record that are written, by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from resolvers.writing import (
    activities,
    agreement_parts,
    agreements,
    assistance,
    care,
    certifications,
    coverage,
    dispute_parts,
    disputes,
    employers,
    fairs,
    insurance,
    mediation,
    members,
    organizations,
    records,
    relief,
    services,
    venues,
)
from resolvers.writing.batch import Batch
from resolvers.writing.declare import TableKind, WritableKind
from resolvers.writing.parts import Part

Prepare = Callable[[Batch], Awaitable[Sequence[Part]]]
"""A kind's own part of the core: find what rows refer to and what is there, check them, and return what is written of each table, the
record's own first. Tables are written in this order: first all new rows, then all changes."""

TABLES: Sequence[TableKind] = (
    insurance.ENROLMENTS,
    venues.VENUES,
    assistance.AGREEMENTS, assistance.LINES,
    relief.HOUSEHOLDS, relief.GRANTS,
    activities.PROGRAMMES, activities.ACTIVITIES, activities.ATTENDANCES,
    fairs.EXHIBITORS, services.DISTRIBUTIONS,
    coverage.ROUNDS, coverage.RECORDS, coverage.ESTIMATES, coverage.TARGETS, coverage.DESIGNATIONS, coverage.PROJECTS,
    certifications.ROUNDS, certifications.CERTIFICATIONS, certifications.SCORES,
    mediation.BODIES, mediation.MEDIATORS, mediation.SERVICES,
    assistance.WISHES, assistance.DONATIONS, assistance.PROJECTS, assistance.ROSTERS, assistance.ENTRIES,
    care.ENROLMENTS,
)  # fmt: skip
"""The kinds of one table, whose declaration is all that there is of them."""

LABOUR: Sequence[tuple[WritableKind, Prepare]] = (
    (agreements.AGREEMENTS, agreements.prepare),
    (agreement_parts.PARTIES, agreement_parts.prepare_parties),
    (agreement_parts.COVERAGE, agreement_parts.prepare_coverage),
    (agreement_parts.STEPS, agreement_parts.prepare_steps),
    (disputes.CASES, disputes.prepare),
    (dispute_parts.CASE_PARTIES, dispute_parts.prepare_parties),
    (dispute_parts.CASE_CLAIMS, dispute_parts.prepare_claims),
    (dispute_parts.CASE_STEPS, dispute_parts.prepare_steps),
    (dispute_parts.RECOVERIES, dispute_parts.prepare_recoveries),
)
"""Agreements and cases, and what belongs to them."""

PREPARE: Mapping[str, Prepare] = {
    organizations.UNIONS.name: organizations.prepare,
    employers.EMPLOYERS.name: employers.prepare,
    members.PERSONS.name: members.prepare,
    **{kind.name: records.prepare for kind in TABLES},
    **{kind.name: prepare for kind, prepare in LABOUR},
    coverage.ESTIMATES.name: coverage.prepare_estimates,
}
KINDS: Mapping[str, WritableKind] = {
    kind.name: kind
    for kind in (
        organizations.UNIONS,
        employers.EMPLOYERS,
        members.PERSONS,
        *(kind for kind, _ in LABOUR),
        *TABLES,
    )
}
"""In the order in which their records refer to one another."""

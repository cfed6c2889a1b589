"""The kinds of record that are written, by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from resolvers.writing import (
    agreement_parts,
    agreements,
    dispute_parts,
    disputes,
    employers,
    insurance,
    members,
    organizations,
)
from resolvers.writing.batch import Batch
from resolvers.writing.declare import WritableKind
from resolvers.writing.parts import Part

Prepare = Callable[[Batch], Awaitable[Sequence[Part]]]
"""A kind's own part of the core: find what rows refer to and what is there, check them, and return what is written of each table, the
record's own first. Tables are written in this order: first all new rows, then all changes."""

PREPARE: Mapping[str, Prepare] = {
    organizations.UNIONS.name: organizations.prepare,
    employers.EMPLOYERS.name: employers.prepare,
    members.PERSONS.name: members.prepare,
    insurance.ENROLMENTS.name: insurance.prepare,
    agreements.AGREEMENTS.name: agreements.prepare,
    agreement_parts.PARTIES.name: agreement_parts.prepare_parties,
    agreement_parts.COVERAGE.name: agreement_parts.prepare_coverage,
    agreement_parts.STEPS.name: agreement_parts.prepare_steps,
    disputes.CASES.name: disputes.prepare,
    dispute_parts.CASE_PARTIES.name: dispute_parts.prepare_parties,
    dispute_parts.CASE_CLAIMS.name: dispute_parts.prepare_claims,
    dispute_parts.CASE_STEPS.name: dispute_parts.prepare_steps,
    dispute_parts.RECOVERIES.name: dispute_parts.prepare_recoveries,
}
KINDS: Mapping[str, WritableKind] = {
    kind.name: kind
    for kind in (
        organizations.UNIONS,
        employers.EMPLOYERS,
        members.PERSONS,
        insurance.ENROLMENTS,
        agreements.AGREEMENTS,
        agreement_parts.PARTIES,
        agreement_parts.COVERAGE,
        agreement_parts.STEPS,
        disputes.CASES,
        dispute_parts.CASE_PARTIES,
        dispute_parts.CASE_CLAIMS,
        dispute_parts.CASE_STEPS,
        dispute_parts.RECOVERIES,
    )  # fmt: skip
}
"""In the order in which their records refer to one another."""

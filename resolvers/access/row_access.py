"""Who sees which rows: for each lens, the condition on the rows of a source that it shows. The first of two walls.

A lens shows no row of a source that it does not name. Divisions are open to everyone. The second wall, PostgreSQL's row-level security,
says the same independently of this file.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    any_,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from db.access import AccessGrant, Principal
from db.activities import Attendance
from db.agreements import CollectiveAgreement
from db.assistance import CooperationAgreement, RosterEntry
from db.care import CareCase
from db.certifications import Certification, CertificationRound
from db.disputes import DisputeCase, DisputeParty
from db.employers import Employer
from db.insurance import InsuranceEnrolment
from db.mediation import LegalService, MediationBody
from db.members import Engagement, Member, Membership
from db.model import Model
from db.relief import Household
from db.security.audit_log import SHOWN_TO_PERSON
from db.security.grant_rules import NO_ROWS, SEEN, VisibleAccess
from resolvers.access.callers import Lens
from resolvers.access.conditions import AnyOf, Below, Condition, LensConditions, Of, Rule, any_of, of_each, own, stands
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.columns import one_of
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import TEXTS, Binder
from resolvers.engine.request import global_ids

OPEN = frozenset(
    {"Division", "DivisionAlias", "PolicyDocument", "PolicyIssuer", "PolicyMeasure", "PublishedFigure", "Venue"}
)
"""Types that everyone sees: the territory, and what is published."""

HEALTH = frozenset({"CareCase", "CareStep", "CareShift", "MutualAidClaim"})
"""Types with health data: the handling union's itself and the patient's, and not those of a lens that sees everything else."""


_AGREEMENT: Mapping[str, Rule] = dict.fromkeys(
    ("AgreementParty", "AgreementCoverage", "AgreementStep"), Of(CollectiveAgreement, "agreement_id")
)
_CASE: Mapping[str, Rule] = dict.fromkeys(
    ("DisputeParty", "DisputeClaim", "DisputeStep", "Recovery"), Of(DisputeCase, "case_id")
)


def _unions(lens: LensConditions, table: FromClause) -> Condition:
    """Those below and, where they are not counted, those above."""
    return lens.below(table.c.id) if lens.last else lens.around(table.c.id)


def _not_active(lens: LensConditions, table: FromClause) -> Condition:
    """A membership that is not the active one and has not ended is below: it is applied for, or known to end."""
    return lens.some(
        Membership,
        "member_id",
        table.c.id,
        lambda other: and_(
            other.c.valid_from.is_(None), other.c.valid_to.is_(None), lens.below(other.c.organization_id)
        ),
        lambda other: and_(other.c.valid_to > lens.day(), lens.below(other.c.organization_id)),
    )


def _also_of(model: type[Model], theirs: str, ours: str) -> Rule:
    """Of a union below, or with a row of another table that is: its ``theirs`` is ``ours`` here."""

    def beside(lens: LensConditions, table: FromClause) -> Condition:
        return lens.some(model, theirs, table.c[ours], lambda other: lens.below(other.c.organization_id))

    return any_of(Below("organization_id"), beside)


def _named_by(model: type[Model], key: str) -> Rule:
    """A row that the lens shows names it in ``key``."""
    return lambda lens, table: lens.some(model, key, table.c.id, source=model.__name__)


_AID_OF_UNIONS: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("Household", "Dependant", "AidGrant", "Donation", "AidProject", "RosterEntry", "MutualAidEnrolment"),
        Below("organization_id"),
    ),
    "Roster": any_of(Below("organization_id"), _named_by(RosterEntry, "roster_id")),
    "CooperationAgreement": any_of(Below("organization_id"), Below("partner_id")),
    "CooperationLine": Of(CooperationAgreement, "agreement_id"),
    "Wish": any_of(Below("organization_id"), Below("claimant_id")),
    **dict.fromkeys(("CareCase", "MutualAidClaim"), own("organization_id")),
    **dict.fromkeys(("CareStep", "CareShift"), Of(CareCase, "case_id")),
}


def _own_key(lens: LensConditions, table: FromClause) -> Condition:
    return table.c.principal_id == lens.principal()


def _granted_over(lens: LensConditions, table: FromClause) -> Condition:
    """A grant over a union that the caller administers, along the same hierarchy."""
    return and_(table.c.hierarchy == lens.hierarchy, lens.administered(table.c.organization_id))


def _holders(lens: LensConditions, table: FromClause) -> Condition:
    """Holders of a grant that the lens shows."""
    return lens.some(AccessGrant, "principal_id", table.c.id, source="AdministeredGrant")


def _wholly(lens: LensConditions, table: FromClause) -> Condition:
    """The key is of who belongs to a union that the caller administers, and holds no role but over such unions."""

    each = lens.of_each()

    def strays(other: FromClause) -> Condition:
        open_ = and_(other.c.revoked_at.is_(None), or_(other.c.valid_to.is_(None), other.c.valid_to > lens.day()))
        inside = func.coalesce(_granted_over(each, other), false())
        return and_(not_(one_of(other.c.role, NO_ROWS)), open_, not_(inside))

    principal = table.c.principal_id
    belongs = lens.some(Principal, "id", principal, lambda other: lens.administered(other.c.organization_id))
    return and_(belongs, not_(each.some(AccessGrant, "principal_id", principal, strays)))


_SEES: Mapping[VisibleAccess, Rule] = {
    VisibleAccess.OVER: _granted_over,
    VisibleAccess.MADE: lambda lens, table: table.c.granted_by == lens.administrator(),
    VisibleAccess.HOLDERS: _holders,
    VisibleAccess.BELONGING: lambda lens, table: lens.administered(table.c.organization_id),
    VisibleAccess.OWN: _own_key,
    VisibleAccess.WHOLLY: _wholly,
}
"""The words of ``db.security.grant_rules`` as conditions."""

_UNION: Mapping[str, Rule] = {
    "Organization": _unions,
    "OrganizationLink": Below("child_id"),
    "OrganizationSuccession": any_of(Below("predecessor_id"), Below("successor_id")),
    "Member": any_of(Below("organization_id"), _not_active),
    **dict.fromkeys(
        (
            "CommitteeTerm",
            "ImportJob",
            "Employer",
            "EmployerCoverage",
            "Membership",
            "Engagement",
            "CollectiveAgreement",
            "InsuranceEnrolment",
            "DisputeCase",
            "CensusRound",
            "CensusRecord",
            "PopulationEstimate",
            "Target",
            "Designation",
            "ConstructionProject",
            "Programme",
            "Activity",
            "Attendance",
            "Exhibitor",
            "JobOffer",
            "MaterialDistribution",
            "ServiceTransaction",
            "MediationBody",
            "Mediator",
            "LegalService",
        ),
        Below("organization_id"),
    ),
    "CertificationRound": _also_of(Certification, "round_id", "id"),
    "Certification": _also_of(CertificationRound, "id", "round_id"),
    "CertificationScore": Of(Certification, "certification_id"),
    "MediationSeat": Of(MediationBody, "body_id"),
    **_AGREEMENT,
    **_CASE,
    "SubjectRequest": of_each(Of(Member, "member_id")),
    **_AID_OF_UNIONS,
    **{typename: any_of(*(_SEES[each] for each in seen)) for typename, seen in SEEN.items()},
}

_AGREEMENTS_OF_DIVISION: Mapping[str, Rule] = {
    "Organization": stands,
    "Employer": stands,
    "CollectiveAgreement": lambda lens, table: and_(table.c.submitted_on.is_not(None), stands(lens, table)),
    "MediationBody": stands,
    "MediationSeat": Of(MediationBody, "body_id"),
    **_AGREEMENT,
    "ApiKey": _own_key,
}

_ENROLMENTS_OF_DIVISION: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "Organization": stands,
    "Employer": stands,
    "InsuranceEnrolment": lambda lens, table: lens.some(
        Employer, "id", table.c.participant_id, lambda other: lens.stands(other.c.division_id)
    ),
    "Member": _named_by(InsuranceEnrolment, "member_id"),
}


def _party(column: str) -> Rule:
    return lambda lens, table: lens.some(DisputeParty, column, table.c.id, lambda other: other.c.case_id == lens.keys())


def _in_case(column: str) -> Rule:
    """A party to an assigned case, or named by the case itself."""
    return any_of(
        _party(column),
        lambda lens, table: lens.some(DisputeCase, column, table.c.id, lambda other: other.c.id == lens.keys()),
    )


_ASSIGNED: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "DisputeCase": own("id"),
    **dict.fromkeys(("DisputeParty", "DisputeClaim", "DisputeStep", "Recovery"), own("case_id")),
    "LegalService": own("case_id"),
    "MediationBody": lambda lens, table: lens.some(
        LegalService, "body_id", table.c.id, lambda other: other.c.case_id == lens.keys()
    ),
    "Member": _party("member_id"),
    "Employer": _in_case("employer_id"),
    "Organization": _in_case("organization_id"),
}


def _own_case(key: str) -> Rule:
    """The worker is a party to the case in the column."""
    return lambda lens, table: lens.some(
        DisputeParty, "case_id", table.c[key], lambda other: other.c.member_id == lens.keys()
    )


def _named_in_own(model: type[Model], column: str) -> Rule:
    return lambda lens, table: lens.some(model, column, table.c.id, lambda other: other.c.member_id == lens.keys())


_AID_OF_SELF: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("Household", "Wish", "CareCase", "MutualAidEnrolment", "MutualAidClaim", "RosterEntry"), own("member_id")
    ),
    "Dependant": Of(Household, "household_id"),
    "AidGrant": any_of(own("member_id"), Of(Household, "household_id")),
    "CareStep": Of(CareCase, "case_id"),
    "CareShift": any_of(own("member_id"), Of(CareCase, "case_id")),
    "Roster": _named_by(RosterEntry, "roster_id"),
}


def _logged(lens: LensConditions, table: FromClause) -> Condition:
    """The entry of the audit log names the worker's record, and says what was done with it: no refused attempt."""
    names = lens.binder.bind(
        lambda inputs: [global_ids.encode("mem", key) for key in inputs.caller.lenses[lens.lens]], TEXTS
    )
    return and_(table.c.records.has_any(names), table.c.action == any_(literal(sorted(SHOWN_TO_PERSON), TEXTS)))


_SELF: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "Member": own("id"),
    **dict.fromkeys(("Membership", "Engagement", "InsuranceEnrolment", "Recovery", "SubjectRequest"), own("member_id")),
    **dict.fromkeys(("LegalService", "ServiceTransaction"), own("member_id")),
    "Attendance": any_of(own("member_id"), Of(Household, "household_id")),
    "Activity": _named_by(Attendance, "activity_id"),
    "AccessLog": _logged,
    "DisputeCase": _own_case("id"),
    **dict.fromkeys(("DisputeClaim", "DisputeStep"), _own_case("case_id")),
    "DisputeParty": lambda lens, table: and_(
        _own_case("case_id")(lens, table),
        or_(table.c.member_id == lens.keys(), table.c.employer_id.is_not(None), table.c.organization_id.is_not(None)),
    ),
    "Organization": any_of(_named_in_own(Membership, "organization_id"), _named_in_own(Engagement, "organization_id")),
    "Employer": any_of(_named_in_own(Engagement, "employer_id"), _named_in_own(InsuranceEnrolment, "participant_id")),
    **_AID_OF_SELF,
}

RULES: Mapping[Lens, Mapping[str, Rule]] = {
    Lens.TERRITORIAL: _UNION,
    Lens.INDUSTRIAL: _UNION,
    Lens.HR_BUREAU: _AGREEMENTS_OF_DIVISION,
    Lens.EMPLOYERS_BODY: _AGREEMENTS_OF_DIVISION,
    Lens.SOCIAL_SECURITY: _ENROLMENTS_OF_DIVISION,
    Lens.CASES: _ASSIGNED,
    Lens.SELF: _SELF,
    Lens.EVERYTHING: {name: rule for name, rule in _UNION.items() if name in HEALTH},
    Lens.AGGREGATES: {},
}


def countable(
    source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> Condition | None:
    """The condition on the rows that count in a caller's statistics: those that they see, and what unions below had recorded when they
    were dissolved."""
    return _condition(source, lenses, table, lambda lens: LensConditions(lens, RULES[lens], binder, last=True))


def closure_rows(
    closure: FromClause, lenses: tuple[Lens, ...], binder: Binder, source: Source, column: ColumnElement[Any]
) -> Condition | None:
    """The condition on the rows of a closure that a caller sees, of which ``column`` names the lower union; None for all of them.

    A lens that shows links shows what is below what where it shows the lower union; the upper one is checked by whatever the closure is
    reached from. A lens that shows no links (of bureaus, agencies, mediators, workers) shows of a union nothing but itself. Where rows of
    ``source`` are shown only as records of that lower union, it is not checked again.
    """
    if Lens.UNWALLED in lenses or Lens.EVERYTHING in lenses:
        return None
    with_links = [lens for lens in lenses if "OrganizationLink" in RULES[lens]]
    showing = [lens for lens in lenses if source.typename in RULES[lens]]
    if showing and all(_implies_union(RULES[lens][source.typename], source.table, column) for lens in showing):
        return None
    lower = closure.c.descendant_id
    conditions = []
    for lens in with_links:
        of_lens = LensConditions(lens, RULES[lens], binder, last=True)
        conditions += [of_lens.below(lower), of_lens.above(lower)]
    return or_(closure.c.depth == 0, *conditions)


def start_below(
    kind: str,
    key: ColumnElement[Any],
    lenses: tuple[Lens, ...],
    binder: Binder,
    source: Source,
    column: ColumnElement[Any],
) -> ColumnElement[Any] | None:
    """Where to start from to find the rows below a union of a hierarchy that a caller sees: see ``LensConditions.start``. None where it is
    that union: for callers who see by another hierarchy or in several ways, and for rows that a lens does not show by ``column``."""
    if len(lenses) != 1 or lenses[0].name != kind:
        return None
    (lens,) = lenses
    rule = RULES[lens].get(source.typename)
    if rule is None or not _implies_union(rule, source.table, column):
        return None
    return LensConditions(lens, RULES[lens], binder).start(key)


def _implies_union(rule: Rule, table: FromClause, column: ColumnElement[Any]) -> bool:
    """Whether a rule shows rows of a table only where the lens shows the union that the column names."""
    match rule:
        case Of(model):
            return _implies_union(_UNION[model.__name__], model.__table__, column)
        case Below(key):
            return column is table.c[key]
    return rule is _unions and column is table.c.id


def sees_all_below(kind: str, key: ColumnElement[Any], lenses: tuple[Lens, ...], binder: Binder) -> Condition | None:
    """The condition that a caller may count all records of a union and those below: at and below their own, in the same hierarchy."""
    if Lens.EVERYTHING in lenses:
        return true()
    conditions = [LensConditions(lens, RULES[lens], binder).below(key) for lens in lenses if lens.name == kind]
    return or_(*conditions) if conditions else None


def visible(
    source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> Condition | None:
    """The condition on the rows of a source that any of a caller's lenses shows; None when they see all.

    ``table`` is the source's table or an alias of it.
    """
    return _condition(source, lenses, table, lambda lens: LensConditions(lens, RULES[lens], binder))


def parts(source: Source, lenses: tuple[Lens, ...], binder: Binder) -> list[Part] | None:
    """The rows that a caller sees, in parts, one for each way in which one of their lenses shows some; None when they see all."""
    if _sees_all(source, lenses):
        return None
    found = []
    for lens in lenses:
        each, as_sets = (
            LensConditions(lens, RULES[lens], binder),
            LensConditions(lens, RULES[lens], binder, as_sets=True),
        )
        for rule in _alternatives(RULES[lens].get(source.typename)):
            whole = each.only_place if isinstance(rule, Below) else None
            found.append(Part(rule(as_sets, source.table), partial(rule, each, source.table), whole))
    return found


def _alternatives(rule: Rule | None) -> tuple[Rule, ...]:
    if rule is None:
        return ()
    return rule.rules if isinstance(rule, AnyOf) else (rule,)


def _sees_all(source: Source, lenses: tuple[Lens, ...]) -> bool:
    health = source.typename in HEALTH
    return Lens.UNWALLED in lenses or source.typename in OPEN or (Lens.EVERYTHING in lenses and not health)


def _condition(
    source: Source, lenses: tuple[Lens, ...], table: FromClause | None, conditions: Callable[[Lens], LensConditions]
) -> Condition | None:
    if _sees_all(source, lenses):
        return None
    rows = source.table if table is None else table
    shown = [RULES[lens][source.typename](conditions(lens), rows) for lens in lenses if source.typename in RULES[lens]]
    return or_(false(), *shown)

"""Who is asking, as the engine sees it: grants become lenses, and a lens says which rows of a source are in sight."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from db.access import Role
from db.organizations import Hierarchy


class Lens(Enum):
    """A way to see rows. A caller sees what any of their lenses shows; the set of lenses is part of a plan's key, their IDs are bound."""

    UNWALLED = "unwalled"
    """No caller's: an engine without its first wall."""
    EVERYTHING = "everything"
    TERRITORIAL = "territorial"
    INDUSTRIAL = "industrial"
    HR_BUREAU = "hr_bureau"
    SOCIAL_SECURITY = "social_security"
    EMPLOYERS_BODY = "employers_body"
    CASES = "cases"
    SELF = "self"
    AGGREGATES = "aggregates"


@dataclass(frozen=True)
class Grant:
    """A role over a scope, valid today."""

    role: Role
    organization_id: int | None = None
    hierarchy: Hierarchy | None = None
    division_id: int | None = None


@dataclass(frozen=True)
class Caller:
    """A principal with the grants that hold today.

    ``everything`` is set when a federation's grant is on the topmost union; ``cases`` are those assigned today.
    """

    name: str
    principal_id: int | None = None
    grants: tuple[Grant, ...] = ()
    member_id: int | None = None
    cases: tuple[int, ...] = ()
    everything: bool = False

    @cached_property
    def lenses(self) -> Mapping[Lens, tuple[int, ...]]:
        """The caller's lenses with the keys that each starts from: unions, divisions, cases or the member. Those of the lens that sees
        everything are the unions for which its holder stands: health records are in sight of the handling union alone."""
        if self.everything:
            unions = {grant.organization_id for grant in self.grants if grant.organization_id is not None}
            return {Lens.EVERYTHING: tuple(sorted(unions))}
        found: dict[Lens, set[int]] = {}
        for grant in self.grants:
            match grant.role:
                case Role.GRASSROOTS_UNION | Role.FEDERATION | Role.INDUSTRY_UNION if grant.organization_id is not None:
                    lens = Lens.INDUSTRIAL if grant.hierarchy is Hierarchy.INDUSTRIAL else Lens.TERRITORIAL
                    found.setdefault(lens, set()).add(grant.organization_id)
                case Role.HR_BUREAU | Role.SOCIAL_SECURITY_AGENCY | Role.EMPLOYERS_BODY if (
                    grant.division_id is not None
                ):
                    found.setdefault(_BY_DIVISION[grant.role], set()).add(grant.division_id)
                case Role.CASE_WORKER | Role.TRIBUNAL if self.cases:
                    found.setdefault(Lens.CASES, set()).update(self.cases)
                case Role.WORKER if self.member_id is not None:
                    found.setdefault(Lens.SELF, set()).add(self.member_id)
                case Role.ANALYST:
                    found.setdefault(Lens.AGGREGATES, set())
        return {lens: tuple(sorted(keys)) for lens, keys in sorted(found.items(), key=lambda item: item[0].value)}

    @cached_property
    def shape(self) -> tuple[Lens, ...]:
        """What a plan depends on of the caller."""
        return tuple(self.lenses)

    @property
    def sees_rows(self) -> bool:
        """Whether it has more than aggregates; how many rows a statement brought would tell what small cells hide."""
        return self.shape != (Lens.AGGREGATES,)


_BY_DIVISION = {
    Role.HR_BUREAU: Lens.HR_BUREAU,
    Role.SOCIAL_SECURITY_AGENCY: Lens.SOCIAL_SECURITY,
    Role.EMPLOYERS_BODY: Lens.EMPLOYERS_BODY,
}

PUBLIC = Caller("public", grants=(Grant(Role.ANALYST),))
"""A caller without a token: the public analyst, who has aggregates only."""

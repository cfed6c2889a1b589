"""Who may be granted what by whom, who ends it, and what who administers access sees of whom: the table that the commands
(``db/grants.py``), the first wall (``resolvers/access``) and ``docs/sign-in.md`` are made from. The second wall says it again in SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from db.access import Role
from db.organizations import Hierarchy


class Over(Enum):
    """What a grant of a role is over."""

    UNION = "a union, along a hierarchy (工会及隶属体系)"
    DIVISION = "a division (行政区划)"
    DIVISION_OR_NOTHING = "a division, or nothing (行政区划，或不设范围)"
    NOTHING = "nothing (不设范围)"


class Granter(Enum):
    """Who grants."""

    OPERATOR = "Operator (运维人员)"
    NATIONAL = "National federation (全国总工会)"
    FEDERATION = "Federation (地方总工会)"
    INDUSTRY_UNION = "Industry union (产业工会)"


class Reach(Enum):
    """How far a granter may grant a role; a role without an entry is not theirs to grant."""

    ANYWHERE = "anywhere (不限)"
    SUBTREE = "over a union of its subtree (本级及下级工会)"
    STANDING = "without a division, or for divisions where it stands (不设区划，或其所在区划及以下)"
    UNSCOPED = "without a division (不设区划)"
    MEMBERS = "to a member of a union of its subtree (本级及下级工会会员)"
    CASES = "to who has no case of another's (未承办其他工会案件的)"


@dataclass(frozen=True)
class Rule:
    """What is to be said of one role: what it is granted over, along which hierarchies, and how far by whom. A role ``bears`` rows, or
    aggregates alone."""

    over: Over
    by: Mapping[Granter, Reach]
    hierarchies: frozenset[Hierarchy] = frozenset()
    bears: bool = True


_ABOVE = {Granter.OPERATOR: Reach.ANYWHERE, Granter.NATIONAL: Reach.ANYWHERE}
_FEDERATION, _INDUSTRY = Granter.FEDERATION, Granter.INDUSTRY_UNION
_OF_PLACE = Rule(Over.DIVISION, _ABOVE)
_OF_CASES = Rule(Over.NOTHING, {**_ABOVE, _FEDERATION: Reach.CASES, _INDUSTRY: Reach.CASES})

TABLE: Mapping[Role, Rule] = {
    Role.GRASSROOTS_UNION: Rule(
        Over.UNION, {**_ABOVE, _FEDERATION: Reach.SUBTREE, _INDUSTRY: Reach.SUBTREE}, frozenset(Hierarchy)
    ),
    Role.FEDERATION: Rule(Over.UNION, {**_ABOVE, _FEDERATION: Reach.SUBTREE}, frozenset({Hierarchy.TERRITORIAL})),
    Role.INDUSTRY_UNION: Rule(Over.UNION, {**_ABOVE, _INDUSTRY: Reach.SUBTREE}, frozenset({Hierarchy.INDUSTRIAL})),
    Role.HR_BUREAU: _OF_PLACE,
    Role.SOCIAL_SECURITY_AGENCY: _OF_PLACE,
    Role.EMPLOYERS_BODY: _OF_PLACE,
    Role.TRIBUNAL: _OF_CASES,
    Role.CASE_WORKER: _OF_CASES,
    Role.WORKER: Rule(Over.NOTHING, {**_ABOVE, _FEDERATION: Reach.MEMBERS, _INDUSTRY: Reach.MEMBERS}),
    Role.ANALYST: Rule(
        Over.DIVISION_OR_NOTHING, {**_ABOVE, _FEDERATION: Reach.STANDING, _INDUSTRY: Reach.UNSCOPED}, bears=False
    ),
}
"""Every role. Federations and industry unions grant along the hierarchy of their own grant, for no longer than it lasts, and only to
principals who belong to a union of their subtree; what belongs elsewhere is answered as what is not there."""

ADMINISTRATORS = frozenset({Role.FEDERATION, Role.INDUSTRY_UNION})
"""Roles that may grant within their subtree."""

NO_ROWS = frozenset(role for role, rule in TABLE.items() if not rule.bears)
"""Roles that bear no row: they say nothing about whose a principal is."""


class Ending(Enum):
    """Who ends a grant. A peer over the same union does not, nor who holds it."""

    OPERATOR = "the operator (运维人员)"
    MAKER = "who made it, as long as they may still grant over its scope (授权人，且其现有授权仍覆盖该范围)"
    SUPERIOR = "an administrator whose subtree or divisions strictly contain its scope (上级：其范围严格包含该授权范围)"


class Sees(Enum):
    """Which rows who administers access sees."""

    OVER = "grants over a union of its subtree, along its hierarchy (所辖工会范围内的授权)"
    MADE = "grants that it made itself (由其授予的授权)"
    HOLDERS = "who holds a grant in sight (上述授权的持有者)"
    BELONGING = "who belongs to a union of its subtree (归属所辖工会的主体)"
    OWN = "its own (自己的)"
    WHOLLY = (
        "of who belongs to a union of its subtree and holds no role but over unions of it"
        " (归属所辖工会、且所有角色均在所辖工会范围内的主体的)"
    )


SEEN: Mapping[str, tuple[Sees, ...]] = {
    "AdministeredGrant": (Sees.OVER, Sees.MADE),
    "Principal": (Sees.HOLDERS, Sees.BELONGING),
    "ApiKey": (Sees.OWN, Sees.WHOLLY),
}
"""By type of the schema the rows that a federation or industry union sees; others see their own keys alone, the national federation and
the operator all. No key is in sight because of a grant: not of one that the granter made, nor of any other."""

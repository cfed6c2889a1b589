"""How many records of a union's subtree break each rule (``Organization.dataQuality``): one statement a rule for all unions at once, the
count of the very list that opens the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from db.organizations import Organization
from resolvers.access.callers import Lens
from resolvers.engine.compile.list_statements import count_statement
from resolvers.engine.compile.lists import compile_list
from resolvers.engine.declare.sources import Computed, Many
from resolvers.engine.declare.validity import Validity
from resolvers.engine.plan.connection import QueryConnection
from resolvers.engine.plan.statement import Statement
from resolvers.engine.request.arguments import Arguments, camel
from resolvers.engine.request.limits import Budget
from resolvers.errors import HubError
from resolvers.quality import RULES, RecordRule
from resolvers.registry import registry

LISTS: Mapping[str, str] = {
    "Organization": "organizations",
    "Employer": "employers",
    "Member": "members",
    "Membership": "memberships",
    "CollectiveAgreement": "collective_agreements",
    "InsuranceEnrolment": "insurance_enrolments",
    "DisputeCase": "dispute_cases",
}
"""The list at the root that has the records of each type with rules, within a union."""

FIELDS = ("rule", "severity", "records", "list", "condition")


@dataclass(frozen=True)
class Counted:
    """A rule, the list that opens its rows, and the statement that counts them."""

    rule: RecordRule
    list: str
    statement: Statement


def counted_by(lenses: tuple[Lens, ...], rule: RecordRule, name: str) -> Counted | None:
    """How a rule is counted for callers with these lenses; None if they may not ask for it."""
    many = registry.roots[name]
    assert isinstance(many, Many)
    arguments: Arguments = {"filter": {rule.field: {"eq": True}}}
    if many.period(registry.sources[many.target]) is not None:
        arguments = {**arguments, "validity": Validity.ANY}
    budget = Budget()
    try:
        listing = compile_list(
            registry, many, arguments, lenses, budget, root=False, place="Organization.dataQuality", rollups=False
        )
    except HubError:
        return None
    return Counted(rule, name, count_statement(listing, budget))


@lru_cache(maxsize=64)
def all_counted(lenses: tuple[Lens, ...]) -> tuple[Counted, ...]:
    """All rules that callers with these lenses may ask for."""
    found = (counted_by(lenses, rule, LISTS[typename]) for typename, rules in RULES.items() for rule in rules)
    return tuple(each for each in found if each is not None)


async def _counts(connection: QueryConnection, records: Sequence[tuple[Any, ...]]) -> list[list[dict[str, Any]]]:
    keys = [record[0] for record in records]
    counts: dict[int, list[dict[str, Any]]] = {key: [] for key in keys}
    for each in all_counted(connection.inputs.caller.shape):
        statement = each.statement
        bound = statement.arguments(statement.bind(connection.inputs), keys)
        for key, number in await connection.fetch(statement.sql, *bound):
            if number:
                counts[key].append(
                    {
                        "rule": each.rule.code,
                        "severity": each.rule.severity.name,
                        "records": number,
                        "list": camel(each.list),
                        "condition": camel(each.rule.field),
                    }
                )
    return [counts[key] for key in keys]


COUNTS = Computed((Organization.id,), _counts, fields=FIELDS, runs_queries=True, weight=10)
"""The field of unions."""

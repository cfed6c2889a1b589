"""An argument that would change nothing is refused: every argument of every field, by what it does to the statements."""

from itertools import combinations
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type

from resolvers.code_lists import RecordKind
from resolvers.errors import HubError
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.filter_fields import SCHEMA, Asked, asked_with_arguments, plan, statements
from tests.slow import sampled

FIELDS = list(asked_with_arguments())
TIED = ("scope", "hierarchy", "asOf", "from", "until", "event")
"""Arguments of lists and statistics that depend on others."""


def arguments(asked: Asked) -> dict[str, str]:
    """A value for each argument of a field that is not what the field has without it."""
    type_ = SCHEMA.type_map[asked.parent]
    assert isinstance(type_, GraphQLObjectType)
    found = {}
    for name, argument in type_.fields[asked.field].args.items():
        named = get_named_type(argument.type)
        match name:
            case "first" | "last":
                found[name] = "7"
            case "within":
                found[name] = f'"{"div" if asked.field in ("divisions", "policyDocuments") else "org"}_1"'
            case "hierarchy":
                found[name] = "INDUSTRIAL"
            case "scope":
                found[name] = "SELF"
            case "orderBy":
                found[name] = f"{{field: {order_field(named)}, direction: DESC}}"
            case "filter":
                found[name] = "{not: {}}"
            case "validity":
                found[name] = "ENDED"
            case "asOf" | "from" | "until":
                found[name] = '"2024-03-01"'
            case "event":
                found[name] = "ENDED"
            case "groupBy":
                found[name] = "[YEAR]"
    return found


def order_field(type_: Any) -> str:
    assert isinstance(type_, GraphQLInputObjectType)
    enum = get_named_type(type_.fields["field"].type)
    assert isinstance(enum, GraphQLEnumType)
    return next(iter(enum.values))


def fields_and_kinds() -> list[tuple[Asked, RecordKind | None]]:
    """Every field that takes arguments; statistics with every kind of record."""
    return [(asked, kind) for asked in FIELDS for kind in (RecordKind if asked.field == "statistics" else [None])]


def sample() -> list[tuple[Asked, RecordKind | None]]:
    """What ``make test`` runs: of statistics an eighth of the kinds, others for each type that has statistics."""
    kinds = list(RecordKind)
    return [
        (asked, kind)
        for number, (asked, kind) in enumerate(fields_and_kinds())
        if kind is None or (kinds.index(kind) + number // len(kinds)) % 8 == 0
    ]


def signature(asked: Asked, given: dict[str, str]) -> list[str] | str:
    """The statements of a field with arguments, or the code with which they are refused."""
    try:
        return statements(plan(asked.document(given)))
    except HubError as error:
        return error.code


def shown(value: Asked | RecordKind | None) -> str:
    """A parameter as the test's name has it."""
    if isinstance(value, Asked):
        return f"{value.parent}.{value.field}"
    return "-" if value is None else value.name


@pytest.mark.parametrize(("asked", "kind"), sampled(fields_and_kinds(), sample()), ids=shown)
def test_an_argument_changes_the_statements_or_is_refused(asked: Asked, kind: RecordKind | None) -> None:
    """Alone and with the others on which it may depend."""
    values = arguments(asked)
    fixed = {} if kind is None else {"kind": kind.name}
    tied = [name for name in values if name in (*TIED, "within")]
    known = {
        frozenset(some): signature(asked, fixed | {name: values[name] for name in values if name in some})
        for size in range(4 if kind is None else 3)
        for some in combinations(tied, size)
    }
    for some, found in known.items():
        if isinstance(found, str):
            continue
        for name in some:
            given = fixed | {other: values[other] for other in some}
            assert found != known[some - {name}], f"{name} does nothing in {asked.document(given)}"
        for name in values.keys() - set(tied) - {"first", "last", "after", "before"} if len(some) < 2 else ():
            more = fixed | {other: values[other] for other in values if other in some or other == name}
            assert signature(asked, more) != found, asked.document(more)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("{ members(hierarchy: INDUSTRIAL) { totalCount } }", "hierarchy"),
        ("{ members(scope: SUBTREE) { totalCount } }", "scope"),
        ('{ divisions(validity: ANY, asOf: "2024-03-01") { totalCount } }', "asOf"),
        ('{ members(within: "org_1", scope: SELF, hierarchy: INDUSTRIAL) { totalCount } }', "hierarchy"),
        ("{ statistics(kind: MEMBERSHIPS, hierarchy: INDUSTRIAL) { total { records } } }", "hierarchy"),
    ],
)
async def test_the_argument_is_named(caller: EngineClient, text: str, argument: str) -> None:
    answer = await caller.answer(text)
    assert answer.status == 400
    (error,) = (await caller.response(text))["errors"]
    assert error["extensions"]["code"] == "NO_EFFECT"
    assert error["message"].startswith(f"`{argument}` would change nothing here")
    assert error["locations"]


async def test_members_and_statistics_within_a_union_that_is_not_there_say_the_same(caller: EngineClient) -> None:
    """Case 04."""
    text = """query WithinUnknown { members(within: "org_ffffff") { totalCount }
      statistics(within: "org_ffffff", kind: MEMBERSHIPS) { total { persons } } }"""
    response = await caller.response(text)
    assert response["data"] == {"members": None, "statistics": None}
    assert [error["extensions"]["code"] for error in response["errors"]] == ["NOT_FOUND", "NOT_FOUND"]


def test_every_field_is_looked_at() -> None:
    assert len(FIELDS) > 60
    assert {"members", "statistics", "divisions", "children"} <= {asked.field for asked in FIELDS}

"""Every filter by every field, through relations and lists, and every order, as every persona behind both walls: data or an error with a
code, and no fault. What the first wall lets through the second must not refuse."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from resolvers.access.callers import Caller as Persona
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.unknown_codes import list_of_text
from schema import registry, schema
from tests.access.fixtures import PERSONAS, AccessFixtures
from tests.access.policy_table import PolicyTable
from tests.access.query_writer import ListField, QueryWriter, filter_for_order
from tests.resolvers.engine_client import EngineClient
from tests.slow import sampled, slow

DEPTH = 2
BATCH = 100
"""Conditions that one statement has: many more, and PostgreSQL plans them for longer than they are worth."""

LOGIC = ("and", "or", "not")
VALUES = {
    "String": "甲",
    "Int": 1,
    "Decimal": "1.5",
    "Date": "2026-03-01",
    "DateTime": "2026-03-01T00:00:00Z",
    "Boolean": True,
}
REFUSALS = {"MASKED_COLUMN"}
"""Codes with which a filter or order may be refused; others would say that the test asks for too much, or something without meaning.
Who has aggregates only may be refused by any code but that of a fault of the hub."""
FAULTS = {"INTERNAL_ERROR", "DATABASE_UNAVAILABLE", "DATABASE_BUSY", "STATEMENT_TIMEOUT"}


@dataclass(frozen=True)
class Path:
    """A filter that sets one condition: what is filtered, and the type and name of the field at the end."""

    given: Mapping[str, Any]
    typename: str
    name: str


def value(type_: Any, typename: str, name: str) -> Any:
    """Something to compare a field with: of a list of codes its first."""
    named = get_named_type(type_)
    column = registry.sources[typename].column(snake(name))
    if named.name == "String" and column is not None and (codes := list_of_text(column.type)) is not None:
        return next(iter(codes.labels))
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return global_ids.encode(registry.sources[typename].prefix, 2**40) if named.name == "ID" else VALUES[named.name]


def operators(operand: GraphQLInputObjectType, typename: str, of: str) -> list[dict[str, Any]]:
    """Each operator of a field with a value."""
    return [
        {name: [value(field.type, typename, of)] if name == "in" else value(field.type, typename, of)}
        for name, field in operand.fields.items()
    ]


def is_filter(type_: GraphQLInputObjectType) -> bool:
    """Whether an input type is a filter of rows, not of a value or a list."""
    return "and" in type_.fields


def target(typename: str, name: str) -> str:
    """The type of the rows that a relation leads to."""
    source = registry.sources[typename]
    field = source.fields.get(snake(name)) or source.filter_lists[snake(name)]
    return field.target  # type: ignore[union-attr]


def turn(*words: str) -> int:
    """A number that stays the same from run to run."""
    return crc32(" ".join(words).encode())


def paths(type_: GraphQLInputObjectType, typename: str, depth: int, *, whole: bool) -> Iterator[Path]:
    """Every field of a filter and, up to a depth, of the filters below it. At the last level but the first that is, unless the ``whole``
    is wanted, one field of each relation."""
    ends, leads = [], []
    for name, field in type_.fields.items():
        operand = get_named_type(field.type)
        assert isinstance(operand, GraphQLInputObjectType)
        if name not in LOGIC:
            (leads if is_filter(operand) or "some" in operand.fields else ends).append((name, operand))
    for name, operand in ends:
        for condition in operators(operand, typename, name):
            yield Path({name: condition}, typename, name)
    for name, operand in leads if depth else ():
        other = target(typename, name)
        below = operand if is_filter(operand) else get_named_type(operand.fields["some"].type)
        assert isinstance(below, GraphQLInputObjectType)
        found: Iterable[Path] = thin(paths(below, other, depth - 1, whole=whole), typename, name, depth, whole)
        for each in found:
            quantified = {("some", "none")[turn(typename, name, each.name, str(depth)) % 2]: each.given}
            yield Path({name: each.given if is_filter(operand) else quantified}, each.typename, each.name)


def thin(found: Iterator[Path], typename: str, name: str, depth: int, whole: bool) -> Iterator[Path]:
    """One operator of each field and, below the first relation, one field of each relation."""
    kept = list({(path(each.given)): each for each in found}.values())
    if whole or depth == DEPTH:
        return iter(kept)
    return iter([kept[turn(typename, name) % len(kept)]] if kept else [])


def path(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The names on the way to the field, without the operator."""
    names = []
    while isinstance(given, Mapping) and len(given) == 1:
        ((name, given),) = given.items()  # type: ignore[assignment]
        names.append(name)
    return tuple(names[:-1])


class Asker:
    """Asks one list as one persona, and keeps the faults."""

    def __init__(self, hub: EngineClient, fixtures: AccessFixtures, persona: Persona, *, whole: bool) -> None:
        self.hub = hub
        self.whole = whole
        self.fixtures = fixtures
        self.persona = persona
        self.faults: list[str] = []
        self.last = ""
        self.asked = 0

    async def codes(self, found: ListField, fields: str, declared: str, given: Mapping[str, Any]) -> set[str] | None:
        """The codes of the errors with which fields of a list's parent are answered; None for a fault."""
        text, variables = f"query({declared}) {{ __typename {fields} }}" if declared else f"{{ {fields} }}", dict(given)
        if not found.root:
            keys = self.fixtures.keys(found.parent)[:2]
            variables["ids"] = [global_ids.encode(registry.sources[found.parent].prefix, key) for key in keys]
            more = f", {declared}" if declared else ""
            text = f"query($ids: [ID!]!{more}) {{ nodes(ids: $ids) {{ ... on {found.parent} {{ __typename {fields} }} }} }}"
        try:
            response = await self.hub.response(text, variables, caller=self.persona)
        except Exception as fault:
            self.last = f"{type(fault).__name__}: {fault}"
            return None
        return {error["extensions"]["code"] for error in response.get("errors", ())} - {"NOT_FOUND"}

    async def filtered(self, found: ListField, batch: Sequence[Path]) -> None:
        """Ask with all conditions at once; when that is a fault, or is refused for any of them, with fewer."""
        text = f"{found.field}(first: 1, filter: $filter{found.ever}) {{ totalCount nodes {{ id }} }}"
        given = {"filter": {"and": [each.given for each in batch]}}
        codes = await self.codes(found, text, f"$filter: {found.filter}", given)
        self.asked += 1
        if codes == set() or self.is_refusal(codes, alone=len(batch) == 1):
            return
        if len(batch) == 1:
            told = self.last if codes is None else sorted(codes)
            self.faults.append(f"{found.parent}.{found.field}(filter: {batch[0].given}): {told}")
        elif len(self.faults) < 20:
            half = len(batch) // 2
            await self.filtered(found, batch[:half])
            await self.filtered(found, batch[half:])

    async def filters(self, found: ListField, all_: Sequence[Path]) -> None:
        """Every condition: those that a persona may set together, the others, which are refused, each alone."""
        masked = [each for each in all_ if self.is_masked(each.typename, each.name)]
        allowed = [each for each in all_ if not self.is_masked(each.typename, each.name)]
        for start in range(0, len(allowed), BATCH):
            await self.filtered(found, allowed[start : start + BATCH])
        for each in masked if self.whole else list({(one.typename, one.name): one for one in masked}.values()):
            await self.filtered(found, [each])

    async def orders(self, found: ListField, columns: Sequence[str]) -> None:
        """The orders by some columns, both ways; what is masked each alone."""
        masked = [column for column in columns if self.is_masked(found.target, column.lower())]
        open_ = [column for column in columns if column not in masked]
        for asked in (open_, *([column] for column in masked)):
            fields = " ".join(
                f"{column}{way}: {found.field}(first: 1, orderBy: {{field: {column}, direction: {way}}}{found.ever}"
                f"{filter_for_order(found.target, column)}) {{ nodes {{ id }} }}"
                for column in asked
                for way in ("ASC", "DESC")
            )
            if not asked:
                continue
            codes = await self.codes(found, fields, "", {})
            self.asked += 1
            if codes != set() and not self.is_refusal(codes, alone=asked is not open_):
                told = self.last if codes is None else sorted(codes)
                self.faults.append(f"{found.parent}.{found.field}(orderBy: {asked}): {told}")

    async def nested(self, lists: Sequence[ListField], conditions: Mapping[str, list[Path]]) -> None:
        """All lists of one type, each with an order and a filter; when one is a fault, each by itself."""
        fields, declared, given = [], [], {}
        for number, found in enumerate(lists):
            columns = [column for column in found.columns if not filter_for_order(found.target, column)]
            order = self.first(columns, found, lambda column: column.lower())
            by = f", orderBy: {{field: {order}}}" if order else ""
            condition = self.first(conditions.get(found.target, ()), found, lambda each: each.name, typed=True)
            if condition is not None:
                declared.append(f"$f{number}: {found.filter}")
                given[f"f{number}"] = condition.given
                by += f", filter: $f{number}"
            fields.append(f"a{number}: {found.field}(first: 1{by}{found.ever}) {{ totalCount nodes {{ id }} }}")
        codes = await self.codes(lists[0], " ".join(fields), ", ".join(declared), given)
        self.asked += 1
        if codes == set() or self.is_refusal(codes, alone=False):
            return
        if len(lists) == 1:
            self.faults.append(f"{lists[0].parent}.{lists[0].field}{given}: {self.last if codes is None else codes}")
        else:
            for found in lists:
                await self.nested([found], conditions)

    def first(self, all_: Sequence[Any], found: ListField, name: Callable[[Any], str], *, typed: bool = False) -> Any:
        """One of the orders or conditions that the persona may set, another for each list."""
        allowed = [each for each in all_ if not self.is_masked(each.typename if typed else found.target, name(each))]
        return allowed[turn(found.parent, found.field) % len(allowed)] if allowed else None

    def is_refusal(self, codes: set[str] | None, *, alone: bool) -> bool:
        """Whether an operation was refused as it may be: ``alone`` when it asks for one thing, which may be masked."""
        if codes is None or codes & FAULTS:
            return False
        return (alone and codes <= REFUSALS) or (not self.persona.sees_rows and not codes <= REFUSALS)

    def is_masked(self, typename: str, name: str) -> bool:
        """Whether the first wall refuses a column to the persona."""
        return registry.access.is_masked(typename, snake(name), self.persona.shape)


def conditions_of(policy: PolicyTable, *, whole: bool) -> Mapping[str, list[Path]]:
    """The conditions of each type's filter."""
    return {
        each.target: list(paths(each.filter, each.target, DEPTH, whole=whole))
        for each in QueryWriter(schema._schema, policy).reached
        if each.filter is not None
    }


@pytest.fixture(scope="session")
def conditions(policy: PolicyTable) -> Mapping[str, list[Path]]:
    """Every relation of every relation followed to one field, which is another for each."""
    return conditions_of(policy, whole=False)


@pytest.fixture(scope="session")
def all_conditions(policy: PolicyTable) -> Mapping[str, list[Path]]:
    """Every field at the end of every path."""
    return conditions_of(policy, whole=True)


ONE_OF_EACH = (
    "public", "national", "zhejiang", "chongqing-posts", "shenzhen-hr", "shenzhen-insurance", "shenzhen-commerce",
    "shenzhen-mediator", "member",
)  # fmt: skip
"""A persona for each set of lenses."""


async def test_each_set_of_lenses_has_one_who_asks(fixtures: AccessFixtures) -> None:
    """What plans depend on of a caller."""
    shapes = [fixtures.callers[name].shape for name in ONE_OF_EACH]
    assert len(set(shapes)) == len(shapes)
    assert set(shapes) == {caller.shape for caller in fixtures.callers.values()}


SOME = ("public", "zhejiang", "shenzhen-hr", "member")
"""Who asks in ``make test``: aggregates only, a hierarchy, a division, oneself. The slow test below asks as all, and for more."""


async def faults_of(asker: Asker, policy: PolicyTable, conditions: Mapping[str, list[Path]]) -> list[str]:
    """Ask by every condition and order as one persona behind one of the walls or both; what was a fault."""
    writer = QueryWriter(schema._schema, policy)
    for found in writer.reached:
        await asker.filters(found, conditions[found.target])
        await asker.orders(found, found.columns)
    for parent in dict.fromkeys(found.parent for found in writer.lists):
        lists = [found for found in writer.lists if found.parent == parent]
        for start in range(0, len(lists), 20):
            await asker.nested(lists[start : start + 20], conditions)
    print(f"{asker.persona.name}: {sum(map(len, conditions.values()))} conditions, {asker.asked} operations")
    return asker.faults


@pytest.mark.parametrize("name", sampled(SOME, ["public", "shenzhen-hr"]))
async def test_no_filter_and_no_order_is_a_fault_to_anybody(
    both_walls: EngineClient,
    fixtures: AccessFixtures,
    policy: PolicyTable,
    conditions: Mapping[str, list[Path]],
    name: str,
) -> None:
    """Data, or an error with a code that says what to do."""
    asker = Asker(both_walls, fixtures, fixtures.callers[name], whole=False)
    faults = await faults_of(asker, policy, conditions)
    assert not faults, "\n".join([f"{len(faults)} faults:", *faults[:60]])


@slow
@pytest.mark.parametrize("name", ["public", *PERSONAS])
async def test_no_field_at_the_end_of_any_filter_is_a_fault_to_anybody_behind_either_wall(
    hub: EngineClient,
    fixtures: AccessFixtures,
    policy: PolicyTable,
    all_conditions: Mapping[str, list[Path]],
    name: str,
) -> None:
    """Every path to its end, as every persona."""
    asker = Asker(hub, fixtures, fixtures.callers[name], whole=True)
    faults = await faults_of(asker, policy, all_conditions)
    assert not faults, "\n".join([f"{len(faults)} faults:", *faults[:60]])


def test_every_field_of_every_filter_is_among_the_conditions(
    policy: PolicyTable, conditions: Mapping[str, list[Path]]
) -> None:
    """By itself, and behind every relation that leads to its type."""
    for each in QueryWriter(schema._schema, policy).reached:
        assert each.filter is not None
        ways = {path(condition.given) for condition in conditions[each.target]}
        for name in set(each.filter.fields) - set(LOGIC):
            assert any(way[0] == name for way in ways), (each.target, name)

"""What each persona sees of a member, and of everything that the member leads to, leaves 10⁴ candidates for each number and more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLUnionType, get_named_type

from db.clock import today
from db.encryption.vault import Sealed, Vault
from db.members import BANK_CARD, PHONE, RESIDENT_NUMBER
from resolvers.engine.request import global_ids
from schema import schema
from tests.access.comparison import key_of
from tests.access.fixtures import PERSONAS, AccessFixtures
from tests.access.policy_reference import PolicyReference
from tests.access.policy_table import PolicyTable
from tests.access.query_writer import QueryWriter, is_many
from tests.access.test_matrix import TABLES
from tests.identifier_candidates import ENOUGH, Knowledge, Seen, hidden, leaks
from tests.resolvers.engine_client import EngineClient

PUBLIC = frozenset({"Organization", "Employer", "Division"})
"""What a record leads to that is of many persons: its values are read, and not all that it leads to in turn."""

DEPTH, MANY, SAMPLE = 3, 20, 12
EVERYBODY = ["public", *PERSONAS]


@pytest.fixture(scope="session")
def hub(both_walls: EngineClient) -> EngineClient:
    """The hub as it serves."""
    return both_walls


class Everything:
    """Writes the query for all that a member leads to, and reads the answer."""

    def __init__(self, writer: QueryWriter) -> None:
        self.writer = writer

    def selection(self, typename: str, depth: int = DEPTH) -> str:
        """All values of a type, and of what it leads to."""
        values = self.writer.values(typename)
        if depth == 0 or typename in PUBLIC or (typename == "Member" and depth < DEPTH):
            return values
        return f"{values} {' '.join(self.lead(typename, name, depth) for name in self.writer.leads(typename))}"

    def lead(self, typename: str, name: str, depth: int) -> str:
        """A relation with all that is below it."""
        type_ = self.writer.type(typename).fields[name].type
        (target, *_) = self.writer.targets(typename, name)
        if isinstance(get_named_type(type_), GraphQLUnionType):
            return self.writer.below(typename, name, "nodes")
        below = self.selection(target, depth - 1)
        if is_many(type_) or get_named_type(type_).name == target:
            return f"{self.writer.whole(typename, name)} {{ {below} }}"
        return f"{name}(first: {MANY}{self.writer.ever(typename, name)}) {{ nodes {{ {below} }} }}"

    def seen(self, found: Any, holder: str = "") -> Iterator[Seen]:
        """All values of an answer."""
        if isinstance(found, list):
            for each in found:
                yield from self.seen(each, holder)
        elif isinstance(found, Mapping):
            typename = found.get("__typename") or holder
            for name, value in found.items():
                kind, _, plain = name.rpartition("__")
                if isinstance(value, Mapping | list):
                    yield from self.seen(value, typename)
                elif name != "__typename":
                    yield (kind or typename, plain, value)


@dataclass
class Sampled:
    """What a persona sees of some members, with the members' numbers."""

    seen: dict[int, list[Seen]]
    numbers: dict[int, dict[str, str]]


@pytest.fixture(scope="session")
async def everybody(
    hub: EngineClient, fixtures: AccessFixtures, policy: PolicyTable, owner: asyncpg.Pool, vault: Vault
) -> dict[str, Sampled]:
    """For each persona what it sees of members in sight, of those with most rows about them first."""
    writer = Everything(QueryWriter(schema._schema, policy))
    text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Member {{ {writer.selection('Member')} }} }} }}"
    found = {}
    for name in EVERYBODY:
        caller = fixtures.callers[name]
        visible = await PolicyReference(owner, policy, TABLES, caller, today()).rows("Member")
        busiest = await owner.fetch(
            "SELECT m.id FROM member m LEFT JOIN membership s ON s.member_id = m.id LEFT JOIN insurance_enrolment i ON i.member_id = m.id"
            " LEFT JOIN dispute_party p ON p.member_id = m.id WHERE m.id = ANY ($1) GROUP BY m.id"
            " ORDER BY bool_or(m.bank_card IS NOT NULL) DESC, count(DISTINCT s.id) + count(DISTINCT i.id) + count(DISTINCT p.id) DESC,"
            " hashint8(m.id) LIMIT $2",
            [*visible],
            SAMPLE,
        )
        some = await owner.fetch(
            "SELECT id FROM member WHERE id = ANY ($1) ORDER BY hashint8(id) LIMIT $2", [*visible], SAMPLE
        )
        keys = sorted({row["id"] for row in (*busiest, *some)} | set(fixtures.keys("Member")) & visible)
        found[name] = Sampled({}, await numbers(owner, vault, keys))
        for start in range(0, len(keys), 8):
            given = {"ids": [global_ids.encode("mem", key) for key in keys[start : start + 8]]}
            response = await hub.response(text, given, caller=caller)
            assert "errors" not in response, (name, response["errors"])
            for row in response["data"]["nodes"]:
                found[name].seen[key_of(row["id"])] = list(writer.seen(row))
        assert sorted(found[name].seen) == keys
    return found


async def numbers(owner: asyncpg.Pool, vault: Vault, keys: list[int]) -> dict[int, dict[str, str]]:
    """What masks hide of the members' numbers."""
    clear: dict[int, dict[str, str]] = {}
    for row in await owner.fetch("SELECT id, resident_number, phone, bank_card FROM member WHERE id = ANY ($1)", keys):
        opened = {
            secret.column: vault.open([Sealed("member", secret.column, row["id"], row[secret.column])])[0]
            for secret in (RESIDENT_NUMBER, PHONE, BANK_CARD)
            if row[secret.column] is not None
        }
        clear[row["id"]] = hidden(opened["resident_number"], opened["phone"], opened.get("bank_card"))
    return clear


@pytest.mark.parametrize("name", EVERYBODY)
async def test_every_persona_is_left_with_ten_thousand_candidates_for_each_number_of_a_member(
    everybody: dict[str, Sampled], name: str
) -> None:
    """Counted over all fields of the member and of what it leads to, three relations deep."""
    sampled = everybody[name]
    if name not in ("public", "analyst", "shenzhen-hr", "shenzhen-commerce"):
        assert sampled.seen, "a persona that sees members has none in the sample"
        assert max(map(len, sampled.seen.values())) > 40, "little was read"
    for key, seen in sampled.seen.items():
        known = Knowledge.of(seen)
        assert known.number is None or (known.sex is not None and known.number[:6].isdigit()), key
        counted = (known.resident_numbers(), known.phones(), known.cards())
        assert min(counted) >= ENOUGH, (name, key, counted)


async def test_no_field_tells_digits_that_are_masked_elsewhere(everybody: dict[str, Sampled]) -> None:
    """Numbers of records, file numbers, texts, amounts: none has a run of the hidden digits of those it is about."""
    pooled: dict[int, tuple[dict[str, str], list[Seen]]] = {}
    for sampled in everybody.values():
        for key, seen in sampled.seen.items():
            pooled.setdefault(key, (sampled.numbers[key], []))[1].extend(seen)
    assert len(pooled) > 40
    assert leaks(pooled) == set()


def test_nothing_of_a_day_of_birth_but_its_band_is_in_the_schema() -> None:
    """Neither shown nor filtered nor ordered by; the day itself only where reveal, a correction, verify and a new person name it."""
    found = set()
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            found |= {(type_.name, name) for name in type_.fields if "birth" in name.lower()}
        elif hasattr(type_, "values"):
            found |= {(type_.name, name) for name in type_.values if "birth" in name.lower()}
    assert found == {
        ("Member", "birthYearFrom"), ("MemberFilter", "birthYearFrom"), ("MemberField", "BIRTH_YEAR_FROM"),
        ("Dependant", "birthYearFrom"), ("DependantFilter", "birthYearFrom"), ("DependantField", "BIRTH_YEAR_FROM"),
        ("RevealedMember", "birthDate"), ("CorrectionsInput", "birthDate"), ("VerifyValuesInput", "birthDate"),
        ("PersonalField", "BIRTH_DATE"), ("PersonRecord", "birthDate"),
    }  # fmt: skip


async def test_a_band_is_all_that_comparing_finds_out(
    hub: EngineClient, fixtures: AccessFixtures, owner: asyncpg.Pool
) -> None:
    """Bisection by filters on the years of birth ends at the band, for members and for children of households."""
    for typename, field, table in (("Member", "members", "member"), ("Dependant", "households", "dependant")):
        key = fixtures.places["weihai"].one(typename)
        text = (
            "query($f: MemberFilter) { members(filter: $f) { totalCount } }"
            if typename == "Member"
            else "query($f: DependantFilter, $h: HouseholdFilter)"
            " { households(filter: $h) { nodes { dependants(filter: $f) { totalCount } } } }"
        )
        column = "birth_year_from" if typename == "Member" else "birth_year"
        year = await owner.fetchval(f"SELECT {column} FROM {table} WHERE id = $1", key)
        low, high = 1900, 2030
        prefix = "mem" if typename == "Member" else "dep"
        while high - low > 1:
            middle = (low + high) // 2
            given: dict[str, Any] = {
                "f": {"id": {"eq": global_ids.encode(prefix, key)}, "birthYearFrom": {"gte": middle}}
            }
            if typename == "Dependant":
                household = await owner.fetchval("SELECT household_id FROM dependant WHERE id = $1", key)
                given["h"] = {"id": {"eq": global_ids.encode("hh", household)}}
            data = (await hub.response(text, given, caller=fixtures.callers["weihai"]))["data"]
            counted = data["members"] if typename == "Member" else data[field]["nodes"][0]["dependants"]
            low, high = (middle, high) if counted["totalCount"] else (low, middle)
        assert low == year - year % 5

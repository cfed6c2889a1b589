"""Codes of divisions in all their forms, old codes that lead to new ones, and rows of the code list that are no place."""

from collections.abc import Iterator

import asyncpg
import pytest

from db.clock import today
from db.divisions import DivisionKind, canonical_code
from schema import registry
from tests.resolvers.engine_client import EngineClient

LENGTHS = {"PROVINCE": 2, "CITY": 4, "COUNTY": 6, "TOWNSHIP": 9, "VILLAGE": 12}


def forms(code: str) -> Iterator[str]:
    """Every form of a code: filled with zeros up to each longer length that a code may have."""
    for length in LENGTHS.values():
        if length >= len(code):
            yield code.ljust(length, "0")


async def test_every_form_of_every_code_is_that_code_but_of_rows_that_repeat_the_one_above(pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "SELECT d.code, d.level, d.kind, p.code AS above FROM division d LEFT JOIN division p ON p.id = d.parent_id"
        " WHERE d.code IS NOT NULL"
    )
    repeated = set()
    for row in rows:
        code = row["code"]
        assert len(code) == LENGTHS[row["level"]]
        wanted = {canonical_code(form) for form in forms(code)}
        if row["kind"] == "REPETITION" and code.endswith("00"):
            assert wanted == {row["above"]}
            repeated.add(code)
        else:
            assert wanted == {code}
    assert repeated == {"441900", "442000", "460400"}


@pytest.mark.parametrize("text", ["", "nowhere", "33 ", "３３００００", "3300001", "33000000", "00", "0000", "-330000"])
def test_what_is_no_code_stays_as_it_is(text: str) -> None:
    assert canonical_code(text) in (text, text[:2])


async def test_six_digits_find_provinces_and_cities_and_dongguan_as_a_city(caller: EngineClient) -> None:
    data = await caller.data("""query {
      province: division(code: "330000") { name level }
      city: division(code: "330100") { name level }
      dongguan: division(code: "441900") { name level kind }
      county: division(code: "330106000000") { name level }
      township: division(code: "110101001000") { code level }
    }""")
    assert data == {
        "province": {"name": "浙江省", "level": "PROVINCE"},
        "city": {"name": "杭州市", "level": "CITY"},
        "dongguan": {"name": "东莞市", "level": "CITY", "kind": "STATUTORY"},
        "county": {"name": "西湖区", "level": "COUNTY"},
        "township": {"code": "110101001", "level": "TOWNSHIP"},
    }


@pytest.mark.parametrize("form", list(forms("3710")))
async def test_filters_by_code_take_every_form(caller: EngineClient, form: str) -> None:
    data = await caller.data(
        """query($code: String!, $codes: [String!]) {
          itself: divisions(filter: {code: {eq: $code}}) { nodes { code } }
          among: divisions(filter: {code: {in: $codes}}) { nodes { code } }
          written: divisions(filter: {or: [{code: {eq: FORM}}]}) { nodes { code } }
          below: divisions(filter: {parent: {code: {eq: $code}}}) { totalCount }
          unions: organizations(filter: {division: {code: {eq: $code}}}) { totalCount }
          kept: organizations(filter: {division: {code: {startsWith: "3710"}}, level: {eq: CITY}}) { totalCount }
        }""".replace("FORM", f'"{form}"'),
        {"code": form, "codes": [form, "33"]},
    )
    assert data["itself"] == data["written"] == {"nodes": [{"code": "3710"}]}
    assert {row["code"] for row in data["among"]["nodes"]} == {"3710", "33"}
    assert data["below"]["totalCount"] == 7
    assert data["unions"]["totalCount"] > 0 < data["kept"]["totalCount"]


async def test_an_old_code_leads_to_the_new_one_and_counts_what_stands_there(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    data = await caller.data("""query {
      old: division(code: "371081") {
        name validTo successors { code name }
        organizations { totalCount }
        employers { totalCount }
        descendants { nodes { code } }
        unions: statistics(kind: ORGANIZATIONS) { total { records } }
        members: statistics(kind: MEMBERSHIPS) { total { persons } }
      }
      new: division(code: "371003") {
        predecessor { code } successors { code }
        ancestors { code }
        organizations { totalCount }
        employers { totalCount }
        descendants { nodes { code } }
        unions: statistics(kind: ORGANIZATIONS) { total { records } }
        members: statistics(kind: MEMBERSHIPS) { total { persons } }
      }
      found: divisions(filter: {predecessor: {code: {eq: "371081"}}}) { nodes { code } }
      followed: division(code: "3710") { children(validity: ANY, filter: {successors: {some: {code: {eq: "371003"}}}}) { nodes { code } } }
    }""")
    old, new = data["old"], data["new"]
    assert (old["name"], old["validTo"], new["predecessor"]) == ("文登市", "2014-01-01", {"code": "371081"})
    assert old["successors"] == [{"code": "371003", "name": "文登区"}]
    assert new["successors"] == []
    assert new["ancestors"] == [{"code": "37"}, {"code": "3710"}]
    standing = await pool.fetchval(
        "SELECT count(*) FROM organization o JOIN division d ON d.id = o.division_id WHERE starts_with(d.code, '371003')"
        " AND (o.dissolved_on IS NULL OR o.dissolved_on > $1)",
        today(),
    )
    assert old["organizations"]["totalCount"] == standing > 0
    for name in ("organizations", "employers", "descendants", "unions", "members"):
        assert old[name] == new[name], name
    assert data["found"]["nodes"] == [{"code": "371003"}]
    assert data["followed"]["children"]["nodes"] == [{"code": "371081"}]


async def test_every_list_and_count_below_a_closed_division_is_that_below_its_successor(caller: EngineClient) -> None:
    """A generated watch: all connections of Division that are reached along the territory, and every kind of record."""
    fields = [
        name
        for name, leads in registry.sources["Division"].fields.items()
        if getattr(getattr(leads, "relation", None), "anchor", None) == "Division"
    ]
    assert len(fields) > 15
    lists = " ".join(f"{_camel(name)} {{ totalCount }}" for name in fields)
    kinds = " ".join(
        f"{kind.lower()}: statistics(kind: {kind}) {{ total {{ records }} }}" for kind in sorted(registry.statistics)
    )
    for selection in (lists, kinds):
        data = await caller.data(
            f'query {{ old: division(code: "371081") {{ {selection} }} new: division(code: "371003") {{ {selection} }} }}'
        )
        assert data["old"] == data["new"]


async def test_no_record_is_counted_twice_where_the_city_is_divided(caller: EngineClient) -> None:
    data = await caller.data("""query {
      division(code: "3710") {
        statistics(kind: ORGANIZATIONS, groupBy: [CHILD_DIVISION]) {
          total { records } groups { keys { division { code } } records }
        }
      }
    }""")
    found = data["division"]["statistics"]
    assert sum(group["records"] for group in found["groups"]) == found["total"]["records"]
    codes = [key["division"]["code"] for group in found["groups"] for key in group["keys"] if key["division"]]
    assert "371003" in codes
    assert "371081" not in codes


async def test_headings_and_repetitions_can_be_told_from_cities(caller: EngineClient) -> None:
    data = await caller.data("""query {
      cities: divisions(filter: { level: { eq: CITY }, kind: { eq: STATUTORY } }) { totalCount }
      headings: divisions(
        filter: { level: { eq: CITY }, or: [{ name: { in: ["市辖区", "县"] } }, { name: { contains: "直辖县级行政区划" } }] }
      ) { totalCount nodes { code name kind } }
      repeated: divisions(filter: { level: { eq: COUNTY }, kind: { eq: REPETITION } }) { nodes { code } }
    }""")
    assert data["cities"]["totalCount"] == 333
    assert data["headings"]["totalCount"] == 9
    assert {node["kind"] for node in data["headings"]["nodes"]} == {"HEADING"}
    assert {node["code"] for node in data["repeated"]["nodes"]} == {"441900", "442000", "460400", "620201"}


async def test_no_statutory_division_has_the_name_of_a_heading_or_of_the_one_above(pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "SELECT d.name, d.kind, p.name AS above FROM division d LEFT JOIN division p ON p.id = d.parent_id"
        " WHERE d.level IN ('CITY', 'COUNTY')"
    )
    for row in rows:
        if row["name"] in ("市辖区", "县") or "直辖县级" in row["name"]:
            assert row["kind"] == DivisionKind.HEADING.name
        elif row["name"] == row["above"]:
            assert row["kind"] == DivisionKind.REPETITION.name
        else:
            assert row["kind"] not in (DivisionKind.HEADING.name, DivisionKind.REPETITION.name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)

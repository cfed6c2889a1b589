"""Rules of data quality: each with a record that breaks it and one that does not; counts are those of plain SQL, and open their rows."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from db.generate.codes import credit_code
from db.input_values import normal_credit_code
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC, Caller
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel
from resolvers.quality import RULES, QualityRule
from resolvers.quality_counts import LISTS
from schema import registry
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of

IN_FORCE = "valid_from IS NOT NULL AND valid_to IS NULL"


@dataclass(frozen=True)
class Example:
    """How a record that keeps a rule comes to break it (``$1`` is its key), and all that break it, in plain SQL."""

    among: str
    breaks: tuple[str, ...]
    plain: str


EXAMPLES: Mapping[str, Example] = {
    "UNION_CODE_FAILS_CHECK": Example(
        "organization WHERE credit_code IS NOT NULL AND level = 'COUNTY'",
        ("UPDATE organization SET credit_code = '81330106MC00000H34' WHERE id = $1",),
        "SELECT t.id FROM organization t WHERE credit_code = '81330106MC00000H34'",
    ),
    "UNION_TERM_OVER": Example(
        "organization o WHERE dissolved_on IS NULL AND level = 'COUNTY'",
        ("UPDATE committee_term SET valid_to = '2025-01-01', valid_from = '2020-01-01' WHERE organization_id = $1",),
        "SELECT t.id FROM organization t WHERE dissolved_on IS NULL AND id IN (SELECT organization_id FROM (SELECT organization_id,"
        " committee, (array_agg(coalesce(valid_to, (elected_on + interval '5 years')::date) ORDER BY valid_from DESC))[1] AS last"
        " FROM committee_term GROUP BY 1, 2) x WHERE last <= wall.today())",
    ),
    "EMPLOYER_CODE_FAILS_CHECK": Example(
        "employer WHERE credit_code IS NOT NULL",
        ("UPDATE employer SET credit_code = '91330106MC0000012F' WHERE id = $1",),
        "SELECT t.id FROM employer t WHERE credit_code = '91330106MC0000012F'",
    ),
    "EMPLOYER_WITHOUT_HEADCOUNT": Example(
        "employer WHERE closed_on IS NULL AND headcount > 0",
        ("UPDATE employer SET headcount = 0 WHERE id = $1",),
        "SELECT t.id FROM employer t WHERE headcount = 0 AND closed_on IS NULL",
    ),
    "MEMBER_RECORDED_TWICE": Example(
        "member WHERE phone_index IS NOT NULL AND id > 200 AND organization_id IN (SELECT id FROM organization WHERE dissolved_on IS NULL)",
        (
            "UPDATE member SET (name, phone, phone_index, phone_head) = (SELECT name, phone, phone_index, phone_head FROM member"
            " WHERE id = $1) WHERE id = (SELECT max(member_id) FROM membership JOIN organization o ON o.id = organization_id"
            f" WHERE {IN_FORCE} AND dissolved_on IS NULL)",
        ),
        "SELECT t.id FROM member t JOIN (SELECT name, phone_index FROM member GROUP BY 1, 2 HAVING count(*) > 1) d"
        " ON d.name = t.name AND d.phone_index = t.phone_index",
    ),
    "MEMBER_OF_TWO_UNIONS": Example(
        f"membership WHERE {IN_FORCE} AND valid_from < '2025-01-01'",
        (
            "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from, valid_to)"
            " SELECT member_id, (SELECT max(id) FROM organization WHERE level = 'COUNTY'), 'TRANSFERRED_OUT', 'PAPER', '2025-01-01',"
            " '2025-01-01', '2025-06-01' FROM membership WHERE id = $1",
        ),
        "SELECT DISTINCT t.id FROM membership t JOIN membership o USING (member_id) WHERE o.organization_id <> t.organization_id AND"
        " daterange(o.valid_from, o.valid_to) && daterange(t.valid_from, t.valid_to) AND num_nulls(t.valid_from, o.valid_from) = 0",
    ),
    "MEMBERSHIP_IN_DISSOLVED_UNION": Example(
        f"membership s WHERE {IN_FORCE} AND organization_id IN (SELECT id FROM organization WHERE level = 'GRASSROOTS')",
        (
            "UPDATE organization SET status = 'DISSOLVED', dissolved_on = '2026-01-05' WHERE id = (SELECT organization_id FROM membership"
            " WHERE id = $1)",
        ),
        "SELECT t.id FROM membership t JOIN organization o ON o.id = t.organization_id AND o.dissolved_on <= wall.today()"
        f" WHERE {IN_FORCE}",
    ),
    "AGREEMENT_PAST_ITS_END": Example(
        "collective_agreement WHERE status = 'SIGNED'",
        ("UPDATE collective_agreement SET status = 'EFFECTIVE', term_from = '2020-01-01', term_to = '2022-01-01' WHERE id = $1",),
        "SELECT t.id FROM collective_agreement t WHERE status = 'EFFECTIVE' AND term_to <= wall.today()",
    ),
    "ENROLMENT_OF_FORMER_MEMBER": Example(
        "insurance_enrolment WHERE valid_to IS NULL AND member_id > 1000 AND member_id IN"
        " (SELECT id FROM member WHERE organization_id IS NOT NULL)",
        (
            "UPDATE membership SET valid_to = greatest(valid_from + 1, '2025-01-01'), status = 'WITHDRAWN' WHERE valid_to IS NULL AND"
            " member_id = (SELECT member_id FROM insurance_enrolment WHERE id = $1)",
        ),
        "SELECT t.id FROM insurance_enrolment t WHERE valid_to IS NULL AND member_id IN (SELECT member_id FROM membership GROUP BY 1 HAVING"
        f" bool_or(valid_to IS NOT NULL) AND NOT bool_or({IN_FORCE}))",
    ),
    "CASE_CLOSED_WITHOUT_DAY": Example(
        "dispute_case WHERE closed_on IS NOT NULL AND status IN ('SETTLED', 'DECIDED', 'WITHDRAWN', 'CLOSED')",
        ("UPDATE dispute_case SET closed_on = NULL WHERE id = $1",),
        "SELECT t.id FROM dispute_case t WHERE closed_on IS NULL AND status IN ('SETTLED', 'DECIDED', 'WITHDRAWN', 'CLOSED')",
    ),
}  # fmt: skip

RULE_OF = {rule.code: (typename, rule) for typename, rules in RULES.items() for rule in rules}
BELOW = """SELECT count(*) FROM ({plain}) broken JOIN {table} t USING (id) WHERE EXISTS (SELECT FROM territorial_closure c
    WHERE c.descendant_id = t.{union} AND c.ancestor_id = $1 AND c.valid_from <= wall.today() AND (c.valid_to IS NULL
    OR c.valid_to > wall.today() OR c.valid_to = (SELECT o.dissolved_on FROM organization o WHERE o.id = c.descendant_id)))"""
TOP = "SELECT id FROM organization WHERE level = 'NATIONAL' AND kind = 'LOCAL_FEDERATION'"
COUNTS = "dataQuality { rule severity records list condition }"


@dataclass(frozen=True)
class Faulty:
    """A federation in which each rule is broken by one more record than before, and what was said of these records before and after."""

    pool: asyncpg.Pool
    hub: EngineClient
    told: Mapping[str, tuple[bool, bool]]


@pytest.fixture(scope="module")
async def faulty(kept_database: Callable[[str], str], template: str) -> AsyncIterator[Faulty]:
    pool = await create_pool(kept_database(template))
    hub, told = EngineClient(pool), {}
    for code, example in EXAMPLES.items():
        typename, rule = RULE_OF[code]
        key = await pool.fetchval(
            f"SELECT id FROM {example.among} AND id NOT IN (SELECT id FROM ({example.plain}) x) ORDER BY 1 LIMIT 1"
        )
        node = global_ids.encode(registry.sources[typename].prefix, key)
        text = f'{{ node(id: "{node}") {{ ... on {typename} {{ broken: {camel(rule.field)} }} }} }}'
        before = (await hub.data(text))["node"]["broken"]
        for statement in example.breaks:
            await pool.execute(statement, key)
        told[code] = (before, (await hub.data(text))["node"]["broken"])
    yield Faulty(pool, hub, told)
    await pool.close()


def test_every_rule_has_an_example_and_a_list() -> None:
    assert EXAMPLES.keys() == RULE_OF.keys() == QualityRule.__members__.keys()
    assert RULES.keys() == LISTS.keys()


@pytest.mark.parametrize("code", EXAMPLES)
async def test_a_record_keeps_a_rule_or_breaks_it(faulty: Faulty, code: str) -> None:
    assert faulty.told[code] == (False, True)


async def test_counts_are_those_of_plain_sql_and_open_their_rows(faulty: Faulty) -> None:
    top = await faulty.pool.fetchval(TOP)
    rows = await faulty.pool.fetch(
        "SELECT id FROM organization WHERE id = $1 OR level = 'PROVINCIAL' ORDER BY id LIMIT 6", top
    )
    for row in rows:
        union = global_ids.encode("org", row["id"])
        counts = (await faulty.hub.data(f'{{ organization(id: "{union}") {{ {COUNTS} }} }}'))["organization"][
            "dataQuality"
        ]
        found = {count["rule"]: count for count in counts}
        for code, example in EXAMPLES.items():
            typename, rule = RULE_OF[code]
            source = registry.sources[typename]
            sql = BELOW.format(
                plain=example.plain,
                table=source.table.name,
                union="id" if typename == "Organization" else "organization_id",
            )
            wanted = await faulty.pool.fetchval(sql, row["id"])
            assert found.get(code, {"records": 0})["records"] == wanted, (code, row)
            assert row["id"] != top or wanted > 0, code
            if wanted:
                ever = "" if typename == "Member" or source.validity is None else ", validity: ANY"
                broken = f"filter: {{{found[code]['condition']}: {{eq: true}}}}"
                listed = f'{found[code]["list"]}(within: "{union}"{ever}, {broken}) {{ totalCount }}'
                ((page,),) = [(await faulty.hub.data(f"{{ {listed} }}")).values()]
                assert page["totalCount"] == wanted
                assert found[code]["severity"] == rule.severity.name


async def test_counts_of_all_children_take_the_statements_of_one(faulty: Faulty) -> None:
    text = f"query ($id: ID!) {{ organization(id: $id) {{ children(first: 50) {{ nodes {{ id {COUNTS} }} }} }} }}"
    keys = [
        row[0]
        for row in await faulty.pool.fetch(
            "SELECT parent_id FROM organization_link WHERE valid_to IS NULL AND hierarchy = 'TERRITORIAL' GROUP BY 1"
            " ORDER BY count(*) LIMIT 1"
        )
    ]
    keys.append(await faulty.pool.fetchval(TOP))
    one, many = [await faulty.hub.count(text, {"id": global_ids.encode("org", key)}) for key in keys]
    assert one == many <= len(EXAMPLES) + 5


async def test_callers_count_what_they_see(faulty: Faulty) -> None:
    callers = await callers_of(faulty.pool)
    province = callers["province"]
    key = global_ids.encode("org", province.grants[0].organization_id or 0)
    own = await counted(faulty, province, key)
    assert own == await counted(faulty, callers["national"], key)
    above = global_ids.encode(
        "org",
        await faulty.pool.fetchval(
            "SELECT id FROM organization WHERE level = 'NATIONAL' AND kind = 'LOCAL_FEDERATION'"
        ),
    )
    assert {
        rule: n for rule, n in (await counted(faulty, province, above)).items() if not rule.startswith("UNION")
    } == {rule: n for rule, n in own.items() if not rule.startswith("UNION")}
    text = "{ insuranceEnrolments(filter: { isOfFormerMember: { eq: true } }) { totalCount } }"
    answer = await faulty.hub.response(text, caller=callers["social_security"])
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["MASKED_COLUMN"]
    answer = await faulty.hub.response(text, caller=PUBLIC)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["AGGREGATES_ONLY"]


async def counted(faulty: Faulty, caller: Caller, key: str) -> dict[str, int]:
    answer = await faulty.hub.response(f'{{ organization(id: "{key}") {{ {COUNTS} }} }}', caller=caller)
    assert "errors" not in answer, answer
    return {count["rule"]: count["records"] for count in answer["data"]["organization"]["dataQuality"]}


async def test_the_database_checks_codes_as_the_hub_does(faulty: Faulty) -> None:
    good = [credit_code(prefix, "330106", number) for number in range(40) for prefix in ("81", "91")]
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXYI"
    codes: list[Any] = [
        *good,
        *(code[:-1] + letters[number % 32] for number, code in enumerate(good)),
        "",
        "91330106",
        "x" * 18,
    ]
    found = await faulty.pool.fetch("SELECT code, wall.credit_code_fails(code) FROM unnest($1::text[]) code", codes)
    for code, fails in found:
        assert fails is not holds(code), code


def holds(code: str) -> bool:
    try:
        return normal_credit_code(code) == code
    except Exception:
        return False

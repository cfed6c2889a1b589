"""What each lens shows of the personal columns, as PostgreSQL answers it, and what a filter or an ordering may not touch."""

import re
from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import select

from db.access import Role
from db.clock import today
from db.encryption.vault import Sealed
from db.organizations import Hierarchy
from resolvers.access.callers import Caller, Grant, Lens
from resolvers.access.column_access import MASKS, Level, is_masked, masked
from resolvers.access.row_access import OPEN, RULES
from resolvers.engine.plan.parameters import Binder, Inputs
from resolvers.engine.plan.statement import compiled
from resolvers.slices import registry

SEALED_COLUMNS = {"resident_number", "phone", "bank_card", "birth_date"}


async def shown(pool: asyncpg.Pool, caller: Caller, typename: str, name: str, *, alias: bool = False):
    """The rows that a caller sees, each with the masked column, and the statement that gave them."""
    source, binder = registry.sources[typename], Binder()
    table = source.table.alias("aliased") if alias else source.table
    expression = masked(source, name, caller.shape, binder, table)
    assert expression is not None
    query = select(table.c.id, expression.label("value")).select_from(table).order_by(table.c.id)
    seen = registry.access.visible(source, caller.shape, binder, table)
    if seen is not None:
        query = query.where(seen)
    statement = compiled(query, binder)
    bound = statement.bind(Inputs({}, today(), caller))
    return {row["id"]: row["value"] for row in await pool.fetch(statement.sql, *bound)}, statement.sql


@pytest.fixture(scope="session")
async def case(pool):
    """A case with a claimant who is a member, with the claimant's key and the handling union."""
    return await pool.fetchrow(
        "SELECT c.id, c.organization_id, p.member_id FROM dispute_case c JOIN dispute_party p ON p.case_id = c.id"
        " JOIN membership m ON m.member_id = p.member_id AND m.organization_id = c.organization_id"
        "   AND m.valid_to IS NULL AND m.valid_from IS NOT NULL"
        " WHERE p.member_id IS NOT NULL ORDER BY c.id LIMIT 1"
    )


@pytest.fixture
def callers(case) -> dict[str, Caller]:
    everything = Caller("acftu", everything=True)
    union = Caller("union", grants=(Grant(Role.GRASSROOTS_UNION, case["organization_id"], Hierarchy.TERRITORIAL),))
    worker = Caller("worker", grants=(Grant(Role.WORKER),), member_id=case["member_id"])
    mediator = Caller("mediator", grants=(Grant(Role.CASE_WORKER),), cases=(case["id"],))
    both = replace(union, name="both", grants=(*union.grants, Grant(Role.WORKER)), member_id=case["member_id"])
    handles = replace(union, name="handles", grants=(*union.grants, Grant(Role.CASE_WORKER)), cases=(case["id"],))
    return {each.name: each for each in (everything, union, worker, mediator, both, handles)}


@pytest.fixture
async def agency(pool) -> Caller:
    division = await pool.fetchval(
        "SELECT e.division_id FROM insurance_enrolment i JOIN employer e ON e.id = i.participant_id"
        " JOIN member m ON m.id = i.member_id WHERE m.bank_card IS NOT NULL LIMIT 1"
    )
    return Caller("agency", grants=(Grant(Role.SOCIAL_SECURITY_AGENCY, division_id=division),))


async def test_names_are_one_character_and_a_star_for_unions_and_clear_for_the_worker_and_within_a_case(
    pool, callers, case
):
    names = dict(await pool.fetch("SELECT id, name FROM member"))
    everyone, _ = await shown(pool, callers["acftu"], "Member", "name")
    assert everyone == names
    own, _ = await shown(pool, callers["union"], "Member", "name")
    assert own
    assert own == {key: f"{names[key][0]}*" for key in own}
    for who in ("worker", "mediator"):
        seen, _ = await shown(pool, callers[who], "Member", "name")
        assert case["member_id"] in seen
        assert seen == {key: names[key] for key in seen}


async def test_numbers_show_the_region_and_the_first_three_digits_and_nothing_else(pool, callers, vault):
    rows = await pool.fetch("SELECT id, resident_number, phone FROM member ORDER BY id")
    numbers = vault.open(Sealed("member", "resident_number", row["id"], row["resident_number"]) for row in rows)
    phones = vault.open(Sealed("member", "phone", row["id"], row["phone"]) for row in rows)
    seen, _ = await shown(pool, callers["acftu"], "Member", "resident_number")
    assert seen == {row["id"]: f"{number[:6]}************" for row, number in zip(rows, numbers, strict=True)}
    seen, _ = await shown(pool, callers["acftu"], "Member", "phone")
    assert seen == {row["id"]: f"{phone[:3]}********" for row, phone in zip(rows, phones, strict=True)}


async def test_of_bank_cards_the_worker_and_the_agency_are_told_whether_there_is_one_and_unions_not_even_that(
    pool, callers, agency
):
    cards = dict(await pool.fetch("SELECT id, bank_card IS NOT NULL FROM member"))
    seen, _ = await shown(pool, agency, "Member", "bank_card")
    assert any(seen.values())
    assert seen == {key: "****" if cards[key] else None for key in seen}
    for who in ("acftu", "union", "mediator"):
        seen, sql = await shown(pool, callers[who], "Member", "bank_card")
        assert set(seen.values()) == {"****"}
        assert "bank_card" not in sql
    holder = next(key for key, held in cards.items() if held)
    seen, _ = await shown(pool, replace(callers["worker"], member_id=holder), "Member", "bank_card")
    assert seen == {holder: "****"}


async def test_with_several_lenses_each_row_is_shown_as_the_best_lens_that_has_it_shows_it(pool, callers, case):
    names = dict(await pool.fetch("SELECT id, name FROM member"))
    for alias in (False, True):
        seen, _ = await shown(pool, callers["both"], "Member", "name", alias=alias)
        assert len(seen) > 1
        assert seen == {key: names[key] if key == case["member_id"] else f"{names[key][0]}*" for key in seen}
    parties = {row[0] for row in await pool.fetch("SELECT member_id FROM dispute_party WHERE case_id = $1", case["id"])}
    seen, _ = await shown(pool, callers["handles"], "Member", "name")
    assert seen == {key: names[key] if key in parties else f"{names[key][0]}*" for key in seen}


async def test_parties_who_are_employers_or_unions_keep_their_names_and_persons_do_not(pool, callers, case):
    rows = {row["id"]: row for row in await pool.fetch("SELECT * FROM dispute_party")}
    seen, _ = await shown(pool, callers["union"], "DisputeParty", "name")
    for key, value in seen.items():
        organized = rows[key]["employer_id"] or rows[key]["organization_id"]
        assert value == (rows[key]["name"] if organized else rows[key]["name"][0] + "*")
    assert any(value.endswith("*") for value in seen.values())
    assert any(not value.endswith("*") for value in seen.values())
    for who in ("mediator", "worker"):
        seen, _ = await shown(pool, callers[who], "DisputeParty", "name")
        assert seen
        assert seen == {key: rows[key]["name"] for key in seen}


async def test_a_person_whom_the_hub_does_not_know_is_masked_too(fresh_database_url, case, callers):
    pool = await asyncpg.create_pool(fresh_database_url, min_size=1, max_size=1)
    key = await pool.fetchval(
        "INSERT INTO dispute_party (case_id, role, name) VALUES ($1, 'CLAIMANT', '欧阳某某') RETURNING id", case["id"]
    )
    seen, _ = await shown(pool, callers["union"], "DisputeParty", "name")
    assert seen[key] == "欧*"
    await pool.close()


async def test_notes_of_a_case_are_its_handlers_alone(fresh_database_url, case, callers):
    pool = await asyncpg.create_pool(fresh_database_url, min_size=1, max_size=1)
    await pool.execute("UPDATE dispute_step SET note = 'health note ' || id")
    others = await pool.fetchval(
        "SELECT count(*) FROM dispute_step s JOIN dispute_case c ON c.id = s.case_id WHERE c.organization_id <> $1",
        case["organization_id"],
    )
    parent = await pool.fetchval(
        "SELECT parent_id FROM organization_link WHERE child_id = $1 AND hierarchy = 'TERRITORIAL' AND valid_to IS NULL",
        case["organization_id"],
    )
    above = Caller("above", grants=(Grant(Role.FEDERATION, parent, Hierarchy.TERRITORIAL),))
    for who in ("union", "mediator"):
        seen, _ = await shown(pool, callers[who], "DisputeStep", "note")
        assert seen
        assert all(value.startswith("health note") for value in seen.values()), who
    seen, _ = await shown(pool, callers["worker"], "DisputeStep", "note")
    assert seen
    assert set(seen.values()) == {None}
    seen, _ = await shown(pool, above, "DisputeStep", "note")
    of_case = {row[0] for row in await pool.fetch("SELECT id FROM dispute_step WHERE case_id = $1", case["id"])}
    assert of_case <= set(seen)
    assert {seen[key] for key in of_case} == {None}
    everyone, sql = await shown(pool, callers["acftu"], "DisputeStep", "note")
    assert set(everyone.values()) == {None}
    assert others
    assert "note" not in sql
    await pool.close()


async def test_chief_representatives_are_shown_to_unions_and_the_bureau_and_not_to_employers_bodies(pool, callers):
    division = await pool.fetchval(
        "SELECT division_id FROM collective_agreement WHERE submitted_on IS NOT NULL LIMIT 1"
    )
    seen, _ = await shown(pool, callers["acftu"], "AgreementParty", "chief_representative")
    assert any(seen.values())
    bureau = Caller("bureau", grants=(Grant(Role.HR_BUREAU, division_id=division),))
    seen, _ = await shown(pool, bureau, "AgreementParty", "chief_representative")
    assert any(seen.values())
    body = Caller("body", grants=(Grant(Role.EMPLOYERS_BODY, division_id=division),))
    seen, sql = await shown(pool, body, "AgreementParty", "chief_representative")
    assert set(seen.values()) == {None}
    assert "chief_representative" not in sql


async def test_no_mask_of_any_set_of_lenses_reads_a_sealed_column(callers, agency):
    sets = [caller.shape for caller in (*callers.values(), agency)]
    for typename, name in MASKS:
        source = registry.sources[typename]
        for lenses in sets:
            expression = masked(source, name, lenses, Binder())
            assert expression is not None
            # that there is a card is told by the column, and nothing of what it holds
            words = set(re.findall(r"[\w.]+", str(expression).replace("member.bank_card IS NOT NULL", "")))
            assert not words & {f"member.{column}" for column in SEALED_COLUMNS}


@pytest.mark.parametrize(
    ("typename", "name", "lenses", "answer"),
    [
        ("Member", "name", (Lens.TERRITORIAL,), True),
        ("Member", "name", (Lens.EVERYTHING,), False),
        ("Member", "name", (Lens.SELF,), False),
        ("Member", "name", (Lens.CASES, Lens.SELF), False),
        ("Member", "name", (Lens.SELF, Lens.TERRITORIAL), True),
        ("Member", "name", (Lens.HR_BUREAU,), True),
        ("Member", "name", (Lens.HR_BUREAU, Lens.SELF), False),
        ("Member", "name", (Lens.AGGREGATES,), True),
        ("Member", "name", (), True),
        ("Member", "resident_number", (Lens.SELF,), True),
        ("Member", "phone", (Lens.CASES,), True),
        ("Member", "bank_card", (Lens.SOCIAL_SECURITY,), True),
        ("Member", "sex", (Lens.AGGREGATES,), False),
        ("DisputeParty", "name", (Lens.INDUSTRIAL,), True),
        ("DisputeStep", "note", (Lens.TERRITORIAL,), True),
        ("DisputeStep", "note", (Lens.CASES,), False),
        ("AgreementParty", "chief_representative", (Lens.HR_BUREAU,), False),
        ("AgreementParty", "chief_representative", (Lens.EMPLOYERS_BODY, Lens.HR_BUREAU), True),
        ("CommitteeTerm", "chair_name", (Lens.TERRITORIAL,), False),
    ],
)
def test_filters_and_orderings_know_which_columns_a_caller_sees_less_of(typename, name, lenses, answer):
    assert is_masked(typename, name, lenses) is answer


def test_every_lens_that_shows_a_type_says_how_much_of_its_masked_columns_it_shows():
    for (typename, name), mask in MASKS.items():
        assert typename not in OPEN
        showing = {lens for lens, rules in RULES.items() if typename in rules} | {Lens.EVERYTHING}
        assert set(mask.levels) == showing, (typename, name)
        assert set(mask.levels.values()) <= set(Level)


def test_a_column_without_a_mask_has_no_expression():
    assert masked(registry.sources["Member"], "sex", (Lens.SELF,), Binder()) is None

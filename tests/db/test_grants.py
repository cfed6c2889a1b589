"""Grants: nobody gives more than they hold, and what is refused leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.demo import personas
from db.organizations import Hierarchy
from db.security.grants import ProposedGrant, assign, grant, revoke, unassign
from db.security.principals import (
    AccessError,
    Actor,
    by_id,
    create_key,
    create_principal,
    disable_principal,
    move_principal,
    principal_id,
    revoke_key,
)
from db.server.migrate import connect

TERRITORIAL, INDUSTRIAL = Hierarchy.TERRITORIAL, Hierarchy.INDUSTRIAL
DAY = timedelta(days=1)


@pytest.fixture
async def base(new_database: Callable[[str], str], template: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(new_database(template))
    yield connection
    await connection.close()


async def union(base: asyncpg.Connection, name: str) -> int:
    found = await base.fetchval("SELECT id FROM organization WHERE name = $1", name)
    assert found is not None, name
    return int(found)


async def somebody(base: asyncpg.Connection, name: str = "somebody", **more: Any) -> int:
    """A principal; ``organization_id`` is the union to which it belongs."""
    return await create_principal(base, name, PrincipalKind.PERSON, **more)


async def administrator(base: asyncpg.Connection, name: str, **scope: Any) -> Actor:
    """A principal with a grant of the operator, as who gives commands."""
    number = await somebody(base, name)
    await grant(
        base,
        ProposedGrant(number, **{"role": Role.FEDERATION, "valid_from": today(), "hierarchy": TERRITORIAL, **scope}),
    )
    return Actor(name, number)


async def counts(base: asyncpg.Connection) -> tuple[int, int, int]:
    return tuple(  # type: ignore[return-value]
        [
            await base.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("access_grant", "access_log", "case_assignment")
        ]
    )


async def refused(base: asyncpg.Connection, proposed: ProposedGrant, by: Actor | None = None) -> str:
    before = await counts(base)
    with pytest.raises(AccessError) as caught:
        await (grant(base, proposed) if by is None else grant(base, proposed, by=by))
    assert await counts(base) == before
    return caught.value.code


async def test_form_of_a_grant_is_checked(base: asyncpg.Connection) -> None:
    who, zhejiang = await somebody(base), await union(base, "浙江省总工会")
    division = await base.fetchval("SELECT id FROM division WHERE code = '4403'")
    day = today()

    def proposed(role: Role, **scope: Any) -> ProposedGrant:
        return ProposedGrant(who, role, **{"valid_from": day, **scope})

    for wrong, code in (
        (proposed(Role.FEDERATION), "BAD_SCOPE"),
        (proposed(Role.FEDERATION, organization_id=zhejiang), "HIERARCHY_MISSING"),
        (proposed(Role.FEDERATION, organization_id=zhejiang, hierarchy=INDUSTRIAL), "BAD_SCOPE"),
        (proposed(Role.INDUSTRY_UNION, organization_id=zhejiang, hierarchy=TERRITORIAL), "BAD_SCOPE"),
        (proposed(Role.FEDERATION, division_id=division), "BAD_SCOPE"),
        (proposed(Role.HR_BUREAU), "BAD_SCOPE"),
        (proposed(Role.HR_BUREAU, organization_id=zhejiang, hierarchy=TERRITORIAL), "BAD_SCOPE"),
        (proposed(Role.CASE_WORKER, division_id=division), "BAD_SCOPE"),
        (proposed(Role.ANALYST, division_id=10**9), "NO_DIVISION"),
        (proposed(Role.ANALYST, organization_id=zhejiang, hierarchy=TERRITORIAL), "BAD_SCOPE"),
        (proposed(Role.ANALYST, hierarchy=TERRITORIAL), "BAD_SCOPE"),
        (proposed(Role.WORKER), "NO_MEMBER"),
        (proposed(Role.HR_BUREAU, division_id=10**9), "NO_DIVISION"),
        (proposed(Role.FEDERATION, organization_id=10**9, hierarchy=TERRITORIAL), "NO_ORGANIZATION"),
        (proposed(Role.ANALYST, valid_from=day - DAY), "BAD_VALIDITY"),
        (proposed(Role.ANALYST, valid_to=day), "BAD_VALIDITY"),
        (ProposedGrant(10**9, Role.ANALYST, day), "NO_PRINCIPAL"),
    ):
        assert await refused(base, wrong) == code, wrong


async def test_dissolved_union_cannot_be_granted(base: asyncpg.Connection) -> None:
    who, zhejiang = await somebody(base), await union(base, "浙江省总工会")
    await base.execute(
        "UPDATE organization SET status = 'DISSOLVED', dissolved_on = $2 WHERE id = $1", zhejiang, today()
    )
    proposed = ProposedGrant(who, Role.FEDERATION, today(), organization_id=zhejiang, hierarchy=TERRITORIAL)
    assert await refused(base, proposed) == "ORGANIZATION_DISSOLVED"


async def test_same_grant_twice_is_told_and_later_days_are_not(base: asyncpg.Connection) -> None:
    who = await somebody(base)
    first = ProposedGrant(who, Role.ANALYST, today(), today() + 10 * DAY)
    number = await grant(base, first)
    assert await refused(base, first) == "ALREADY_GRANTED"
    assert await refused(base, ProposedGrant(who, Role.ANALYST, today() + 9 * DAY)) == "ALREADY_GRANTED"
    await grant(base, ProposedGrant(who, Role.ANALYST, today() + 10 * DAY))
    await revoke(base, number)
    await grant(base, first)


async def test_grants_of_two_at_once_are_one(base: asyncpg.Connection) -> None:
    who = await somebody(base)
    second = await asyncpg.connect(**connection_of(base))
    try:
        done = await asyncio.gather(
            *(grant(each, ProposedGrant(who, Role.ANALYST, today())) for each in (base, second)), return_exceptions=True
        )
    finally:
        await second.close()
    assert sorted(type(each).__name__ for each in done) == ["AccessError", "int"]


def connection_of(connection: asyncpg.Connection) -> dict[str, Any]:
    host, _ = connection._addr.rsplit("/", 1) if isinstance(connection._addr, str) else connection._addr
    return {"host": host, "user": connection._params.user, "database": connection._params.database}


async def test_federation_grants_within_its_own_subtree_and_role_only(base: asyncpg.Connection) -> None:
    zhejiang, shandong = await union(base, "浙江省总工会"), await union(base, "山东省总工会")
    hangzhou, top = await union(base, "杭州市总工会"), await union(base, "中华全国总工会")
    by = await administrator(base, "zhejiang-office", organization_id=zhejiang)
    who = await somebody(base, organization_id=hangzhou)
    division = await base.fetchval("SELECT id FROM division WHERE code = '33'")

    def over(organization: int, role: Role = Role.FEDERATION, hierarchy: Hierarchy = TERRITORIAL) -> ProposedGrant:
        return ProposedGrant(who, role, today(), organization_id=organization, hierarchy=hierarchy)

    for outside in (shandong, top, 10**9):
        assert await refused(base, over(outside), by) == "NOT_IN_SCOPE"
    assert await refused(base, over(hangzhou, Role.INDUSTRY_UNION, INDUSTRIAL), by) == "NOT_IN_SCOPE"
    assert await refused(base, over(hangzhou, Role.GRASSROOTS_UNION, INDUSTRIAL), by) == "NOT_IN_SCOPE"
    assert await refused(base, ProposedGrant(who, Role.HR_BUREAU, today(), division_id=division), by) == "NOT_IN_SCOPE"
    await grant(base, over(hangzhou), by=by)
    await grant(base, over(zhejiang, Role.GRASSROOTS_UNION), by=by)
    await grant(base, ProposedGrant(who, Role.ANALYST, today()), by=by)
    rows = await base.fetch("SELECT granted_by FROM access_grant WHERE principal_id = $1", who)
    assert {row[0] for row in rows} == {by.id}


async def test_only_administrators_grant(base: asyncpg.Connection) -> None:
    zhejiang = await union(base, "浙江省总工会")
    by = await administrator(base, "unit", role=Role.GRASSROOTS_UNION, organization_id=zhejiang)
    analyst = await administrator(base, "reader", role=Role.ANALYST, hierarchy=None)
    who = await somebody(base)
    for actor in (by, analyst, Actor("ghost", 10**9)):
        assert await refused(base, ProposedGrant(who, Role.ANALYST, today()), actor) == "MAY_NOT_GRANT"


async def test_grant_does_not_outlast_the_granters_own(base: asyncpg.Connection) -> None:
    zhejiang, hangzhou = await union(base, "浙江省总工会"), await union(base, "杭州市总工会")
    until = today() + 30 * DAY
    by = await administrator(base, "office", organization_id=zhejiang, valid_to=until)
    who = await somebody(base, organization_id=zhejiang)

    def ending(day: Any) -> ProposedGrant:
        return ProposedGrant(who, Role.FEDERATION, today(), day, hangzhou, TERRITORIAL)

    assert await refused(base, ending(None), by) == "OUTLASTS_GRANTER"
    assert await refused(base, ending(until + DAY), by) == "OUTLASTS_GRANTER"
    await grant(base, ending(until), by=by)


@pytest.mark.parametrize("how", ["revoked", "disabled", "over"])
async def test_who_has_lost_their_grant_grants_nothing(base: asyncpg.Connection, how: str) -> None:
    by = await administrator(base, "office", organization_id=await union(base, "浙江省总工会"))
    who = await somebody(base)
    if how == "revoked":
        await revoke(base, await base.fetchval("SELECT id FROM access_grant WHERE principal_id = $1", by.id))
    elif how == "disabled":
        await disable_principal(base, "office")
    else:
        await base.execute("UPDATE access_grant SET valid_from = $1, valid_to = $2", today() - 2 * DAY, today())
    assert await refused(base, ProposedGrant(who, Role.ANALYST, today()), by) == "MAY_NOT_GRANT"


async def test_national_federation_sees_and_grants_all(base: asyncpg.Connection) -> None:
    by = await administrator(base, "top", organization_id=await union(base, "中华全国总工会"))
    assert by.id is not None
    found = await by_id(base, by.id)
    assert found is not None
    assert [row.topmost for row in found.grants] == [True]
    division = await base.fetchval("SELECT id FROM division WHERE code = '4403'")
    await grant(base, ProposedGrant(await somebody(base), Role.HR_BUREAU, today(), division_id=division), by=by)


async def test_worker_and_case_worker_are_granted_by_who_sees_them_only(base: asyncpg.Connection) -> None:
    row = await base.fetchrow(
        "SELECT m.member_id, t.ancestor_id FROM membership m JOIN organization_link l ON l.child_id = m.organization_id"
        " JOIN territorial_closure t ON t.descendant_id = m.organization_id AND t.valid_to IS NULL AND t.depth > 0"
        " WHERE m.valid_to IS NULL AND m.status = 'ACTIVE' AND l.valid_to IS NULL AND m.valid_from <= $1 LIMIT 1",
        today(),
    )
    inside = await administrator(base, "inside", organization_id=row["ancestor_id"])
    other = await base.fetchval(
        "SELECT id FROM organization o WHERE kind = 'LOCAL_FEDERATION' AND level = 'CITY' AND status <> 'DISSOLVED' AND NOT EXISTS"
        " (SELECT FROM territorial_closure t JOIN membership m ON m.organization_id = t.descendant_id"
        "  WHERE t.ancestor_id = o.id AND m.member_id = $1) LIMIT 1",
        row["member_id"],
    )
    outside = await administrator(base, "outside", organization_id=other)
    who = await somebody(base, "worker", member_id=row["member_id"], organization_id=other)
    worker = ProposedGrant(who, Role.WORKER, today())
    assert await refused(base, worker, inside) == "NO_PRINCIPAL"
    assert await refused(base, worker, outside) == "NOT_IN_SCOPE"
    await move_principal(base, "worker", row["ancestor_id"])
    assert await refused(base, worker, outside) == "NO_PRINCIPAL"
    await grant(base, worker, by=inside)

    case = await base.fetchrow(
        "SELECT c.number, t.ancestor_id FROM dispute_case c JOIN territorial_closure t ON t.descendant_id = c.organization_id"
        " WHERE t.valid_to IS NULL AND t.depth > 0 AND NOT EXISTS (SELECT FROM territorial_closure u"
        " WHERE u.ancestor_id = $1 AND u.descendant_id = c.organization_id) LIMIT 1",
        other,
    )
    lawyer = await somebody(base, "lawyer", organization_id=other)
    await assign(base, "lawyer", case["number"])
    assert await refused(base, ProposedGrant(lawyer, Role.CASE_WORKER, today()), outside) == "NOT_IN_SCOPE"


async def test_revoking_is_for_the_granter_and_their_superiors(base: asyncpg.Connection) -> None:
    zhejiang = await administrator(base, "zhejiang-office", organization_id=await union(base, "浙江省总工会"))
    shandong = await administrator(base, "shandong-office", organization_id=await union(base, "山东省总工会"))
    hangzhou = await union(base, "杭州市总工会")
    city = await administrator(base, "hangzhou-office", organization_id=hangzhou)
    mine = await base.fetchval("SELECT id FROM access_grant WHERE principal_id = $1", zhejiang.id)
    who = await somebody(base, organization_id=hangzhou)
    number = await grant(base, ProposedGrant(who, Role.FEDERATION, today(), None, hangzhou, TERRITORIAL), by=zhejiang)
    for actor, target in ((shandong, number), (city, mine), (zhejiang, 10**9)):
        with pytest.raises(AccessError) as caught:
            await revoke(base, target, by=actor)
        assert caught.value.code == "NO_SUCH_GRANT"
    await revoke(base, number, by=zhejiang)
    with pytest.raises(AccessError, match="before"):
        await revoke(base, number, by=zhejiang)


async def test_every_change_raises_the_version_and_stands_in_the_log(base: asyncpg.Connection) -> None:
    async def version() -> int:
        return int(await base.fetchval("SELECT version FROM access_version"))

    case = await base.fetchval("SELECT number FROM dispute_case LIMIT 1")
    seen = [await version()]

    async def changed() -> None:
        seen.append(await version())
        assert seen[-1] > seen[-2]

    who = await somebody(base)
    await changed()
    number = await grant(base, ProposedGrant(who, Role.CASE_WORKER, today()))
    await changed()
    await assign(base, "somebody", case)
    await changed()
    with pytest.raises(AccessError, match="already"):
        await assign(base, "somebody", case)
    found = await by_id(base, who)
    assert found is not None
    assert len(found.cases) == 1
    await unassign(base, "somebody", case)
    await changed()
    key = await create_key(base, "somebody")
    await changed()
    await revoke_key(base, key)
    await changed()
    await revoke(base, number)
    await changed()
    await disable_principal(base, "somebody")
    await changed()
    actions = [row["action"] for row in await base.fetch("SELECT action FROM access_log ORDER BY id")]
    assert actions == [
        "CREATE_PRINCIPAL",
        "GRANT",
        "ASSIGN_CASE",
        "UNASSIGN_CASE",
        "CREATE_KEY",
        "REVOKE_KEY",
        "REVOKE",
        "DISABLE_PRINCIPAL",
    ]


async def test_bad_commands_have_codes(base: asyncpg.Connection) -> None:
    await somebody(base, "taken", subject="https://id.example|1")
    await disable_principal(base, "taken")
    case = await base.fetchval("SELECT number FROM dispute_case LIMIT 1")
    for work, code in (
        (lambda: somebody(base, "taken"), "NAME_TAKEN"),
        (lambda: somebody(base, "x", subject="https://id.example|1"), "SUBJECT_TAKEN"),
        (lambda: somebody(base, "x", subject="nobody"), "BAD_SUBJECT"),
        (lambda: somebody(base, "x", subject="|1"), "BAD_SUBJECT"),
        (lambda: somebody(base, " "), "BAD_NAME"),
        (lambda: somebody(base, "a\nb"), "BAD_NAME"),
        (lambda: somebody(base, "x", member_id=10**9), "NO_MEMBER"),
        (lambda: somebody(base, "x", organization_id=10**9), "NO_ORGANIZATION"),
        (lambda: move_principal(base, "taken", 10**9), "NO_ORGANIZATION"),
        (lambda: move_principal(base, "ghost", None), "NO_PRINCIPAL"),
        (lambda: principal_id(base, "ghost"), "NO_PRINCIPAL"),
        (lambda: create_key(base, "taken"), "PRINCIPAL_DISABLED"),
        (lambda: create_key(base, "taken", days=0), "BAD_VALIDITY"),
        (lambda: create_key(base, "taken", days=10_000), "BAD_VALIDITY"),
        (lambda: revoke_key(base, "00000000"), "NO_KEY"),
        (lambda: assign(base, "taken", case), "PRINCIPAL_DISABLED"),
        (lambda: assign(base, "ghost", case), "NO_PRINCIPAL"),
        (lambda: unassign(base, "taken", case), "NOT_ASSIGNED"),
    ):
        with pytest.raises(AccessError) as caught:
            await work()
        assert caught.value.code == code
    await disable_principal(base, "taken", enable=True)
    with pytest.raises(AccessError, match="no case"):
        await assign(base, "taken", "no such number")
    with pytest.raises(AccessError, match="working key"):
        await create_key(base, "taken", replacing="00000000")


async def test_personas_are_added_once(base: asyncpg.Connection) -> None:
    added = await personas.add_personas(base)
    assert set(added) >= {"national", "zhejiang", "weihai", "shenzhen-hr", "shenzhen-mediator", "analyst", "member"}
    assert await personas.add_personas(base) == []
    assert await base.fetchval("SELECT count(*) FROM principal") == len(added)
    assert await base.fetchval("SELECT member_id IS NOT NULL FROM principal WHERE name = 'member'")

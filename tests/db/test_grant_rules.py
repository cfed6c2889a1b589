"""Both walls against ``db.security.grant_rules``: every actor grants every role over every kind of scope to everybody, and ends every
grant. The expected subtrees are computed from the links, not from the closures."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any

import asyncpg
import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.grant_rules import ADMINISTRATORS, TABLE, Granter, Reach, ScopeKind
from db.security.grants import ProposedGrant, assign, grant, revoke
from db.security.principals import AccessError, Actor, create_principal
from db.security.row_security import READER, granting
from db.server.connect import acquired, create_pool
from tests.resolvers import sql_reference
from tests.slow import sampled

TERRITORIAL, INDUSTRIAL = Hierarchy.TERRITORIAL, Hierarchy.INDUSTRIAL
SOON, LATER = today() + timedelta(30), today() + timedelta(60)
UNIONS = {"top": "中华全国总工会", "province": "浙江省总工会", "city": "杭州市总工会", "other": "山东省总工会"}
DIVISIONS = {"province": "33", "city": "3301", "other": "37"}
HELD = {
    "national": (Role.FEDERATION, "top", TERRITORIAL, None),
    "national peer": (Role.FEDERATION, "top", TERRITORIAL, None),
    "province": (Role.FEDERATION, "province", TERRITORIAL, None),
    "province peer": (Role.FEDERATION, "province", TERRITORIAL, None),
    "province for a time": (Role.FEDERATION, "province", TERRITORIAL, SOON),
    "city": (Role.FEDERATION, "city", TERRITORIAL, None),
    "other": (Role.FEDERATION, "other", TERRITORIAL, None),
    "industry": (Role.INDUSTRY_UNION, "industry", INDUSTRIAL, None),
    "grassroots": (Role.GRASSROOTS_UNION, "province", TERRITORIAL, None),
}
"""Who grants and ends: by what."""

SAMPLE = ("national", "province", "province for a time", "industry")
"""As whom ``make test`` grants, and whose grants it ends: each kind of administrator, and one whose own grant ends."""


@dataclass(frozen=True)
class Scope:
    """What a grant is over, by the names of ``World``."""

    union: str | None = None
    hierarchy: Hierarchy | None = None
    division: str | None = None


@dataclass
class World:
    """Unions, divisions and principals by name, what lies below which, and who is a member or handles cases where."""

    db: asyncpg.Connection
    served: asyncpg.Pool
    unions: dict[str, int] = field(default_factory=dict)
    divisions: dict[str, int] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    grantees: dict[str, int] = field(default_factory=dict)
    homes: dict[str, str | None] = field(default_factory=dict)
    below: dict[tuple[str, Hierarchy], set[int]] = field(default_factory=dict)
    places: dict[str, set[int]] = field(default_factory=dict)
    stands: dict[str, set[int]] = field(default_factory=dict)
    members: dict[str, set[int]] = field(default_factory=dict)
    cases: dict[str, set[int]] = field(default_factory=dict)

    def proposed(self, grantee: str, role: Role, scope: Scope, valid_to: Any = None) -> ProposedGrant:
        """The grant as the command takes it."""
        union = None if scope.union is None else self.unions[scope.union]
        division = None if scope.division is None else self.divisions[scope.division]
        return ProposedGrant(self.grantees[grantee], role, today(), valid_to, union, scope.hierarchy, division)


@pytest.fixture(scope="module")
async def world(kept_database: Callable[[str], str], template: str) -> AsyncIterator[World]:
    """A database in which nothing is changed but what is undone."""
    url = kept_database(template)
    db, served = await asyncpg.connect(url), await create_pool(url, role=READER, size=2)
    made = World(db, served)
    for name, union in UNIONS.items():
        made.unions[name] = await db.fetchval("SELECT id FROM organization WHERE name = $1", union)
    row = await db.fetchrow(
        "SELECT a.id AS above, d.id AS below FROM industrial_closure c JOIN organization a ON a.id = c.ancestor_id"
        " JOIN organization d ON d.id = c.descendant_id WHERE c.depth = 1 AND c.valid_to IS NULL AND d.status = 'NORMAL'"
        " ORDER BY c.ancestor_id, c.descendant_id LIMIT 1"
    )
    made.unions.update(industry=row["above"], branch=row["below"])
    for name, code in DIVISIONS.items():
        made.divisions[name] = await db.fetchval("SELECT id FROM division WHERE code = $1 AND valid_to IS NULL", code)
    await _survey(made)
    await _people(made)
    yield made
    await served.close()
    await db.close()


async def _survey(made: World) -> None:
    """Subtrees through the links; where each union stands."""
    for name, key in made.unions.items():
        for hierarchy in Hierarchy:
            made.below[name, hierarchy] = await sql_reference.below(made.db, key, hierarchy.name, today()) | {key}
        stands = await made.db.fetchval("SELECT division_id FROM organization WHERE id = $1", key)
        made.stands[name] = set() if stands is None else await sql_reference.divisions_below(made.db, stands)
    for name, key in made.divisions.items():
        made.places[name] = await sql_reference.divisions_below(made.db, key)


async def _people(made: World) -> None:
    """Who grants, with a grant of the operator; who is granted to: of each union and of none, workers, and who has cases."""
    for name, (role, union, hierarchy, until) in HELD.items():
        number = await create_principal(made.db, name, PrincipalKind.PERSON)
        await grant(made.db, ProposedGrant(number, role, today(), until, made.unions[union], hierarchy))
        made.actors[name] = Actor(name, number)
    for home in (*made.unions, None):
        union = None if home is None else made.unions[home]
        within = list(made.below[home or "top", INDUSTRIAL if home in ("industry", "branch") else TERRITORIAL])
        member = await made.db.fetchval(
            "SELECT member_id FROM membership WHERE organization_id = ANY ($1) AND valid_to IS NULL AND valid_from <= $2"
            " ORDER BY id LIMIT 1",
            within,
            today(),
        )
        name = f"of {home}"
        made.grantees[name] = await create_principal(
            made.db, name, PrincipalKind.PERSON, member_id=member, organization_id=union
        )
        made.homes[name] = home
        rows = await made.db.fetch(
            "SELECT organization_id FROM membership WHERE member_id = $1 AND valid_from <= $2"
            " AND (valid_to IS NULL OR valid_to > $2)",
            member,
            today(),
        )
        made.members[name], made.cases[name] = {row[0] for row in rows}, set()
    for where in ("city", "other"):
        case = await made.db.fetchrow(
            "SELECT number, organization_id FROM dispute_case WHERE organization_id = ANY ($1) ORDER BY id LIMIT 1",
            list(made.below[where, TERRITORIAL]),
        )
        name = f"with a case of {where}"
        made.grantees[name] = await create_principal(
            made.db, name, PrincipalKind.PERSON, organization_id=made.unions["city"]
        )
        made.homes[name], made.members[name] = "city", set()
        made.cases[name] = {case["organization_id"]}
        await assign(made.db, name, case["number"])


def scopes(made: World, role: Role) -> list[Scope]:
    """All scopes of a role that are well formed."""
    rule = TABLE[role]
    unions = [Scope(union, hierarchy) for union in made.unions for hierarchy in rule.hierarchies]
    divisions = [Scope(division=division) for division in made.divisions]
    return {
        ScopeKind.UNION: unions,
        ScopeKind.DIVISION: divisions,
        ScopeKind.DIVISION_OR_NOTHING: [Scope(), *divisions],
        ScopeKind.NOTHING: [Scope()],
    }[rule.over]


def granter(name: str) -> Granter | None:
    """As whom a principal grants."""
    role, union, _, _ = HELD[name]
    if role not in ADMINISTRATORS:
        return None
    return Granter.NATIONAL if union == "top" else Granter[role.name]


def covers(made: World, name: str, role: Role, scope: Scope, grantee: str) -> bool:
    """The table's words, by the links."""
    _, union, hierarchy, _ = HELD[name]
    as_whom = granter(name)
    reach = None if as_whom is None else TABLE[role].by.get(as_whom)
    subtree = made.below[union, hierarchy]
    match reach:
        case Reach.ANYWHERE:
            return True
        case Reach.SUBTREE:
            return scope.hierarchy is hierarchy and made.unions[str(scope.union)] in subtree
        case Reach.STANDING:
            return scope.division is None or made.divisions[scope.division] in made.stands[union]
        case Reach.UNSCOPED:
            return scope.division is None
        case Reach.MEMBERS:
            return bool(made.members[grantee] & subtree)
        case Reach.CASES:
            return made.cases[grantee] <= subtree
    return False


def belongs(made: World, name: str, grantee: str) -> bool:
    """The grantee is of a union of the granter's subtree; to the national federation everybody is."""
    _, union, hierarchy, _ = HELD[name]
    home = made.homes[grantee]
    return granter(name) is Granter.NATIONAL or (home is not None and made.unions[home] in made.below[union, hierarchy])


async def tried(work: Callable[[], Any], connection: asyncpg.Connection) -> str | None:
    """Do something and undo it; the code with which it is refused, None when it is not."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await work()
    except AccessError as error:
        return error.code
    except asyncpg.InsufficientPrivilegeError:
        return "WALL"
    finally:
        await transaction.rollback()
    return None


INSERT = """
INSERT INTO access_grant (principal_id, role, valid_from, valid_to, organization_id, hierarchy, division_id, granted_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
"""


def row(proposed: ProposedGrant, by: int | None) -> tuple[Any, ...]:
    """A grant as the database has it."""
    return (proposed.principal, proposed.role.name, proposed.valid_from, proposed.valid_to, *proposed.scope, by)


def proposals(world: World) -> Iterator[tuple[Role, Scope, str, date | None]]:
    """Every role over every scope to everybody, for a time, and to one of them without an end."""
    for role in TABLE:
        for scope, grantee in product(scopes(world, role), world.grantees):
            if role is not Role.WORKER or world.members[grantee]:
                yield from ((role, scope, grantee, end) for end in ((SOON, None) if grantee == "of city" else (SOON,)))


@pytest.mark.parametrize("name", sampled(HELD, SAMPLE))
async def test_both_walls_let_everybody_grant_what_the_table_says_and_nothing_else(world: World, name: str) -> None:
    """Every role, over every scope, to everybody, for a time and without an end."""
    actor, until = world.actors[name], HELD[name][3]
    done = 0
    assert actor.id is not None
    async with acquired(world.served, granting(name, actor.id)) as second:
        for role, scope, grantee, valid_to in proposals(world):
            proposed = world.proposed(grantee, role, scope, valid_to)
            may = belongs(world, name, grantee) and covers(world, name, role, scope, grantee)
            may = may and (until is None or valid_to is not None)
            first = await tried(lambda: grant(world.db, proposed, by=actor), world.db)  # noqa: B023
            wall = await tried(lambda: second.fetch(INSERT, *row(proposed, actor.id)), second)  # noqa: B023
            assert (first is None, wall is None) == (may, may), (name, grantee, role, scope, first, wall)
            if not may and granter(name) is not None and not belongs(world, name, grantee):
                assert first == "NO_PRINCIPAL"
            done += may
        # in another's name, or ended already, nothing is written at all
        for by, ended in ((world.actors["other"].id if name != "other" else None, None), (actor.id, "now()")):
            sql = (
                INSERT
                if ended is None
                else INSERT.replace("granted_by)", "granted_by, revoked_at)").replace("$8)", "$8, now())")
            )
            proposed = world.proposed("of city", Role.GRASSROOTS_UNION, Scope("city", TERRITORIAL), SOON)
            assert await tried(lambda: second.fetch(sql, *row(proposed, by)), second) == "WALL"  # noqa: B023
    assert bool(done) is (granter(name) is not None)


def contains(made: World, name: str, role: Role, scope: Scope) -> bool:
    """The scope of an administrator strictly contains that of a grant."""
    as_whom, (_, union, hierarchy, _) = granter(name), HELD[name]
    if as_whom is None:
        return False
    if as_whom is Granter.NATIONAL:
        return scope.union != "top"
    match TABLE[role].by.get(as_whom):
        case Reach.SUBTREE:
            key = made.unions[str(scope.union)]
            return scope.hierarchy is hierarchy and key in made.below[union, hierarchy] - {made.unions[union]}
        case Reach.STANDING if scope.division is not None:
            return (
                made.divisions[scope.division] in made.stands[union]
                and made.places[scope.division] < made.stands[union]
            )
    return False


def still(made: World, name: str, role: Role, scope: Scope) -> bool:
    """Who made a grant may still grant over its scope, wherever the grantee has gone."""
    as_whom = granter(name)
    reach = None if as_whom is None else TABLE[role].by.get(as_whom)
    return reach in (Reach.MEMBERS, Reach.CASES) or covers(made, name, role, scope, "of city")


@pytest.mark.parametrize("maker", sampled([None, *HELD], [None, *SAMPLE]))
async def test_both_walls_let_a_grant_be_ended_by_its_maker_and_superiors_and_no_peer(
    world: World, maker: str | None
) -> None:
    """Every grant of every maker, also of one who could not make it today, by everybody."""
    by = None if maker is None else world.actors[maker].id
    for role in TABLE:
        for scope in scopes(world, role):
            outer = world.db.transaction()
            await outer.start()
            number = await world.db.fetchval(INSERT, *row(world.proposed("of city", role, scope, LATER), by))
            for name, actor in world.actors.items():
                may = contains(world, name, role, scope) or (maker == name and still(world, name, role, scope))
                code = await tried(lambda: revoke(world.db, number, by=actor), world.db)  # noqa: B023
                refusal = "MAY_NOT_GRANT" if granter(name) is None else "NO_SUCH_GRANT"
                assert code == (None if may else refusal), (maker, name, role, scope)
                wall = await tried(lambda: ended_behind_the_wall(world.db, number, actor), world.db)  # noqa: B023
                assert wall == (None if may else "WALL"), (maker, name, role, scope)
            await outer.rollback()


async def ended_behind_the_wall(db: asyncpg.Connection, number: int, actor: Actor) -> None:
    """End a grant by a plain statement in the role that the commands have."""
    assert actor.id is not None
    scope = granting(actor.name, actor.id)
    await db.execute("SELECT wall.carry($1, $2, $3, NULL)", scope.role, scope.principal, list(scope.keys))
    assert await db.execute("UPDATE access_grant SET revoked_at = now() WHERE id = $1", number) == "UPDATE 1"


async def test_the_wall_lets_no_ended_grant_begin_again(world: World) -> None:
    async def restored() -> None:
        number = await world.db.fetchval("SELECT id FROM access_grant WHERE principal_id = $1", world.actors["city"].id)
        await world.db.execute("UPDATE access_grant SET revoked_at = now() WHERE id = $1", number)
        scope = granting("national", world.actors["national"].id or 0)
        await world.db.execute("SELECT wall.carry($1, $2, $3, NULL)", scope.role, scope.principal, list(scope.keys))
        await world.db.execute("UPDATE access_grant SET revoked_at = NULL WHERE id = $1", number)

    assert await tried(restored, world.db) == "WALL"


@pytest.mark.parametrize("role", TABLE)
async def test_the_database_takes_a_grant_with_the_scope_of_its_role_only(world: World, role: Role) -> None:
    """Also from the owner."""
    union, division = world.unions["city"], world.divisions["city"]
    forms: Mapping[str, tuple[int | None, str | None, int | None]] = {
        "TERRITORIAL": (union, "TERRITORIAL", None),
        "INDUSTRIAL": (union, "INDUSTRIAL", None),
        "division": (None, None, division),
        "nothing": (None, None, None),
        "both": (union, "TERRITORIAL", division),
    }
    rule = TABLE[role]
    right = {
        ScopeKind.UNION: {hierarchy.name for hierarchy in rule.hierarchies},
        ScopeKind.DIVISION: {"division"},
        ScopeKind.DIVISION_OR_NOTHING: {"division", "nothing"},
        ScopeKind.NOTHING: {"nothing"},
    }[rule.over]
    for name, (organization, hierarchy, place) in forms.items():
        values = (world.grantees["of city"], role.name, today(), None, organization, hierarchy, place, None)
        transaction = world.db.transaction()
        await transaction.start()
        try:
            await world.db.fetch(INSERT, *values)
            taken = True
        except asyncpg.CheckViolationError:
            taken = False
        finally:
            await transaction.rollback()
        assert taken is (name in right), (role, name)

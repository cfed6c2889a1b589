"""Roll-ups equal a recount: after random writes of every kind in parallel, re-parenting among them, and a crash in the middle."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest

from db.errors import DataError
from db.hierarchies import reparent
from db.migrations.rollup_fact import PACKS
from db.organizations import Hierarchy
from db.rollups.layout import FACTS
from db.rollups.maintenance import AFTER, BEFORE, PARTS, Steps, fold_rollups, rebuild_rollups, rollup_differences
from tests.resolvers.sql_reference import MEMBERSHIPS, paths
from tests.slow import sampled, slow

CONNECTIONS = 8
CHANNELS = ("PAPER", "QR", "APP", "COLLECTIVE", "PROJECT", "FALLBACK")
TYPES = ("EMPLOYEE", "COURIER", "FOOD_DELIVERY", "TRUCK_DRIVER", "FLEXIBLE")

RECORDS = {
    "membership": "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from, valid_to)"
    " VALUES ($1, $2, 'WITHDRAWN', 'QR', '2024-03-01', '2024-03-01', '2024-06-01')",
    "insurance_enrolment": "INSERT INTO insurance_enrolment (member_id, organization_id, scheme, valid_from)"
    " VALUES ($1, $2, 'COURIER_PRIORITY_WORK_INJURY', '2024-03-01')",
}
"""By fact: a record of member $1 in union $2."""
OTHER_INDUSTRY = "UPDATE organization SET industry = CASE WHEN industry = 'F51' THEN 'G60' ELSE 'F51' END WHERE id = $1"


@pytest.fixture
async def connection(fresh_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(fresh_database_url)
    yield made
    await made.close()


def day(chance: random.Random) -> date:
    """A day of the past twelve years."""
    return date(2015, 1, 1) + timedelta(days=chance.randrange(4_300))


class Writer:
    """Writes at random on one connection, as the hub and its loaders might."""

    def __init__(
        self, connection: asyncpg.Connection, chance: random.Random, unions: list[int], members: list[int]
    ) -> None:
        self.connection = connection
        self.chance = chance
        self.unions = unions
        self.members = members
        self.refused = 0

    async def write(self) -> None:
        """One write of some kind; what PostgreSQL refuses is as if it had not been tried."""
        kinds = (self.join, self.join, self.leave, self.transfer, self.correct, self.remove, self.person, self.union,
                 self.enrol, self.many, self.move, self.dissolve, self.undone)  # fmt: skip
        weights = (20, 10, 15, 12, 12, 6, 10, 2, 10, 2, 3, 1, 4)
        try:
            await self.chance.choices(kinds, weights)[0]()
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DeadlockDetectedError, DataError):
            self.refused += 1

    def some_union(self) -> int:
        return self.chance.choice(self.unions)

    def member(self) -> int:
        return self.chance.choice(self.members)

    async def join(self) -> None:
        begins = day(self.chance)
        ends = None if self.chance.random() < 0.3 else begins + timedelta(days=self.chance.randint(1, 900))
        applied = self.chance.random() < 0.1
        await self.connection.execute(
            "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from, valid_to)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            self.member(),
            self.some_union(),
            "APPLIED" if applied else "ACTIVE" if ends is None else "WITHDRAWN",
            self.chance.choice(CHANNELS),
            begins,
            None if applied else begins,
            None if applied else ends,
        )

    async def leave(self) -> None:
        await self.connection.execute(
            "UPDATE membership SET valid_to = valid_from + $2::int, status = 'WITHDRAWN'"
            " WHERE member_id = $1 AND valid_to IS NULL AND valid_from IS NOT NULL",
            self.member(),
            self.chance.randint(1, 2_000),
        )

    async def transfer(self) -> None:
        async with self.connection.transaction():
            member, on = self.member(), day(self.chance)
            await self.connection.execute(
                "UPDATE membership SET valid_to = greatest($2::date, valid_from + 1), status = 'TRANSFERRED_OUT'"
                " WHERE member_id = $1 AND valid_to IS NULL AND valid_from IS NOT NULL",
                member,
                on,
            )
            await self.connection.execute(
                "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from)"
                " VALUES ($1, $2, 'ACTIVE', 'APP', $3, $3)",
                member,
                self.some_union(),
                on,
            )

    async def correct(self) -> None:
        await self.connection.execute(
            "UPDATE membership SET channel = $2, organization_id = $3, valid_from = valid_from - $4::int WHERE member_id = $1",
            self.member(),
            self.chance.choice(CHANNELS),
            self.some_union(),
            self.chance.choice((0, 0, 40)),
        )

    async def remove(self) -> None:
        await self.connection.execute(
            "DELETE FROM membership WHERE id = (SELECT min(id) FROM membership WHERE member_id = $1)", self.member()
        )

    async def person(self) -> None:
        await self.connection.execute(
            "UPDATE member SET worker_type = $2, is_model_worker = NOT is_model_worker WHERE id = $1",
            self.member(),
            self.chance.choice(TYPES),
        )

    async def union(self) -> None:
        await self.connection.execute(
            "UPDATE organization SET industry = $2 WHERE id = $1",
            self.some_union(),
            self.chance.choice(("G60", "F51", None)),
        )

    async def enrol(self) -> None:
        begins = day(self.chance)
        await self.connection.execute(
            "INSERT INTO insurance_enrolment (organization_id, member_id, scheme, cohort, valid_from, valid_to)"
            " VALUES ($1, $2, 'COURIER_PRIORITY_WORK_INJURY', $3, $4, $5)",
            self.some_union(),
            self.member(),
            self.chance.choice((1, 2, None)),
            begins,
            self.chance.choice((None, begins + timedelta(days=300))),
        )

    async def many(self) -> None:
        await self.connection.execute(
            "INSERT INTO membership (member_id, organization_id, status, channel, applied_on, valid_from, valid_to)"
            " SELECT id, $1, 'WITHDRAWN', 'COLLECTIVE', $2::date, $2::date, $2::date + 90 FROM member WHERE id % 97 = $3",
            self.some_union(),
            day(self.chance),
            self.chance.randrange(97),
        )

    async def move(self) -> None:
        async with self.connection.transaction():
            rows = await self.connection.fetch(
                "SELECT id, level FROM organization WHERE level IN ('CITY', 'COUNTY', 'GRASSROOTS') AND dissolved_on IS NULL"
                " ORDER BY hashint8(id + $1) LIMIT 1",
                self.chance.randrange(10**6),
            )
            above = {"CITY": "PROVINCIAL", "COUNTY": "CITY", "GRASSROOTS": "COUNTY"}[rows[0]["level"]]
            parent = await self.connection.fetchval(
                "SELECT id FROM organization WHERE level = $1 AND kind = 'LOCAL_FEDERATION' AND dissolved_on IS NULL"
                " ORDER BY hashint8(id + $2) LIMIT 1",
                above,
                self.chance.randrange(10**6),
            )
            await reparent(
                self.connection,
                child=rows[0]["id"],
                parent=parent,
                hierarchy=Hierarchy.TERRITORIAL,
                on=date(2026, 9, 1),
            )

    async def dissolve(self) -> None:
        await self.connection.execute(
            "UPDATE organization SET division_id = (SELECT division_id FROM organization WHERE id = $2) WHERE id = $1",
            self.some_union(),
            self.some_union(),
        )

    async def undone(self) -> None:
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.join()
            await self.many()
        finally:
            await transaction.rollback()


async def write(url: str, seed: int, writes: int) -> None:
    """So many random writes from one connection, folding now and then."""
    connection = await asyncpg.connect(url)
    chance = random.Random(f"rollups {seed}")
    try:
        unions = [
            row["id"]
            for row in await connection.fetch("SELECT DISTINCT organization_id AS id FROM membership ORDER BY 1")
        ]
        members = [row["id"] for row in await connection.fetch("SELECT id FROM member ORDER BY id LIMIT 400")]
        writer = Writer(connection, chance, unions, members)
        for _ in range(writes):
            await writer.write()
            if chance.random() < 0.02:
                await fold_rollups(connection)
        assert writer.refused < writes / 2
    finally:
        await connection.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("writes", sampled((300, 1_200, 10_000), [300]))
async def test_they_equal_a_recount_after_random_writes_from_eight_connections(
    fresh_database_url: str, connection: asyncpg.Connection, writes: int
) -> None:
    assert await rollup_differences(connection) == []
    await asyncio.gather(*(write(fresh_database_url, seed, writes // CONNECTIONS) for seed in range(CONNECTIONS)))
    assert await rollup_differences(connection) == []
    written = await connection.fetch(MEMBERSHIPS)
    assert {row["id"]: (row["entry"], row["exit"]) for row in written} == paths(written)
    await connection.execute("UPDATE membership SET channel = 'QR' WHERE member_id < 100")
    assert await connection.fetchval("SELECT count(*) FROM rollup.membership_change") > 0
    assert await rollup_differences(connection) == []
    assert await fold_rollups(connection) > 0
    assert await connection.fetchval("SELECT count(*) FROM rollup.membership_change") == 0
    assert await rollup_differences(connection) == []
    kept = await connection.fetchval("SELECT sum(n) FROM rollup.membership_cell")
    await rebuild_rollups(fresh_database_url)
    assert await connection.fetchval("SELECT sum(n) FROM rollup.membership_cell") == kept
    assert await rollup_differences(connection) == []


async def test_they_equal_a_recount_after_a_crash_in_the_middle(
    fresh_database_url: str, connection: asyncpg.Connection
) -> None:
    await write(fresh_database_url, 1, 60)
    victim = await asyncpg.connect(fresh_database_url)
    transaction = victim.transaction()
    await transaction.start()
    chance = random.Random(2)
    unions = [row["id"] for row in await victim.fetch("SELECT DISTINCT organization_id AS id FROM membership")]
    await Writer(victim, chance, unions, [1, 2, 3]).many()
    await fold_rollups(victim)
    await Writer(victim, chance, unions, [1, 2, 3]).move()
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 10000)", victim.get_server_pid())
    victim.terminate()
    assert await rollup_differences(connection) == []
    await write(fresh_database_url, 3, 60)
    assert await rollup_differences(connection) == []


@slow
async def test_a_building_that_was_broken_off_hinders_no_writer_and_the_next_is_whole(
    fresh_database_url: str, connection: asyncpg.Connection
) -> None:
    await connection.execute("UPDATE rollup.state SET ready = false")
    await Steps(None).run(connection, *BEFORE, PARTS[0])
    await write(fresh_database_url, 4, 200)
    await connection.execute("UPDATE membership SET channel = 'QR' WHERE member_id < 100")
    assert await fold_rollups(connection) > 0
    assert await connection.fetchval("SELECT count(*) FROM rollup.membership_change") == 0
    await connection.execute("UPDATE membership SET channel = 'APP' WHERE member_id < 100")
    await rebuild_rollups(fresh_database_url)
    assert await connection.fetchval("SELECT ready FROM rollup.state")
    assert await rollup_differences(connection) == []
    await write(fresh_database_url, 5, 200)
    assert await rollup_differences(connection) == []


async def test_cells_can_be_read_while_they_are_built(fresh_database_url: str, connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE rollup.state SET ready = false")
    await Steps(None).run(connection, *BEFORE)
    building = await asyncpg.connect(fresh_database_url)
    transaction = building.transaction()
    await transaction.start()
    await Steps(None).run(building, *PARTS, *AFTER)
    await connection.execute("SET lock_timeout = '2s'")
    for table in ("cell", "change", "repeat"):
        await connection.fetchval(f"SELECT count(*) FROM rollup.membership_{table}")
    await transaction.rollback()
    await building.close()


async def test_a_change_by_an_old_snapshot_is_refused_and_does_not_go_by_what_was_before_a_building(
    fresh_database_url: str, connection: asyncpg.Connection
) -> None:
    await connection.execute("UPDATE rollup.state SET ready = false")
    async with connection.transaction(isolation="repeatable_read"):
        union = await connection.fetchval("SELECT max(id) FROM organization")
        await rebuild_rollups(fresh_database_url)
        for change in (
            "UPDATE organization SET division_id = 1 WHERE id = $1",
            OTHER_INDUSTRY,
            "UPDATE member SET is_model_worker = NOT is_model_worker WHERE id % 100 = $1 % 100",
        ):
            with pytest.raises(asyncpg.FeatureNotSupportedError, match="READ COMMITTED"):
                async with connection.transaction():
                    await connection.execute(change, union)
    assert await rollup_differences(connection) == []


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("first", ["organization", "member"])
async def test_a_person_and_the_union_of_its_record_change_at_the_same_time(
    fresh_database_url: str, connection: asyncpg.Connection, fact: str, first: str
) -> None:
    """Whoever comes second waits for the first, and counts what it has written."""
    member = await connection.fetchval("SELECT min(id) FROM member")
    union = await connection.fetchval(
        "SELECT max(id) FROM organization WHERE id NOT IN (SELECT organization_id FROM membership WHERE member_id = $1)"
        " AND id NOT IN (SELECT organization_id FROM insurance_enrolment WHERE member_id = $1)",
        member,
    )
    await connection.execute(RECORDS[fact], member, union)
    changes = {
        "organization": (OTHER_INDUSTRY, union),
        "member": (
            "UPDATE member SET worker_type = CASE WHEN worker_type = 'COURIER' THEN 'FLEXIBLE' ELSE 'COURIER' END WHERE id = $1",
            member,
        ),
    }
    second = await asyncpg.connect(fresh_database_url)
    try:
        async with connection.transaction():
            await connection.execute(*changes.pop(first))
            later = asyncio.create_task(second.execute(*next(iter(changes.values()))))
            blocking = "SELECT pg_backend_pid() = ANY (pg_blocking_pids($1))"
            while not await connection.fetchval(blocking, second.get_server_pid()):
                assert not later.done()
                await asyncio.sleep(0.01)
        await later
    finally:
        await second.close()
    assert await rollup_differences(connection) == []
    assert await fold_rollups(connection) > 0
    assert await rollup_differences(connection) == []


async def test_folding_merges_packs_when_there_are_many(connection: asyncpg.Connection) -> None:
    """A person goes from one class to another and back, so that after as many foldings as packs are merged by the cells are what they
    were."""
    cells, most = (
        "SELECT * FROM rollup.membership_cell",
        "SELECT max(n) FROM (SELECT count(*) AS n FROM rollup.membership_pack GROUP BY anchor, slot) p",
    )
    before = sorted(map(tuple, await connection.fetch(cells)))
    for number in range(PACKS):
        assert await connection.fetchval(most) == number + 1
        await connection.execute(
            "UPDATE member SET is_model_worker = NOT is_model_worker WHERE id = (SELECT max(member_id) FROM membership)"
        )
        assert await fold_rollups(connection) > 0
    assert await connection.fetchval(most) == 1
    assert sorted(map(tuple, await connection.fetch(cells))) == before


async def test_a_cell_that_is_wrong_is_found(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "UPDATE rollup.membership_pack SET n[1] = n[1] + 1 WHERE ctid = (SELECT min(ctid) FROM rollup.membership_pack)"
    )
    assert len(await rollup_differences(connection)) == 1


async def test_truncated_records_put_them_out_of_use(connection: asyncpg.Connection) -> None:
    await connection.execute("TRUNCATE insurance_enrolment CASCADE")
    assert not await connection.fetchval("SELECT ready FROM rollup.state")


async def test_a_place_that_changes_by_the_passing_of_a_day_is_followed(connection: asyncpg.Connection) -> None:
    """A union is moved from a day to come; until somebody folds after that day the roll-ups are not in use."""
    child = await connection.fetchval(
        "SELECT c.ancestor_id FROM territorial_closure c JOIN organization o ON o.id = c.ancestor_id AND o.level = 'CITY'"
        " JOIN membership m ON m.organization_id = c.descendant_id GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    parent = await connection.fetchval("SELECT id FROM organization WHERE name = '陕西省总工会'")
    tomorrow = await connection.fetchval("SELECT rollup.today() + 1")
    async with connection.transaction():
        await reparent(connection, child=child, parent=parent, hierarchy=Hierarchy.TERRITORIAL, on=tomorrow)
    assert await connection.fetchval("SELECT next_change FROM rollup.state") == tomorrow
    assert await rollup_differences(connection) == []
    await connection.execute(
        "CREATE OR REPLACE FUNCTION rollup.today() RETURNS date LANGUAGE sql STABLE AS $$"
        " SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date + 2 $$"
    )
    assert await rollup_differences(connection) != []
    await fold_rollups(connection)
    assert await connection.fetchval("SELECT next_change FROM rollup.state") > tomorrow
    assert await rollup_differences(connection) == []

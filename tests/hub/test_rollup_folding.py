"""Roll-ups are folded while the hub runs, and doctor compares them with the records."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from db.rollups.maintenance import rollup_differences
from db.security.row_security import READER, SERVICE, Scope
from db.server.connect import PoolBusyError, acquired, create_pool
from hub.cli.doctor import FAIL, OK, WARN, examine
from hub.rollup_folding import CHANGES, SHORTEST, fold_periodically, pause
from hub.telemetry.rollups import RollupsInUse


async def test_changes_are_folded_and_a_fault_does_not_end_it(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    await pool.execute("UPDATE membership SET channel = 'QR' WHERE member_id < 50")
    assert await pool.fetchval("SELECT count(*) FROM rollup.membership_change") > 0
    await pool.execute("ALTER FUNCTION rollup.fold() RENAME TO unfold")
    folding = asyncio.create_task(fold_periodically(pool, 0.05))
    await asyncio.sleep(0.3)
    await pool.execute("ALTER FUNCTION rollup.unfold() RENAME TO fold")
    for _ in range(100):
        await asyncio.sleep(0.05)
        if not await pool.fetchval("SELECT count(*) FROM rollup.membership_change"):
            break
    folding.cancel()
    assert await pool.fetchval("SELECT count(*) FROM rollup.membership_change") == 0
    await pool.close()


class BusyPool:
    """A pool that has no connection free in time."""

    def __init__(self) -> None:
        self.asked = 0

    def acquire(self) -> Any:
        self.asked += 1
        raise PoolBusyError

    async def fetchval(self, _: str) -> Any:
        self.acquire()


@pytest.mark.parametrize("task", [fold_periodically, RollupsInUse(CollectorRegistry()).watch])
async def test_a_busy_pool_does_not_end_what_runs_beside_requests(
    task: Callable[..., Coroutine[Any, Any, None]],
) -> None:
    pool = BusyPool()
    running = asyncio.create_task(task(pool, 0.01))
    await asyncio.sleep(0.1)
    assert not running.done()
    running.cancel()
    assert pool.asked > 1


@pytest.mark.parametrize(
    ("folded", "wait"), [(0, 30), (CHANGES // 10, 30), (CHANGES, 20), (4 * CHANGES, 5), (1_000 * CHANGES, SHORTEST)]
)
def test_the_more_a_fold_finds_the_sooner_the_next_one_comes(folded: int, wait: float) -> None:
    assert pause(folded, seconds=20, longest=30) == wait


async def test_a_login_that_owns_nothing_folds(fresh_database_url: str) -> None:
    """As the service connects: in the role that no policy is for, on a session that carried a caller's scope before."""
    owner, name = await asyncpg.connect(fresh_database_url), "unionhub_test_folding"
    await owner.execute(f"DROP ROLE IF EXISTS {name}")
    await owner.execute(f"CREATE ROLE {name} LOGIN")
    await owner.execute(f"GRANT {SERVICE} TO {name} WITH INHERIT FALSE, SET TRUE")
    pool = await create_pool(fresh_database_url.replace("postgres@", f"{name}@"), size=1, role=READER)
    try:
        await owner.execute("UPDATE membership SET channel = 'QR' WHERE member_id < 50")
        async with acquired(pool, Scope("unionhub_federation", "somebody")) as connection:
            assert await connection.fetchval("SELECT session_user") == name
            assert await connection.fetchval("SELECT count(*) FROM membership") == 0
        folding = asyncio.create_task(fold_periodically(pool, 0.05))
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not await owner.fetchval("SELECT count(*) FROM rollup.membership_change"):
                break
        assert not folding.done()
        folding.cancel()
        assert await owner.fetchval("SELECT count(*) FROM rollup.membership_change") == 0
        assert await rollup_differences(owner) == []
        async with pool.acquire() as connection:
            for harm in ("rollup.place_all()", "rollup.membership_rebuild(0, 1)", "rollup.replace('{1}')"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"SELECT {harm}")
    finally:
        await pool.close()
        await owner.execute(f"DROP OWNED BY {name}")
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()


async def test_doctor_finds_rollups_that_are_wrong_or_not_in_use(
    monkeypatch: pytest.MonkeyPatch, fresh_database_url: str
) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", fresh_database_url)

    async def state() -> str:
        found = await asyncio.to_thread(examine, ["database"])
        return next(finding.state for finding in found if finding.check == "roll-ups")

    assert await state() == OK
    connection = await asyncpg.connect(fresh_database_url)
    await connection.execute("INSERT INTO rollup.membership_pack SELECT id, 1, '{1}', '{1}', '{0}' FROM rollup.anchor")
    assert await state() == FAIL
    await connection.execute("UPDATE rollup.state SET ready = false")
    assert await state() == WARN
    await connection.close()

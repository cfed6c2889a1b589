"""Connections of the pool: the scope of the session, its role, and the statements that stay prepared."""

import asyncio
import random
from dataclasses import replace
from io import BytesIO

import asyncpg
import pytest

from db.clock import today
from db.security.row_security import AGGREGATES, NOBODY, READER, Scope
from db.server.connect import MOST_PREPARED, acquired, create_pool
from resolvers.engine.execute.snapshot import snapshot
from tests.db.row_reference import CALLERS, reference, visible_keys


async def test_scopes_never_mix_on_two_connections_among_many_callers(walled, pool, callers):
    wanted = {
        (name, table): await reference(pool, table, callers[name], today())
        for name in CALLERS
        for table in ("member", "organization", "collective_agreement")
    }
    chance, queue = random.Random(7), asyncio.Semaphore(12)  # however slow the machine is, nobody waits for long

    async def ask(name: str, table: str) -> None:
        try:
            async with queue, asyncio.timeout(chance.choice((0.0005, 10, 10, 10))):
                assert await visible_keys(walled, callers[name], table) == wanted[name, table], (name, table)
        except TimeoutError:
            pass

    await asyncio.gather(*(ask(*chance.choice(list(wanted))) for _ in range(300)))
    async with walled.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM member") == 0


async def test_a_connection_that_carries_the_scope_sends_nothing_more(database_url, callers):
    pool = await create_pool(database_url, size=1, role=READER)
    async with snapshot(pool, callers["city"], single=True) as connection:
        await connection.fetch("SELECT 1")
        before = connection._protocol.queries_count
    again = replace(callers["city"])
    for _ in range(3):
        async with snapshot(pool, again, single=True) as connection:
            await connection.fetch("SELECT 1")
            after = connection._protocol.queries_count
    assert after - before == 3
    await pool.close()


COUNT = "SELECT count(*) FROM member"


async def by_cursor(connection: asyncpg.Connection) -> int:
    async with connection.transaction():
        return (await (await connection.cursor(COUNT)).fetchrow())[0]


async def by_reading(connection: asyncpg.Connection) -> int:
    async with connection.transaction():
        return (await (await connection.reading(COUNT))(1))[0][0]


async def by_prepare(connection: asyncpg.Connection) -> int:
    return await (await connection.prepare(COUNT)).fetchval()


async def by_copy(connection: asyncpg.Connection) -> int:
    written = BytesIO()
    await connection.copy_from_query(COUNT, output=written)
    return int(written.getvalue())


async def by_copy_of_a_table(connection: asyncpg.Connection) -> int:
    written = BytesIO()
    await connection.copy_from_table("member", columns=["id"], output=written)
    return len(written.getvalue().splitlines())


async def by_execute(connection: asyncpg.Connection) -> int:
    return int((await connection.execute("SELECT id FROM member")).split()[1])


async def by_executemany(connection: asyncpg.Connection) -> int:
    await connection.executemany(f"SELECT set_config('test.seen', ({COUNT} WHERE id > $1)::text, false)", [(0,)])
    return int(await connection.fetchval("SELECT current_setting('test.seen')"))


WAYS = {
    "fetch": lambda connection: connection.fetchval(COUNT),
    "fetchrow": lambda connection: connection.fetchval(f"{COUNT} WHERE id > $1", 0),
    "execute": by_execute,
    "execute with arguments": lambda connection: connection.execute("SELECT id FROM member WHERE id > $1", 0),
    "executemany": by_executemany,
    "fetchmany": lambda connection: connection.fetchmany("SELECT id FROM member WHERE id > $1", [(0,)]),
    "prepare": by_prepare,
    "cursor": by_cursor,
    "reading": by_reading,
    "copy from query": by_copy,
    "copy from table": by_copy_of_a_table,
}
"""asyncpg's public methods that send a statement, and how many members each is shown."""


@pytest.mark.parametrize("way", WAYS)
async def test_a_connection_used_without_a_scope_has_lost_that_of_the_caller_before(database_url, callers, way):
    pool = await create_pool(database_url, size=1, role=READER)
    assert await visible_keys(pool, callers["national"], "member")
    async with pool.acquire() as connection:
        assert await WAYS[way](connection) in (0, "SELECT 0", None, [])
        assert await connection.fetchval("SELECT current_user::text") == READER
    assert await visible_keys(pool, callers["national"], "member")
    assert await pool.fetchval(COUNT) == 0
    await pool.close()


async def test_a_scope_is_not_set_inside_a_transaction(database_url, callers):
    pool = await create_pool(database_url, size=1, role=READER)
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(RuntimeError, match="before a transaction"):
            await connection.set_scope(callers["city"].scope)
    await pool.close()


async def test_a_scope_that_failed_to_be_set_leaves_the_connection_with_none(database_url, callers):
    pool = await create_pool(database_url, size=1, role=READER)
    assert await visible_keys(pool, callers["national"], "member")
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.PostgresError):
            await connection.set_scope(Scope("unionhub_no_such_role"))
        assert await connection.fetchval("SELECT count(*) FROM member") == 0
    await pool.close()


async def test_plans_are_kept_in_another_role_and_no_longer(walled, callers):
    modes = "SELECT current_user::text, current_setting('plan_cache_mode')"
    async with acquired(walled, callers["analyst"].scope) as connection:
        before = tuple(await connection.fetchrow(modes))
        async with connection.transaction():
            for _ in range(2):
                (inside,) = await connection.fetch_in(AGGREGATES, modes, kept=True)
                assert tuple(inside) == (AGGREGATES, "force_generic_plan")
                (inside,) = await connection.fetch_in(AGGREGATES, modes)
                assert tuple(inside) == (AGGREGATES, before[1])
                assert tuple(await connection.fetchrow(modes)) == before
        assert tuple(await connection.fetchrow(modes)) == before
        assert before == (READER, "force_custom_plan")


async def test_statements_are_kept_prepared_up_to_a_number_of_characters(database_url):
    """They take a megabyte or two for 15,000 characters; callers' queries make new ones."""
    length = 100_000
    most = MOST_PREPARED // length
    count = "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > $1 AND name <> ''"
    pool = await create_pool(database_url, size=1, role=READER)
    async with acquired(pool, NOBODY) as connection:
        for number in [*range(most + 10), most + 9, 0]:
            assert await connection.fetch(f"SELECT {number} -- {'x' * length}") == [(number,)]
        assert await connection.fetchval(count, length) == most
        session = await connection.fetchval("SELECT pg_backend_pid()")
    async with acquired(pool, NOBODY) as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") != session, (
            "a full connection is closed at its release"
        )
        assert await connection.fetchval(count, length) == 0
        await connection.fetch(f"SELECT 0 -- {'x' * length}")
        session = await connection.fetchval("SELECT pg_backend_pid()")
    async with acquired(pool, NOBODY) as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == session
    await pool.close()


async def test_a_connection_goes_back_without_a_task_where_nothing_is_sent(database_url):
    pool = await create_pool(database_url, size=2, role=READER)
    connection = await pool.acquire()
    await connection.fetch("SELECT 1")
    tasks = []
    asyncio.get_running_loop().set_task_factory(
        lambda loop, made, **more: tasks.append(made) or asyncio.Task(made, **more)
    )
    try:
        await pool.release(connection)
        assert pool.get_idle_size() == 1
        connection = await pool.acquire()
        assert not tasks
        await connection.execute("BEGIN")
        await pool.release(connection)  # rolls back
    finally:
        asyncio.get_running_loop().set_task_factory(None)
    assert tasks
    connection = await pool.acquire()
    assert not connection.is_in_transaction()
    with pytest.raises(asyncpg.PostgresError):
        await connection.fetch("SELECT nothing")
    assert not connection.is_sound
    await pool.release(connection)
    assert pool.get_idle_size() == 1
    await pool.close()


async def test_a_prepared_statement_is_prepared_anew_when_its_table_has_changed(database_url):
    pool = await create_pool(database_url, size=1)
    async with pool.acquire() as connection:
        await connection.execute("CREATE TEMP TABLE changing AS SELECT 1 AS a")
        for _ in range(2):
            assert [tuple(row) for row in await connection.fetch("SELECT * FROM changing WHERE a > $1", 0)] == [(1,)]
        await connection.execute("ALTER TABLE changing ADD b text DEFAULT 'x'")
        assert [tuple(row) for row in await connection.fetch("SELECT * FROM changing WHERE a > $1", 0)] == [(1, "x")]
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("ALTER TABLE changing ADD c int DEFAULT 2")
        with pytest.raises(asyncpg.InvalidCachedStatementError):
            await connection.fetch("SELECT * FROM changing WHERE a > $1", 0)
        await transaction.rollback()
        assert [tuple(row) for row in await connection.fetch("SELECT * FROM changing WHERE a > $1", 0)] == [(1, "x")]
    await pool.close()

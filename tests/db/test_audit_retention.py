"""Cuts of the audit log that were forged by the owner of its tables, with and without digests noted elsewhere."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db.security.audit_log import RETENTION, Digest, Entry, chained, insert, prune, record, verify
from db.security.audit_retention import Anchor, months_earlier

NOW = datetime.now(UTC)
YEARS = timedelta(days=800)
HALF = timedelta(days=300)
WEEK = timedelta(days=7)


@pytest.fixture
async def log(bare_database_url):
    made = Log(await asyncpg.connect(bare_database_url))
    yield made
    await made.connection.close()


class Log:
    """A log in the hands of its owner, who has switched the triggers off."""

    def __init__(self, connection):
        self.connection = connection

    async def append(self, *ages, entry=None):
        """Well-made entries that are so old."""
        connection = self.connection
        async with connection.transaction():
            await connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
            for age in ages:
                head = await connection.fetchrow("SELECT id, digest FROM access_log_head")
                made = chained([entry or Entry("REVEAL", "p")], head["id"], head["digest"], NOW - age, Digest.SHA256)
                await insert(connection, made)
                await connection.execute(
                    "UPDATE access_log_head SET id = $1, digest = $2", made[-1].id, made[-1].digest
                )
            await connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")

    async def digest(self, number):
        return await self.connection.fetchval("SELECT digest FROM access_log WHERE id = $1", number)

    async def noted(self, number, age):
        """An anchor that was noted so long ago."""
        return Anchor(number, await self.digest(number), NOW - age)

    async def cut(self, through, *, age=timedelta(), digest=None, before=NOW - YEARS, deleted=None):
        """Entries to ``through`` are gone, and an entry that is so old says that they were cut for their age."""
        named = digest or await self.digest(through)
        await self.connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        await self.connection.execute("DELETE FROM access_log WHERE id <= $1", through if deleted is None else deleted)
        await self.connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
        fields = (f"through={through}", f"digest={named.hex()}", f"before={before.isoformat()}")
        await self.append(age, entry=Entry(RETENTION, fields=fields, operation="prune-log"))

    async def fault(self, *anchors, months=6):
        found = await verify(self.connection, anchors=anchors, months=months, now=NOW)
        return None if found is None else (found.id, found.reason)


async def test_young_entries_cut_under_a_forged_entry_are_found_without_anchors(log):
    await log.append(YEARS, YEARS, WEEK, WEEK, WEEK)
    await log.cut(3)
    number, reason = await log.fault()
    assert (number, "neither the entry after them nor an anchor" in reason) == (6, True)


async def test_a_log_cut_to_the_forged_entry_alone_is_found(log):
    await log.append(YEARS, WEEK)
    await log.cut(2)
    assert (await log.fault())[0] == 3


async def test_young_entries_cut_are_found_by_an_anchor_that_names_one_of_them(log):
    await log.append(YEARS, WEEK, WEEK, WEEK, WEEK)
    anchors = [await log.noted(1, WEEK), await log.noted(3, timedelta(days=2))]
    await log.cut(4)
    number, reason = await log.fault(*anchors)
    assert (number, "the last was 1: those after it were not 6 months old" in reason) == (6, True)


async def test_the_log_written_anew_so_that_a_young_cut_seems_old_is_found_by_an_anchor_of_a_cut_entry(log):
    """The entry after the cut is written anew with an old date, and with it all that follow: no anchor has any of them."""
    await log.append(YEARS, YEARS, WEEK)
    anchor = await log.noted(3, timedelta(days=3))
    digest = await log.digest(3)
    await log.connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER; DELETE FROM access_log")
    await log.append(YEARS, timedelta(days=1))
    await log.cut(3, digest=digest)
    assert await log.fault() is None
    number, reason = await log.fault(anchor)
    assert (number, "dated before" in reason) == (4, True)


async def test_an_old_anchor_that_names_an_entry_after_the_cut_shows_that_it_was_old(log):
    await log.append(YEARS, YEARS, WEEK)
    anchor = await log.noted(2, HALF)
    await log.cut(2)
    assert (await log.fault())[0] == 4
    assert await log.fault(anchor) is None
    assert (await log.fault(anchor, months=36))[0] == 4


async def test_a_young_anchor_that_names_the_last_entry_cut_shows_nothing(log):
    await log.append(YEARS, WEEK, WEEK)
    anchor = await log.noted(2, WEEK)
    await log.cut(2)
    assert (await log.fault(anchor))[0] == 4


async def test_months_are_those_of_the_setting(log):
    await log.append(HALF, HALF, WEEK)
    assert await prune(log.connection, NOW - timedelta(days=200)) == 1
    assert await log.fault() is None
    number, reason = await log.fault(months=36)
    assert (number, "not 36 months old" in reason) == (4, True)


@pytest.mark.parametrize("age", [-WEEK, -YEARS])
async def test_an_entry_dated_in_the_future_makes_nothing_old(log, age):
    await log.append(YEARS, WEEK, WEEK)
    await log.cut(2, age=age)
    assert await log.fault() == (4, "it is dated in the future")


async def test_an_entry_dated_before_its_neighbours_is_found(log):
    await log.append(YEARS, YEARS, WEEK)
    await log.cut(1, age=HALF)
    assert await log.fault() == (4, "it is dated before entry 3, which it follows")


async def test_an_entry_dated_after_what_follows_it_is_found(log):
    await log.append(YEARS, YEARS)
    await log.cut(1, age=WEEK)
    await log.append(HALF)
    assert await log.fault() == (3, "it is dated after entry 4, which follows it")


async def test_an_entry_dated_otherwise_than_anchors_have_it_is_found(log):
    await log.append(YEARS, YEARS, HALF)
    anchor = await log.noted(3, WEEK)
    await log.cut(1, age=timedelta(days=30))
    assert "dated before" in (await log.fault(anchor))[1]
    later = await log.noted(4, timedelta(days=60))
    assert "when it was there already" in (await log.fault(later))[1]


async def test_a_day_that_is_not_months_ago_is_found(log):
    await log.append(YEARS, YEARS, WEEK)
    await log.cut(1, before=NOW - WEEK)
    number, reason = await log.fault()
    assert (number, "which were not 6 months old" in reason) == (4, True)


async def test_the_digest_of_another_entry_is_found(log):
    await log.append(YEARS, YEARS, YEARS, WEEK)
    await log.cut(2, digest=await log.digest(1))
    number, reason = await log.fault()
    assert (number, "no entry says" in reason) == (1, True)


async def test_the_digest_of_a_cut_entry_is_compared_with_what_was_noted_of_it(log):
    """The cut and what follows it were written anew over another digest, so that the chain alone is whole."""
    await log.append(YEARS, YEARS, WEEK)
    anchor = await log.noted(2, HALF)
    await log.connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER; DELETE FROM access_log")
    await log.connection.execute("UPDATE access_log_head SET id = 2, digest = $1", b"\1" + bytes(32))
    await log.append(YEARS)
    await log.cut(2, digest=b"\1" + bytes(32))
    assert await log.fault() is None
    number, reason = await log.fault(anchor)
    assert (number, "not the one that was noted before" in reason) == (4, True)


async def test_a_cut_that_was_not_done_is_found(log):
    await log.append(YEARS, YEARS, WEEK)
    await log.cut(2, deleted=0)
    assert await log.fault() == (4, "it says that entries to 2 were cut, and they are there")


@pytest.mark.parametrize("through", [0, 4, 900])
async def test_a_cut_of_nothing_or_of_what_comes_later_is_found(log, through):
    await log.append(YEARS, YEARS, WEEK)
    await log.cut(through, digest=b"\1" + bytes(32), deleted=0)
    assert (await log.fault())[0] == 4


@pytest.mark.parametrize(
    "fields",
    [(), ("through=1",), ("through=1", "digest=00", "before=x"), ("through=x", "digest=00", "before=2020-01-01")],
)
async def test_an_entry_that_does_not_say_what_was_cut_is_found(log, fields):
    await log.append(YEARS, WEEK, entry=None)
    await log.append(timedelta(), entry=Entry(RETENTION, fields=fields))
    assert await log.fault() == (3, "it does not say which entries were cut, and how old they were")


async def test_honest_cuts_one_after_another_are_whole_with_the_anchors_of_all_years(log):
    anchors = []
    for number, age in enumerate((YEARS, YEARS - WEEK, HALF, HALF - WEEK, WEEK, timedelta(days=1)), 1):
        await log.append(age)
        anchors.append(await log.noted(number, age))
    assert await prune(log.connection, NOW - HALF - WEEK) == 1
    assert await log.fault(*anchors) is None
    anchors.append(await log.noted(7, timedelta(minutes=-1)))
    assert await prune(log.connection, NOW - HALF + WEEK / 2) == 1
    await record(log.connection, [Entry("REVEAL")])
    assert await log.fault(*anchors) is None
    assert await log.fault() is None


@pytest.mark.parametrize(
    ("at", "months", "found"),
    [
        ("2026-08-31", 6, "2026-02-28"),
        ("2026-12-31", 6, "2026-06-30"),
        ("2026-06-15", 6, "2025-12-15"),
        ("2027-01-31", 36, "2024-01-31"),
        ("2028-02-29", 12, "2027-02-28"),
    ],
)
def test_months_end_where_the_calendar_has_them(at, months, found):
    day = datetime.fromisoformat(f"{at}T12:00:00+08:00")
    assert months_earlier(day, months) == datetime.fromisoformat(f"{found}T12:00:00+08:00")

"""The commands that check the audit log and cut what is old of it."""

import asyncio
from datetime import UTC, date, datetime

import asyncpg
import pytest
from click.testing import CliRunner

from db.security.audit_log import Digest, Entry, chained, insert, record
from hub.cli.audit_log import months_before
from hub.cli.commands import main


@pytest.fixture
def log(bare_database_url):
    """Runs work on the connection of a migrated database whose log has two old entries and two of today."""

    def run(*statements, entries=0):
        async def work():
            connection = await asyncpg.connect(bare_database_url)
            for statement in statements:
                await connection.execute(statement)
            await record(connection, [Entry("REVEAL", principal="p")] * entries)
            await connection.close()

        asyncio.run(work())
        return bare_database_url

    async def old():
        connection = await asyncpg.connect(bare_database_url)
        written = chained([Entry("REVEAL")] * 2, 0, bytes(32), datetime(2020, 1, 1, tzinfo=UTC), Digest.SHA256)
        async with connection.transaction():
            await connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
            await insert(connection, written)
            await connection.execute("UPDATE access_log_head SET id = 2, digest = $1", written[1].digest)
            await connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
        await connection.close()

    asyncio.run(old())
    run(entries=2)
    return run


def call(url, *arguments):
    return CliRunner().invoke(main, ["access", *arguments, "--database-url", url])


def test_a_whole_log_is_said_to_be_whole_with_its_last_digest(log):
    done = call(log(), "verify-log")
    assert done.exit_code == 0, done.output
    assert "whole: 4 entries, the last is 4." in done.output
    assert "--anchors" in done.output


def test_the_first_bad_entry_is_named_and_the_status_is_1(log):
    url = log(
        "ALTER TABLE access_log DISABLE TRIGGER USER",
        "UPDATE access_log SET principal = 'q' WHERE id >= 3",
        "ALTER TABLE access_log ENABLE TRIGGER USER",
    )
    done = call(url, "verify-log")
    assert done.exit_code == 1
    assert "First bad entry: 3: its content does not match its digest." in done.output


def test_an_end_cut_off_with_its_head_is_found_by_the_anchors(log, tmp_path):
    anchors = tmp_path / "anchors"
    for _ in range(2):
        assert call(log(), "verify-log", "--anchors", str(anchors)).exit_code == 0
    assert len(anchors.read_text().splitlines()) == 1
    url = log(
        "ALTER TABLE access_log DISABLE TRIGGER USER",
        "DELETE FROM access_log WHERE id = 4",
        "UPDATE access_log_head SET (id, digest) = (SELECT id, digest FROM access_log WHERE id = 3)",
        "ALTER TABLE access_log ENABLE TRIGGER USER",
    )
    assert call(url, "verify-log").exit_code == 0
    done = call(url, "verify-log", "--anchors", str(anchors))
    assert done.exit_code == 1
    assert "First bad entry: 4: it is missing: entry 4 was noted before." in done.output


@pytest.mark.parametrize(
    "content",
    ["not an anchor\n", "3 00\n", "3 00 yesterday\n", "3 0101 2026-01-01T00:00:00+00:00\n3 0102 2026-01-02\n"],
)
def test_a_file_that_holds_no_anchors_is_told_apart(log, tmp_path, content):
    anchors = tmp_path / "anchors"
    anchors.write_text(content)
    done = call(log(), "verify-log", "--anchors", str(anchors))
    assert done.exit_code == 1
    assert "no file of anchors" in done.output


def test_a_cut_under_an_earlier_setting_is_examined_by_that(log, monkeypatch):
    monkeypatch.setenv("UNIONHUB_AUDIT_MONTHS", "6")
    assert call(log(), "prune-log", "--yes").exit_code == 0
    monkeypatch.setenv("UNIONHUB_AUDIT_MONTHS", "600")
    assert "not 600 months old" in call(log(), "verify-log").output
    assert call(log(), "verify-log", "--months", "6").exit_code == 0


def test_old_entries_are_cut_when_that_is_wanted_and_the_log_stays_whole(log, monkeypatch):
    monkeypatch.setenv("UNIONHUB_AUDIT_MONTHS", "6")
    monkeypatch.setenv("UNIONHUB_AUDIT_DIGEST", "SM3")
    assert call(log(), "prune-log").exit_code == 1
    done = call(log(), "prune-log", "--yes")
    assert (done.exit_code, done.output) == (0, "1 entries cut; one entry that stands for them was written.\n")
    assert "4 entries (entries to 1 were cut for their age), the last is 5." in call(log(), "verify-log").output
    assert call(log(), "prune-log", "--yes").output == "Nothing to cut.\n"


def test_less_than_six_months_cannot_be_set(log, monkeypatch):
    monkeypatch.setenv("UNIONHUB_AUDIT_MONTHS", "5")
    done = call(log(), "prune-log", "--yes")
    assert done.exit_code == 1
    assert "UNIONHUB_AUDIT_MONTHS" in done.output


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (date(2026, 11, 30), 6, date(2026, 5, 1)),
        (date(2026, 6, 1), 6, date(2025, 12, 1)),
        (date(2026, 1, 31), 36, date(2023, 1, 1)),
    ],
)
def test_whole_months_are_kept(day, months, first):
    assert months_before(day, months) == first

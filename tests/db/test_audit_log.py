"""The audit log: appended to by anyone, changed by nobody, and what was done to it all the same is found."""

import asyncio
import importlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from db.errors import DataError
from db.security.audit_log import (
    NOT_SHOWN_TO_PERSON,
    SHOWN_TO_PERSON,
    Digest,
    Entry,
    Fault,
    chained,
    examine,
    insert,
    prune,
    record,
    verify,
)
from db.security.audit_retention import RETENTION, Anchor

OLD = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


@pytest.fixture
async def connection(bare_database_url):
    made = await asyncpg.connect(bare_database_url)
    yield made
    await made.close()


@pytest.fixture
async def filled(connection):
    """A log of ten entries, written by three calls."""
    for part in (range(1, 2), range(2, 8), range(8, 11)):
        await record(connection, [entry(number) for number in part])
    return connection


def entry(number, **more):
    return Entry(
        "REVEAL",
        principal=f"official {number}",
        role="FEDERATION",
        purpose="MEMBERSHIP_CHECK",
        case_reference="核验〔2026〕1号",
        records=[f"mem_{number:x}", "mem_ff"],
        fields=["PHONE"],
        operation="Reveal",
        source="127.0.0.1",
        **more,
    )


async def tamper(connection, *statements):
    """Change the log as its owner can who has switched its triggers off."""
    async with connection.transaction():
        await connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")


async def backdated(connection, count, at=OLD, digest=Digest.SHA256):
    """Entries of another day, as they stand in a log that is years old."""
    head = await connection.fetchrow("SELECT id, digest FROM access_log_head")
    written = chained([entry(number) for number in range(count)], head["id"], head["digest"], at, digest)
    async with connection.transaction():
        await connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        await insert(connection, written)
        await connection.execute("UPDATE access_log_head SET id = $1, digest = $2", written[-1].id, written[-1].digest)
        await connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")


async def test_an_empty_log_is_whole(connection):
    assert await verify(connection) is None


async def test_entries_are_numbered_without_gaps_and_the_chain_is_whole(filled):
    assert [row[0] for row in await filled.fetch("SELECT id FROM access_log ORDER BY id")] == list(range(1, 11))
    found = await examine(filled)
    assert (found.entries, found.id, found.fault) == (10, 10, None)


async def test_an_entry_says_who_did_what_to_which_records_and_fields_when_and_from_where(filled):
    row = await filled.fetchrow("SELECT * FROM access_log WHERE id = 3 AND records ? 'mem_3'")
    assert (row["principal"], row["role"], row["action"]) == ("official 3", "FEDERATION", "REVEAL")
    assert (row["purpose"], row["case_reference"]) == ("MEMBERSHIP_CHECK", "核验〔2026〕1号")
    assert (row["fields"], row["operation"], row["source"]) == ('["PHONE"]', "Reveal", "127.0.0.1")
    assert abs(datetime.now(UTC) - row["at"]) < timedelta(minutes=1)


async def test_nothing_to_record_writes_nothing(connection):
    await record(connection, [])
    assert (await examine(connection)).entries == 0


async def test_a_log_goes_over_from_sha_256_to_sm3_and_back(connection):
    await record(connection, [entry(1), entry(2)])
    await record(connection, [entry(3)], digest=Digest.SM3)
    await record(connection, [entry(4)])
    kinds = [row[0][0] for row in await connection.fetch("SELECT digest FROM access_log ORDER BY id")]
    assert kinds == [1, 1, 2, 1]
    assert await verify(connection) is None


def test_the_hashes_are_sha_256_and_sm3():
    assert Digest.SHA256.of(b"", b"")[0] == 1
    assert Digest.SM3.of(b"", b"")[0] == 2
    assert len({Digest.SM3.of(b"a", b"bc"), Digest.SM3.of(b"ab", b"c"), Digest.SHA256.of(b"a", b"bc")}) == 3


async def test_texts_that_no_database_holds_are_mended_and_long_ones_cut(connection):
    await record(connection, [Entry("REFUSED", operation="a\0b" + "长" * 500, source="half \ud800", records=["\0"])])
    row = await connection.fetchrow("SELECT * FROM access_log")
    assert row["operation"].startswith("a\ufffdb长")
    assert len(row["operation"]) == 200
    assert await verify(connection) is None


@pytest.mark.parametrize(
    "change",
    [
        "principal = 'someone else'",
        "principal = NULL",
        "role = 'WORKER'",
        "action = 'SIGN_IN'",
        "purpose = NULL",
        "case_reference = ''",
        "records = '[]'",
        'records = \'["mem_ff", "mem_5"]\'',
        "fields = '[\"NAME\"]'",
        "fields = '{}'",
        "operation = 'reveal'",
        "source = '127.0.0.2'",
        "at = at + interval '1 microsecond'",
        "at = 'infinity'",
        "at = '-infinity'",
        "digest = decode('00', 'hex')",
        "digest = ''",
        "digest = digest || '\\x00'",
    ],
)
async def test_any_change_of_an_entry_is_found_there(filled, change):
    await tamper(filled, f"UPDATE access_log SET {change} WHERE id = 5")
    assert await verify(filled) == Fault(5, "its content does not match its digest")


async def test_a_change_of_previous_is_found_there(filled):
    await tamper(filled, "UPDATE access_log SET previous = digest WHERE id = 5")
    assert await verify(filled) == Fault(5, "it does not name the digest of the entry before it")


async def test_the_first_of_several_faults_is_named(filled):
    await tamper(
        filled, "UPDATE access_log SET role = 'WORKER' WHERE id IN (4, 8)", "DELETE FROM access_log WHERE id = 6"
    )
    assert (await verify(filled)).id == 4


async def test_a_missing_entry_is_named(filled):
    await tamper(filled, "DELETE FROM access_log WHERE id = 6")
    assert await verify(filled) == Fault(6, "it is missing; entry 7 comes next")


async def test_a_removed_entry_whose_successors_moved_up_is_found_at_the_first_that_moved(filled):
    await tamper(
        filled,
        "DELETE FROM access_log WHERE id = 6",
        "UPDATE access_log SET id = id - 1 WHERE id > 6",
    )
    assert (await verify(filled)).id == 6


async def test_a_missing_beginning_is_found(filled):
    await tamper(filled, "DELETE FROM access_log WHERE id < 4")
    fault = await verify(filled)
    assert (fault.id, "1 to 3 are missing" in fault.reason) == (1, True)


async def test_two_entries_that_changed_places_are_found_at_the_first(filled):
    await tamper(
        filled,
        "UPDATE access_log SET id = -3 WHERE id = 3",
        "UPDATE access_log SET id = 3 WHERE id = 7",
        "UPDATE access_log SET id = 7 WHERE id = -3",
    )
    assert (await verify(filled)).id == 3


async def test_an_inserted_entry_is_found_wherever_it_stands(filled):
    copy = "INSERT INTO access_log SELECT {}, at, principal, role, action, purpose, case_reference, records, fields,"
    copy += " operation, source, previous, digest FROM access_log WHERE id = 5"
    await tamper(filled, copy.format(0))
    assert (await verify(filled)).id == 0
    await tamper(filled, "DELETE FROM access_log WHERE id = 0", copy.format(11))
    assert (await verify(filled)).id == 11
    await tamper(
        filled,
        "DELETE FROM access_log WHERE id = 11",
        "UPDATE access_log SET id = id + 100 WHERE id > 5",
        "UPDATE access_log SET id = id - 99 WHERE id > 100",
        copy.format(6),
    )
    assert (await verify(filled)).id == 6


async def test_a_well_made_entry_behind_the_back_of_the_head_is_found(filled):
    head = await filled.fetchrow("SELECT id, digest FROM access_log_head")
    async with filled.transaction():
        await filled.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        await insert(filled, chained([entry(11)], head["id"], head["digest"], OLD, Digest.SHA256))
        await filled.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
    assert await verify(filled) == Fault(11, "it was not appended: the log ended at entry 10")


async def test_a_cut_tail_is_found_by_the_head(filled):
    await tamper(filled, "DELETE FROM access_log WHERE id > 7")
    assert await verify(filled) == Fault(8, "it is missing: the log ended at entry 10")


async def test_an_emptied_log_is_found(filled):
    await tamper(filled, "TRUNCATE access_log")
    assert (await verify(filled)).id == 1


async def test_a_lost_head_is_found(filled):
    await filled.execute("DELETE FROM access_log_head")
    assert "where the log ends" in (await verify(filled)).reason


async def test_a_tail_cut_with_its_head_is_found_only_by_what_was_noted_elsewhere(filled):
    noted = await examine(filled)
    await tamper(
        filled,
        "DELETE FROM access_log WHERE id > 7",
        "UPDATE access_log_head SET (id, digest) = (SELECT id, digest FROM access_log WHERE id = 7)",
    )
    assert await verify(filled) is None
    assert await verify(filled, anchors=[Anchor(noted.id, noted.digest, datetime.now(UTC))]) == Fault(
        8, "it is missing: entry 10 was noted before"
    )


async def test_a_log_written_anew_is_found_only_by_what_was_noted_elsewhere(filled):
    noted = await examine(filled)
    before = await filled.fetchrow("SELECT id, digest FROM access_log WHERE id = 7")
    anew = chained([entry(50), entry(51), entry(52)], before["id"], before["digest"], OLD, Digest.SHA256)
    async with filled.transaction():
        await filled.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        await filled.execute("DELETE FROM access_log WHERE id > 7")
        await insert(filled, anew)
        await filled.execute("UPDATE access_log_head SET id = 10, digest = $1", anew[-1].digest)
        await filled.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
    assert await verify(filled) is None
    fault = await verify(filled, anchors=[Anchor(noted.id, noted.digest, datetime.now(UTC))])
    assert fault == Fault(10, "its digest is not the one that was noted before")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_log SET principal = 'x' WHERE id = 3",
        "UPDATE access_log SET principal = 'x' WHERE false",
        "DELETE FROM access_log WHERE id = 3",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
    ],
)
async def test_even_the_owner_is_refused_a_change(filled, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never changed"):
        await filled.execute(statement)
    assert await verify(filled) is None


@pytest.fixture
async def service(bare_database_url):
    """A connection as the service's role, on an empty migrated database."""
    made = await asyncpg.connect(bare_database_url)
    await made.execute("SET ROLE unionhub_reader")
    yield made
    await made.close()


def grounded(number):
    """An entry that the service's role may append: its purpose has no case reference."""
    return replace(entry(number), case_reference=None)


async def test_the_role_of_the_service_appends(service):
    await record(service, [grounded(1), grounded(2)])
    await service.execute("RESET ROLE")  # a principal reads their own entries only
    found = await examine(service)
    assert (found.entries, found.fault) == (2, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_log SET principal = 'x'",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "UPDATE access_log_head SET id = 0",
        "DELETE FROM access_log_head",
        "INSERT INTO access_log_head VALUES (true, 0, '')",
        "SELECT access_log_prune(now() - interval '1 year')",
        "ALTER TABLE access_log DISABLE TRIGGER USER",
        "DROP TABLE access_log",
        "DROP FUNCTION access_log_continue() CASCADE",
        "SET session_replication_role = replica",
        "DELETE FROM command_receipt",
        "DELETE FROM subject_request",
        "UPDATE subject_request SET member_id = 1",
    ],
)
async def test_the_role_of_the_service_can_undo_nothing(service, statement):
    await record(service, [grounded(1)])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(statement)
    await service.execute("RESET ROLE")
    assert await verify(service) is None


async def test_the_table_takes_only_what_continues_its_chain_now(filled):
    now = datetime.now(UTC)
    head = await filled.fetchrow("SELECT id, digest FROM access_log_head")
    number, last = head["id"], head["digest"]
    for written in (
        chained([entry(1)], number + 1, last, now, Digest.SHA256),
        chained([entry(1)], number, bytes(33), now, Digest.SHA256),
        chained([entry(1)], number, last, now - timedelta(days=1), Digest.SHA256),
        chained([entry(1)], number, last, now + timedelta(days=1), Digest.SHA256),
        [chained([entry(1), entry(2)], number, last, now, Digest.SHA256)[1]],
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="next entries"):
            await insert(filled, written)
    assert await verify(filled) is None


async def test_what_is_rolled_back_leaves_no_gap(filled):
    transaction = filled.transaction()
    await transaction.start()
    await record(filled, [entry(11), entry(12)])
    await transaction.rollback()
    await record(filled, [entry(11)])
    found = await examine(filled)
    assert (found.entries, found.fault) == (11, None)


async def test_fifty_writers_at_once_make_one_chain(connection, bare_database_url):
    pool = await asyncpg.create_pool(bare_database_url, min_size=0, max_size=25)

    async def write(writer):
        async with pool.acquire() as own:
            for turn in range(4):
                await record(own, [entry(writer * 10 + turn), entry(writer)], digest=list(Digest)[writer % 2])

    await asyncio.gather(*(write(writer) for writer in range(50)))
    await pool.close()
    found = await examine(connection)
    assert (found.entries, found.id, found.fault) == (400, 400, None)


async def test_entries_over_six_months_old_are_cut_but_the_last_and_the_chain_stays_whole(connection):
    await backdated(connection, 5)
    await backdated(connection, 3, at=OLD + timedelta(days=1), digest=Digest.SM3)
    await record(connection, [entry(1)])
    assert await prune(connection, OLD + timedelta(hours=1)) == 4
    found = await examine(connection)
    assert (found.entries, found.cut_through, found.id, found.fault) == (6, 4, 10, None)
    assert await prune(connection, OLD + timedelta(days=2)) == 3
    found = await examine(connection)
    assert (found.entries, found.cut_through, found.fault) == (4, 7, None)
    row = await connection.fetchrow("SELECT * FROM access_log ORDER BY id DESC LIMIT 1")
    assert (row["action"], '"through=7"' in row["fields"]) == ("RETENTION", True)


async def test_a_log_of_old_entries_only_is_cut_to_the_last_and_the_entry_that_stands_for_the_others(connection):
    await backdated(connection, 4)
    assert await prune(connection, OLD + timedelta(days=1)) == 3
    found = await examine(connection)
    assert (found.entries, found.cut_through, found.fault) == (2, 3, None)
    await record(connection, [entry(1)])
    assert await verify(connection) is None


async def test_a_cut_of_nothing_writes_nothing(filled):
    assert await prune(filled, OLD) == 0
    assert (await examine(filled)).entries == 10


async def test_entries_under_six_months_old_are_never_cut(connection):
    await backdated(connection, 4)
    await record(connection, [entry(1)])
    with pytest.raises(DataError, match="6 months"):
        await prune(connection, datetime.now(UTC) - timedelta(days=170))
    await connection.execute("SET unionhub.pruning = 'on'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM access_log")
    assert (await examine(connection)).entries == 5


async def test_more_cut_than_the_log_says_is_found(connection):
    await backdated(connection, 5)
    await record(connection, [entry(1)])
    await prune(connection, OLD + timedelta(days=1))
    await record(connection, [entry(number) for number in range(3)])
    await tamper(connection, "DELETE FROM access_log WHERE id = 5")
    fault = await verify(connection)
    assert (fault.id, "no entry says" in fault.reason) == (1, True)


async def test_a_log_of_many_thousand_entries_is_verified(connection):
    for _ in range(5):
        await record(connection, [entry(number) for number in range(2_000)])
    await tamper(connection, "UPDATE access_log SET operation = '' WHERE id = 7777")
    assert (await verify(connection)).id == 7777


def actions() -> set[str]:
    """The actions that the code logs: literals at ``logged`` and ``Entry``, and constants that are given to ``entry`` or ``Answer``."""
    root, found = Path(__file__).parent.parent.parent, {RETENTION}
    for path in [
        *(path for path in (root / "db").rglob("*.py") if path.parent.name != "versions"),
        *(root / "hub").rglob("*.py"),
        *(root / "resolvers" / "commands").glob("*.py"),
        *(root / "resolvers" / "writing").glob("*.py"),
        *(root / "resolvers" / "reorganizations").glob("*.py"),
    ]:
        text = path.read_text()
        found |= set(re.findall(r'(?:logged\(\s*connection, |Entry\(\s*)"([A-Z_]+)"', text))
        found |= set(re.findall(r'action = "([A-Z_]+)" if \w+ else "[A-Z_]+"', text))
        found |= set(re.findall(r'action = "[A-Z_]+" if \w+ else "([A-Z_]+)"', text))
        if path.parent.name == "commands":
            module = importlib.import_module(f"resolvers.commands.{path.stem}")
            calls = re.findall(r"(?:entry|Entry)\(\s*([A-Z_]+)(?: if [\w.]+ else ([A-Z_]+))?", text)
            calls += [(name,) for name in re.findall(r"\bAnswer\(.*, ([A-Z_]+), ", text)]
            calls += re.findall(r"for action, \w+ in \(\(([A-Z_]+), True\), \(([A-Z_]+), False\)\)", text)
            found |= {getattr(module, name) for names in calls for name in names if name}
    return found


def test_every_action_is_listed_as_shown_to_the_person_or_not():
    found = actions()
    assert found == SHOWN_TO_PERSON | NOT_SHOWN_TO_PERSON, "say in db/security/audit_log.py whether a worker reads it"
    assert not SHOWN_TO_PERSON & NOT_SHOWN_TO_PERSON
    (migration,) = (Path(__file__).parent.parent.parent / "db" / "migrations" / "versions").glob("*_officials.py")
    assert set(importlib.import_module(f"db.migrations.versions.{migration.stem}").TOLD) == SHOWN_TO_PERSON

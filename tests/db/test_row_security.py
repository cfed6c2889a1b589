"""The second wall alone: plain statements without any predicate, under the roles of the hub."""

import asyncio
import sys
from uuid import uuid4

import asyncpg
import pytest

from db.access import Role
from db.clock import today
from db.hierarchies import reparent
from db.migrations.wall import JOIN_ROLE, MAKE_ROLE
from db.models import Model
from db.organizations import Hierarchy
from db.security.row_security import (
    ACCESS,
    AGGREGATES,
    CLERK,
    HUB,
    LENSES,
    NOBODY,
    OPEN,
    OPERATOR,
    READER,
    ROLES,
    SERVICE,
    TOP_WRITER,
    faults,
)
from db.server.connect import acquired, create_pool
from resolvers.access.callers import Caller, Grant, Lens
from resolvers.engine.execute.snapshot import snapshot
from tests.conftest import ROOT
from tests.db.row_reference import CALLERS, HEALTH, NOT_COUNTED, PUBLIC, REFERENCE, reference, visible_keys
from tests.resolvers.personas import callers_of
from tests.slow import slow

CLOSURES = ("territorial_closure", "industrial_closure")
ACCESS_TABLES = ("principal", "access_grant", "case_assignment", "api_key")


@pytest.mark.parametrize("table", REFERENCE)
@pytest.mark.parametrize("name", CALLERS)
async def test_a_select_without_a_predicate_shows_exactly_the_rows_in_the_callers_scope(
    walled, pool, callers, name, table
):
    seen = await visible_keys(walled, callers[name], table)
    assert seen == await reference(pool, table, callers[name], today())
    if name in ("analyst", "nobody") and table not in PUBLIC:
        assert not seen
    if name == "national" and table not in HEALTH:
        assert len(seen) == await pool.fetchval(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("table", CLOSURES)
@pytest.mark.parametrize("name", CALLERS)
async def test_pairs_of_unions_are_read_by_who_holds_a_union_and_by_others_of_a_union_with_itself(
    walled, pool, callers, name, table
):
    caller = callers[name]
    condition = "false"
    if {Lens.EVERYTHING, Lens.TERRITORIAL, Lens.INDUSTRIAL} & set(caller.lenses):
        condition = "true"
    elif set(caller.lenses) - {Lens.AGGREGATES}:
        condition = "depth = 0"
    async with snapshot(walled, caller, single=True) as connection:
        seen = await connection.fetch(f"SELECT count(*) AS n, count(*) FILTER (WHERE depth > 0) AS deep FROM {table}")
    there = await pool.fetch(
        f"SELECT count(*) AS n, count(*) FILTER (WHERE depth > 0) AS deep FROM {table} WHERE {condition}"
    )
    assert dict(seen[0]) == dict(there[0])


async def test_the_callers_of_these_tests_see_something_but_not_all(walled, pool, callers):
    for name, table in (
        ("province", "member"),
        ("city", "dispute_party"),
        ("grassroots", "membership"),
        ("industry", "member"),
        ("hr", "agreement_party"),
        ("social_security", "member"),
        ("employers_body", "collective_agreement"),
        ("mediator", "recovery"),
        ("member", "dispute_party"),
        ("several", "collective_agreement"),
    ):
        assert (
            0
            < len(await visible_keys(walled, callers[name], table))
            < await pool.fetchval(f"SELECT count(*) FROM {table}")
        )


HOW = (
    "docs/second-wall.md, A new table: protect() of db/migrations/wall.py in its migration, and its rows in REFERENCE of"
    " tests/db/row_reference.py; or publish(), and the reason in OPEN of db/security/row_security.py"
)


def test_every_table_has_policies_or_a_reason_why_not():
    tables = {*Model.metadata.tables, "alembic_version", *(name for name in OPEN if name.startswith("rollup."))}
    protected = {*REFERENCE, *ACCESS_TABLES, *CLOSURES, "access_log", "subject_request", "command_receipt"}
    assert not tables - protected - set(OPEN), f"behind no wall: {sorted(tables - protected - set(OPEN))}. {HOW}"
    assert tables == protected | set(OPEN)
    assert not protected & set(OPEN)


async def test_row_security_is_on_for_every_table_but_those_with_a_reason(pool):
    rows = await pool.fetch(
        "SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname AS relname, relrowsecurity, relforcerowsecurity"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname IN ('public', 'rollup') AND relkind IN ('r', 'p')"
    )
    bare = {row["relname"] for row in rows if not row["relrowsecurity"]}
    assert bare == set(OPEN), f"{sorted(bare ^ set(OPEN))}: {HOW}"
    assert not any(row["relforcerowsecurity"] for row in rows)


async def test_a_table_without_a_policy_is_found(fresh_database_url):
    connection = await asyncpg.connect(fresh_database_url)
    assert await faults(connection, embedded=True) == []
    await connection.execute("CREATE TABLE grievance (id bigint, text text)")
    (fault,) = await faults(connection, embedded=True)
    assert "grievance" in fault.seen
    (_, login) = await faults(connection)
    assert "superuser" in login.seen
    assert not login.is_grave
    await connection.close()


async def test_a_session_without_a_scope_sees_nothing(walled, pool):
    async with walled.acquire() as connection:
        for table in (*REFERENCE.keys() - PUBLIC, "principal", "access_log", "subject_request", "command_receipt"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        assert await connection.fetchval("SELECT count(*) FROM division") > 0


@pytest.mark.parametrize(
    "value", ["", "{", "x", "{1,x}", "{NULL}", "{{1},{2}}", "{99999999999999999999}", "1", "[0:0]={1}"]
)
async def test_malformed_keys_show_nothing_and_say_nothing(database_url, value):
    connection = await asyncpg.connect(database_url)
    for role in [
        role
        for role in ROLES
        if role not in (READER, "unionhub_everything", ACCESS, AGGREGATES, CLERK, OPERATOR, TOP_WRITER, SERVICE)
    ]:
        await connection.execute(f"SET ROLE {role}")
        for lens in LENSES:
            await connection.execute("SELECT set_config('unionhub.' || $1, $2, false)", lens, value)
        for table in REFERENCE.keys() - PUBLIC:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, (role, table)
    await connection.close()


@pytest.mark.parametrize("table", [*REFERENCE, *OPEN, *ACCESS_TABLES, "access_log", "command_receipt"])
@pytest.mark.parametrize("name", ["national", "several", "nobody"])
async def test_the_roles_of_callers_change_no_row(walled, callers, name, table):
    async with acquired(walled, callers[name].scope) as connection:
        column = await connection.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity <> 'a' ORDER BY attnum",
            table,
        )
        for sql in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM api_key",
        "SELECT digest FROM api_key",
        "SELECT * FROM case_assignment",
        "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON member USING (true)",
        "DROP POLICY everything ON member",
        "ALTER ROLE unionhub_reader BYPASSRLS",
        "ALTER ROLE unionhub_everything SET unionhub.self = '{1}'",
        "CREATE ROLE other",
        "CREATE TABLE other (id bigint)",
        "CREATE OR REPLACE VIEW wall.members_of_unions AS SELECT id AS member_id FROM member",
        "UPDATE wall.hierarchy SET version = 0",
        "SELECT * FROM pg_authid",
        "INSERT INTO member (name) VALUES ('x')",
        "SELECT access_log_prune(now())",
    ],
)
async def test_the_roles_of_callers_reach_nothing_else(walled, callers, sql):
    async with acquired(walled, callers["national"].scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)


async def test_row_security_cannot_be_switched_off_by_the_role(database_url, callers):
    pool = await create_pool(database_url, size=1, role=READER)
    async with acquired(pool, callers["city"].scope) as connection:
        before = await connection.fetchval("SELECT count(*) FROM member")
        await connection.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("SELECT count(*) FROM member")
        await connection.execute("RESET row_security")
        assert await connection.fetchval("SELECT count(*) FROM member") == before
        await connection.execute("RESET ROLE")
        assert await connection.fetchval("SELECT current_user") == READER
    await pool.close()


async def test_no_role_of_the_hub_can_log_in_or_pass_the_wall(pool):
    rows = await pool.fetch("SELECT * FROM pg_roles WHERE rolname = ANY ($1)", list(ROLES))
    assert len(rows) == len(ROLES)
    for row in rows:
        assert not any(
            row[name] for name in ("rolsuper", "rolbypassrls", "rolcanlogin", "rolcreaterole", "rolcreatedb")
        )


async def test_a_union_that_moves_is_in_sight_of_its_new_superiors_at_once(fresh_database_url):
    owner = await asyncpg.connect(fresh_database_url)
    everyone = await create_pool(fresh_database_url, size=1)
    callers = await callers_of(everyone)
    pool = await create_pool(fresh_database_url, size=1, role=READER)
    city = callers["city"]
    before = await visible_keys(pool, city, "organization")
    (mine,) = city.lenses[next(iter(city.lenses))]
    moved = await owner.fetchval(
        "SELECT l.child_id FROM organization_link l JOIN organization o ON o.id = l.child_id JOIN organization p ON p.id = l.parent_id"
        " WHERE l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL AND o.level = 'COUNTY' AND p.level = 'CITY' AND l.valid_from < $2"
        " AND NOT l.child_id = ANY ($1) AND l.is_lead ORDER BY l.child_id LIMIT 1",
        list(before),
        today(),
    )
    async with owner.transaction():
        await reparent(owner, child=moved, parent=mine, hierarchy=Hierarchy.TERRITORIAL, on=today())
    after = await visible_keys(pool, city, "organization")
    assert moved in after - before
    assert after == await reference(everyone, "organization", city, today())
    for closing in (pool, everyone, owner):
        await closing.close()


async def test_the_log_is_appended_to_by_every_role_and_read_by_whom_it_concerns(fresh_database_url):
    owner = await asyncpg.connect(fresh_database_url)
    everyone = await create_pool(fresh_database_url, size=1)
    callers = await callers_of(everyone)
    pool = await create_pool(fresh_database_url, size=1, role=READER)
    from db.security.audit_log import Entry, record

    member = callers["member"].member_id
    for name in ("city", "hr"):
        async with acquired(pool, callers[name].scope) as connection:
            entry = Entry("REVEAL", principal=name, purpose="SERVICE_CONTACT", records=[f"mem_{member:x}"])
            await record(connection, [entry])
    async with pool.acquire() as connection:
        await record(connection, [Entry("SIGN_IN_REFUSED", principal=None)])
    for name, seen in (
        ("city", ["city"]),
        ("member", ["city", "hr"]),
        ("national", ["city", "hr", None]),
        ("analyst", []),
    ):
        async with acquired(pool, callers[name].scope) as connection:
            rows = await connection.fetch("SELECT principal FROM access_log ORDER BY id")
            assert [row["principal"] for row in rows] == seen, name
    for closing in (pool, everyone, owner):
        await closing.close()


async def test_who_may_sign_in_is_seen_by_sign_in_and_by_whom_they_are_administered(fresh_database_url):
    owner = await asyncpg.connect(fresh_database_url)
    await owner.execute("INSERT INTO principal (name, kind) VALUES ('somebody', 'PERSON')")
    pool = await create_pool(fresh_database_url, size=1, role=READER)
    async with acquired(pool, HUB) as connection:
        assert await connection.fetchval("SELECT count(*) FROM principal") == 1
        assert await connection.fetchval("SELECT count(*) FROM api_key") == 0
    async with acquired(pool, NOBODY) as connection:
        assert await connection.fetchval("SELECT count(*) FROM principal") == 0
    for caller, seen in (
        (Caller("national", everything=True), 1),
        (Caller("bureau", grants=(Grant(Role.HR_BUREAU, division_id=1),)), 0),
        (Caller("county", grants=(Grant(Role.FEDERATION, 1, Hierarchy.TERRITORIAL),)), 0),
    ):
        async with acquired(pool, caller.scope) as connection:
            assert await connection.fetchval("SELECT count(*) FROM principal") == seen, caller
    await pool.close()
    await owner.close()


async def test_counting_reads_no_column_that_names_a_person_or_a_case(walled, pool, callers):
    secret = {
        "member": (
            "name",
            "birth_date",
            "resident_number",
            "resident_number_index",
            "phone",
            "phone_head",
            "bank_card",
        ),
        "dispute_party": ("name",),
        "dispute_step": ("note", "document_number"),
        "dispute_case": ("number",),
        "committee_term": ("chair_name",),
        "agreement_party": ("chief_representative", "name"),
        "insurance_enrolment": ("source_number",),
        "engagement": ("job_title",),
        "care_case": ("diagnosis",),
        "care_step": ("note",),
        "attendance": ("certificate_number",),
    }
    async with acquired(walled, callers["analyst"].scope) as connection:
        async with connection.transaction(), connection.under_role(AGGREGATES):
            for table in REFERENCE.keys() - NOT_COUNTED:
                count = f"SELECT count(*) FROM {table}"
                assert await connection.fetchval(count) == await pool.fetchval(count), table
        for table, columns in secret.items():
            for column in columns:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction(), connection.under_role(AGGREGATES):
                        await connection.fetch(f"SELECT {column} FROM {table}")
        for table in REFERENCE.keys() - PUBLIC:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_a_clerk_writes_members_inside_one_transaction_only(fresh_database_url):
    owner = await asyncpg.connect(fresh_database_url)
    opener, other = [
        await owner.fetchval("INSERT INTO principal (name, kind) VALUES ($1, 'PERSON') RETURNING id", name)
        for name in ("opener", "other")
    ]
    await owner.execute(
        "INSERT INTO subject_request (member_id, kind, opened_on, due_on, opened_by) VALUES (1, 'CORRECTION', $1, $1, $2)",
        today(),
        opener,
    )
    await owner.close()
    pool = await create_pool(fresh_database_url, size=1, role=READER)
    async with acquired(pool, Caller("national", principal_id=opener, everything=True).scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction(), connection.under_role(CLERK):
                await connection.execute("UPDATE member SET name = '某' WHERE id = 1")
    async with acquired(pool, Caller("national", principal_id=other, everything=True).scope) as connection:
        async with connection.transaction(), connection.under_role(CLERK):
            assert await connection.execute("UPDATE member SET name = '某' WHERE id = 1") == "UPDATE 1"
            assert await connection.fetchval("SELECT count(*) FROM membership") == 0
        assert await connection.fetchval("SELECT name FROM member WHERE id = 1") == "某"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE member SET name = '某' WHERE id = 1")
    await pool.close()


async def test_the_names_of_unions_and_members_are_searched_by_index_for_who_sees_everything(walled, callers):
    async with acquired(walled, callers["national"].scope) as connection:
        await connection.execute("SET enable_seqscan = off")
        for table in ("member", "organization", "employer"):
            plan = await connection.fetch(
                f"EXPLAIN SELECT id FROM {table} WHERE grams(name) @> needle_grams('测试') AND strpos(name, '测试') <> 0"
            )
            assert any(f"ix_{table}_name_grams" in row[0] for row in plan), plan
        await connection.execute("RESET enable_seqscan")


@slow
async def test_databases_of_one_server_are_migrated_at_the_same_time(new_database):
    urls = [new_database("template0") for _ in range(2)]
    code = "import sys; from db.server.migrate import upgrade_sync; upgrade_sync(sys.argv[1])"
    running = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, cwd=ROOT) for url in urls]
    assert [await each.wait() for each in running] == [0, 0]
    for url in urls:
        connection = await asyncpg.connect(url)
        assert await faults(connection, embedded=True) == []
        await connection.close()


async def test_roles_that_two_databases_make_at_the_same_moment_are_made_once(server_url, database_url):
    names = [f"unionhub_test_{uuid4().hex[:8]}" for _ in range(2)]

    async def make(url: str) -> None:
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            for name in names:
                await connection.execute(MAKE_ROLE.format(role=name))
            await connection.execute(JOIN_ROLE.format(role=names[0], member=names[1], inherit="true"))
            await asyncio.sleep(0.05)
        await connection.close()

    owner = await asyncpg.connect(server_url)
    try:
        await asyncio.gather(*(make(url) for url in (server_url, database_url) * 4))
        assert await owner.fetchval("SELECT pg_has_role($1, $2, 'USAGE')", names[1], names[0])
    finally:
        for name in names:
            await owner.execute(f"DROP ROLE IF EXISTS {name}")
        await owner.close()


async def test_a_role_of_the_name_that_could_pass_the_wall_stops_the_migration(server_url):
    name = f"unionhub_test_{uuid4().hex[:8]}"
    owner = await asyncpg.connect(server_url)
    await owner.execute(f"CREATE ROLE {name} BYPASSRLS")
    try:
        with pytest.raises(asyncpg.RaiseError, match="must not have"):
            await owner.execute(MAKE_ROLE.format(role=name))
    finally:
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()


async def test_a_login_that_owns_nothing_serves_and_sees_nothing_by_itself(fresh_database_url):
    owner = await asyncpg.connect(fresh_database_url)
    name = "unionhub_test_login"
    await owner.execute(f"DROP ROLE IF EXISTS {name}")
    await owner.execute(f"CREATE ROLE {name} LOGIN")
    try:
        await owner.execute(f"GRANT {SERVICE} TO {name} WITH INHERIT FALSE, SET TRUE")
        connection = await asyncpg.connect(fresh_database_url, user=name)
        assert await faults(connection) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT id FROM member")
        await connection.execute("SET ROLE unionhub_everything")
        assert await connection.fetchval("SELECT count(*) FROM member") > 0
        await connection.execute("SET ROLE NONE")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT id FROM member")
        await connection.close()
    finally:
        await owner.execute(f"DROP OWNED BY {name}")
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()

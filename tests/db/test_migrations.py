from datetime import UTC, datetime

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.models import Model
from db.server.connect import create_engine
from db.server.migrate import config, head, require_head, upgrade


async def test_the_migrated_database_has_what_the_models_say_and_upgrading_twice_is_harmless(empty_database_url):
    await upgrade(empty_database_url)
    await upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), Model.metadata)
        )
    await engine.dispose()
    assert differences == []


async def test_an_upgraded_database_is_at_the_head(empty_database_url):
    await upgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    await require_head(connection)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head()
    await connection.close()


async def test_check_constraints_name_every_code_of_their_list(empty_database_url):
    await upgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    checks = "\n".join(
        row[0]
        for row in await connection.fetch("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")
    )
    await connection.close()
    for table in Model.metadata.tables.values():
        for column in table.columns:
            for code in getattr(column.type, "enums", ()):
                assert f"'{code}'" in checks


async def test_periods_that_were_loaded_before_become_those_of_the_law(fresh_database_url):
    connection = await asyncpg.connect(fresh_database_url)
    rules = "SELECT procedure, step, division_id, length, unit, article, valid_from, valid_to FROM deadline_rule ORDER BY id"
    wanted = await connection.fetch(rules)
    await connection.execute(
        "UPDATE deadline_rule r SET step = replace(step, 'publish_wage', 'publish'), article = 'from memory',"
        " valid_from = CASE WHEN d.code IN ('37', '50') THEN '2010-01-01' ELSE r.valid_from END"
        " FROM division d WHERE d.id = r.division_id AND (d.code <> '33' OR r.step = 'publish')"
    )
    assert await connection.fetch(rules) != wanted
    engine = create_engine(fresh_database_url)
    async with engine.begin() as sync:
        await sync.run_sync(lambda held: command.downgrade(config(held), "0018"))
    await engine.dispose()
    await upgrade(fresh_database_url)
    assert await connection.fetch(rules) == wanted
    await connection.close()


async def test_who_had_a_grant_of_the_operators_over_one_union_belongs_to_it(fresh_database_url):
    """Who had grants over several, of others, or ended ones alone belongs to none."""
    connection = await asyncpg.connect(fresh_database_url)
    before = ScriptDirectory.from_config(config()).get_revision("0025").down_revision
    engine = create_engine(fresh_database_url)
    async with engine.begin() as sync:
        await sync.run_sync(lambda held: command.downgrade(config(held), before))
    await engine.dispose()
    unions = [row["id"] for row in await connection.fetch("SELECT id FROM organization ORDER BY id LIMIT 2")]
    people = {"one": [0, 0], "several": [0, 1], "ended": [0], "of others": [0], "none": []}
    for name, places in people.items():
        who = await connection.fetchval("INSERT INTO principal (name, kind) VALUES ($1, 'PERSON') RETURNING id", name)
        for number, place in enumerate(places):
            await connection.execute(
                "INSERT INTO access_grant (principal_id, role, organization_id, hierarchy, valid_from, granted_by, revoked_at)"
                " VALUES ($1, $2, $3, 'TERRITORIAL', current_date, $4, $5)",
                who,
                ("FEDERATION", "GRASSROOTS_UNION")[number],
                unions[place],
                who if name == "of others" else None,
                datetime.now(UTC) if name == "ended" else None,
            )
    await upgrade(fresh_database_url)
    rows = await connection.fetch("SELECT name, organization_id FROM principal")
    assert dict(rows) == {**dict.fromkeys(people), "one": unions[0]}
    await connection.close()

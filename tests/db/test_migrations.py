import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from db.connect import create_engine
from db.migrate import config, head, require_head, upgrade
from db.models import Model


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

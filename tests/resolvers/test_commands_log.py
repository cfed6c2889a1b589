"""What a caller wrote does not get into a person's log."""

import json

from db.access import DOCUMENT, PROPOSAL
from db.server.connect import acquired
from resolvers.access.callers import Caller
from tests.resolvers.command_fixtures import (
    EXPORT,
    REVEAL,
    asked,
    gids,
    read,
)


async def test_nothing_that_a_caller_wrote_gets_into_a_persons_log_but_as_a_code(here, member):
    words = "写给本人看的话"
    for caller in (here.federation(), here.federation(here.others), here.worker(here.members[1]), Caller("nobody", 5)):
        for purpose in ("DISPUTE_CASE", "BENEFIT_PAYMENT", "SERVICE_CONTACT", "EMERGENCY", "OWN_DATA"):
            given = asked([member], purpose=purpose, fields=["NAME"], caseReference=words)
            assert await here.codes(REVEAL, given, caller)
    assert "REVEAL_REFUSED" in await here.actions()
    assert (await here.ask(REVEAL, asked([member]), here.federation()))["errors"] == []
    old = here.federation(name="an official of before")
    await here.pool.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
    last = await here.pool.fetchval("SELECT max(id) FROM access_log")
    await here.pool.execute(
        "INSERT INTO access_log (id, at, principal, action, purpose, case_reference, records, fields, operation, previous, digest)"
        " VALUES ($1, now(), $2, 'REVEAL', 'EMERGENCY', $3, $4, '[]', $3, 'x', 'x')",
        last + 1, old.name, words, json.dumps(gids([member])),
    )  # fmt: skip
    text = "{ accessLog(last: 20) { nodes { action caseReference operation principal fields } } }"
    nodes = (await read(here, text, here.worker(member)))["nodes"]
    assert [(node["action"], node["caseReference"], node["operation"]) for node in nodes] == [
        ("REVEAL", None, None),
        ("REVEAL", "TEXT", None),
    ]
    await here.pool.execute("DELETE FROM access_log WHERE id > $1", last)
    await here.pool.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
    copy = (await here.ask(EXPORT, {}, here.worker(member)))["document"]
    assert words not in copy
    assert '"Op"' not in copy
    async with acquired(here.served, here.worker(member).scope) as connection:
        rows = await connection.fetch("SELECT action FROM access_log WHERE principal <> $1", here.worker(member).name)
    assert {row["action"] for row in rows} == {"REVEAL"}


def test_the_sealed_columns_are_rotated():
    from db.personal_data.rotate_keys import TABLES

    assert {secret for table in TABLES if table.name == "subject_request" for secret in table.secrets} == {
        DOCUMENT,
        PROPOSAL,
    }

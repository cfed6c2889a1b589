"""Who reads the audit log and the requests of data subjects through the API."""

import json

import pytest

from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC, Caller
from resolvers.engine.execute.engine import Engine
from resolvers.engine.reference.executor import EXECUTORS
from schema import registry, schema
from tests.resolvers.command_fixtures import OPEN, REVEAL, asked, gids, hub
from tests.resolvers.parsed_documents import document

LOG = """{ accessLog(last: 5) {
  totalCount nodes { id at principal role action purpose caseReference fields operation } } }"""
REQUESTS = "{ subjectRequests { nodes { id kind detail openedOn dueOn closedOn member { id } } } }"


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url, size=8), await create_pool(fresh_database_url, role=READER)
    made = await hub(pool, served, vault)
    await made.ask(REVEAL, asked(made.members[:2]), made.federation())
    await made.ask(REVEAL, asked(made.members[1:2]), made.federation())
    for member in (made.members[0], made.strangers[0]):
        await made.ask(OPEN, {"kind": "CORRECTION", "detail": "手机号有误"}, made.worker(member))
    yield made
    await pool.close()
    await served.close()


@pytest.fixture(params=["plan", "default"])
def executor(request):
    return request.param


async def read(here, text, caller, executor="plan"):
    engine = Engine(schema._schema, registry, here.served, max_objects=25_000, reference=EXECUTORS[executor])
    response = json.loads((await engine.execute(document(text), None, {}, caller=caller)).body)
    assert "errors" not in response, response
    return next(iter(response["data"].values()))


async def test_a_worker_reads_who_saw_their_record_for_what_and_nothing_of_others(here, executor):
    found = await read(here, LOG, here.worker(here.members[0]), executor)
    assert found["totalCount"] == 2
    first, second = found["nodes"]
    assert (first["principal"], first["role"], first["action"]) == ("county official", "FEDERATION", "REVEAL")
    assert (first["purpose"], first["fields"], first["operation"]) == ("SERVICE_CONTACT", ["PHONE", "NAME"], None)
    assert first["at"] < second["at"]
    assert second["action"] == "SUBJECT_REQUEST_OPENED"
    assert gids(here.members[1:2])[0] not in json.dumps(found)
    assert (await read(here, LOG, here.worker(here.members[1]), executor))["totalCount"] == 2


async def test_officials_read_no_entry(here, executor):
    for caller in (here.federation(), Caller("nobody", principal_id=3)):
        found = await read(here, LOG, caller, executor)
        assert found["nodes"] == []
        assert not found["totalCount"]


async def test_a_worker_reads_the_own_requests_and_a_federation_those_of_its_members(here, executor):
    for caller in (here.worker(here.members[0]), here.federation()):
        (found,) = (await read(here, REQUESTS, caller, executor))["nodes"]
        assert (found["kind"], found["detail"]) == ("CORRECTION", "手机号有误")
        assert found["member"] == {"id": gids(here.members[:1])[0]}
    (found,) = (await read(here, REQUESTS, here.federation(here.others), executor))["nodes"]
    assert found["member"] == {"id": gids(here.strangers[:1])[0]}
    assert (await read(here, REQUESTS, here.worker(here.members[1]), executor))["nodes"] == []


async def test_an_entry_about_another_is_not_found_by_its_id(here):
    own = (await read(here, LOG, here.worker(here.members[0])))["nodes"][0]["id"]
    text = f'{{ nodes(ids: ["{own}"]) {{ id }} }}'
    assert await read(here, text, here.worker(here.members[0])) == [{"id": own}]
    for caller in (here.worker(here.strangers[0]), here.federation(), PUBLIC):
        engine = Engine(schema._schema, registry, here.served, max_objects=25_000)
        response = json.loads((await engine.execute(document(text), None, {}, caller=caller)).body)
        assert response["data"] == {"nodes": [None]}
        assert [error["extensions"]["code"] for error in response["errors"]] == ["NOT_FOUND"]

"""Log lines: JSON or logfmt, with what operators need and nothing that callers would not want there."""

import json
import logging
from typing import Any

import asyncpg
import httpx
import pytest

from hub.telemetry.log_formatters import JsonLines, Logfmt, loggable_name
from resolvers.faults import log_fault
from tests.hub.conftest import RESPONSE, TOKEN, Api, ToyEngine

FORGED = 'x"}\n{"level": "forged'


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    formatter = JsonLines()
    return [json.loads(formatter.format(record)) for record in caplog.records if record.name == "unionhub.request"]


async def test_request_is_one_line_without_variables_or_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post(
        "query Members($of: String) { word(of: $of) count(of: 98765) }",
        {"of": "371003-secret"},
        headers={"graphql-client-name": "payroll 2.1", "x-request-id": "r1"},
    )
    (line,) = lines(caplog)
    assert line["event"] == "request"
    assert (line["operation"], line["status"], line["principal"], line["code"]) == ("Members", 200, "national", None)
    assert (line["source"], line["client"]) == ("127.0.0.1", "payroll 2.1")
    assert line["points"] >= 10
    assert line["statements"] == 0  # the toy engine has no database
    assert isinstance(line["ms"], float)
    assert line["level"] == "info"
    assert "at" in line
    for secret in ("secret", "98765", TOKEN):
        assert secret not in json.dumps(line)


async def test_refusal_is_logged_with_its_code(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post("{ word }", headers={"authorization": "Bearer wrong"})
    (line,) = lines(caplog)
    assert (line["status"], line["code"], line["principal"]) == (401, "UNAUTHENTICATED", None)
    assert line["client"] == "unknown"


@pytest.mark.parametrize(
    ("given", "logged"),
    [
        (FORGED + "y" * 1_000, "(not a name)"),
        ("y" * 1_000, "y" * 100),
        ("Find_330102199001011234", "Find_#"),
        ("张三", "(not a name)"),
    ],
)
async def test_names_of_operations_are_cut_and_hold_no_numbers_of_persons(
    api: Api, caplog: pytest.LogCaptureFixture, given: str, logged: str
) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post("{ word }", operationName=given)
    (line,) = lines(caplog)
    assert line["operation"] == logged
    assert "\n" not in JsonLines().format(caplog.records[-1])


async def test_other_requests_are_a_line_too_without_their_query_string(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await client.get("/nothing?name=secret")
    await client.get("/graphql?query={word}", headers={"accept": "text/html"})
    await client.get("/healthz")
    found = [(line["method"], line["path"], line["status"], line["source"]) for line in lines(caplog)]
    assert found == [("GET", "/nothing", 404, "127.0.0.1"), ("GET", "/graphql", 200, "127.0.0.1")]


def test_logfmt_has_the_same_pairs_and_quotes_what_would_end_them() -> None:
    record = logging.makeLogRecord(
        {"name": "unionhub.request", "msg": "request", "operation": "Q", "code": None, "ms": 1.5, "why": 'a "b"=\n c'}
    )
    line = Logfmt().format(record)
    assert "\n" not in line
    assert line.endswith(r'operation=Q ms=1.5 why="a \"b\"=\n c"')
    assert "code=" not in line


def test_fault_is_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError as error:
        reference = log_fault("fault", error, operation=loggable_name("Q" * 1_000))
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert line["reference"] == reference
    assert len(reference) == 12
    assert "ValueError: what went wrong" in line["traceback"]
    assert "test_requests.py" in line["traceback"]
    assert len(line["operation"]) == 100


async def test_faults_of_the_database_keep_no_value(server_url: str, caplog: pytest.LogCaptureFixture) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute("CREATE TEMP TABLE held (name text PRIMARY KEY); INSERT INTO held VALUES ('张三丰')")
        for sql, values in (
            ("INSERT INTO held VALUES ($1)", ["张三丰"]),
            ("SELECT cast($1::text AS bigint)", ["张三丰"]),
            ("SELECT $1::int", ["张三丰"]),
        ):
            try:
                await connection.fetch(sql, *values)
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log_fault("fault", RuntimeError("a cause") if error is None else error)
    finally:
        await connection.close()
    written = [JsonLines().format(record) for record in caplog.records if record.name == "unionhub.error"]
    assert [kind in line for kind, line in zip(("UniqueViolation", "InvalidText", "DataError"), written, strict=True)]
    assert "duplicate key" in written[0]
    assert "张三丰" not in "".join(written)


async def test_metrics_have_time_by_operation_and_client(
    api: Api, client: httpx.AsyncClient, app: Any, engine: ToyEngine
) -> None:
    telemetry = app.telemetry
    named = {"apollographql-client-name": "payroll"}
    await api.post("query Members { word }", headers=named)
    for query in ("query Stranger { word }", "query Members { word }", "{ word }"):
        await client.post("/graphql", json={"query": query}, headers={"accept": RESPONSE, **named})
    await api.post("query Wrong { nothing }", headers={**named, "accept": "application/json"})
    loggable_name = telemetry.exposition().decode()
    counted = {
        line.partition("}")[0].partition("{")[2]: float(line.rpartition(" ")[2])
        for line in loggable_name.splitlines()
        if line.startswith("unionhub_operation_seconds_count{")
    }
    assert counted == {
        'client="payroll",operation="Members"': 1,
        'client="public",operation="other"': 1,
        'client="public",operation="Members"': 1,
        'client="public",operation="unnamed"': 1,
        'client="payroll",operation="unnamed"': 1,  # what is not valid has no name
    }


async def test_names_in_metrics_are_bounded(api: Api, app: Any) -> None:
    for number in range(70):
        await api.post(f"query Q{number} {{ word }}", headers={"graphql-client-name": f"client-{number}"})
    loggable_name = app.telemetry.exposition().decode()
    pairs = [line for line in loggable_name.splitlines() if line.startswith("unionhub_operation_seconds_count{")]
    assert len(pairs) == 51
    assert 'client="other",operation="other"} 20.0' in loggable_name


async def test_metrics_have_process_loop_pool_and_caches(app: Any, api: Api) -> None:
    await api.post("{ word }")
    await api.post("{ word }")
    loggable_name = app.telemetry.exposition().decode()
    for name in (
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "unionhub_event_loop_lag_seconds_count",
        'unionhub_database_connections{state="idle"}',
        "unionhub_database_connections_max",
        "unionhub_database_waiting",
        "unionhub_database_wait_seconds_count",
        "unionhub_document_cache_misses_total 1.0",
        "unionhub_document_cache_hits_total 1.0",
    ):
        assert name in loggable_name, name


async def test_what_is_refused_by_budget_or_share_is_counted(api: Api, app: Any, engine: ToyEngine) -> None:
    budget = app.endpoint.operations.budget
    budget.principals.spend(1, 2 * budget.principals.capacity)
    await api.post("{ word }")
    loggable_name = app.telemetry.exposition().decode()
    assert 'unionhub_graphql_refused_total{code="TOO_MANY_REQUESTS"} 1.0' in loggable_name
    assert 'unionhub_graphql_errors_total{code="TOO_MANY_REQUESTS"} 1.0' in loggable_name

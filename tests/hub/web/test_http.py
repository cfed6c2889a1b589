"""The endpoint by the GraphQL-over-HTTP draft, and what it does with requests that are none."""

import json

import httpx
import pytest

from hub.app import Hub
from hub.web.http import GraphQLEndpoint
from tests.hub.conftest import BEARER, RESPONSE, Api, ToyEngine, code_of

JSON = {"accept": "application/json"}


async def test_query_is_answered_as_graphql_response(api: Api) -> None:
    response = await api.post("query Q($of: String) { word(of: $of) }", {"of": "x"}, operationName="Q")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.json() == {"data": {"word": "word"}}


async def test_answers_are_kept_by_no_cache(api: Api) -> None:
    headers = (await api.post("{ word }")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "accept" in headers["vary"]
    assert "server" not in headers


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html;q=0.1, application/json"])
async def test_older_callers_get_application_json(api: Api, accept: str) -> None:
    response = await api.post("{ word }", headers={"accept": accept})
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query Q($id: ID!) { word }"])
async def test_refused_query_is_400_in_the_new_media_type_and_200_in_the_old(api: Api, query: str) -> None:
    new, old = await api.post(query), await api.post(query, headers=JSON)
    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json() == old.json()
    assert "data" not in new.json()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("query Q($id: ID!) { word(of: $id) }", "VALIDATION_FAILED"),
    ],
)
async def test_codes_of_refused_queries(api: Api, query: str, code: str) -> None:
    assert code_of(await api.post(query)) == code


async def test_unacceptable_media_type_is_406(api: Api) -> None:
    for accept in ("image/png", "application/json;q=0", "application/json; charset=utf-16", "text/html"):
        response = await api.post("{ word }", headers={"accept": accept})
        assert response.status_code == 406, accept
        assert code_of(response) == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/graphql",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/json, application/json",
        "application/jsonx",
    ],
)
async def test_other_content_types_are_415(client: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {"accept": RESPONSE, **BEARER, **({"content-type": content_type} if content_type else {})}
    response = await client.post("/graphql", content=b'{"query":"{ word }"}', headers=headers)
    assert response.status_code == 415
    assert code_of(response) == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"']
)
async def test_json_in_utf8_is_taken(api: Api, content_type: str) -> None:
    assert (await api.post("{ word }", headers={"content-type": content_type})).status_code == 200


async def test_compressed_body_is_415(api: Api) -> None:
    assert (await api.post("{ word }", headers={"content-encoding": "gzip"})).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
async def test_other_methods_are_405_and_told_which_are_served(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", headers={"accept": RESPONSE})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_get_runs_a_query(api: Api, engine: ToyEngine) -> None:
    response = await api.get(
        {
            "query": "query Q($of: String) { word(of: $of) }",
            "operationName": "Q",
            "variables": '{"of": "x"}',
            "extensions": "{}",
        }
    )
    assert response.json() == {"data": {"word": "word"}}
    assert engine.calls[-1]["variables"] == {"of": "x"}


@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
async def test_get_never_runs_a_mutation(api: Api, engine: ToyEngine, accept: str) -> None:
    response = await api.get({"query": "mutation { change }"}, headers={"accept": accept})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert code_of(response) == "METHOD_NOT_ALLOWED"
    assert engine.calls == []


async def test_get_looks_at_the_chosen_operation_only(api: Api) -> None:
    query = "query Q { word } mutation M { change }"
    assert (await api.get({"query": query, "operationName": "Q"})).status_code == 200
    assert (await api.get({"query": query, "operationName": "M"})).status_code == 405
    assert (await api.get({"query": query})).status_code == 400


async def test_post_runs_a_mutation(api: Api) -> None:
    assert (await api.post("mutation { change }")).json() == {"data": {"change": "changed"}}


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/graphql", 400, "BAD_REQUEST"),
        ("/graphql?query=", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&variables=%5B", 400, "MALFORMED_JSON"),
        ("/graphql?query=%7Bword%7D&variables=%5B%5D", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&variables=1", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&extensions=3", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&extensions=%7B", 400, "MALFORMED_JSON"),
        ("/graphql?query=%FF", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&query=%7Bcount%7D", 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword(of:%22%00%22)%7D", 400, "INVALID_CHARACTER"),
        ("/graphql?query=%7Bword%7D&operationName=%00", 400, "INVALID_CHARACTER"),
        ("/graphql?query=%7Bword%7D&variables=%7B%22of%22:%22%5Cu0000%22%7D", 400, "INVALID_CHARACTER"),
        ("/graphql?query=%7Bword%7D" + "&a=1" * 20, 400, "BAD_REQUEST"),
        ("/graphql?query=%7Bword%7D&pad=" + "x" * 40_000, 414, "URI_TOO_LONG"),
    ],
)
async def test_bad_query_strings_are_refused(api: Api, url: str, status: int, code: str) -> None:
    response = await api.get(url=url)
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MALFORMED_JSON"),
        (b"null", "BAD_REQUEST"),
        (b"123", "BAD_REQUEST"),
        (b'"text"', "BAD_REQUEST"),
        (b"true", "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
        (b'[{"query": "{ word }"}]', "BAD_REQUEST"),
        (b"{}", "BAD_REQUEST"),
        (b'{"query": null}', "BAD_REQUEST"),
        (b'{"query": ""}', "BAD_REQUEST"),
        (b'{"query": " \\n"}', "BAD_REQUEST"),
        (b'{"query": 1}', "BAD_REQUEST"),
        (b'{"query": {"a": 1}}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "variables": []}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "variables": "{}"}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "variables": 0}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "operationName": 0}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "operationName": ["Q"]}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "extensions": []}', "BAD_REQUEST"),
        (b'{"query": "{ word }", "extensions": false}', "BAD_REQUEST"),
        (b'{"query": "{ word }"', "MALFORMED_JSON"),
        (b'{"query": "{ word }"} x', "MALFORMED_JSON"),
        (b"query=%7Bword%7D", "MALFORMED_JSON"),
        (b'{"query": "\xff\xfe"}', "MALFORMED_JSON"),
        (b'{"query": "{ word }", "variables": {"of": "\\ud800"}}', "MALFORMED_JSON"),
        (b'{"query": "{ word }", "variables": {"of": NaN}}', "MALFORMED_JSON"),
        (b"9" * 5_000, "MALFORMED_JSON"),
        (b'{"query": "{ word }", "variables": {"of": ' + b"9" * 5_000 + b"}}", "MALFORMED_JSON"),
        (b"[" * 50_000 + b"]" * 50_000, "MALFORMED_JSON"),
        (b'{"query": "{ word }", "variables": {"of": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}", "MALFORMED_JSON"),
        (b'{"query": "{ word }", "variables": {"of": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}}", "BAD_VARIABLES"),
        (b'{"query": "{ word }", "variables": {"of": "\\u0000"}}', "INVALID_CHARACTER"),
        (b'{"query": "{ word }", "variables": {"of": [{"a": ["x\\u0000y"]}]}}', "INVALID_CHARACTER"),
        (b'{"query": "{ word }", "variables": {"\\u0000": 1}}', "INVALID_CHARACTER"),
        (b'{"query": "{ word }", "operationName": "\\u0000"}', "INVALID_CHARACTER"),
    ],
)
async def test_bodies_that_are_no_request_are_400(
    api: Api, engine: ToyEngine, body: bytes, code: str, accept: str
) -> None:
    response = await api.raw(body, headers={"accept": accept})
    assert (response.status_code, code_of(response)) == (400, code)
    assert engine.calls == []


@pytest.mark.parametrize(
    "query", ['{ word(of: "\\u0000") }', '{ word(of: "\0") }', '{ word(of: "\\u{0}") }', '{ word(of: """\0""") }']
)
async def test_null_characters_in_the_document_are_refused(api: Api, query: str) -> None:
    response = await api.post(query)
    assert (response.status_code, code_of(response)) == (400, "INVALID_CHARACTER")


@pytest.mark.parametrize("of", ["\\u0000", "\\\\u0000", "工会\u2028", "\U0001f3c3"])
async def test_text_that_only_looks_like_a_null_character_is_taken(api: Api, engine: ToyEngine, of: str) -> None:
    response = await api.post("query Q($of: String) { word(of: $of) }", {"of": of})
    assert response.status_code == 200
    assert engine.calls[-1]["variables"] == {"of": of}


@pytest.mark.parametrize("member", ["variables", "operationName", "extensions"])
async def test_null_members_mean_nothing(api: Api, member: str) -> None:
    assert (await api.raw(json.dumps({"query": "{ word }", member: None, "other": 1}))).json() == {
        "data": {"word": "word"}
    }


async def test_integer_literal_of_5000_digits_is_refused(api: Api) -> None:
    response = await api.post("{ count(of: " + "9" * 5_000 + ") }")
    assert (response.status_code, code_of(response)) == (400, "VALIDATION_FAILED")


async def test_body_over_the_limit_is_413(api: Api) -> None:
    response = await api.post("{ word }" + " " * 1_000_000)
    assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")
    assert (await api.post("{ word }" + " " * 200_000)).status_code == 200


async def test_endless_body_is_given_up(app: Hub) -> None:
    given = 0

    async def receive() -> dict[str, object]:
        nonlocal given
        given += 1
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"accept", RESPONSE.encode())]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert given < 600


async def test_caller_who_goes_away_is_not_answered(app: Hub, engine: ToyEngine) -> None:
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, object]:
        return next(messages)

    async def send(message: dict[str, object]) -> None:
        raise AssertionError("nobody is there")

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert engine.calls == []


async def test_slow_body_is_given_up(app: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from hub.web import http

    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        for part in parts:
            return part
        await asyncio.sleep(30)
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


async def test_long_names_are_not_echoed(api: Api) -> None:
    for query in (
        "{ " + "q" * 100_000 + " }",
        '{ count(of: "' + "q" * 100_000 + '") }',
        "{ word @" + "q" * 100_000 + " }",
    ):
        response = await api.post(query)
        assert response.status_code == 400
        assert len(response.content) < 1_000


async def test_errors_suggest_names(api: Api) -> None:
    for query in ("{ wor }", "{ word(o: 1) }", "{ ... on Tre { name } }", "{ boxed(in: {lis: 1}) }"):
        assert "Did you mean" in (await api.post(query)).text


async def test_a_body_may_begin_with_a_byte_order_mark(client: httpx.AsyncClient) -> None:
    """Case 18."""
    headers = {"content-type": "application/json", "accept": RESPONSE, **BEARER}
    body = b"\xef\xbb\xbf" + b'{"query": "query WithMark { __typename }"}'
    response = await client.post("/graphql", content=body, headers=headers)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})
    twice = await client.post("/graphql", content=b"\xef\xbb\xbf" + body, headers=headers)
    assert twice.json()["errors"][0]["extensions"]["code"] == "MALFORMED_JSON"


async def test_at_most_20_errors_are_told(api: Api) -> None:
    errors = (await api.post("{ " + " ".join(f"q{i}" for i in range(500)) + " }")).json()["errors"]
    assert len(errors) == 20
    assert {error["extensions"]["code"] for error in errors} == {"VALIDATION_FAILED"}


async def test_fault_is_masked_and_logged_under_one_reference(
    api: Api, engine: ToyEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.fault = RuntimeError("SELECT secret FROM somewhere")
    for accept in (RESPONSE, "application/json"):
        response = await api.post("query Q { word }", headers={"accept": accept})
        assert (response.status_code, code_of(response)) == (500, "INTERNAL_ERROR")
        assert "secret" not in response.text
        reference = response.json()["errors"][0]["message"].removeprefix("Internal error. Reference: ")
        (record,) = [record for record in caplog.records if getattr(record, "reference", None) == reference]
        assert record.exc_info
        assert record.exc_info[1] is engine.fault
    engine.fault = None
    assert (await api.post("{ word }")).status_code == 200


async def test_lost_database_is_503_and_says_to_come_back(api: Api, engine: ToyEngine) -> None:
    engine.fault = ConnectionRefusedError("127.0.0.1:5432")
    response = await api.post("{ word }")
    assert (response.status_code, code_of(response)) == (503, "DATABASE_UNAVAILABLE")
    assert response.headers["retry-after"] == "1"
    assert "5432" not in response.text
    engine.fault = None
    assert (await api.post("{ word }")).status_code == 200


async def test_explain_is_passed_on_for_callers_with_a_token(api: Api, engine: ToyEngine) -> None:
    await api.post("{ word }", headers={"x-unionhub-explain": "1"})
    assert engine.calls[-1]["explain"] is True
    await api.post("{ word }", headers={"x-unionhub-explain": "0"})
    assert engine.calls[-1]["explain"] is False


async def test_browser_gets_the_explorer_and_its_queries_do_not(api: Api) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = await api.get(headers={"accept": browser})
    assert page.headers["content-type"].startswith("text/html")
    assert "Content-Security-Policy" in page.headers
    assert (await api.post("{ word }", headers={"accept": browser})).json() == {"data": {"word": "word"}}


async def test_websocket_upgrade_is_refused_where_the_server_knows_none(api: Api) -> None:
    response = await api.get(headers={"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"})
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


async def test_subscriptions_are_not_served(api: Api) -> None:
    response = await api.post("subscription { word }", headers={"accept": "text/event-stream, " + RESPONSE})
    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"VALIDATION_FAILED"}


async def test_unknown_paths_and_methods_are_told_in_json(client: httpx.AsyncClient) -> None:
    for path in ("/graphql/", "/nothing"):
        response = await client.get(path)
        assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    response = await client.post("/healthz")
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert (await client.get("/")).headers["location"] == "/graphql"


async def test_endpoint_without_a_page_answers_a_browser_in_json(app: Hub, engine: ToyEngine) -> None:
    assert app.endpoint is not None
    bare = GraphQLEndpoint(app.endpoint.operations, app.endpoint.authenticator, max_body_bytes=1_000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url="http://hub") as client:  # type: ignore[arg-type]
        response = await client.get("/graphql", headers={"accept": "text/html, application/json;q=0.5"})
        assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")

"""graphql-transport-ws on the endpoint's path: its rules, its close codes, and that the hub's own rules hold there too."""

import asyncio
import json
import logging
from typing import Any

import pytest

from db.meter import holding
from hub.app import Hub
from hub.authentication import authenticator
from hub.errors import Refusal
from hub.limits.budget import FAILURES
from resolvers.access.callers import PUBLIC
from resolvers.engine.request.document import Answer
from tests.hub.conftest import BEARER, TOKEN, ToyEngine
from tests.hub.websocket_client import ACK, INIT, Socket, connected
from tests.tokens import token

WORD = "{ word }"


class SlowEngine(ToyEngine):
    """Answers when it is let, and remembers what was cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.started = asyncio.Event()
        self.cancelled = 0
        self.finished = 0

    async def execute(self, *given: Any, **more: Any) -> Answer:
        self.started.set()
        try:
            with holding():
                await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.finished += 1
        return await super().execute(*given, **more)


@pytest.fixture
def slow(app: Hub) -> SlowEngine:
    assert app.sockets is not None
    app.sockets.operations.engine = engine = SlowEngine()
    return engine


async def test_queries_and_mutations_are_answered(app: Hub, engine: ToyEngine) -> None:
    async with connected(app) as socket:
        payload = await socket.answer("1", "query Q($of: String) { word(of: $of) }", variables={"of": "x"})
        assert payload["data"] == {"word": "word"}
        assert (await socket.answer("1", "mutation { change }"))["data"] == {"change": "changed"}
    assert [call["persona"] for call in engine.calls] == ["national", "national"]
    assert engine.calls[0]["variables"] == {"of": "x"}
    assert engine.calls[0]["request"]["source"] == "192.0.2.7"


async def test_answers_tell_what_is_left_of_the_budget(app: Hub) -> None:
    async with connected(app) as socket:
        payload = await socket.answer("1", WORD)
        assert payload["extensions"]["headers"].keys() == {"ratelimit", "ratelimit-policy"}


async def test_the_subprotocol_is_agreed_on(app: Hub) -> None:
    socket = Socket(app, {}, ["graphql-ws", "graphql-transport-ws"], "/graphql")
    assert (await socket.event())["subprotocol"] == "graphql-transport-ws"
    await socket.leave()
    async with connected(app, init=None, protocols=["graphql-ws"]) as other:
        assert (await other.end())[0] == 4406


async def test_only_the_endpoints_path_is_served(app: Hub) -> None:
    assert (await Socket(app, {}, ["graphql-transport-ws"], "/elsewhere").event())["type"] == "websocket.close"


async def test_without_a_token_it_is_the_public_analyst(app: Hub, engine: ToyEngine) -> None:
    for init in ({"type": "connection_init"}, {"type": "connection_init", "payload": {}}):
        async with connected(app, init=init) as socket:
            await socket.answer("1", WORD)
    assert {call["caller"] for call in engine.calls} == {PUBLIC}


async def test_the_token_may_come_with_the_handshake(app: Hub, engine: ToyEngine) -> None:
    async with connected(app, init={"type": "connection_init"}, headers=BEARER) as socket:
        await socket.answer("1", WORD)
    assert engine.calls[-1]["persona"] == "national"


@pytest.mark.parametrize("written", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
async def test_the_same_token_with_handshake_and_init_is_one(app: Hub, engine: ToyEngine, written: str) -> None:
    assert app.sockets is not None
    async with connected(app, headers={"authorization": written}) as socket:
        await socket.answer("1", WORD)
    assert engine.calls[-1]["persona"] == "national"
    principals = app.sockets.operations.budget.principals
    assert principals is not None
    for kept in (app.sockets.authenticator.sessions, principals.levels):
        kept.run_pending_tasks()
        assert kept.count() == 1


async def test_the_same_bad_token_with_handshake_and_init_is_one_failure(
    app: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    assert app.sockets is not None
    bad = {"authorization": f"Bearer {token('stranger')}"}
    with caplog.at_level(logging.WARNING, "unionhub.auth"):
        async with connected(app, init=None, headers=bad) as socket:
            socket.say({"type": "connection_init", "payload": bad})
            code, reason = await socket.end()
    assert (code, reason.partition(":")[0]) == (4403, "UNKNOWN_PRINCIPAL")
    assert len([record for record in caplog.records if record.name == "unionhub.auth"]) == 1
    buckets = app.sockets.authenticator.failures.buckets
    assert buckets.capacity - buckets.left("192.0.2.7") == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("other", [f"Bearer {token('analyst')}", "Bearer nonsense", f"Basic {TOKEN}", ""])
async def test_two_tokens_with_handshake_and_init_are_one_too_many(app: Hub, other: str) -> None:
    async with connected(app, init=None, headers={"authorization": other}) as socket:
        socket.say(INIT)
        code, reason = await socket.end()
        assert (code, reason.partition(":")[0]) == (4403, "SEVERAL_TOKENS")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer nonsense", "UNAUTHENTICATED"),
        (f"Bearer {token('stranger')}", "UNKNOWN_PRINCIPAL"),
        (f"Bearer {token(exp=1)}", "TOKEN_EXPIRED"),
        ("Basic eA==", "WRONG_TOKEN_KIND"),
        ("Bearer " + "x" * 100_000, "BAD_TOKEN"),
        ("Bearer 工会", "UNAUTHENTICATED"),
    ],
)
@pytest.mark.parametrize("key", ["authorization", "Authorization"])
async def test_bad_tokens_close_with_4403_and_the_code(app: Hub, key: str, authorization: str, code: str) -> None:
    async with connected(app, init=None) as socket:
        socket.say({"type": "connection_init", "payload": {key: authorization}})
        number, reason = await socket.end()
    assert (number, reason.partition(":")[0]) == (4403, code)
    assert len(reason.encode()) <= 123


async def test_failed_sign_ins_are_counted_by_source(app: Hub) -> None:
    ends = []
    for _ in range(12):
        async with connected(app, init=None) as socket:
            socket.say({"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}})
            ends.append(await socket.end())
    assert [code for code, _ in ends[:10]] == [4403] * 10
    assert (ends[-1][0], ends[-1][1].partition(":")[0]) == (4429, "TOO_MANY_FAILURES")


async def test_who_does_not_say_who_it_is_is_sent_away(app: Hub) -> None:
    assert app.sockets is not None
    app.sockets.init_seconds = 0.05
    async with connected(app, init=None) as socket:
        socket.say({"type": "ping"})
        assert await socket.told() == {"type": "pong"}
        assert (await socket.end())[0] == 4408


async def test_nothing_runs_before_the_acknowledgement(app: Hub, engine: ToyEngine) -> None:
    async with connected(app, init=None) as socket:
        socket.ask("1", WORD)
        assert (await socket.end())[0] == 4401
    assert engine.calls == []


async def test_a_second_init_closes_with_4429(app: Hub) -> None:
    async with connected(app) as socket:
        socket.say(INIT)
        assert (await socket.end())[0] == 4429


async def test_an_id_that_is_taken_closes_with_4409_and_a_free_one_is_reused(app: Hub, slow: SlowEngine) -> None:
    async with connected(app) as socket:
        socket.ask("1", WORD)
        await slow.started.wait()
        slow.go.set()
        assert (await socket.told())["type"] == "next"
        assert (await socket.told())["type"] == "complete"
        slow.go.clear()
        slow.started.clear()
        socket.ask("1", WORD)
        await slow.started.wait()
        socket.ask("1", WORD)
        assert await socket.end() == (4409, "Subscriber for 1 already exists")
    assert slow.cancelled == 1


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "null",
        "[]",
        "5",
        "{}",
        "[" * 50_000,
        {"type": 1},
        {"type": "start", "id": "1", "payload": {"query": WORD}},
        {"type": "next", "id": "1"},
        {"type": "subscribe"},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "", "payload": {"query": WORD}},
        {"type": "subscribe", "id": 1, "payload": {"query": WORD}},
        {"type": "subscribe", "id": "x" * 129, "payload": {"query": WORD}},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": []},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "id": "1", "payload": {"query": 5}},
        {"type": "subscribe", "id": "1", "payload": {"query": WORD, "variables": "x"}},
        {"type": "subscribe", "id": "1", "payload": {"query": WORD, "operationName": {}}},
        {"type": "subscribe", "id": "1", "payload": {"query": WORD, "extensions": []}},
        {"type": "complete"},
        {"type": "ping", "payload": "x"},
        {"type": "pong", "payload": 5},
    ],
)
async def test_what_is_no_message_closes_with_4400(app: Hub, message: Any) -> None:
    async with connected(app) as socket:
        socket.say(message)
        assert (await socket.end())[0] == 4400


@pytest.mark.parametrize(
    "payload",
    [5, [], "Bearer x", {"authorization": 5}, {"Authorization": []}, {"headers": {"Authorization": "Bearer x"}}],
)
async def test_a_bad_init_closes_with_4400(app: Hub, payload: Any) -> None:
    async with connected(app, init=None) as socket:
        socket.say({"type": "connection_init", "payload": payload})
        assert (await socket.end())[0] == 4400


async def test_binary_messages_close_with_4400(app: Hub) -> None:
    async with connected(app) as socket:
        socket.sent.put_nowait({"type": "websocket.receive", "bytes": json.dumps({"type": "ping"}).encode()})
        assert (await socket.end())[0] == 4400


async def test_pings_are_answered_and_pongs_taken(app: Hub) -> None:
    async with connected(app) as socket:
        socket.say({"type": "pong"}, {"type": "ping", "payload": {"at": 5}}, {"type": "ping", "payload": None})
        assert [await socket.told(), await socket.told()] == [{"type": "pong"}] * 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("subscription { word }", "VALIDATION_FAILED"),
        ("query A { word } query B { word }", "BAD_OPERATION"),
        (
            "{ " + " ".join(f"a{n}: word" for n in range(101)) + " }",
            "TOO_MANY_ALIASES",
        ),
    ],
)
async def test_refused_operations_get_an_error_and_the_connection_stays(app: Hub, query: str, code: str) -> None:
    async with connected(app) as socket:
        errors = await socket.answer("1", query)
        assert errors[0]["extensions"]["code"] == code
        assert (await socket.answer("1", WORD))["data"] == {"word": "word"}


async def test_variables_are_examined(app: Hub) -> None:
    async with connected(app) as socket:
        query = "query Q($of: String) { word(of: $of) }"
        (error,) = await socket.answer("1", query, variables={"of": "a\0b"})
        assert error["extensions"]["code"] == "INVALID_CHARACTER"
        nested: Any = "x"
        for _ in range(70):
            nested = [nested]
        (error,) = await socket.answer("2", query, variables={"of": nested})
        assert error["extensions"]["code"] == "BAD_VARIABLES"


async def test_operations_of_a_connection_are_bounded(app: Hub, slow: SlowEngine) -> None:
    assert app.sockets is not None
    app.sockets.max_running = 3
    async with connected(app) as socket:
        for number in range(4):
            socket.ask(str(number), WORD)
        told = await socket.told()
        assert (told["id"], told["type"]) == ("3", "error")
        assert told["payload"][0]["extensions"]["code"] == "TOO_MANY_RUNNING"
        slow.go.set()
        answered = [await socket.told() for _ in range(6)]
        assert {each["id"] for each in answered} == {"0", "1", "2"}


async def test_connections_are_bounded(app: Hub) -> None:
    assert app.sockets is not None
    app.sockets.max_sockets = 1
    async with connected(app):
        refused = Socket(app, {}, ["graphql-transport-ws"], "/graphql")
        start, body = await refused.event(), await refused.event()
        assert start["status"] == 503
        assert b"TOO_MANY_SOCKETS" in body["body"]
    async with connected(app) as socket:
        await socket.answer("1", WORD)


async def test_complete_ends_a_query(app: Hub, slow: SlowEngine) -> None:
    async with connected(app) as socket:
        socket.ask("1", WORD)
        await slow.started.wait()
        socket.say({"id": "1", "type": "complete"}, {"id": "1", "type": "complete"}, {"type": "ping"})
        assert await socket.told() == {"type": "pong"}
        slow.go.set()
        assert (await socket.answer("1", WORD))["data"] == {"word": "word"}
    assert (slow.cancelled, slow.finished) == (1, 1)


async def test_leaving_ends_queries_and_lets_mutations_finish(app: Hub, slow: SlowEngine) -> None:
    async with connected(app) as socket:
        socket.ask("1", WORD)
        socket.ask("2", "mutation { change }")
        await slow.started.wait()
        await asyncio.sleep(0)
    assert slow.cancelled == 1
    assert app.sockets is not None
    (mutation,) = app.sockets.operations.mutations
    slow.go.set()
    assert (await mutation).status == 200
    assert (slow.cancelled, slow.finished) == (1, 1)


async def test_what_was_not_waited_for_is_paid_for(app: Hub, slow: SlowEngine) -> None:
    assert app.sockets is not None
    budget = app.sockets.operations.budget.principals
    assert budget is not None
    budget.clock = lambda: 0.0  # nothing is refilled
    async with connected(app) as socket:
        socket.ask("1", WORD)
        await slow.started.wait()
        await asyncio.sleep(0.06)
    assert budget.left(1) < budget.capacity - 10 - 50 * 50


async def test_an_expired_token_ends_the_connection(
    app: Hub, slow: SlowEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.sockets is not None
    app.sockets.check_seconds = 0.02
    async with connected(app) as socket:
        socket.ask("1", WORD)
        await slow.started.wait()
        ended = Refusal(401, "TOKEN_EXPIRED", "The token has expired.")

        async def refuse(*_: object) -> None:
            raise ended

        monkeypatch.setattr(app.sockets.authenticator, "known", lambda _: None)
        monkeypatch.setattr(app.sockets.authenticator, "sign_in", refuse)
        assert await socket.end() == (4403, "TOKEN_EXPIRED: The token has expired.")
    assert slow.cancelled == 1


async def test_a_revoked_token_is_noticed_by_the_next_operation(
    app: Hub, engine: ToyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.sockets is not None
    refusals: list[authenticator.RefusedSignIn] = []

    async def remember(refused: authenticator.RefusedSignIn) -> None:
        refusals.append(refused)

    app.sockets.authenticator.on_refused = remember
    async with connected(app) as socket:
        callers = app.sockets.authenticator.callers
        monkeypatch.setattr(callers, "by_subject", callers.by_key)
        callers.forget()
        socket.ask("1", WORD)
        code, reason = await socket.end()
        assert (code, reason.partition(":")[0]) == (4403, "UNKNOWN_PRINCIPAL")
    assert engine.calls == []
    assert [(refused.code, refused.source) for refused in refusals] == [("UNKNOWN_PRINCIPAL", "192.0.2.7")]


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_a_token_that_holds_no_longer_ends_the_connection_however_many_others_have_failed(
    app: Hub, slow: SlowEngine, monkeypatch: pytest.MonkeyPatch, is_remembered: bool
) -> None:
    assert app.sockets is not None
    app.sockets.check_seconds = 0.02
    authenticator = app.sockets.authenticator
    async with connected(app) as socket:
        socket.ask("1", WORD)
        await slow.started.wait()
        for _ in range(FAILURES):
            assert authenticator.failures.record("192.0.2.7") is None
        monkeypatch.setattr(authenticator.callers, "by_subject", authenticator.callers.by_key)
        if not is_remembered:
            # a new cache: after `clear`, `remove` still finds what was there
            authenticator.sessions = type(authenticator.sessions)(FAILURES)
        authenticator.callers.forget()
        code, reason = await socket.end()
        expected = "UNKNOWN_PRINCIPAL" if is_remembered else "TOO_MANY_FAILURES"
        assert (code, reason.partition(":")[0]) == (4403, expected)
    assert slow.cancelled == 1


async def test_a_database_that_is_away_does_not_end_the_connection(app: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.sockets is not None
    app.sockets.check_seconds = 0.01
    authenticator = app.sockets.authenticator

    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    async with connected(app) as socket:
        with monkeypatch.context() as patched:
            patched.setattr(authenticator, "known", lambda _: None)
            patched.setattr(authenticator, "sign_in", away)
            await asyncio.sleep(0.05)
            (error,) = await socket.answer("1", WORD)
            assert error["extensions"]["code"] == "DATABASE_UNAVAILABLE"
            async with connected(app, init=None) as other:
                other.say(INIT)
                assert await other.end() == (1013, "DATABASE_UNAVAILABLE")
        assert (await socket.answer("1", WORD))["data"] == {"word": "word"}


async def test_a_spent_budget_refuses_operations_and_says_when_to_go_on(app: Hub, engine: ToyEngine) -> None:
    assert app.sockets is not None
    budget = app.sockets.operations.budget.principals
    assert budget is not None
    budget.spend(1, 2 * budget.capacity)
    async with connected(app) as socket:
        (error,) = await socket.answer("1", WORD)
    assert error["extensions"]["code"] == "TOO_MANY_REQUESTS"
    assert int(error["extensions"]["headers"]["retry-after"]) >= 1
    assert engine.calls == []


async def test_faults_are_masked_and_the_connection_stays(app: Hub, engine: ToyEngine) -> None:
    async with connected(app) as socket:
        engine.fault = RuntimeError("secret")
        (error,) = await socket.answer("1", WORD)
        assert error["extensions"]["code"] == "INTERNAL_ERROR"
        assert "secret" not in error["message"]
        engine.fault = None
        assert (await socket.answer("1", WORD))["data"] == {"word": "word"}


@pytest.mark.parametrize("origin", ["http://hub", "https://hub", "https://app.example.org", "HTTP://HUB"])
async def test_pages_of_the_hub_and_of_allowed_origins_may_connect(app: Hub, origin: str) -> None:
    assert app.sockets is not None
    app.sockets.origins = frozenset({"https://app.example.org"})
    async with connected(app, headers={"origin": origin}) as socket:
        assert (await socket.answer("1", WORD))["data"] == {"word": "word"}


@pytest.mark.parametrize("origin", ["http://elsewhere", "null", "https://hub.elsewhere", "http://hub:81", ""])
async def test_pages_of_foreign_origins_may_not(app: Hub, origin: str) -> None:
    socket = Socket(app, {"origin": origin}, ["graphql-transport-ws"], "/graphql")
    start, body = await socket.event(), await socket.event()
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert b"FOREIGN_ORIGIN" in body["body"]


async def test_operations_are_counted_and_logged(app: Hub, caplog: pytest.LogCaptureFixture) -> None:
    assert app.sockets is not None
    telemetry = app.sockets.operations.telemetry
    with caplog.at_level(logging.INFO, "unionhub.request"):
        async with connected(app) as socket:
            await socket.answer("1", "query Named { word }")
            await socket.answer("1", "{ nothing }")
            assert b"unionhub_websockets 1.0" in telemetry.exposition()
    lines = [record.__dict__ for record in caplog.records if record.name == "unionhub.request"]
    assert [(line["operation"], line["status"], line["principal"], line["code"], line["over"]) for line in lines] == [
        ("Named", 200, "national", None, "websocket"),
        (None, 400, "national", "VALIDATION_FAILED", "websocket"),
    ]
    assert b"unionhub_websockets 0.0" in telemetry.exposition()
    assert b'unionhub_graphql_requests_total{status="200"} 1.0' in telemetry.exposition()


async def test_an_early_complete_and_an_ack_before_anything_else(app: Hub) -> None:
    async with connected(app, init=None) as socket:
        socket.say({"id": "1", "type": "complete"})
        assert (await socket.end())[0] == 4400
    async with connected(app, init=None) as socket:
        socket.say({"type": "pong"}, INIT)
        assert await socket.told() == ACK

"""What the time of one record is spent on in the hub: each stage of the real code timed in a loop, in one process."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter, process_time
from typing import Any

import asyncpg
import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from bench import servers
from bench.database import Database, settings_of
from bench.load import Load, cpu_seconds, put
from bench.personas import let_personas_in
from bench.workload import choose, operations
from db.clock import today
from db.server.connect import Connection, create_pool
from hub.app import default_authenticator, default_engine, limits_of
from hub.authentication.authenticator import Authenticator
from hub.authentication.demonstration_tokens import token_of
from hub.documents import Accepted, Documents
from hub.encryption_keys import demonstration_keys
from hub.limits.budget import Budget, RoleLimits
from hub.limits.cell_budget import CellBudget
from hub.limits.concurrency import CallerConcurrency
from hub.operations import Operations
from hub.parameters import from_body
from hub.serve import spare_the_collector
from hub.settings import RoleLimit, Settings
from hub.telemetry.log_formatters import JsonLines
from hub.telemetry.requests import Answered, Telemetry
from hub.web.http import GraphQLEndpoint, read_headers, respond
from hub.web.negotiation import accepts
from resolvers.access.callers import Caller
from resolvers.engine.execute.bind import bind
from resolvers.engine.execute.engine import Engine
from resolvers.engine.execute.snapshot import snapshot
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request.limits import MAX_PAGE
from resolvers.engine.request.variables import coerce_variables
from schema import schema

TOGETHER = 16
"""Calls under way at a time, as with 16 connections."""

CHUNKS = 15
"""A stage is timed in so many chunks; the fastest one counts, since what else the machine does only makes them slower."""

END_TO_END_SECONDS = 3.0


class Canned:
    """A pool whose connection answers a statement at once with rows fetched before: what is left is the engine's own time."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    async def fetch(self, *_: Any) -> list[Any]:
        """The rows."""
        return self.rows

    async def acquire(self, **_: Any) -> "Canned":
        """The connection."""
        return self

    async def set_scope(self, _: Any) -> None:
        """Nothing to carry."""

    async def keep_plans(self, _: bool) -> None:
        """No plans to keep."""

    async def release(self, _: Any) -> None:
        """Nothing to give back."""


class Bare:
    """A pool that hands out connections without a question: what is left out is what asyncpg's pool costs."""

    def __init__(self, idle: list[asyncpg.Connection]) -> None:
        self.idle = idle

    async def acquire(self, **_: Any) -> asyncpg.Connection:
        """A connection."""
        return self.idle.pop()

    async def release(self, connection: asyncpg.Connection) -> None:
        """Take it back."""
        self.idle.append(connection)


class Body:
    """What a server hands the endpoint as ``receive``: the whole body at the first call; at the next one it waits, as if for a caller who
    stays. The endpoint asks again when a request takes long, to see whether its caller has gone."""

    def __init__(self, body: bytes) -> None:
        self.body: bytes | None = body

    async def __call__(self) -> dict[str, Any]:
        """The body, once."""
        if self.body is None:
            await asyncio.get_running_loop().create_future()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}


class Silent(Telemetry):
    """Telemetry that neither counts nor logs a request."""

    def request(self, *_: Any) -> None:
        """Nothing."""


class Stages:
    """Stages by name, timed in turns, so that what disturbs the machine disturbs all of them; times in microseconds.

    ``times`` are of one call after the other. ``cpu`` is this process's CPU time of a call while ``TOGETHER`` run at a
    time: waiting, and waking up from it, are left out, which is what counts under load.
    """

    def __init__(self, loops: int) -> None:
        self.loops = max(1, loops // CHUNKS)
        self.functions: dict[str, tuple[Callable[[], Any], bool]] = {}
        self.times: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def call(self, name: str, function: Callable[[], Any]) -> None:
        """Add a function."""
        self.functions[name] = (function, False)

    def wait(self, name: str, function: Callable[[], Awaitable[Any]]) -> None:
        """Add a function that is awaited."""
        self.functions[name] = (function, True)

    async def run(self) -> None:
        """Time all of them."""
        times: dict[str, list[float]] = {name: [] for name in self.functions}
        cpu: dict[str, list[float]] = {name: [] for name in self.functions}
        for _ in range(CHUNKS):
            for name, (function, awaited) in self.functions.items():
                start, used = perf_counter(), process_time()
                if not awaited:
                    for _ in range(self.loops):
                        function()
                else:
                    await repeat(function, self.loops)
                times[name].append((perf_counter() - start) / self.loops)
                if awaited:
                    used = process_time()
                    await asyncio.gather(*(repeat(function, self.loops // TOGETHER + 1) for _ in range(TOGETHER)))
                    cpu[name].append((process_time() - used) / (self.loops // TOGETHER + 1) / TOGETHER)
                else:
                    cpu[name].append((process_time() - used) / self.loops)
        self.times = {name: 1e6 * min(found) for name, found in times.items()}
        self.cpu = {name: 1e6 * min(found) for name, found in cpu.items()}

    def both(self, name: str) -> tuple[float, float]:
        """Time and CPU time of a stage."""
        return self.times[name], self.cpu[name]

    def difference(self, name: str, whole: str, *parts: str) -> None:
        """What is left of a time without its parts."""
        for found in (self.times, self.cpu):
            found[name] = found[whole] - sum(found[part] for part in parts)


async def repeat(function: Callable[[], Awaitable[Any]], count: int) -> None:
    """Await a function so many times."""
    for _ in range(count):
        await function()


def profile(database: Database, loops: int, console: Console) -> None:
    """Time the stages, the hub as a whole and the floor below it, and print the table."""
    body = operations(choose(database))[0].bodies(servers.Server("", 0, 0))[0]
    settings = settings_of(database)
    stages = Stages(loops)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_stages(stages, settings, body))
    print_table(stages, end_to_end(database, body), console)


async def _stages(stages: Stages, settings: Settings, body: str) -> None:
    pool = await create_pool(str(settings.database_url), size=settings.pool_size)
    try:
        await _request(stages, settings, body, pool)
    finally:
        await pool.close()


def endpoint_of(
    engine: Engine, documents: Documents, authenticator: Authenticator, telemetry: Telemetry, settings: Settings
) -> GraphQLEndpoint:
    """The endpoint as the application makes it, with a budget that does not end."""
    operations = Operations(
        engine,
        documents,
        telemetry,
        budget=Budget(0, 0, settings.budget_seconds),
        cell_budget=CellBudget(0, 0),
        concurrency=CallerConcurrency(0, 0),
        role_limits=RoleLimits(RoleLimit(settings.max_depth, settings.max_objects, MAX_PAGE), settings.role_limits),
    )
    return GraphQLEndpoint(operations, authenticator, max_body_bytes=settings.max_body_bytes)


async def _request(stages: Stages, settings: Settings, body: str, pool: asyncpg.Pool) -> None:
    demonstration_keys(settings)
    await let_personas_in(str(settings.database_url))
    token = token_of(settings, "national")
    raw = body.encode()
    headers = [
        (b"host", b"127.0.0.1:8000"),
        (b"content-type", b"application/json"),
        (b"accept", b"application/json"),
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-length", str(len(raw)).encode()),
    ]
    authenticator = default_authenticator(pool, settings)
    documents = Documents(schema._schema, limits_of(settings))
    telemetry = Telemetry()
    found = documents.get(from_body(raw).query)
    assert isinstance(found, Accepted)
    document, variables = found.document, from_body(raw).variables
    engine = default_engine(pool, settings)
    assert isinstance(engine, Engine)
    log_to_nowhere()

    explained = json.loads(
        (await engine.execute(document, None, variables, caller=Caller("national", everything=True), explain=True)).body
    )
    (statement,) = explained["extensions"]["explain"]["statements"]
    data = {"data": explained["data"]}
    prepared = document.operation(None)
    coerced = coerce_variables(schema._schema, prepared.node, prepared.types, variables)
    operation = engine._operation(document, prepared, coerced, Caller("national", everything=True))
    national = Caller("national", everything=True)
    inputs = Inputs(coerced, today(), national, given=variables)
    step = operation.steps[0]
    assert step.statement is not None
    arguments = step.statement.bind(inputs)
    idle: list[asyncpg.Connection] = []
    rows = await pool.fetch(statement["sql"], *arguments)
    canned = Engine(schema._schema, engine.registry, Canned(rows), max_objects=settings.max_objects)

    async def fetch() -> None:
        connection = idle.pop()
        await connection.fetch(statement["sql"], *arguments)
        idle.append(connection)

    async def nothing() -> None:
        async with snapshot(pool, national, single=True, keeps_plans=True):
            pass

    async def send(_: Any) -> None:
        pass

    answer = orjson.dumps(data)
    endpoint = endpoint_of(engine, documents, authenticator, telemetry, settings)
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    stages.call("headers, media type", lambda: accepts(read_headers(headers).accept))
    stages.call("token", lambda: authenticator.known([headers[3][1]]))
    stages.call("JSON decode", lambda: from_body(raw))
    stages.call("document lookup", lambda: documents.get(found.document.text))
    stages.call("variables", lambda: coerce_variables(schema._schema, prepared.node, prepared.types, variables))
    stages.call("plan lookup", lambda: engine._operation(document, document.operation(None), coerced, national))
    stages.call("bind, weigh", lambda: bind(operation, inputs, settings.max_objects))
    stages.wait("pool acquire, release", nothing)
    stages.wait("PostgreSQL round trip", fetch)
    stages.call("JSON encode", lambda: orjson.dumps(data))
    stages.wait("respond", lambda: respond(send, 200, answer))
    stages.call("count, log", lambda: telemetry.request(Answered(200, 0.0003, "OneRecord", "127.0.0.1", national)))
    stages.wait(
        "engine without database",
        lambda: canned.execute(document, None, variables, caller=Caller("national", everything=True)),
    )
    stages.wait("engine", lambda: engine.execute(document, None, variables, caller=Caller("national", everything=True)))
    stages.wait("endpoint", lambda: endpoint(scope, Body(raw), send))
    poolless = Engine(schema._schema, engine.registry, Bare(idle), max_objects=settings.max_objects)
    bare = endpoint_of(poolless, documents, authenticator, telemetry, settings)
    unlinked = endpoint_of(canned, documents, authenticator, telemetry, settings)
    silent = endpoint_of(engine, documents, authenticator, Silent(), settings)
    stages.wait("endpoint without pool", lambda: bare(scope, Body(raw), send))
    stages.wait("endpoint without database", lambda: unlinked(scope, Body(raw), send))
    stages.wait("endpoint without telemetry", lambda: silent(scope, Body(raw), send))
    try:
        idle += [
            await asyncpg.connect(str(settings.database_url), connection_class=Connection) for _ in range(TOGETHER)
        ]
        spare_the_collector()
        await endpoint(scope, Body(raw), send)  # signs the caller in
        await stages.run()
    finally:
        for connection in idle:
            await connection.close()
    stages.difference("assembly, rest of engine", "engine without database",
                      "variables", "plan lookup", "bind, weigh", "JSON encode")  # fmt: skip
    for without in ("pool", "database", "telemetry"):
        stages.difference(f"saved without {without}", "endpoint", f"endpoint without {without}")


def log_to_nowhere() -> None:
    """Write log lines as the hub does, to no file."""
    handler = logging.FileHandler("/dev/null")
    handler.setFormatter(JsonLines())
    requests = logging.getLogger("unionhub.request")
    requests.handlers, requests.propagate = [handler], False
    requests.setLevel(logging.INFO)


def end_to_end(database: Database, body: str) -> dict[tuple[str, int], tuple[float, float, float]]:
    """For hub and floor over one connection and many: p50, CPU per request of the server and of PostgreSQL, in µs."""
    found = {}
    for start in (servers.hub, servers.floor):
        with start(database) as server:
            put(Load(server.port, [body], server.headers, TOGETHER, 1.0))
            for connections in (1, TOGETHER):
                before = cpu_seconds([server.pid]), cpu_seconds([database.postmaster])
                figures = put(Load(server.port, [body], server.headers, connections, END_TO_END_SECONDS))
                used = cpu_seconds([server.pid]) - before[0], cpu_seconds([database.postmaster]) - before[1]
                each = [1e6 * cpu / figures.requests for cpu in used]
                found[server.name, connections] = (1000 * figures.median, each[0], each[1])
    return found


ROWS = (
    *("headers, media type", "token", "JSON decode", "document lookup"),
    *("variables", "plan lookup", "bind, weigh", "pool acquire, release", "PostgreSQL round trip"),
    *("assembly, rest of engine", "JSON encode", "respond", "count, log"),
)


def print_table(stages: Stages, whole: dict[tuple[str, int], tuple[float, float, float]], console: Console) -> None:
    """Stages in the order of a request, their sum, and what a client sees."""
    alone, _, _ = whole["hub", 1]
    _, cpu, database = whole["hub", TOGETHER]
    floor, _, _ = whole["floor", 1]
    _, floor_cpu, _ = whole["floor", TOGETHER]
    table = Table("stage", title="One record in the hub")
    for name in ("one at a time, µs", f"{TOGETHER} at a time, CPU µs", "share of CPU"):
        table.add_column(name, justify="right")

    def row(name: str, time: float, used: float) -> None:
        table.add_row(name, f"{time:.1f}", f"{used:.1f}", f"{used / cpu:.0%}")

    row("socket, HTTP, ASGI (measured: an application that does nothing)", floor, floor_cpu)
    for name in ROWS:
        row(name, stages.times[name], stages.cpu[name])
    parts = [sum(found[name] for name in ROWS) for found in (stages.times, stages.cpu)]
    row(
        "not in any stage: waking up, colder caches, coroutines in between",
        alone - floor - parts[0],
        cpu - floor_cpu - parts[1],
    )
    table.add_section()
    row("seen by the client (p50); used by the hub's process", alone, cpu)
    row("of that the endpoint, called in a loop", stages.times["endpoint"], stages.cpu["endpoint"])
    row("of that the engine, called in a loop", stages.times["engine"], stages.cpu["engine"])
    table.add_section()
    row("the endpoint is faster without asyncpg's pool by", *stages.both("saved without pool"))
    row("without pool and database by", *stages.both("saved without database"))
    row("without counting and logging by", *stages.both("saved without telemetry"))
    console.print(table)
    console.print(f"PostgreSQL uses {database:.0f} µs of CPU for each request beside it.")

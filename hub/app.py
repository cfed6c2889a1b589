"""The hub's ASGI application: the GraphQL endpoint, the explorer, and the routes for operators."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
from graphql import GraphQLSchema, print_schema
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from db.clock import today
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.authentication.authenticator import Authenticator, write_refusals_to_audit_log
from hub.authentication.demonstration_tokens import local_issuer
from hub.authentication.jwks import RemoteKeys
from hub.authentication.jwt import Issuer
from hub.authentication.principal_reader import PrincipalReader
from hub.documents import Documents
from hub.encryption_keys import digest_of, vault_of
from hub.exports.run import Exports
from hub.imports.jobs import clean_periodically
from hub.limits.budget import Budget, RoleLimits
from hub.limits.cell_budget import CellBudget
from hub.limits.concurrency import CallerConcurrency
from hub.limits.document_limits import Limits
from hub.operations import Executor, Operations
from hub.rollup_folding import fold_periodically
from hub.settings import RoleLimit, Settings
from hub.telemetry.requests import Telemetry
from hub.telemetry.slow_operations import SlowLog
from hub.web import operator_routes
from hub.web.caching import with_etag
from hub.web.error_responses import EXCEPTIONS
from hub.web.explorer_page import explorer_assets, explorer_page
from hub.web.export_response import ExportEndpoint
from hub.web.http import GraphQLEndpoint, Page
from hub.web.import_routes import Imports
from hub.web.middleware import SHARED_PATHS, with_middleware
from hub.web.readiness import Readiness
from hub.web.schema_route import schema_route
from hub.web.websocket import WebSocketEndpoint
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, CommandOptions
from resolvers.engine.execute.engine import Engine
from resolvers.engine.reference.executor import EXECUTORS
from resolvers.engine.request.limits import MAX_PAGE
from schema import registry, schema, sdl

PATH, SDL_PATH = SHARED_PATHS
WATCHED_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are not logged, because machines request them every few seconds."""

CLOSE_SECONDS = 5.0

MakeAuthenticator = Callable[[asyncpg.Pool, Settings], Authenticator]
MakeEngine = Callable[[asyncpg.Pool, Settings], Executor]


class Hub(Starlette):
    """Starlette for everything but ``/graphql``, which goes to its endpoint past routing and middleware."""

    endpoint: GraphQLEndpoint | None = None
    sockets: WebSocketEndpoint | None = None
    pool: asyncpg.Pool | None = None
    outermost: ASGIApp
    """The application with its middleware."""

    telemetry: Telemetry

    imports: Imports

    operators: Starlette
    """The application on the port for operators, if there is one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection."""
        await self.outermost(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection that has passed the middleware."""
        if scope["type"] == "http" and scope["path"] == PATH and self.endpoint is not None:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == PATH and self.sockets is not None:
            await self.sockets(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] not in WATCHED_PATHS:
            await self.telemetry.logged(super().__call__, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def limits_of(settings: Settings) -> Limits:
    """The limits of a document, from the settings."""
    return Limits(settings.max_tokens, settings.max_depth, settings.max_aliases, settings.max_fields)


def issuers_of(settings: Settings) -> list[Issuer]:
    """The trusted issuers of tokens; no keys are fetched yet."""
    found = []
    if settings.oidc_issuer is not None and settings.oidc_audience is not None:
        keys = RemoteKeys(settings.oidc_issuer, settings.oidc_jwks_url)
        found.append(Issuer(settings.oidc_issuer, settings.oidc_audience, keys))
    if settings.trusts_local_issuer:
        found.append(local_issuer(settings))
    return found


async def close(pool: asyncpg.Pool) -> None:
    """Close the pool, gently for a few seconds and then at once."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def command_context(
    pool: asyncpg.Pool, settings: Settings, caller: Caller, source: str, operation: str | None
) -> CommandContext:
    """The context of what is written to the audit log for a caller."""
    request = {"source": source} if operation is None else {"source": source, "operation": operation}
    return CommandContext(pool, caller, today(), vault_of(settings), request, CommandOptions(digest_of(settings)))


def default_engine(pool: asyncpg.Pool, settings: Settings) -> Executor:
    """The hub's engine on its own schema, with its commands."""
    vault = vault_of(settings)
    options = CommandOptions(digest_of(settings), settings.reveal_daily_limit, settings.verify_daily_limit)

    def commands(caller: Caller, request: Mapping[str, str]) -> CommandContext:
        return CommandContext(pool, caller, today(), vault, request, options)

    return Engine(
        schema._schema,
        registry,
        pool,
        max_objects=settings.max_objects,
        reference=EXECUTORS[settings.executor],
        seconds=settings.statement_timeout_ms / 1000,
        commands=commands,
        statistical_month=settings.statistical_year_month,
        cursors=vault.keys,
    )


def default_authenticator(pool: asyncpg.Pool, settings: Settings) -> Authenticator:
    """Authentication by the hub's own database; refusals are written to its audit log."""
    return Authenticator(
        PrincipalReader(pool),
        issuers_of(settings),
        public=settings.public_analyst,
        on_refused=write_refusals_to_audit_log(pool, digest_of(settings)),
    )


def sdl_of(served: GraphQLSchema) -> str:
    """A schema in GraphQL's schema definition language."""
    return sdl() if served is schema._schema else print_schema(served)


async def explorer(scope: Scope, receive: Receive, send: Send) -> None:
    """The explorer's page."""
    await with_etag(explorer_page(), Headers(scope=scope))(scope, receive, send)


async def home(_: Request) -> Response:
    """Redirect to the explorer."""
    return RedirectResponse(PATH)


def create_app(
    settings: Settings,
    *,
    served: GraphQLSchema = schema._schema,
    make_engine: MakeEngine = default_engine,
    make_authenticator: MakeAuthenticator = default_authenticator,
    page: Page = explorer,
) -> Hub:
    """The application.

    It starts also while the database is down: connections are opened when they are needed, ``/readyz`` says what is
    missing, and queries get 503 until the database can be reached.

    Args:
        settings: with a ``database_url``.
        served: the schema that documents are validated against.
        make_engine: makes the engine, given the pool.
        make_authenticator: makes the authenticator, given the pool.
        page: answers a browser at ``/graphql``.

    Raises:
        ValueError: the settings name no database.
    """
    url = settings.database_url
    if url is None:
        raise ValueError("create_app needs the URL of a database")
    telemetry = Telemetry()
    documents = Documents(served, limits_of(settings))
    telemetry.watch_cache("document", "Documents, parsed and validated", documents)
    ready = Readiness(lambda: app.pool)
    imports = Imports(settings, lambda: app.endpoint, lambda: app.pool)

    @asynccontextmanager
    async def lifespan(app: Hub) -> AsyncIterator[None]:
        app.pool = await create_pool(
            url, size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms, role=READER
        )
        telemetry.watch_pool(app.pool)
        authenticator = make_authenticator(app.pool, settings)
        engine = make_engine(app.pool, settings)
        if isinstance(engine, Engine):
            telemetry.watch_cache("plan", "Plans of operations", engine)
        operations = Operations(
            engine,
            documents,
            telemetry,
            budget=Budget(settings.budget_points, settings.public_budget_points, settings.budget_seconds),
            cell_budget=CellBudget(settings.public_cells, settings.analyst_cells),
            concurrency=CallerConcurrency(settings.share, settings.caller_queue),
            slow=SlowLog(settings.slow_operation_ms, telemetry, app.pool),
            role_limits=RoleLimits(
                RoleLimit(settings.max_depth, settings.max_objects, MAX_PAGE),
                settings.role_limits,
                settings.introspection,
            ),
        )
        app.endpoint = GraphQLEndpoint(
            operations,
            authenticator,
            max_body_bytes=settings.max_body_bytes,
            page=page,
            public_seconds=settings.public_cache_seconds,
        )
        if settings.max_exports:
            exports = Exports(
                operations,
                served,
                partial(command_context, app.pool, settings),
                most=settings.max_exports,
                seconds=settings.export_seconds,
            )
            app.endpoint.export = ExportEndpoint(app.endpoint, exports)
        if settings.max_sockets:
            app.sockets = WebSocketEndpoint(
                operations,
                authenticator,
                max_sockets=settings.max_sockets,
                max_running=settings.socket_operations,
                origins=settings.origins,
            )
        tasks = (
            fold_periodically(app.pool),
            telemetry.lag.measure(),
            telemetry.rollups.watch(app.pool),
            clean_periodically(app.pool, settings.import_report_days),
        )
        beside = [asyncio.create_task(each) for each in tasks]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await imports.running.stop()
            app.endpoint = app.sockets = None
            await close(app.pool)

    app = Hub(
        routes=[
            Route("/", home),
            *operator_routes.routes(settings, ready, telemetry),
            *imports.routes(),
            schema_route(SDL_PATH, partial(sdl_of, served), lambda: app.endpoint),
            explorer_assets(),
        ],
        lifespan=lifespan,
        exception_handlers=EXCEPTIONS,
    )
    app.router.redirect_slashes = False
    app.telemetry = telemetry
    app.imports = imports
    app.outermost = with_middleware(app.answer, settings)
    app.operators = operator_routes.application(settings, ready, telemetry)
    return app

"""The hub's ASGI application: the GraphQL endpoint, the explorer, and what operators ask."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import asyncpg
from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from db.clock import today
from db.connect import create_pool
from db.row_security import READER
from hub import health
from hub.auth import Authenticator, audited
from hub.budget import Budget, RoleLimits
from hub.callers import Callers
from hub.disclosed import Disclosed
from hub.documents import Documents
from hub.errors import body_of
from hub.explorer import explorer_assets, explorer_page
from hub.folding import keep_folding
from hub.http import GraphQLEndpoint, Page
from hub.jwks import RemoteKeys
from hub.keys import digest_of, vault_of
from hub.limits import Limits
from hub.messages import speak, wants_chinese
from hub.oidc import Issuer
from hub.operations import Executes, Operations
from hub.settings import RoleLimit, Settings
from hub.telemetry import Telemetry, log_fault
from hub.tokens import local_issuer
from hub.websocket import WebSocketEndpoint
from resolvers.access import Caller
from resolvers.commands.context import CommandContext, CommandOptions
from resolvers.engine.engine import Engine
from resolvers.engine.page import MAX_SIZE
from schema import registry, schema

PATH = "/graphql"
CLOSE_SECONDS = 5.0

MakeAuthenticator = Callable[[asyncpg.Pool, Settings], Authenticator]
MakeEngine = Callable[[asyncpg.Pool, Settings], Executes]


class Hub(Starlette):
    """Starlette for everything but ``/graphql``, which goes to its endpoint past routing and middleware."""

    endpoint: GraphQLEndpoint | None = None
    sockets: WebSocketEndpoint | None = None
    pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection."""
        if scope["type"] == "http" and scope["path"] == PATH and self.endpoint is not None:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == PATH and self.sockets is not None:
            await self.sockets(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def limits_of(settings: Settings) -> Limits:
    """The limits of a document, from the settings."""
    return Limits(settings.max_tokens, settings.max_depth, settings.max_aliases, settings.max_fields)


def issuers_of(settings: Settings) -> list[Issuer]:
    """Whose tokens are trusted; nothing is fetched yet."""
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


def own_engine(pool: asyncpg.Pool, settings: Settings) -> Executes:
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
        executor=settings.executor,
        seconds=settings.statement_timeout_ms / 1000,
        commands=commands,
        statistical_month=settings.statistical_year_month,
        cursors=vault.keys,
    )


def own_authenticator(pool: asyncpg.Pool, settings: Settings) -> Authenticator:
    """Sign-in against the hub's own database, refusals in its audit log."""
    return Authenticator(
        Callers(pool),
        issuers_of(settings),
        public=settings.public_analyst,
        on_refused=audited(pool, digest_of(settings)),
    )


async def explorer(scope: Scope, receive: Receive, send: Send) -> None:
    """The explorer's page."""
    await explorer_page()(scope, receive, send)


async def home(_: Request) -> Response:
    """To the explorer."""
    return RedirectResponse(PATH)


def json_error(
    request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error outside of the endpoint, in the endpoint's form."""
    speak(chinese=wants_chinese(request.headers.get("accept-language", "").encode("latin-1")))
    return Response(body_of(code, message), status, headers, "application/json")


async def nothing_here(request: Request, _: Exception) -> Response:
    """The answer for a path that is not served."""
    return json_error(request, 404, "NOT_FOUND", f"Nothing is served at this path. The endpoint is {PATH}.")


async def wrong_method(request: Request, error: Exception) -> Response:
    """The answer for a method that a path does not know."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return json_error(request, 405, "METHOD_NOT_ALLOWED", "This path does not know this method.", headers)


async def fault(request: Request, error: Exception) -> Response:
    """The answer for a fault of ours."""
    return json_error(request, 500, "INTERNAL_ERROR", f"Internal error. Reference: {log_fault(error)}")


def create_app(
    settings: Settings,
    *,
    served: GraphQLSchema = schema._schema,
    make_engine: MakeEngine = own_engine,
    make_authenticator: MakeAuthenticator = own_authenticator,
    page: Page = explorer,
) -> Hub:
    """The application.

    It starts also while the database is down: connections are opened when they are needed, ``/readyz`` says what is
    missing, and queries are answered 503 until it is there.

    Args:
        settings: with a ``database_url``.
        served: the schema that documents are validated against.
        make_engine: makes what runs them, given the pool.
        make_authenticator: makes what says who asks, given the pool.
        page: answers a browser at ``/graphql``.

    Raises:
        ValueError: the settings name no database.
    """
    url = settings.database_url
    if url is None:
        raise ValueError("create_app needs the URL of a database")
    telemetry = Telemetry()
    documents = Documents(served, limits_of(settings), suggests=settings.introspection == "all")
    telemetry.watch_documents(documents)

    @asynccontextmanager
    async def lifespan(app: Hub) -> AsyncIterator[None]:
        app.pool = await create_pool(
            url, size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms, role=READER
        )
        telemetry.watch_pool(app.pool)
        authenticator = make_authenticator(app.pool, settings)
        operations = Operations(
            make_engine(app.pool, settings),
            documents,
            telemetry,
            budget=Budget(settings.budget_points, settings.public_budget_points, settings.budget_seconds),
            disclosed=Disclosed(settings.public_cells, settings.analyst_cells),
            role_limits=RoleLimits(
                RoleLimit(settings.max_depth, settings.max_objects, MAX_SIZE),
                settings.role_limits,
                settings.introspection,
            ),
        )
        app.endpoint = GraphQLEndpoint(operations, authenticator, max_body_bytes=settings.max_body_bytes, page=page)
        if settings.max_sockets:
            app.sockets = WebSocketEndpoint(
                operations,
                authenticator,
                max_sockets=settings.max_sockets,
                max_running=settings.socket_operations,
                origins=settings.socket_origins,
            )
        folding = asyncio.create_task(keep_folding(app.pool))
        try:
            yield
        finally:
            folding.cancel()
            app.endpoint = app.sockets = None
            await close(app.pool)

    app = Hub(
        routes=[
            Route("/", home),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz(lambda: app.pool)),
            Route("/metrics", health.metrics(telemetry)),
            explorer_assets(),
        ],
        lifespan=lifespan,
        exception_handlers={404: nothing_here, 405: wrong_method, Exception: fault},
    )
    app.router.redirect_slashes = False
    return app

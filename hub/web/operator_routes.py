"""Routes for operators: ``/healthz``, ``/readyz`` and ``/metrics``.

Everyone may see whether the process is alive and ready. The results of each check, and the metrics, are served on a port of their own
(``UNIONHUB_METRICS_PORT``) or, without one, on the hub's port, there only with the token of ``UNIONHUB_METRICS_TOKEN``. With both, their
port requires the token.
"""

import hmac
from collections.abc import Awaitable, Callable

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.settings import Settings
from hub.telemetry.requests import CONTENT_TYPE, Telemetry
from hub.web.error_responses import EXCEPTIONS, json_error
from hub.web.readiness import OK, Readiness, is_ready

Endpoint = Callable[[Request], Awaitable[Response]]
Permission = Callable[[Request], bool]


async def healthz(_: Request) -> Response:
    """200 while the process serves; does not use the database."""
    return JSONResponse({"status": OK})


def readyz(ready: Readiness, permits: Permission) -> Endpoint:
    """200 if the database can be reached, is at the newest revision and has row-level security, else 503; with the result of each check,
    that of the roll-ups included, for callers with permission."""

    async def answer(request: Request) -> Response:
        checks = await ready.checks()
        ready_now = is_ready(checks)
        body: dict[str, object] = {"status": OK if ready_now else "not ready"}
        if permits(request):
            body["checks"] = checks
        return JSONResponse(body, 200 if ready_now else 503)

    return answer


def metrics(telemetry: Telemetry, permits: Permission) -> Endpoint:
    """The metrics in Prometheus' text format."""

    async def answer(request: Request) -> Response:
        if not permits(request):
            message = "Send the token of UNIONHUB_METRICS_TOKEN as `Authorization: Bearer TOKEN`."
            return json_error(request, 401, "UNAUTHENTICATED", message, {"www-authenticate": "Bearer"})
        return Response(telemetry.exposition(), media_type=CONTENT_TYPE)

    return answer


def with_token(token: SecretStr) -> Permission:
    """Permits callers who send the token."""
    wanted = token.get_secret_value().encode()

    def permits(request: Request) -> bool:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), wanted)

    return permits


def nobody(_: Request) -> bool:
    """Permits nobody."""
    return False


def everybody(_: Request) -> bool:
    """Permits everybody."""
    return True


def routes(settings: Settings, ready: Readiness, telemetry: Telemetry) -> list[Route]:
    """The routes on the hub's own port."""
    token = settings.metrics_token
    found = [Route("/healthz", healthz)]
    if token is None or settings.metrics_port is not None:
        return [*found, Route("/readyz", readyz(ready, nobody))]
    permits = with_token(token)
    return [*found, Route("/readyz", readyz(ready, permits)), Route("/metrics", metrics(telemetry, permits))]


def application(settings: Settings, ready: Readiness, telemetry: Telemetry) -> Starlette:
    """The application on the port for operators."""
    permits = everybody if settings.metrics_token is None else with_token(settings.metrics_token)
    made = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz(ready, permits)),
            Route("/metrics", metrics(telemetry, permits)),
        ],
        exception_handlers=EXCEPTIONS,
    )
    made.router.redirect_slashes = False
    return made

"""``/schema.graphql``: the schema in GraphQL's schema definition language, for code generators; for callers who may introspect it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.client_address import source_of
from hub.errors import Refusal
from hub.messages import set_language
from hub.operations import refused
from hub.web.caching import with_etag
from hub.web.error_responses import json_error
from hub.web.http import GraphQLEndpoint
from hub.web.negotiation import wants_chinese

HEADERS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Authorization",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": 'inline; filename="schema.graphql"',
}


def schema_route(path: str, text: Callable[[], str], endpoint: Callable[[], GraphQLEndpoint | None]) -> Route:
    """The route of the schema.

    Args:
        path: where it is served.
        text: makes the SDL; called once, at the first request.
        endpoint: the GraphQL endpoint while the hub is up; it finds the caller and their limits.
    """
    made: list[bytes] = []

    async def answer(request: Request) -> Response:
        serving = endpoint()
        if serving is None:
            return json_error(request, 503, "DATABASE_UNAVAILABLE", "The hub is starting or stopping. Try again.")
        authorization = [value.encode("latin-1") for value in request.headers.getlist("authorization")]
        set_language(chinese=wants_chinese(request))
        try:
            caller = await serving.authenticator.caller(authorization, source_of(request.scope))
            serving.operations.role_limits.require_introspection(caller)
        except Refusal as refusal:
            outcome = refused(refusal, None)
        except Exception as error:
            outcome = serving.operations.failed(error, None)
        else:
            if not made:
                made.append(text().encode())
            return with_etag(Response(made[0], 200, HEADERS, "text/plain"), request.headers)
        more = {name.decode(): value.decode() for name, value in outcome.left}
        return Response(outcome.body, outcome.status, {"Cache-Control": "no-store", **more}, "application/json")

    return Route(path, answer)

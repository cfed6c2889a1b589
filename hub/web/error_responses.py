"""Error responses outside of the endpoint, in the endpoint's form."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import body_of
from hub.messages import set_language
from hub.web.negotiation import wants_chinese
from resolvers.faults import log_fault


def json_error(
    request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error response outside of the endpoint."""
    set_language(chinese=wants_chinese(request))
    return Response(body_of(code, message), status, headers, "application/json")


async def nothing_here(request: Request, _: Exception) -> Response:
    """The response for a path that is not served."""
    return json_error(request, 404, "NOT_FOUND", "Nothing is served at this path. The endpoint is /graphql.")


async def wrong_method(request: Request, error: Exception) -> Response:
    """The response for a method that a path does not support."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return json_error(request, 405, "METHOD_NOT_ALLOWED", "This path does not support this method.", headers)


async def fault(request: Request, error: Exception) -> Response:
    """The response for a fault of the hub."""
    return json_error(request, 500, "INTERNAL_ERROR", f"Internal error. Reference: {log_fault('fault', error)}")


EXCEPTIONS = {404: nothing_here, 405: wrong_method, Exception: fault}
"""Starlette's exception handlers."""

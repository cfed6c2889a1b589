"""The middleware that every request passes."""

from starlette.types import ASGIApp

from hub.settings import Settings
from hub.web.compression import with_compression
from hub.web.origins import with_cors
from hub.web.request_ids import with_request_ids

SHARED_PATHS = ("/graphql", "/schema.graphql")
"""The endpoint and the schema: the paths that pages of other origins may use."""


def with_middleware(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application with its middleware, from the outside: request ID, CORS, compression."""
    return with_request_ids(with_cors(with_compression(app, SHARED_PATHS), settings.origins, SHARED_PATHS))

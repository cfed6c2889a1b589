"""What every request passes on its way in and out, whatever answers it."""

from starlette.types import ASGIApp

from hub.settings import Settings
from hub.web.compression import compressed
from hub.web.origins import with_cors
from hub.web.request_ids import traced

SHARED = ("/graphql", "/schema.graphql")
"""The endpoint and the schema: the paths that pages of other origins may use."""


def edge(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application, with what stands before it, from the outside: the request's ID, CORS, compression."""
    return traced(with_cors(compressed(app, SHARED), settings.origins, SHARED))

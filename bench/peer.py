"""The peer: the benchmark's operations on the stock stack, as its guides say to build it for speed.

Strawberry's own ASGI view on uvicorn with uvloop and httptools; documents parsed and validated once (ParserCache,
ValidationCache); JSON by orjson; a DataLoader for every relation and page, made anew for each request; each batch one
prepared statement on asyncpg, with per-parent pages by LATERAL; the hub's own pool settings. The statements join and
order as the hub's do, so what differs is what happens around them. It does not ask for a token, limit, log or count.

    python -m bench.peer POSTGRESQL_URL PORT
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from bench.peer_loaders import Context
from bench.peer_schema import schema
from bench.peer_server import serve
from db.server.connect import create_pool


class View(GraphQL[Context, None]):
    """Strawberry's view with orjson, and loaders of each request's own."""

    pool: asyncpg.Pool

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The context of one request."""
        return Context(self.pool)

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Write JSON."""
        return orjson.dumps(data)


def app(url: str) -> Starlette:
    """The application on the database at ``url``."""
    view = View(schema, graphql_ide=None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        view.pool = await create_pool(url)
        yield
        await view.pool.close()

    return Starlette(routes=[Route("/graphql", view, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    serve(app(sys.argv[1]), int(sys.argv[2]), log_level="warning")

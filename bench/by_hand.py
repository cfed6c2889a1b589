"""The peer by hand: each operation is one SQL statement that PostgreSQL answers with the JSON of the response, passed through as it comes.

A bare ASGI application on uvicorn, asyncpg with the hub's pool settings, no GraphQL, no token, no limit, no log: what remains of a request
when everything is known in advance. It finds the statement by the text of the query, and binds the variables.

    python -m bench.by_hand POSTGRESQL_URL PORT
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from bench.by_hand_sql import CASES, LIST_1000, NESTED, ONE_RECORD, PAGE
from bench.peer_server import serve
from db.clock import today
from db.server.connect import create_pool

OPERATIONS = Path(__file__).parent / "operations"
HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]

Bind = Callable[[Mapping[str, Any]], tuple[Any, ...]]


def key(text: str | None) -> int:
    """The key in a global ID, ``org_1f``, or in a cursor, ``31``; 0 without one."""
    return 0 if text is None else int(text.partition("_")[2], 16) if "_" in text else int(text)


STATEMENTS: Mapping[str, tuple[str, Bind]] = {
    "one_record": (ONE_RECORD, lambda given: (key(given["id"]),)),
    "nested": (NESTED, lambda given: (key(given["province"]), given["members"], today())),
    "cases": (CASES, lambda given: ([key(each) for each in given["organizations"]], today())),
    "page": (PAGE, lambda given: (today(), key(given["after"]))),
    "list_1000": (LIST_1000, lambda given: (today(), *(key(given[name]) for name in "bcde"))),
}
"""By the name of the operation's file."""


class App:
    """The application."""

    pool: asyncpg.Pool

    def __init__(self, url: str) -> None:
        self.url = url
        self.known = {(OPERATIONS / f"{name}.graphql").read_text(): each for name, each in STATEMENTS.items()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or start and end the pool."""
        if scope["type"] == "lifespan":
            await receive()
            self.pool = await create_pool(self.url)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        content, more = b"", True
        while more:
            message = await receive()
            content += message["body"]
            more = message.get("more_body", False)
        given = orjson.loads(content)
        sql, bind = self.known[given["query"]]
        async with self.pool.acquire() as connection:
            body = (await connection.fetchval(sql, *bind(given["variables"]))).encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    serve(App(sys.argv[1]), int(sys.argv[2]), log_level="warning")

"""The floor: a bare ASGI application that reads a request and sends the same answer to all, on uvicorn as the hub's.

What it costs is the socket, HTTP and the load tool; nothing behind it can be faster.

    python -m bench.floor - PORT
"""

import sys
from typing import Any

from bench.peer_server import serve

BODY = b'{"data":{"organization":{"id":"org_8a1e","name":"\xe5\x9b\x9b\xe5\xb7\x9d\xe7\x9c\x81\xe6\x80\xbb\xe5\xb7\xa5\xe4\xbc\x9a"}}}'
HEADERS = [
    (b"content-type", b"application/json; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-length", str(len(BODY)).encode()),
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    serve(app, int(sys.argv[2]), lifespan="off", log_config=None, server_header=False, proxy_headers=False)

"""A hub on the toy schema behind a real port, set up as a test wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from hub import serve
from hub.app import create_app
from hub.settings import Settings
from tests.hub.conftest import SCHEMA, ToyEngine, without_database
from tests.hub.test_serve import running


@contextmanager
def serving(settings: Settings, engine: ToyEngine | None = None, **changed: object) -> Iterator[int]:
    """The port of a hub with these settings."""
    settings = settings.model_copy(update={"port": 0, **changed})
    app = create_app(
        settings,
        served=SCHEMA,
        make_engine=lambda pool, settings: engine or ToyEngine(),
        make_authenticator=without_database,
    )
    with running(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="on", **serve.common(settings))) as port:
        yield port


def client_of(port: int) -> httpx.AsyncClient:
    """A client of it."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20)

"""One embedded PostgreSQL for the whole run; one migrated template; a database of its own for each worker that asks."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from db import embedded

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def server_url() -> str:
    """The URL of the ``postgres`` database of the test server: ``UNIONHUB_TEST_DATABASE_URL``, else the embedded one."""
    return os.environ.get("UNIONHUB_TEST_DATABASE_URL") or embedded.start(ROOT / ".data" / "test")

"""What the engine's tests ask."""

import asyncpg
import pytest

from tests.resolvers.caller import Caller


@pytest.fixture(scope="session")
def caller(pool: asyncpg.Pool) -> Caller:
    """Asks an engine on the template federation."""
    return Caller(pool)

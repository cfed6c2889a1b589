"""Whether the roll-ups are in use, as a metric and, when they are not, as a line in the log."""

import asyncio
import logging
from math import nan

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from db.rollups.maintenance import rollups_in_use
from db.server.connect import PoolBusyError
from resolvers.database_faults import LOST

SECONDS = 30.0
"""How often the database is asked."""

_log = logging.getLogger("unionhub.rollups")


class RollupsInUse:
    """The metric ``unionhub_rollups_in_use``: 1, 0, or NaN before the database was reached."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.metric = Gauge(
            "unionhub_rollups_in_use",
            "1 if statistics are counted from the roll-ups, 0 if from the records, which takes seconds.",
            registry=registry,
        )
        self.metric.set(nan)
        self.known: bool | None = None

    async def watch(self, pool: asyncpg.Pool, seconds: float = SECONDS) -> None:
        """Ask every ``seconds`` until cancelled; a warning is logged whenever they are found to have gone out of use."""
        while True:
            try:
                found = await rollups_in_use(pool)
            except (asyncpg.PostgresError, *LOST, PoolBusyError):
                pass  # which /readyz and the log of requests tell
            else:
                if not found and self.known is not False:
                    _log.warning(
                        "roll-ups are not in use: statistics are counted from the records; run: unionhub db rebuild-rollups"
                    )
                self.known = found
                self.metric.set(found)
            await asyncio.sleep(seconds)

"""Unions that write records: two county federations of one database, which the tests of a worker share. Each test writes records of its
own."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg
import pytest

from db.access import Role
from db.clock import today
from db.encryption.vault import Vault
from db.generate.codes import credit_code
from db.organizations import Hierarchy
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller, Grant
from resolvers.commands.context import CommandContext
from resolvers.writing.kinds import KINDS
from resolvers.writing.outcomes import BatchOptions, BatchResult, RawRow
from resolvers.writing.write import write_batch

COUNTIES = """SELECT o.id, o.name, d.code, (SELECT l.parent_id FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL
    AND l.is_lead) AS parent FROM organization o JOIN division d ON d.id = o.division_id
WHERE o.level = 'COUNTY' AND o.kind = 'LOCAL_FEDERATION' AND o.dissolved_on IS NULL AND d.valid_to IS NULL
    AND (SELECT count(*) FROM organization n WHERE n.name = o.name) = 1
    AND (SELECT count(*) FROM territorial_closure c JOIN membership s ON s.organization_id = c.descendant_id AND s.valid_to IS NULL
         WHERE c.ancestor_id = o.id AND c.valid_to IS NULL) > 5
ORDER BY o.id LIMIT 2"""

AS_USUAL = BatchOptions()
SERIALS = count(500_000_000)


@dataclass
class Writers:
    """A hub whose callers write."""

    pool: asyncpg.Pool
    """Of the tables' owner."""
    served: asyncpg.Pool
    vault: Vault
    county: Mapping[str, Any]
    other: Mapping[str, Any]

    def caller(self, union: int | None = None, role: Role = Role.FEDERATION) -> Caller:
        """An official of a union, by default of the county."""
        return Caller("writer", 1, (Grant(role, union or self.county["id"], Hierarchy.TERRITORIAL),))

    def context(self, caller: Caller | None = None) -> CommandContext:
        return CommandContext(
            self.served, caller or self.caller(), today(), self.vault, {"source": "192.0.2.7", "operation": "Op"}
        )

    async def write(
        self, kind: str, *rows: Mapping[str, Any], options: BatchOptions = AS_USUAL, caller: Caller | None = None
    ) -> BatchResult:
        return await write_batch(self.context(caller), KINDS[kind], numbered(rows), options)

    def code(self, prefix: str = "91") -> str:
        """A credit code that nobody has."""
        return credit_code(prefix, "330106", next(SERIALS))


def numbered(rows: Sequence[Mapping[str, Any]]) -> list[RawRow]:
    return [RawRow(number, row) for number, row in enumerate(rows, 2)]


def outcomes(result: BatchResult) -> list[str]:
    return [row.outcome.name for row in result.rows]


def codes(result: BatchResult, row: int = 0) -> list[tuple[str, str | None]]:
    """The codes and columns of a row's errors."""
    return [(each.code, each.column) for each in result.rows[row].errors]


@pytest.fixture(scope="session")
async def writers(kept_database: Callable[[str], str], template: str, vault: Vault) -> AsyncIterator[Writers]:
    """A hub whose callers write, on a database of its own."""
    url = kept_database(template)
    pool, served = await create_pool(url), await create_pool(url, role=READER)
    county, other = await pool.fetch(COUNTIES)
    yield Writers(pool, served, vault, county, other)
    await pool.close()
    await served.close()

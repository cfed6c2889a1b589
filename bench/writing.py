"""What writing costs: persons with memberships and engagements in one batch, all checks, sealing, both walls and roll-ups on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter, process_time
from typing import Any

import asyncpg
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import FOLDER, Database
from db.access import Role
from db.clock import today
from db.encryption.keys import KeyFile
from db.encryption.vault import Vault
from db.generate.codes import credit_code
from db.input_values import resident_check
from db.organizations import Hierarchy
from db.security.row_security import READER
from db.server.connect import acquired, create_pool
from resolvers.access.callers import Caller, Grant
from resolvers.commands.context import CommandContext
from resolvers.writing.kinds import KINDS
from resolvers.writing.outcomes import RawRow
from resolvers.writing.write import write_rows

EMPLOYERS = 200
COUNTY = """SELECT o.id, o.name, d.code FROM organization o JOIN division d ON d.id = o.division_id AND d.valid_to IS NULL
WHERE o.level = 'COUNTY' AND o.kind = 'LOCAL_FEDERATION' AND (SELECT count(*) FROM organization n WHERE n.name = o.name) = 1
ORDER BY o.id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Written:
    """One batch of persons: seconds of CPU of this process and of PostgreSQL, and by the clock."""

    what: str
    rows: int
    client: float
    server: float
    clock: float

    @property
    def rate(self) -> float:
        """Persons a second of CPU, of both."""
        return self.rows / (self.client + self.server)


def writing(database: Database, rows: int, runs: int, console: Console) -> list[Written]:
    """Measure and print. Each batch is written, sent again, and taken back."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        written = runner.run(_measure(database, rows, runs))
    table = Table("batch", "rows", "client", "PostgreSQL", "clock", "persons/s of CPU")
    for each in written:
        table.add_row(
            each.what,
            f"{each.rows:,}",
            f"{each.client:.2f} s",
            f"{each.server:.2f} s",
            f"{each.clock:.2f} s",
            f"{each.rate:,.0f}",
        )
    console.print(table)
    return written


async def _measure(database: Database, rows: int, runs: int) -> list[Written]:
    pool = await create_pool(database.url, size=1, role=READER)
    owner = await create_pool(database.url, size=1)
    county = await owner.fetchrow(COUNTY)
    caller = Caller("writer", 1, (Grant(Role.FEDERATION, county["id"], Hierarchy.TERRITORIAL),))
    context = CommandContext(pool, caller, today(), Vault(KeyFile(FOLDER / "keys.json")))
    units = [credit_code("91", "330106", 400_000_000 + number) for number in range(EMPLOYERS)]
    written = []
    for _ in range(runs):
        async with acquired(pool, caller.scope) as connection:
            work = connection.transaction()
            await work.start()
            await write_rows(connection, context, KINDS["employers"], [_employer(county, code) for code in units])
            for what in ("new", "sent again"):
                written.append(
                    await _batch(connection, context, what, [_person(county, units, each) for each in range(rows)])
                )
            await work.rollback()
    for closing in (pool, owner):
        await closing.close()
    return written


async def _batch(connection: asyncpg.Connection, context: CommandContext, what: str, rows: Sequence[RawRow]) -> Written:
    server = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
    before, began, clock = sum(server.cpu_times()[:2]), process_time(), perf_counter()
    result = await write_rows(connection, context, KINDS["persons"], rows)
    spent = process_time() - began, sum(server.cpu_times()[:2]) - before, perf_counter() - clock
    refused = [row for row in result.rows if row.errors]
    if refused:
        raise SystemExit(f"{len(refused)} rows were refused: {refused[0]}")
    return Written(what, len(rows), *spent)


def _employer(county: Any, code: str) -> RawRow:
    row = {
        "name": f"示例单位{code[-6:]}", "credit_code": code, "kind": "PRIVATE_ENTERPRISE", "division": county["code"],
        "union": county["name"], "headcount": "100", "covered_from": "2019-03-04",
    }  # fmt: skip
    return RawRow(int(code[10:16], 36), row)


def _person(county: Any, units: Sequence[str], number: int) -> RawRow:
    born = (date(1970, 1, 1) + timedelta(number // 400)).strftime("%Y%m%d")
    digits = f"330106{born}{number % 400 * 2 + 101:03d}"
    row = {
        "name": f"示例{number % 500}", "resident_number": digits + resident_check(digits), "phone": f"138{number:08d}",
        "worker_type": "COURIER", "is_migrant_worker": "是", "division": county["code"], "union": county["name"],
        "joined_on": "2023-02-09", "employer": units[number % len(units)], "job_title": "分拣员",
    }  # fmt: skip
    return RawRow(number + 2, row)

"""What the second wall costs as callers feel it: the same requests by HTTP to the hub and to the hub without it, one at a time."""

import asyncio
from collections.abc import Mapping
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.database import Database
from bench.load import Load, put
from bench.servers import Server, ServerError, hub
from bench.walls import bodies, records_below
from db.server.migrate import connect

PERSONAS = {"zhejiang": "浙江省总工会", "weihai": "威海市总工会"}
"""A province's and a city's persona of the demonstration, and their federations."""

SECONDS = 2.0


def walls_served(database: Database, runs: int, console: Console) -> None:
    """Measure and print: medians of ``runs`` loads of two seconds on each, in turn."""
    table = Table(
        "caller",
        "operation",
        "first, ms",
        "both, ms",
        "both : first",
        title="The second wall by HTTP, one request at a time",
    )
    for persona, union in PERSONAS.items():
        asked = asyncio.run(_asked(database, union))
        with hub(database, persona=persona) as both, hub(database, persona=persona, walls=1) as first:
            for operation, texts in asked.items():
                if [both.data(text) for text in texts] != [first.data(text) for text in texts]:
                    raise ServerError(f"{persona}, {operation}: the answers differ")
                found = [(_latency(first, texts), _latency(both, texts)) for _ in range(runs)]
                one, two = median(each[0] for each in found), median(each[1] for each in found)
                table.add_row(persona, operation, f"{one:.2f}", f"{two:.2f}", f"{two / one:.2f}")
    console.print(table)


async def _asked(database: Database, union: str) -> Mapping[str, list[str]]:
    connection = await connect(database.url)
    try:
        root = await connection.fetchval("SELECT id FROM organization WHERE name = $1", union)
        return bodies(root, *await records_below(connection, root))
    finally:
        await connection.close()


def _latency(server: Server, texts: list[str]) -> float:
    figures = put(Load(server.port, texts, server.headers, connections=1, seconds=SECONDS))
    if figures.errors:
        raise ServerError(figures.first_error)
    return figures.median

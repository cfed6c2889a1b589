"""Hub against peer: the same operations, the same database, the same load tool, in rounds of both in one run."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import servers
from bench.database import Database
from bench.load import Figures, Load, cpu_seconds, put
from bench.servers import Server, ServerError
from bench.workload import Operation, choose, count_objects, differences, operations

WARM_SECONDS = 1.5
CHECKED = 100
"""Bodies of an operation whose answers are compared."""

TARGETS = {("nested", 16): 12.0, ("nested_4400", 16): 12.0, ("one_record", 16): 2.0}
"""Ratios hub to peer that issue 3 asks for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: what the load tool saw, and CPU milliseconds per request of the server and of PostgreSQL."""

    figures: Figures
    server_cpu: float
    database_cpu: float


Samples = dict[tuple[str, str, int], list[Sample]]
"""By server, operation and number of connections."""


def compare(
    database: Database, connections: Sequence[int], seconds: float, rounds: int, only: Sequence[str], console: Console
) -> Samples:
    """Check that both answer alike, measure in rounds, and print the table.

    Raises:
        ServerError: they do not answer alike, or an answer under load is not what it was.
    """
    wanted = [operation for operation in operations(choose(database)) if not only or operation.name in only]
    objects = check(database, wanted, console)
    samples: Samples = defaultdict(list)
    for number in range(rounds):
        order = (servers.hub, servers.peer) if number % 2 == 0 else (servers.peer, servers.hub)
        for start in order:
            with start(database) as server:
                console.print(f"round {number + 1} of {rounds}: {server.name}", style="dim")
                for operation in wanted:
                    measure(database, server, operation, connections, seconds, samples)
    print_table(samples, wanted, objects, connections, console)
    return samples


def check(database: Database, wanted: Sequence[Operation], console: Console) -> dict[str, int]:
    """Compare the answers of both servers; the objects that each operation brings.

    Raises:
        ServerError: they differ.
    """
    answers: dict[str, dict[str, list[object]]] = {}
    for start in (servers.hub, servers.peer):
        with start(database) as server:
            answers[server.name] = {
                operation.name: [server.data(body) for body in operation.bodies(server)[:CHECKED]]
                for operation in wanted
            }
    for name, found in answers["hub"].items():
        unlike = list(differences(found, answers["peer"][name]))
        if unlike:
            raise ServerError(f"{name}: hub and peer differ in {len(unlike)} places, e.g. {unlike[0]}")
    objects = {name: count_objects(found[0]) for name, found in answers["hub"].items()}
    shown = ", ".join(f"{name} {count:,}" for name, count in objects.items())
    console.print(f"Both answer alike. Objects in an answer: {shown}.")
    return objects


def measure(
    database: Database,
    server: Server,
    operation: Operation,
    connections: Sequence[int],
    seconds: float,
    samples: Samples,
) -> None:
    """Warm the server up for an operation and measure it at each number of connections."""
    bodies = operation.bodies(server)
    put(Load(server.port, bodies, server.headers, max(connections), WARM_SECONDS))
    for count in connections:
        before = cpu_seconds([server.pid]), cpu_seconds([database.postmaster])
        figures = put(Load(server.port, bodies, server.headers, count, seconds))
        after = cpu_seconds([server.pid]), cpu_seconds([database.postmaster])
        if figures.errors:
            raise ServerError(f"{server.name}, {operation.name}: {figures.errors} errors, e.g. {figures.first_error}")
        each = [1000 * (end - start) / figures.requests for start, end in zip(before, after, strict=True)]
        samples[server.name, operation.name, count].append(Sample(figures, *each))


def print_table(
    samples: Samples, wanted: Sequence[Operation], objects: dict[str, int], connections: Sequence[int], console: Console
) -> None:
    """The table of medians over the rounds."""
    table = Table("operation", "objects", "conns", title="Hub against Strawberry + DataLoader + asyncpg, medians")
    for name in (
        "req/s hub",
        "peer",
        "ratio",
        "p50 ms hub",
        "peer",
        "p95 hub",
        "peer",
        "CPU ms hub",
        "+PG",
        "peer",
        "+PG",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for operation in wanted:
        for count in connections:
            hub, peer = (samples[name, operation.name, count] for name in ("hub", "peer"))
            rate = [median(sample.figures.rate for sample in each) for each in (hub, peer)]
            ratio = rate[0] / rate[1]
            target = TARGETS.get((operation.name, count))
            missed = target is not None and ratio < target
            cells = [f"{one:,.4g}" if one < 1000 else f"{one:,.0f}" for one in rate]
            cells.append(f"[{'red' if missed else 'green'}]{ratio:.2f}[/]" if target else f"{ratio:.2f}")
            for field in ("median", "p95"):
                cells += [f"{median(getattr(sample.figures, field) for sample in each):.2f}" for each in (hub, peer)]
            for each in (hub, peer):
                cells += [f"{median(sample.server_cpu for sample in each):.2f}"]
                cells += [f"{median(sample.database_cpu for sample in each):.2f}"]
            table.add_row(operation.name, f"{objects[operation.name]:,}", str(count), *cells)
    console.print(table)


def as_json(samples: Samples) -> str:
    """All samples, for keeping."""
    return json.dumps(
        [
            {
                "server": server,
                "operation": operation,
                "connections": connections,
                "requests_per_second": sample.figures.rate,
                "p50_ms": sample.figures.median,
                "p95_ms": sample.figures.p95,
                "server_cpu_ms": sample.server_cpu,
                "database_cpu_ms": sample.database_cpu,
            }
            for (server, operation, connections), found in samples.items()
            for sample in found
        ],
        indent=1,
    )

"""Hub against peers: the same operations, the same database, the same load tool, in rounds of all in one run, as each persona in turn."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import servers
from bench.database import Database
from bench.load import Figures, Load, cpu_seconds, put
from bench.personas import SERVED
from bench.servers import Server, ServerError
from bench.workload import Operation, choose, count_objects, differences, masked, operations

WARM_SECONDS = 1.5
CHECKED = 100
"""Bodies of an operation whose answers are compared."""

Start = Callable[[Database], AbstractContextManager[Server]]
"""Starts a server on a database."""

HUB = "hub"
PEERS: Mapping[str, Start] = {
    "postgraphile": servers.postgraphile,
    "by_hand": servers.by_hand,
    "strawberry": servers.strawberry,
}
TITLES = {"postgraphile": "PostGraphile 5", "by_hand": "SQL by hand", "strawberry": "Strawberry + DataLoader"}

TARGETS = {
    ("postgraphile", "one_record", 16): 1.5,
    ("postgraphile", "nested", 16): 4.0,
    ("postgraphile", "nested_4400", 16): 5.0,
    ("postgraphile", "cases", 16): 5.0,
    ("postgraphile", "list_1000", 16): 6.0,
    ("by_hand", "one_record", 16): 1.0,
    ("by_hand", "nested", 16): 1.5,
    ("by_hand", "nested_4400", 16): 1.8,
    ("by_hand", "cases", 16): 1.0,
    ("by_hand", "list_1000", 16): 2.0,
    ("strawberry", "one_record", 16): 2.0,
    ("strawberry", "nested", 16): 12.0,
    ("strawberry", "nested_4400", 16): 12.0,
}
"""Ratios of requests per second, hub to peer, aimed at as the nation; the table has them in green, those that are missed in red."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: what the load tool saw, and CPU milliseconds per request of the server and of PostgreSQL."""

    figures: Figures
    server_cpu: float
    database_cpu: float


Samples = dict[tuple[str, str, int], list[Sample]]
"""By server, operation and number of connections."""


def start(name: str, database: Database, persona: str) -> AbstractContextManager[Server]:
    """Start a server; the hub with the token of a persona, a peer as it is: it has no walls, and is asked for what the persona may see."""
    return servers.hub(database, persona=SERVED[persona]) if name == HUB else PEERS[name](database)


def compare(
    database: Database,
    persona: str,
    connections: Sequence[int],
    seconds: float,
    rounds: int,
    only: Sequence[str],
    peers: Sequence[str],
    console: Console,
) -> Samples:
    """Check that all answer a persona alike, measure in rounds, and print the table.

    Raises:
        ServerError: they do not answer alike, or an answer under load is not what it was.
    """
    wanted = [each for each in operations(choose(database, persona), persona) if not only or each.name in only]
    names = [HUB, *(peers or list(TITLES))]
    console.rule(f"As {persona}")
    objects = check(database, persona, names, wanted, console)
    samples: Samples = defaultdict(list)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            with start(name, database, persona) as server:
                console.print(f"round {number + 1} of {rounds}: {name}", style="dim")
                for operation in wanted:
                    measure(database, name, server, operation, connections, seconds, samples)
    print_rates(samples, persona, names, wanted, objects, connections, console)
    print_costs(samples, names, wanted, connections, console)
    return samples


def check(
    database: Database, persona: str, names: Sequence[str], wanted: Sequence[Operation], console: Console
) -> dict[str, int]:
    """Compare the answers of all servers, those of peers masked as the persona's are; the objects that each operation brings.

    Raises:
        ServerError: they differ.
    """
    answers: dict[str, dict[str, list[object]]] = {}
    for name in names:
        masks = persona != "nation" and name != HUB
        with start(name, database, persona) as server:
            answers[name] = {
                operation.name: [
                    masked(data) if masks else data for data in map(server.data, operation.bodies(server)[:CHECKED])
                ]
                for operation in wanted
            }
    for name in names[1:]:
        for operation in wanted:
            unlike = list(differences(answers[HUB][operation.name], answers[name][operation.name]))
            if unlike:
                raise ServerError(f"{operation.name}: hub and {name} differ in {len(unlike)} places, e.g. {unlike[0]}")
    objects = {name: count_objects(found[0]) for name, found in answers[HUB].items()}
    shown = ", ".join(f"{name} {count:,}" for name, count in objects.items())
    console.print(f"All answer alike. Objects in an answer: {shown}.")
    return objects


def measure(
    database: Database,
    name: str,
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
            raise ServerError(f"{name}, {operation.name}: {figures.errors} errors, e.g. {figures.first_error}")
        each = [1000 * (end - start) / figures.requests for start, end in zip(before, after, strict=True)]
        samples[name, operation.name, count].append(Sample(figures, *each))


def print_rates(
    samples: Samples,
    persona: str,
    names: Sequence[str],
    wanted: Sequence[Operation],
    objects: dict[str, int],
    connections: Sequence[int],
    console: Console,
) -> None:
    """The table of requests per second, and the hub's ratio to each peer; medians over the rounds."""
    table = Table(
        "operation", "objects", "conns", title="Requests per second, and the hub's as a ratio of each peer's; medians"
    )
    aims = TARGETS if persona == "nation" else {}
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for name in names[1:]:
        table.add_column(f"hub / {TITLES[name]}", justify="right")
    for operation in wanted:
        for count in connections:
            rates = {
                name: median(sample.figures.rate for sample in samples[name, operation.name, count]) for name in names
            }
            cells = [f"{rate:,.4g}" if rate < 1000 else f"{rate:,.0f}" for rate in rates.values()]
            for name in names[1:]:
                ratio, target = rates[HUB] / rates[name], aims.get((name, operation.name, count))
                colour = None if target is None else "red" if ratio < target else "green"
                cells.append(f"[{colour}]{ratio:.2f}[/]" if colour else f"{ratio:.2f}")
            table.add_row(operation.name, f"{objects[operation.name]:,}", str(count), *cells)
    console.print(table)


def print_costs(
    samples: Samples, names: Sequence[str], wanted: Sequence[Operation], connections: Sequence[int], console: Console
) -> None:
    """The table of latencies and CPU, a row for each server; medians over the rounds."""
    table = Table("operation", "conns", "server", title="Milliseconds of a request; medians")
    for name in ("p50", "p95", "CPU of the server", "CPU of PostgreSQL"):
        table.add_column(name, justify="right", no_wrap=True)
    for operation in wanted:
        for count in connections:
            for name in names:
                found = samples[name, operation.name, count]
                values = (
                    [sample.figures.median for sample in found],
                    [sample.figures.p95 for sample in found],
                    [sample.server_cpu for sample in found],
                    [sample.database_cpu for sample in found],
                )
                table.add_row(operation.name, str(count), name, *(f"{median(each):.2f}" for each in values))
            table.add_section()
    console.print(table)


def as_json(found: Mapping[str, Samples]) -> str:
    """All samples by persona, for keeping."""
    return json.dumps(
        [
            {
                "persona": persona,
                "server": server,
                "operation": operation,
                "connections": connections,
                "requests_per_second": sample.figures.rate,
                "p50_ms": sample.figures.median,
                "p95_ms": sample.figures.p95,
                "server_cpu_ms": sample.server_cpu,
                "database_cpu_ms": sample.database_cpu,
            }
            for persona, samples in found.items()
            for (server, operation, connections), measured in samples.items()
            for sample in measured
        ],
        indent=1,
    )

"""``python -m bench``: the benchmarks of the hub, on databases generated under ``.data/bench`` and kept there."""

from pathlib import Path
from typing import IO

import click
from rich.console import Console

from bench import personas
from bench.database import prepare
from bench.servers import ServerError

console = Console(width=150, highlight=False)


def numbers(_: click.Context, __: click.Parameter, text: str) -> list[int]:
    """Whole numbers with commas between them."""
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a list of numbers like 1,16") from error
    if min(found) < 1:
        raise click.BadParameter("numbers begin at 1")
    return found


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.option("--members", type=click.IntRange(10_000), default=100_000, help="Members of the generated federation.")
@click.option("--seed", type=int, default=1, help="Seed of the generated federation.")
@click.option("--seconds", type=float, default=4.0, help="Length of one measurement.")
@click.option("--connections", callback=numbers, default="1,16", help="Numbers of connections.")
@click.option("--rounds", type=click.IntRange(1), default=3, help="Rounds of hub and peers; medians are printed.")
@click.option("--only", multiple=True, help="An operation to measure; may be given several times.")
@click.option(
    "--peer",
    "peers",
    multiple=True,
    type=click.Choice(["postgraphile", "by_hand", "strawberry"]),
    help="A peer to measure against; may be given several times. All, unless one is given.",
)
@personas.option(("nation", "city"), personas.FEDERATIONS)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all samples to a file.")
@click.pass_context
def main(
    context: click.Context,
    members: int,
    seed: int,
    seconds: float,
    connections: list[int],
    rounds: int,
    only: tuple[str, ...],
    peers: tuple[str, ...],
    personas: tuple[str, ...],
    file: Path | None,
) -> None:
    """Measure the hub against PostGraphile 5, SQL by hand, and Strawberry + DataLoader, on the same database, as each persona."""
    context.obj = (members, seed)
    if context.invoked_subcommand is not None:
        return
    from bench.compare import as_json, compare

    try:
        database = prepare(members, seed)
        samples = {
            name: compare(database, name, connections, seconds, rounds, only, peers, console) for name in personas
        }
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    if file is not None:
        file.write_text(as_json(samples))


@main.command("floor")
@click.option("--seconds", type=float, default=3.0)
@click.option("--connections", callback=numbers, default="1,16")
@click.pass_obj
def floor_command(chosen: tuple[int, int], seconds: float, connections: list[int]) -> None:
    """Measure the load tool against an application that does nothing."""
    from bench import servers
    from bench.load import Load, cpu_seconds, put
    from bench.workload import choose, operations

    database = prepare(*chosen)
    bodies = next(each for each in operations(choose(database)) if each.name == "one_record")
    with servers.floor(database) as server:
        for count in connections:
            before = cpu_seconds([server.pid])
            figures = put(Load(server.port, bodies.bodies(server), {}, count, seconds))
            used = 1e6 * (cpu_seconds([server.pid]) - before) / figures.requests
            console.print(
                f"{count} connections: {figures.rate:,.0f} requests/s, p50 {1000 * figures.median:.0f} µs; "
                f"CPU per request {used:.0f} µs in the server, {1e6 * figures.cpu / figures.requests:.0f} µs in the load tool"
            )


@main.command("profile-one-record")
@click.option("--loops", type=int, default=1500, help="Repetitions of each stage.")
@click.pass_obj
def profile_command(chosen: tuple[int, int], loops: int) -> None:
    """Say what the time of one record is spent on in the hub, stage by stage, in microseconds."""
    from bench.one_record import profile

    profile(prepare(*chosen), loops, console)


@main.command("nested-scale")
@click.option("--sizes", callback=numbers, default="100000,1000000", help="Members of the federations to compare.")
@click.option("--runs", type=int, default=15, help="Runs for each root; the median counts.")
@personas.option(("nation", "city"), personas.FEDERATIONS)
@click.pass_obj
def scale_command(chosen: tuple[int, int], sizes: list[int], runs: int, personas: tuple[str, ...]) -> None:
    """Time the nested page under every province, and as others under their own union, at several sizes; look for sequential scans of fact
    tables."""
    from bench.nested_scale import scale

    if not scale([prepare(size, chosen[1]) for size in sizes], personas, runs, console):
        raise click.ClickException("a statement reads a fact table from end to end")


@main.command("root-lists")
@click.option("--sizes", callback=numbers, default="100000", help="Members of the federations to compare.")
@click.option("--runs", type=click.IntRange(1), default=5, help="Runs of each question; the median counts.")
@click.option("--list", "only", multiple=True, help="A root list, e.g. members; may be given several times.")
@personas.option(personas.ALL, personas.ALL)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures to a file.")
@click.pass_obj
def root_lists_command(
    chosen: tuple[int, int],
    sizes: list[int],
    runs: int,
    only: tuple[str, ...],
    personas: tuple[str, ...],
    file: Path | None,
) -> None:
    """Time every root list's first page and its totalCount as every persona, with the rows and blocks that PostgreSQL reads."""
    from bench.root_lists import as_json, measure

    found = measure([prepare(size, chosen[1]) for size in sizes], personas, only, runs, console)
    if file is not None:
        file.write_text(as_json(found))


@main.command("statistics")
@click.option("--members", "size", type=click.IntRange(10_000), default=1_000_000, help="Members of the federation.")
@click.option("--runs", type=int, default=9, help="Runs for each place; the median counts.")
@click.option("--question", "only", multiple=True, help="A question to ask, by its name; may be given several times.")
@personas.option(("nation", "city"), personas.FEDERATIONS)
@click.pass_obj
def statistics_command(
    chosen: tuple[int, int], size: int, runs: int, only: tuple[str, ...], personas: tuple[str, ...]
) -> None:
    """Time statistics of every province, and as others of their own union, against those of villages, from roll-ups and from records."""
    from bench.statistics import statistics

    statistics(prepare(size, chosen[1]), personas, runs, only, console)


@main.command("folding")
@click.option("--rate", type=float, default=1_000, help="Transfers a second.")
@click.option("--seconds", type=float, default=60, help="How long to write.")
@click.pass_obj
def folding_command(chosen: tuple[int, int], rate: float, seconds: float) -> None:
    """Transfer members at a steady rate while the hub's task folds the roll-ups, and print how long the log of changes gets."""
    from bench.folding import folding

    folding(prepare(*chosen), rate, seconds, console)


@main.command("cells")
@click.option("--members", "size", type=click.IntRange(10_000), default=100_000, help="Members of the federation.")
@click.option("--runs", type=int, default=5, help="Runs for each province; the median counts.")
@click.pass_obj
def cells_command(chosen: tuple[int, int], size: int, runs: int) -> None:
    """Time statistics for callers with aggregates only against exact ones: keys and noise, and the neighbours of their cells."""
    from bench.cells import cells

    cells(prepare(size, chosen[1]), runs, console)


@main.command("walls")
@click.option(
    "--runs", type=click.IntRange(1), default=60, help="Runs of each operation behind each wall; the median counts."
)
@click.option(
    "--caller", "only", multiple=True, help="national, province, city or 'three lenses'; may be given several times."
)
@click.pass_obj
def walls_command(chosen: tuple[int, int], runs: int, only: tuple[str, ...]) -> None:
    """Time the nested page, one member and one union without any wall, behind the first, and behind both."""
    from bench.walls import walls

    walls(prepare(*chosen), runs, only, console)


@main.command("memory")
@click.option("--operations", "count", type=click.IntRange(100), default=10_000, help="Different operations to answer.")
@click.option("--most", type=float, default=350.0, help="Megabytes that the process may take.")
@click.pass_obj
def memory_command(chosen: tuple[int, int], count: int, most: float) -> None:
    """Say what one process takes once it has answered many different operations, and whether it kept those that clients repeat; status 1
    if it takes more than --most."""
    from bench.memory import memory

    if not memory(prepare(*chosen), count, most, console):
        raise click.ClickException(f"the process takes more than {most:.0f} MB")


@main.command("exports")
@click.option(
    "--query",
    type=click.File(encoding="utf-8"),
    help="A query with one list; else memberships with their members and unions.",
)
@click.option("--most", type=float, default=100.0, help="Megabytes by which the process may grow.")
@click.pass_obj
def exports_command(chosen: tuple[int, int], query: IO[str] | None, most: float) -> None:
    """Export a whole list in each format; status 1 if the hub grows by more than --most."""
    from bench.exports import MEMBERSHIPS, exports

    if not exports(prepare(*chosen), MEMBERSHIPS if query is None else query.read(), most, console):
        raise click.ClickException(f"the process grows by more than {most:.0f} MB")


@main.command("writing")
@click.option("--rows", type=click.IntRange(1), default=10_000, help="Persons in a batch.")
@click.option("--runs", type=click.IntRange(1), default=3, help="Batches, each of which is taken back.")
@click.pass_obj
def writing_command(chosen: tuple[int, int], rows: int, runs: int) -> None:
    """Time a batch of persons with memberships and engagements, and the same batch sent again."""
    from bench.writing import writing

    writing(prepare(*chosen), rows, runs, console)


@main.command("walls-served")
@click.option(
    "--runs", type=click.IntRange(1), default=5, help="Loads of two seconds on each server; their median counts."
)
@click.pass_obj
def walls_served_command(chosen: tuple[int, int], runs: int) -> None:
    """Time the same by HTTP, of a province's and a city's persona, behind the first wall and behind both."""
    from bench.walls_served import walls_served

    walls_served(prepare(*chosen), runs, console)


@main.command("shares")
@click.option("--seconds", type=float, default=6.0, help="Length of one measurement.")
@click.option(
    "--runs", type=click.IntRange(1), default=3, help="Measurements alone and beside, in turn; the median counts."
)
@click.pass_obj
def shares_command(chosen: tuple[int, int], seconds: float, runs: int) -> None:
    """Time a light caller alone, and beside another's eight slow queries; status 1 if the p95 is over three times its own."""
    from bench.shares import shares

    if not shares(prepare(*chosen), seconds, runs, console):
        raise click.ClickException("a light caller waits for the slow queries of another")


if __name__ == "__main__":
    main(prog_name="python -m bench")

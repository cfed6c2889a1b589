"""``unionhub db``: migrate, load the divisions, generate a federation. Each command imports what it needs when it runs: that halves the
start of the others."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from db.errors import DataError
from db.rollups.maintenance import build_rollups, fold_rollups, rebuild_rollups
from db.server import migrate
from hub.cli.language import Group, echo, translated
from hub.database import url_of
from hub.encryption_keys import demonstration_keys, key_source
from hub.settings import load

T = TypeVar("T")


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """Progress bars on standard error, one for each stage, whose total may be unknown; nothing is printed if there are no stages."""
    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int | None) -> None:
        if not tasks:
            bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(translated(what), total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield report
    finally:
        if tasks:
            bars.stop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; errors that the user can mend are printed without a traceback."""
    try:
        return asyncio.run(work)
    except DataError as error:
        raise click.ClickException(str(error)) from error


def chosen(_: click.Context, __: click.Parameter, url: str | None) -> str:
    """The URL of the configured database, else of the embedded one."""
    return url or url_of(load())


database_url = click.option(
    "--database-url",
    envvar="UNIONHUB_DATABASE_URL",
    metavar="URL",
    callback=chosen,
    help="postgresql://… of the database; the embedded one if neither this nor UNIONHUB_DATABASE_URL names another.",
)


@click.group("db", cls=Group)
def db() -> None:
    """Work on the database."""


@db.command()
@database_url
def upgrade(database_url: str) -> None:
    """Bring the schema to the newest revision, and build the roll-ups of statistics if they are not in use."""
    run(migrate.upgrade(database_url))
    with progress_bars() as progress:
        run(build_rollups(database_url, progress=progress))
    echo(f"The database is at revision {migrate.head()}.")


@db.command("load-divisions")
@database_url
@click.option("--villages", is_flag=True, help="Load the 620,573 villages too.")
@click.option(
    "--villages-file", type=click.Path(path_type=Path), help="Villages from this CSV file (plain or .xz) instead."
)
def load_divisions_command(database_url: str, villages: bool, villages_file: Path | None) -> None:
    """Load the divisions of the country; what is there already stays."""
    from db.reference.load_divisions import load_divisions

    with progress_bars() as progress:
        loaded = run(load_divisions(database_url, villages=villages_file or villages, progress=progress))
        run((rebuild_rollups if loaded.divisions else build_rollups)(database_url, progress=progress))
    echo(f"Added {loaded.divisions:,} divisions and {loaded.deadline_rules:,} deadline rules.")


@db.command("generate")
@database_url
@click.option("--members", type=int, required=True, help="How many members.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same rows.")
def generate_command(database_url: str, members: int, seed: int) -> None:
    """Generate a plausible federation into a database without organizations."""
    from db.generate import generate

    with progress_bars() as progress:
        made = run(generate(database_url, members, seed, progress=progress, keys=demonstration_keys(load())))
        run(rebuild_rollups(database_url, progress=progress))
    rows = sum(made.rows.values())
    echo(
        f"Generated {members:,} members, {rows:,} rows in all, in {made.seconds:.1f} s"
        f" ({members / made.seconds:,.0f} members/s)."
    )


@db.command("rebuild-rollups")
@database_url
def rebuild_rollups_command(database_url: str) -> None:
    """Rebuild the roll-ups of statistics from the records, in one transaction, while the hub serves."""
    with progress_bars() as progress:
        run(rebuild_rollups(database_url, progress=progress))
    echo("The roll-ups are as the records are.")


@db.command("fold-rollups")
@database_url
def fold_rollups_command(database_url: str) -> None:
    """Fold changes into the roll-ups; the hub does so itself every 30 seconds."""

    async def fold() -> int:
        async with migrate.operating(database_url) as connection:
            return await fold_rollups(connection)

    echo(f"Folded {run(fold()):,} changes.")


@db.command("demo")
@database_url
def demo_command(database_url: str) -> None:
    """Load the demonstration's federation, unless it is there."""
    from db.demo.load import load_demo

    with progress_bars() as progress:
        loaded = run(load_demo(database_url, progress=progress, keys=demonstration_keys(load())))
    echo("The demonstration is loaded." if loaded else "The demonstration was there already.")


@db.command("repair")
@database_url
@click.option("--dry-run", is_flag=True, help="Only check; status 1 if something is wrong. For a nightly job.")
def repair_command(database_url: str, dry_run: bool) -> None:
    """Compare what is derived (closures, members' unions, blind indexes, roll-ups …) with the records, and mend it.

    It is safe to repeat, and the hub may serve meanwhile. Status 1 if something is wrong that was not mended.
    """
    from db.consistency.run import Finding, repair
    from db.encryption.keys import KeyRing, KeyRingError

    ring: KeyRing | None = None
    with suppress(KeyRingError):
        ring = key_source(load()).ring()

    async def work() -> list[Finding]:
        with progress_bars() as progress:
            return [finding async for finding in repair(database_url, ring, dry_run=dry_run, progress=progress)]

    findings = run(work())
    wrong = [finding for finding in findings if finding.count]
    left = [finding for finding in wrong if not finding.mended]
    for finding in wrong:
        advice = finding.advice or ("`unionhub db repair` mends it." if dry_run else "Report it with these words.")
        echo(f"Mended: {finding.text}." if finding.mended else f"Wrong: {finding.text}. {advice}")
    if ring is None:
        echo("Encrypted values and blind indexes were not checked: there are no keys.")
    if not wrong:
        echo(f"{len(findings)} checks: nothing is wrong.")
    elif not left:
        echo(f"{len(findings)} checks: everything is mended.")
    sys.exit(bool(left))

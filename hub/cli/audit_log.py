"""``unionhub access verify-log`` and ``prune-log``: check that the audit log is unchanged, and delete what the law no longer requires."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from db.clock import SHANGHAI, today
from db.security.audit_log import Digest, Examination, examine, prune
from db.security.audit_retention import MIN_MONTHS, Anchor, with_time_zone
from db.server.migrate import connect, operating, require_head
from hub.cli.db import database_url, run
from hub.cli.language import echo, translated
from hub.encryption_keys import digest_of
from hub.settings import load

RECEIPT_DAYS = 30
"""How long the receipt of a command is kept, so that a repetition is recognised."""


@click.command("verify-log")
@database_url
@click.option(
    "--anchors",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to which the log's last entry is added, and against which the log is checked. Keep it on another machine.",
)
@click.option(
    "--months",
    type=click.IntRange(MIN_MONTHS),
    help="How long entries were to be kept when older ones were cut; UNIONHUB_AUDIT_MONTHS if it is not given.",
)
def verify_log_command(database_url: str, anchors: Path | None, months: int | None) -> None:
    """Verify the audit log, and name the first entry that was changed. Status 1 if there is one.

    Entries that were cut must have been old enough: by the date of the entry after them, or by anchors.
    """
    noted = read_anchors(anchors) if anchors and anchors.exists() else []
    found = run(examined(database_url, noted, load().audit_months if months is None else months))
    if found.fault is not None:
        raise click.ClickException(
            f"The audit log is not as it was written. First bad entry: {found.fault.id}: {found.fault.reason}.\n"
            "Keep the database as it is, and compare with the last backup in which the log was whole."
        )
    cut = f" (entries to {found.cut_through:,} were cut for their age)" if found.cut_through else ""
    echo(f"The audit log is whole: {found.entries:,} entries{cut}, the last is {found.id:,}.")
    echo(f"Its digest: {found.digest.hex()}")
    if anchors is None:
        echo("Only a digest that is noted elsewhere shows that no end was cut off: use --anchors FILE.")
    elif found.entries and all(each.id != found.id for each in noted):
        add_anchor(anchors, found)


async def examined(url: str, anchors: Sequence[Anchor], months: int) -> Examination:
    """Verify the audit log of the database at ``url``."""
    async with operating(url) as connection:
        return await examine(connection, anchors=anchors, months=months)


def read_anchors(path: Path) -> list[Anchor]:
    """Read a file of anchors: one a line, ``entry digest time``."""
    noted: dict[int, Anchor] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            number, digest, at = line.split()
            anchor = Anchor(int(number), bytes.fromhex(digest), with_time_zone(datetime.fromisoformat(at)))
            if noted.setdefault(anchor.id, anchor).digest != anchor.digest:
                raise ValueError(f"entry {anchor.id} has two digests")
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"{path} is no file of anchors: each line has an entry, its digest and a time. ({error})"
        ) from error
    return list(noted.values())


def add_anchor(path: Path, found: Examination) -> None:
    """Append the last entry of a verified log to the file of anchors."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{found.id} {found.digest.hex()} {datetime.now(UTC).isoformat(timespec='seconds')}\n")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror or error}.") from error
    echo(f"Noted in {path}.")


@click.command("prune-log")
@database_url
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune_log_command(database_url: str, yes: bool) -> None:
    """Delete entries of the audit log older than UNIONHUB_AUDIT_MONTHS, receipts of commands after 30 days, reports of imports after
    UNIONHUB_IMPORT_REPORT_DAYS.

    The role that this is run with must own the tables: the service's own role may not.
    """
    settings = load()
    before = datetime.combine(months_before(today(), settings.audit_months), datetime.min.time(), SHANGHAI)
    if not yes:
        click.confirm(translated(f"Cut all entries before {before.date()}? They cannot be brought back."), abort=True)
    cut = run(pruned(database_url, before, digest_of(settings), settings.import_report_days))
    echo(f"{cut:,} entries cut; one entry that stands for them was written." if cut else "Nothing to cut.")


def months_before(day: date, months: int) -> date:
    """The first day of the month that is at least so many whole months before a day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


async def pruned(url: str, before: datetime, digest: Digest, report_days: int) -> int:
    """Delete old entries, receipts and reports in the database at ``url``; returns how many entries."""
    connection = await connect(url)
    try:
        await require_head(connection)
        cut = await prune(connection, before, digest=digest)
        now = datetime.now(UTC)
        await connection.execute("DELETE FROM command_receipt WHERE at < $1", now - timedelta(days=RECEIPT_DAYS))
        await connection.execute(
            "UPDATE import_job SET report = NULL WHERE started_at < $1 AND report IS NOT NULL",
            now - timedelta(days=report_days),
        )
        return cut
    finally:
        await connection.close()

"""``unionhub import`` and ``unionhub template``: files in, as the rows of a kind of record."""

import asyncio
from pathlib import Path

import asyncpg
import click

from db.clock import today
from db.imports import ImportStage
from db.security.principals import AccessError
from db.server.migrate import operating
from hub.cli.db import progress_bars
from hub.cli.explain import caller_named
from hub.encryption_keys import digest_of, vault_of
from hub.errors import Refusal
from hub.imports.bad_file import BadFile
from hub.imports.mapping import FileMapping, read_mapping
from hub.imports.marked_workbook import write_marked
from hub.imports.progress import Cancelled
from hub.imports.report import ImportOptions
from hub.imports.run import Import, run_alone
from hub.settings import Settings
from resolvers.commands.context import CommandContext, CommandOptions, Refused
from resolvers.errors import localized
from resolvers.writing.declare import WritableKind
from resolvers.writing.kinds import KINDS


def kind_named(name: str) -> WritableKind:
    """The kind of record of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in KINDS:
        raise click.UsageError(f"There is no kind of record {name}. There are: {', '.join(KINDS)}.")
    return KINDS[name]


async def require_usable(url: str) -> None:
    """Require a database that is at the newest revision, and a login that may use it.

    Raises:
        DataError: it cannot be reached or used.
    """
    async with operating(url):
        pass


def run_import(
    settings: Settings,
    url: str,
    kind: WritableKind,
    path: Path,
    name: str,
    options: ImportOptions,
    mapping_path: Path | None,
) -> Import:
    """Import a file as the principal of a ``name``, with progress bars.

    Raises:
        ClickException: the mapping cannot be used, the principal may not write, or the file changed while it was read.
        DataError: the database cannot be used.
    """

    async def context(pool: asyncpg.Pool) -> CommandContext:
        request = {"source": "terminal", "operation": "unionhub import"}
        logged = CommandOptions(digest=digest_of(settings))
        return CommandContext(pool, await caller_named(pool, name), today(), vault_of(settings), request, logged)

    asyncio.run(require_usable(url))
    try:
        mapping = FileMapping() if mapping_path is None else read_mapping(mapping_path, kind)
        with progress_bars() as progress:
            job = Import(kind, path, options, mapping)

            def shown(stage: ImportStage, done: int, total: int | None) -> None:
                if total is not None:
                    progress("rows", done, total)

            run_alone(url, job, context, shown)
        return job
    except Cancelled as error:
        raise click.ClickException(f"{error} has cancelled the import; nothing was written.") from error
    except (BadFile, Refusal) as error:
        raise click.ClickException(f"{localized(error.code, error.message)} ({error.code})") from error
    except AccessError as error:
        raise click.ClickException(f"{error} ({error.code})") from error
    except Refused as error:
        code, message = error.errors[0].code, error.errors[0].message
        raise click.ClickException(f"{localized(code, message)} ({code})") from error


def write_report(job: Import, path: Path, *, chinese: bool) -> bool:
    """Write the marked workbook, if the file could be read and has faults: of an import of the good rows the others alone."""
    if job.table is None or not job.report.faults:
        return False
    write_marked(job.table, job.report, path, chinese=chinese, bad_rows_only=job.report.written)
    return True

"""``unionhub export``: all rows of the list of a query, as a file."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

import click

from db.security.principals import AccessError
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.app import command_context, default_engine, limits_of
from hub.cli.db import progress_bars
from hub.cli.explain import OPERATOR, as_errors, caller_named
from hub.cli.imports import require_usable
from hub.documents import Documents
from hub.encryption_keys import vault_of
from hub.errors import Refusal
from hub.exports.forms import Form, Format
from hub.exports.run import Exports
from hub.limits.budget import Budget, RoleLimits
from hub.limits.cell_budget import CellBudget
from hub.limits.concurrency import CallerConcurrency
from hub.operations import Operations, Outcome
from hub.parameters import Parameters
from hub.settings import RoleLimit, Settings
from hub.telemetry.requests import Telemetry
from resolvers.engine.request.limits import MAX_PAGE
from resolvers.errors import localized
from schema import schema

SOURCE = "terminal"
"""The address in the audit log."""


class FileSink:
    """Writes a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.started = False

    async def start(self, name: str, size: int | None, *, spells_values: bool) -> None:
        """Begin the file, which has its name already."""
        self.started = True

    async def write(self, data: bytes) -> None:
        """Write the next bytes."""
        self.file.write(data)


def format_of(path: Path) -> Format:
    """The format that the name of a file ends in.

    Raises:
        UsageError: it ends in none.
    """
    for each in Format:
        if path.suffix.lower() == each.suffix:
            return each
    raise click.UsageError("The file's name says the format: it ends in .csv, .ndjson or .xlsx.")


def run_export(settings: Settings, url: str, parameters: Parameters, path: Path, form: Form, name: str | None) -> int:
    """Write the export of a query as the principal of this ``name``, without it as a caller who sees everything; the number of its rows.

    The file appears when it is whole.

    Raises:
        ClickException: the query is refused, or something went wrong.
        DataError: the database or the keys cannot be used.
    """
    asyncio.run(require_usable(url))
    vault_of(settings).keys.ring()  # the audit entry needs them
    part, rows = path.with_name(f"{path.name}.part"), 0
    try:
        with part.open("wb") as file, progress_bars() as progress:

            def count(done: int) -> None:
                nonlocal rows
                rows = done
                progress("rows", done, None)

            outcome = asyncio.run(_export(settings, url, parameters, FileSink(file), form, name, count))
        if outcome.code is not None:
            raise click.ClickException("\n".join(as_errors(outcome.body)))
        os.replace(part, path)
    except Refusal as error:
        raise click.ClickException(f"{error.code}: {localized(error.code, error.message)}") from error
    except AccessError as error:
        raise click.ClickException(f"{error.code}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return rows


async def _export(
    settings: Settings,
    url: str,
    parameters: Parameters,
    sink: FileSink,
    form: Form,
    name: str | None,
    progress: Callable[[int], None],
) -> Outcome:
    pool = await create_pool(url, size=2, statement_timeout_ms=settings.statement_timeout_ms, role=READER)
    try:
        caller = OPERATOR if name is None else await caller_named(pool, name)
        operations = Operations(
            default_engine(pool, settings),
            Documents(schema._schema, limits_of(settings)),
            Telemetry(),
            budget=Budget(0, 0, 1),
            role_limits=RoleLimits(
                RoleLimit(settings.max_depth, settings.max_objects, MAX_PAGE),
                settings.role_limits,
                settings.introspection,
            ),
            cell_budget=CellBudget(settings.public_cells, settings.analyst_cells),
            concurrency=CallerConcurrency(0, 0),
        )
        context = partial(command_context, pool, settings)
        exports = Exports(operations, schema._schema, context, most=1, seconds=settings.export_seconds)
        return await exports.run(parameters, operations.account(caller, SOURCE), form, sink, progress=progress)
    finally:
        await pool.close()

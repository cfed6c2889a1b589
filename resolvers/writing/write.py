"""Write a batch of records: read, check, decide, write, log. One function for every door; as many statements for one row as for ten
thousand."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import asyncpg

from db.encryption.vault import Secret
from db.security.audit_log import Entry
from resolvers.commands.context import (
    CommandContext,
    allow_time,
    command,
    log,
    refused,
    roles_of_unions,
    transaction,
)
from resolvers.writing.batch import Batch, read_values, refuse_duplicates, refuse_same_record
from resolvers.writing.declare import EXPECTED_VERSION, WritableKind
from resolvers.writing.kinds import PREPARE
from resolvers.writing.outcomes import BatchOptions, BatchResult, OnConflict, OnError, Outcome, RawRow, RowResult
from resolvers.writing.parts import Part
from resolvers.writing.scope import NO_UNION, WriteScope, role_of
from resolvers.writing.warnings import warn_of_quality

ATTEMPTS = 4
PATIENCE_MS, PATIENCE_MS_A_ROW = 10_000, 10
"""How long a statement may take, and wait for another batch, at least: a batch of ten thousand is no query."""

AGAIN = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)
"""Another batch wrote the same records at the same time: on the next attempt they are there."""

DIGEST = Secret("access_log", "fields")
"""The digest of a batch is keyed, because a plain hash of personal data could be guessed."""


@command
async def write_batch(
    context: CommandContext,
    kind: WritableKind,
    rows: Sequence[RawRow],
    options: BatchOptions = BatchOptions(),  # noqa: B008 — frozen
) -> BatchResult:
    """Write rows of one kind in a transaction of its own, and log it in one entry, also a dry run.

    Raises:
        Refused: FORBIDDEN.
    """
    async with transaction(context) as connection:
        result = await write_rows(connection, context, kind, rows, options)
        await log_batches(connection, context, kind, [result], options)
    return result


async def write_rows(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: WritableKind,
    rows: Sequence[RawRow],
    options: BatchOptions = BatchOptions(),  # noqa: B008 — frozen
    *,
    scope: WriteScope | None = None,
) -> BatchResult:
    """Write rows inside the caller's transaction (READ COMMITTED) on a connection with the caller's scope; it is not logged: end with
    ``log_batches``. ``scope`` is where the caller may write, by default that of their roles.

    With ALL_OR_NOTHING a batch with a refused row writes nothing. Where later batches refer to earlier ones, write them with SKIP, and
    roll the transaction back in the end.

    Raises:
        Refused: FORBIDDEN.
    """
    scope = WriteScope.of(context.caller) if scope is None else scope
    if scope.is_empty:
        raise refused(*NO_UNION)
    if not connection.is_in_transaction():
        raise RuntimeError("a batch is written inside a transaction")
    await allow_time(connection, PATIENCE_MS + PATIENCE_MS_A_ROW * len(rows))
    async with connection.under_role(role_of(context.caller)):
        for attempt in range(1, ATTEMPTS + 1):
            batch = Batch(kind, rows, context, connection, scope, options.on_conflict)
            attempted = connection.transaction()
            await attempted.start()
            try:
                result = await _write(batch, options)
            except AGAIN:
                await attempted.rollback()
                if attempt == ATTEMPTS:
                    raise
                continue
            except BaseException:
                await attempted.rollback()
                raise
            if options.dry_run:
                await attempted.rollback()
            else:
                await attempted.commit()
            return result
    raise AssertionError("a batch ends with a result or an error")


async def _write(batch: Batch, options: BatchOptions) -> BatchResult:
    """Check a batch, and write what is good of it."""
    read_values(batch)
    refuse_duplicates(batch)
    parts = await PREPARE[batch.kind.name](batch)
    _refuse_repeated(batch, parts[0])
    outcomes = _outcomes(batch, parts)
    good = [row for row in range(len(batch)) if row not in batch.refused]
    writes = not batch.refused or options.on_error is OnError.SKIP
    before = list(map(parts[0].version, range(len(batch))))
    if writes:
        # foreign keys are checked row by row by a statement of PostgreSQL's own, which would be planned each time
        await batch.connection.execute("SET LOCAL plan_cache_mode = auto")
        for part in parts:
            await part.insert(batch.connection, good)
        for part in parts:
            await part.update(batch.connection, good)
        touched = [row for row in good if _changes_a_part(parts, row)]
        if touched:
            await parts[0].touch(batch.connection, touched)
        # the triggers that test new unions and persons, while the writer's role is on
        await batch.connection.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; SET LOCAL plan_cache_mode = force_custom_plan"
        )
        await warn_of_quality(batch, parts, outcomes)
    versions = before if options.dry_run else list(map(parts[0].version, range(len(batch))))
    results = _results(batch, parts[0], outcomes, versions, writes)
    return BatchResult(results, writes and not options.dry_run, _digest(batch))


def _changes_a_part(parts: Sequence[Part], row: int) -> bool:
    """Whether a row changes a record that is there in another table than the record's own: its version counts that too."""
    return parts[0].outcomes[row] is not Outcome.NEW and any(
        part.outcomes[row] in (Outcome.NEW, Outcome.CHANGED) for part in parts[1:]
    )


def _refuse_repeated(batch: Batch, main: Part) -> None:
    """Refuse rows that are about one record on file, however each of them names it: DUPLICATE."""
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, old in enumerate(main.existing):
        if old is not None:
            rows_of[old["id"]].append(row)
    for rows in rows_of.values():
        if len(rows) > 1:
            refuse_same_record(batch, rows, batch.kind.natural_keys[-1][-1])


def _outcomes(batch: Batch, parts: Sequence[Part]) -> list[Outcome]:
    """What becomes of each row; refuses VERSION_CONFLICT where a row comes too late, and CONFLICT where records are not to be changed."""
    outcomes = []
    expected = batch.values[EXPECTED_VERSION.name]
    for row in range(len(batch)):
        if row in batch.refused:
            outcomes.append(Outcome.REFUSED)
            continue
        each = {part.outcomes[row] for part in parts}
        outcome = Outcome.SAME
        if parts[0].outcomes[row] is Outcome.NEW:
            outcome = Outcome.NEW
        elif each & {Outcome.NEW, Outcome.CHANGED}:
            outcome = Outcome.CHANGED
        if expected[row] is not None and outcome is not Outcome.SAME and expected[row] != parts[0].version(row):
            batch.refuse(row, "VERSION_CONFLICT", EXPECTED_VERSION.name, _too_late(parts[0], row))
            outcome = Outcome.REFUSED
        elif outcome is Outcome.CHANGED and batch.on_conflict is OnConflict.REFUSE:
            batch.refuse(row, "CONFLICT", None, f"The record is there with other values: {_differences(parts, row)}.")
            outcome = Outcome.REFUSED
        outcomes.append(outcome)
    return outcomes


def _too_late(main: Part, row: int) -> str:
    """What to do about a row whose record has another version than it expects."""
    if main.existing[row] is None:
        return "There is no such record, or no more. Leave out the expected version to write a new one."
    version = main.version(row)
    now = "has another version" if version is None else f"has version {version}"
    return f"The record was changed meanwhile and {now} now. Read it, and send the change again with its version."


def _differences(parts: Iterable[Part], row: int) -> str:
    """The names of the columns that a row would change."""
    names = [
        name
        for part in parts
        if part.outcomes[row] in (Outcome.NEW, Outcome.CHANGED)
        for name in (part.changes(row) if part.existing[row] is not None else [part.table.name])
    ]
    return ", ".join(dict.fromkeys(names))


def _results(
    batch: Batch, main: Part, outcomes: Sequence[Outcome], versions: Sequence[int | None], writes: bool
) -> list[RowResult]:
    results = []
    for row, outcome in enumerate(outcomes):
        old = main.existing[row]
        key = old["id"] if old is not None else main.ids[row] if main.ids is not None and writes else None
        findings = tuple(batch.findings[row]) if row in batch.findings else ()
        version = versions[row] if old is not None else 1 if key is not None else None
        if outcome is Outcome.REFUSED and not any(each.code == "VERSION_CONFLICT" for each in findings):
            key = version = None
        results.append(RowResult(batch.rows[row].number, outcome, findings, key, version))
    return results


def _digest(batch: Batch) -> bytes:
    rows = [[row.number, dict(row.values)] for row in batch.rows]
    return batch.context.vault.sealer(DIGEST).index(json.dumps([batch.kind.name, rows], default=str))


class Counted(Protocol):
    """What the audit log has of a batch."""

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many rows have each outcome."""

    @property
    def digest(self) -> bytes:
        """The keyed digest of the rows."""


async def log_batches(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: WritableKind,
    results: Sequence[Counted],
    options: BatchOptions = BatchOptions(),  # noqa: B008 — frozen
) -> None:
    """Append the one entry of some batches of a kind to the audit log: how many rows had which outcome, and the digest of the last, which
    follows from nobody's data without the key. Call it last before the commit: the log is locked until then."""
    counts: Mapping[Outcome, int] = {outcome: sum(each.counts[outcome] for each in results) for outcome in Outcome}
    fields = [kind.name, *(f"{outcome.name} {count}" for outcome, count in counts.items())]
    if options.dry_run:
        fields.append("DRY_RUN")
    fields.extend(f"DIGEST {each.digest.hex()}" for each in results[-1:])
    await log(connection, context, Entry("WRITE_RECORDS", role=roles_of_unions(context.caller), fields=fields))

"""Write records by a command: at most a thousand of one kind, done once for a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.commands.context import CommandContext, command, refused, transaction
from resolvers.commands.receipts import keep, receipt
from resolvers.writing.declare import WritableKind
from resolvers.writing.outcomes import BatchOptions, BatchResult, Finding, Outcome, RawRow, RowResult, Severity
from resolvers.writing.write import log_batches, write_rows

MOST = 1_000
"""Records of one command; more go in a file."""


@dataclass(frozen=True)
class Written:
    """What became of the records of a command: one result each, and whether anything was written."""

    rows: Sequence[RowResult]
    written: bool

    @classmethod
    def of(cls, result: BatchResult) -> "Written":
        """The results of a batch."""
        return cls(result.rows, result.written)

    def count(self, outcome: Outcome) -> int:
        """How many records have an outcome."""
        return sum(row.outcome is outcome for row in self.rows)

    def stored(self) -> Mapping[str, Any]:
        """The form in a receipt, without the values of findings."""
        rows = [
            [
                row.outcome.name,
                row.id,
                [[each.code, each.column, each.message, each.severity.value] for each in row.findings],
                row.version,
            ]
            for row in self.rows
        ]
        return {"written": self.written, "rows": rows}

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> "Written":
        """The results that a receipt has stored."""
        rows = [
            RowResult(
                number,
                Outcome[outcome],
                tuple(
                    Finding(code, column, message, None, Severity(severity))
                    for code, column, message, severity in findings
                ),
                key,
                version[0] if version else None,  # receipts of before have none
            )
            for number, (outcome, key, findings, *version) in enumerate(stored["rows"])
        ]
        return cls(rows, stored["written"])


@command
async def write_records(
    context: CommandContext,
    kind: WritableKind,
    records: Sequence[Mapping[str, Any]],
    options: BatchOptions,
    idempotency_key: str | None = None,
) -> Written:
    """Write records in one transaction, with one entry in the audit log; the caller's budget has one command. Results count from 0.

    A repetition with the same key has the first result, without the values of its findings.

    Raises:
        Refused: EMPTY, TOO_MANY, FORBIDDEN, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    if not records:
        raise refused("EMPTY", "Give at least one record.", "records")
    if len(records) > MOST:
        raise refused("TOO_MANY", f"At most {MOST:,} records are written at once; import a file of more.", "records")
    action = f"WRITE {kind.name}"
    given = {
        "records": [{name: str(value) for name, value in record.items()} for record in records],
        "options": str(options),
    }
    async with transaction(context) as connection:
        known = await receipt(connection, context, action, idempotency_key, given)
        if known.payload is not None:
            return Written.restored(known.payload)
        rows = [RawRow(number, record) for number, record in enumerate(records)]
        result = await write_rows(connection, context, kind, rows, options)
        written = Written.of(result)
        await keep(connection, context, action, idempotency_key, written.stored())
        await log_batches(connection, context, kind, [result], options)
    return written

"""What the commands that reorganize unions share: input, transaction, counts, receipt and log entry."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg

from db.hierarchies import LOCK
from db.security.audit_log import Entry
from resolvers.commands.context import (
    CommandContext,
    allow_time,
    clean_text,
    log,
    refused,
    roles_of_unions,
    transaction,
)
from resolvers.commands.receipts import keep, receipt
from resolvers.engine.request import global_ids
from resolvers.reorganizations.transfers import Counts, Transfer
from resolvers.reorganizations.unions import PREFIX
from resolvers.writing.scope import NO_UNION, WriteScope, role_of

MAX_REASON = 200
PATIENCE_MS = 600_000
"""A county's members go to another union in statements that take longer than a query."""

SUCCEED = """INSERT INTO organization_succession (predecessor_id, successor_id, kind, succeeded_on, reason)
SELECT predecessor, successor, $3, $4, $5 FROM unnest($1::bigint[], $2::bigint[]) AS u(predecessor, successor)"""
AT_END = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
"""The triggers that test new links, while the writer's role is on."""


@dataclass(frozen=True)
class Options:
    """The day and the reason of a reorganization; whether it is taken back at the end; the idempotency key."""

    on: date
    reason: str
    dry_run: bool = False
    key: str | None = None


Work = Callable[[asyncpg.Connection, WriteScope, Transfer], Awaitable[None]]
"""Does a reorganization. The database keeps the closures."""


async def reorganize(
    context: CommandContext, action: str, options: Options, given: Mapping[str, Any], unions: Sequence[int], work: Work
) -> Counts:
    """Do a reorganization in one transaction, with one entry in the audit log; a rehearsal is the same, taken back at its end.

    Raises:
        Refused: FORBIDDEN, MISSING_REASON, BAD_TEXT, FUTURE_DATE, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED, and what ``work`` refuses.
    """
    scope = WriteScope.of(context.caller)
    if scope.is_empty:
        raise refused(*NO_UNION)
    reason = clean_text(options.reason, MAX_REASON, "reason")
    if reason is None:
        raise refused("MISSING_REASON", "Give in `reason` the document by which this was decided.", "reason")
    if options.on > context.today:
        raise refused(
            "FUTURE_DATE", "This day is in the future. A reorganization is written when it takes effect.", "on"
        )
    transfer = Transfer(options.on, reason)
    async with transaction(context) as connection:
        inputs = {**given, "on": options.on.isoformat(), "reason": reason, "dryRun": options.dry_run}
        known = await receipt(connection, context, action, options.key, inputs)
        if known.payload is not None:
            return Counts(**known.payload)
        await allow_time(connection, PATIENCE_MS)
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        async with connection.under_role(role_of(context.caller)):
            attempted = connection.transaction()
            await attempted.start()
            try:
                await work(connection, scope, transfer)
                await connection.execute(AT_END)
            except BaseException:
                await attempted.rollback()
                raise
            await (attempted.rollback() if options.dry_run else attempted.commit())
        await keep(connection, context, action, options.key, transfer.counts.stored())
        await log(connection, context, _entry(context, action, options, unions, transfer.counts))
    return transfer.counts


def next_day(day: date) -> date:
    """The day on which a union is no more that hands over on ``day``."""
    return day + timedelta(days=1)


def _entry(context: CommandContext, action: str, options: Options, unions: Sequence[int], counts: Counts) -> Entry:
    fields = [
        action,
        *(f"{name} {count}" for name, count in counts.stored().items()),
        *(["DRY_RUN"] if options.dry_run else []),
    ]
    return Entry(
        "REORGANIZE_UNIONS",
        role=roles_of_unions(context.caller),
        records=[global_ids.encode(PREFIX, key) for key in unions],
        fields=fields,
    )

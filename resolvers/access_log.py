"""How a data subject's requests, and the entries of the audit log, are answered: ``resolvers.access.row_access`` says to whom."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, literal_column
from sqlalchemy.dialects.postgresql import ARRAY

from db.access import AccessLog, SubjectRequest
from resolvers.engine.declare.rows import Rows, Walls
from resolvers.engine.declare.sources import Computed, Many, One, Source
from resolvers.engine.plan.connection import Fetch
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.registry import registry
from resolvers.working_days import is_provisional

FIELDS = literal_column("ARRAY(SELECT jsonb_array_elements_text(access_log.fields))", ARRAY(Text()))


async def _provisional(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool]:
    return [is_provisional(due) for (due,) in records]


class InSight:
    """All rows that the caller sees, the oldest first."""

    def rows(
        self, target: Source, parent: ColumnElement[int] | None, arguments: Arguments, binder: Binder, walls: Walls
    ) -> Rows:
        """See ``Relation``."""
        return Rows(target.table, [], [target.key])


registry.add(
    Source(
        AccessLog,
        "log",
        columns={"fields": FIELDS},
        hide=("records", "source", "previous", "digest"),
    )
)
registry.add(
    Source(
        SubjectRequest,
        "sreq",
        columns={"is_pending": SubjectRequest.proposal.is_not(None)},
        hide=(
            "member_id",
            "opened_by",
            "closed_by",
            "proposed_by",
            "document",
            "document_digest",
            "proposal",
            "approved_at",
        ),
        fields={
            "member": One("Member", SubjectRequest.member_id),
            "due_provisional": Computed((SubjectRequest.due_on,), _provisional),
        },
    )
)
registry.root("access_log", Many("AccessLog", InSight()))
registry.root("subject_requests", Many("SubjectRequest", InSight()))

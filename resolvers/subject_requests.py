"""Source of the requests of data subjects; ``resolvers.access.row_access`` says which of them each caller sees."""

from collections.abc import Sequence
from typing import Any

from db.access import SubjectRequest
from resolvers.engine.declare.sources import Computed, Many, One, Source
from resolvers.engine.plan.connection import Fetch
from resolvers.registry import registry
from resolvers.relations import AllVisible
from resolvers.working_days import is_provisional


async def _due_provisional(fetch: Fetch, records: Sequence[tuple[Any, ...]]) -> list[bool]:
    """Whether each due day may still move, given the due days."""
    return [is_provisional(due) for (due,) in records]


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
            "due_provisional": Computed((SubjectRequest.due_on,), _due_provisional),
        },
    )
)
registry.root("subject_requests", Many("SubjectRequest", AllVisible()))

"""The request that is being answered: its ID stands in log lines and in the errors of masked faults."""

from contextvars import ContextVar
from typing import NamedTuple


class RequestContext(NamedTuple):
    """One request over HTTP, or one WebSocket."""

    request_id: str
    trace_id: str | None = None
    """That of the caller's ``traceparent`` (W3C Trace Context): 32 hexadecimal digits."""

    parent_id: str | None = None
    """The caller's span: 16 hexadecimal digits."""


REQUEST: ContextVar[RequestContext | None] = ContextVar("request", default=None)
"""The request that this task answers; None outside of one."""

FAULTS = frozenset({"INTERNAL_ERROR", "DATABASE_UNAVAILABLE"})
"""The codes of masked faults: errors of the hub, whose details stand in the log only."""


def extensions_of(code: str) -> dict[str, str]:
    """The ``extensions`` of an error of this code; a masked fault has the request's ID."""
    request = REQUEST.get() if code in FAULTS else None
    return {"code": code} if request is None else {"code": code, "requestId": request.request_id}

"""Labels of metrics. Callers choose the names, so their number is bounded and only signed-in callers add to them; the rest is ``other``."""

import re

from db.access import PrincipalKind
from hub.telemetry.log_formatters import loggable_name
from resolvers.access.callers import Caller
from resolvers.viewer import KnownCaller

OTHER = "other"
UNNAMED = "unnamed"
"""The label of operations without a name."""

MAX_OPERATIONS, MAX_CLIENTS = 50, 20
"""How many names of each have a label of their own in one process: the first that are seen."""

PROGRAM_HEADERS = frozenset({b"graphql-client-name", b"apollographql-client-name"})
"""Headers in which a client program names itself; Apollo's clients and others send one of them."""

PROGRAM = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 ._/@-]{0,49}")


class BoundedNames:
    """The first names that are seen, up to ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.known: set[str] = set()

    def label(self, name: str, *, new: bool) -> str:
        """The name itself if it is known, or if it may be added (``new``) and there is room; else ``other``."""
        if name in self.known:
            return name
        if new and len(self.known) < self.most:
            self.known.add(name)
            return name
        return OTHER


def program_of(value: bytes) -> str | None:
    """The name of the client program in a header's value; None if it does not look like a name."""
    text = value.decode("latin-1").strip()
    return text if PROGRAM.fullmatch(text) else None


def program_in(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The name of the client program in the headers of a request."""
    return next((program_of(value) for name, value in headers if name in PROGRAM_HEADERS), None)


def client_of(caller: Caller | None, program: str | None) -> str:
    """The client of an operation, for log and metrics: program, else agency, else kind of principal; never a person's name.

    Callers without a token are always ``public``, and callers whose sign-in failed ``unknown``.
    """
    if caller is None:
        return "unknown"
    if caller.principal_id is None:
        return "public"
    if program is not None:
        return program
    kind = caller.kind if isinstance(caller, KnownCaller) else PrincipalKind.PERSON
    return caller.name if kind is PrincipalKind.AGENCY else kind.name.lower()


class OperationLabels:
    """The labels of an operation's metrics."""

    def __init__(self) -> None:
        self.operations = BoundedNames(MAX_OPERATIONS)
        self.clients = BoundedNames(MAX_CLIENTS)

    def of(self, operation: str | None, client: str, caller: Caller | None, *, ran: bool) -> tuple[str, str]:
        """Labels of operation and client. Only operations that were run for a signed-in caller add names, so that nobody else can use
        them up."""
        new = ran and caller is not None and caller.principal_id is not None
        name = UNNAMED if operation is None else self.operations.label(loggable_name(operation) or UNNAMED, new=new)
        known = client in ("public", "unknown")
        return name, client if known else self.clients.label(client, new=new)

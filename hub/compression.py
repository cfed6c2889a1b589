"""Compressed answers, by ``Accept-Encoding``: zstd, br or gzip; and which answers are not, because their length would give a secret away.

Compression makes an answer shorter where it repeats itself. Who reads the length of answers on the wire, and can put a guess into them,
learns by that whether the guess stands there a second time (BREACH). So an answer to a caller with a token, that may hold personal data,
is compressed only where nothing in it is the request's own text: not that of a mutation, with errors (messages quote arguments), with a
plan, or with aliases that could spell a value. An alias of letters in camelCase spells no number, code, date, ID or Chinese name. What
is not compressed says ``no-transform``, so that no proxy does it instead. The public has no secrets, and the schema is none.
"""

import re

from graphql import DocumentNode, FieldNode, InlineFragmentNode, OperationType, SelectionSetNode
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

MIN_BYTES = 1_000
"""Shorter answers are sent as they are: they fit into one packet."""

NO_TRANSFORM = b"no-transform"
PLAIN = "unionhub.plain"
"""Where the scope has the way past the compression."""

CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*")

add_compress_type("application/graphql-response+json")


def can_spell(document: DocumentNode) -> bool:
    """Whether an alias of the document could spell a value: it has digits, underscores or capitals in succession."""
    stack: list[SelectionSetNode] = []
    for definition in document.definitions:
        selection_set = getattr(definition, "selection_set", None)
        if selection_set is not None:
            stack.append(selection_set)
    while stack:
        for node in stack.pop().selections:
            if isinstance(node, FieldNode) and node.alias is not None and not CAMEL_CASE.fullmatch(node.alias.value):
                return True
            if isinstance(node, (FieldNode, InlineFragmentNode)) and node.selection_set is not None:
                stack.append(node.selection_set)
    return False


def keeps_secrets(body: bytes, kind: OperationType | None, *, spells: bool, explained: bool) -> bool:
    """Whether the compressed length of an answer to a caller with a token tells nothing: none of it is the request's own text.

    Args:
        body: the response.
        kind: the operation's; None where none was run.
        spells: whether its document has aliases that could spell a value.
        explained: whether the answer has its plan.
    """
    return kind is OperationType.QUERY and not spells and not explained and b'"errors":' not in body


def compressed(app: ASGIApp, paths: tuple[str, ...]) -> ASGIApp:
    """The application, whose answers on some paths are compressed unless they say ``no-transform``."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        way = send

        async def chosen(message: Message) -> None:
            nonlocal way
            if message["type"] == "http.response.start" and forbids(message["headers"]):
                way = scope[PLAIN]
            await way(message)

        await app(scope, receive, chosen)

    middleware = CompressMiddleware(inner, minimum_size=MIN_BYTES)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in paths:
            await middleware({**scope, PLAIN: send}, receive, send)
        else:
            await app(scope, receive, send)

    return answer


def forbids(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether an answer says ``no-transform``."""
    return any(name == b"cache-control" and NO_TRANSFORM in value for name, value in headers)

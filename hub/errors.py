"""How refusals look: ``{"errors": [{"message", "locations"?, "extensions": {"code", "requestId"?}}]}``, without ``data``."""

from collections.abc import Iterable
from typing import Any

import orjson
from graphql import GraphQLError

from resolvers.request import extensions_of

MAX_MESSAGE = 300
"""Characters of a message; what a caller sent is never echoed at length."""

MAX_ERRORS = 20
"""Errors in one response."""


class Refusal(Exception):
    """A request that HTTP itself refuses, before any GraphQL; its status is the same for every media type."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = tuple(headers)


def cut(message: str) -> str:
    """The message, at most ``MAX_MESSAGE`` characters of it."""
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"


def body_of(code: str, message: str) -> bytes:
    """The JSON of a response with this one error."""
    return orjson.dumps({"errors": [{"message": cut(message), "extensions": extensions_of(code)}]})


def body_of_errors(errors: Iterable[tuple[str, GraphQLError]]) -> bytes:
    """The JSON of a response with these errors, each with its code; the first ``MAX_ERRORS`` of them."""
    shown: list[dict[str, Any]] = []
    for code, error in errors:
        if len(shown) == MAX_ERRORS:
            break
        entry: dict[str, Any] = {"message": cut(error.message)}
        if error.locations:
            entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations[:2]]
        entry["extensions"] = {"code": code}
        shown.append(entry)
    return orjson.dumps({"errors": shown})

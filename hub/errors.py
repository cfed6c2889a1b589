"""Refusals as JSON: ``{"errors": [{"message", "locations"?, "extensions": {"code", "requestId"?}}]}``, without ``data``."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError

from resolvers.errors import localized
from resolvers.request import extensions_of

MAX_MESSAGE = 300
"""Characters of a message, so that a caller's text is never echoed at length."""

MAX_ERRORS = 20
"""Errors in one response."""


class Refusal(Exception):
    """A request that is refused before GraphQL. Its status is the same for every media type."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = tuple(headers)


def cut(message: str) -> str:
    """The first ``MAX_MESSAGE`` characters of a message."""
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"


def body_of(code: str, message: str) -> bytes:
    """The JSON of a response with one error."""
    return orjson.dumps({"errors": [{"message": localized(code, cut(message)), "extensions": extensions_of(code)}]})


class Problem(NamedTuple):
    """An error of a document, cached with it and translated for each caller."""

    code: str
    message: str
    locations: tuple[tuple[int, int], ...]
    """Pairs of line and column."""


def problems(errors: Iterable[tuple[str, GraphQLError]]) -> tuple[Problem, ...]:
    """The first ``MAX_ERRORS`` errors, each with its code."""
    return tuple(
        Problem(code, cut(error.message), tuple((at.line, at.column) for at in (error.locations or ())[:2]))
        for code, error in islice(errors, MAX_ERRORS)
    )


def body_of_problems(found: Iterable[Problem]) -> bytes:
    """The JSON of a response with these errors."""
    shown: list[dict[str, Any]] = []
    for problem in found:
        entry: dict[str, Any] = {"message": localized(problem.code, problem.message)}
        if problem.locations:
            entry["locations"] = [{"line": line, "column": column} for line, column in problem.locations]
        entry["extensions"] = {"code": problem.code}
        shown.append(entry)
    return orjson.dumps({"errors": shown})

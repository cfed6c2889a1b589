"""The error type of the hub: a message for the caller, and a stable code for programs."""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from typing import Any

from graphql import GraphQLError
from graphql.language import Node

from resolvers.request import extensions_of

Translate = Callable[[str, str], str]
"""A message in the caller's language, from its code and its English text."""


def in_english(code: str, message: str) -> str:
    """The message as it was written."""
    return message


translate: ContextVar[Translate] = ContextVar("translate", default=in_english)
"""Translates messages into the language of the request. Set for each request."""


def localized(code: str | None, message: str) -> str:
    """A message in the caller's language. Each error calls this where its dictionary is made, so that responses, whose keys the caller
    chooses, are never searched for messages."""
    return message if code is None else translate.get()(code, message)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as a response has it, in the caller's language."""
    response: dict[str, Any] = {**error.formatted}
    response["message"] = localized((error.extensions or {}).get("code"), error.message)
    return response


class HubError(GraphQLError):
    """An error whose message the caller may read; ``extensions.code`` is stable and listed in ``docs/errors.md``."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        nodes: Collection[Node] | Node | None = None,
        path: Collection[str | int] | None = None,
    ) -> None:
        super().__init__(message, nodes=nodes, path=path, extensions=extensions_of(code))

    @property
    def code(self) -> str:
        """The stable code."""
        return str((self.extensions or {})["code"])


class GraphQLErrors(Exception):
    """Several errors of one request."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


MAX_MESSAGE = 300
"""Characters of a message of graphql-core, which quotes what the caller wrote."""


def shortened(error: GraphQLError, path: list[str | int] | None = None) -> GraphQLError:
    """An error of graphql-core with a message of at most ``MAX_MESSAGE`` characters, and a code."""
    message = error.message.encode(errors="replace").decode()
    message = message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"
    code = (error.extensions or {}).get("code", "BAD_VARIABLES")
    return GraphQLError(message, nodes=error.nodes, path=path, extensions={"code": code})

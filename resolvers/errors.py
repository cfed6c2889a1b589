"""The one error type: what went wrong in a caller's words, and a stable code that programs can act on."""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from typing import Any

from graphql import GraphQLError
from graphql.language import Node

from resolvers.request import extensions_of

Words = Callable[[str, str], str]
"""A message in the caller's language, from its code and its English words."""


def in_english(code: str, message: str) -> str:
    """The message as it was written."""
    return message


words: ContextVar[Words] = ContextVar("words", default=in_english)
"""The language of the request that is being answered; whoever takes requests sets it."""


def said(code: str | None, message: str) -> str:
    """A message as the caller reads it. Every error is worded by this where its dictionary is made, so that nobody looks for messages in
    an answer, whose keys are the caller's own."""
    return message if code is None else words.get()(code, message)


def told(error: GraphQLError) -> dict[str, Any]:
    """An error as it stands in a response."""
    shown: dict[str, Any] = {**error.formatted}
    shown["message"] = said((error.extensions or {}).get("code"), error.message)
    return shown


class HubError(GraphQLError):
    """An error that the caller may see whole; ``extensions.code`` is stable and listed in ``docs/errors.md``."""

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

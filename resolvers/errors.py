"""The one error type: what went wrong in a caller's words, and a stable code that programs can act on."""

from collections.abc import Collection

from graphql import GraphQLError
from graphql.language import Node

from resolvers.request import extensions_of


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

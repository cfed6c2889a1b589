"""What commands (操作) share: one input, and a payload with a result or errors."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import strawberry
from strawberry import UNSET

from resolvers.commands.context import CommandContext, Refused
from resolvers.errors import localized
from schema.fields import field

T = TypeVar("T")
Info = strawberry.Info[CommandContext, None]

KEY = "A key of your choice: a command that is sent again with the same key is done once (幂等键)"


def argument(description: str) -> Any:
    """The one argument of a command."""
    return strawberry.argument(description=description)


@strawberry.type(description="Why a command was not done (操作错误)")
class UserError:
    """Why a command was not done."""

    code: str = field("Stable code, listed in docs/errors.md (错误代码)")
    message: str = field("What is wrong and what to do (错误说明)")
    path: list[str] = field("Path to the argument that is wrong (出错位置)")


async def outcome(command: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """The result of a command, or the errors for which it was refused."""
    try:
        return await command, []
    except Refused as refusal:
        return None, [
            UserError(code=error.code, message=localized(error.code, error.message), path=list(error.path))
            for error in refusal.errors
        ]


def given(value: T | None) -> T | None:
    """The value of an optional input; None if it is left out."""
    return None if value is UNSET else value

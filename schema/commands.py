"""What commands (操作) have in common: one input each, and a result or the errors that stopped them."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import strawberry
from strawberry import UNSET

from resolvers.commands.context import CommandContext, Refused
from resolvers.errors import localized
from schema.fields import field

T = TypeVar("T")
Info = strawberry.Info[CommandContext, None]

KEY = "A key of your own choice: the same command sent again under it is done once (幂等键)"


def argument(description: str) -> Any:
    """The one argument of a command."""
    return strawberry.argument(description=description)


@strawberry.type(description="Why a command was not done (操作错误)")
class UserError:
    """Why a command was not done."""

    code: str = field("Stable code, listed in docs/errors.md (错误代码)")
    message: str = field("What is wrong and what to do (错误说明)")
    path: list[str] = field("Place in the command's arguments (出错位置)")


async def outcome(command: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """What a command answered, or the errors for which it was refused."""
    try:
        return await command, []
    except Refused as refusal:
        return None, [
            UserError(code=error.code, message=localized(error.code, error.message), path=list(error.path))
            for error in refusal.errors
        ]


def given(value: T | None) -> T | None:
    """An optional input; None when it is left out."""
    return None if value is UNSET else value

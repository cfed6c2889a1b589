"""Fields of the schema: columns, relations and lists, each with its description; how they are answered stands in ``resolvers``."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

NAME_MATCHING = (
    "How well the name matches the filter: equal names first, then names that begin with the text, the shorter ones first in each"
    " (名称匹配程度)"
)
CARD_CHANGED_ON = (
    "Day on which the bank card that is paid to was changed, shown for thirty days: confirm with the person"
    " (收款银行卡变更日期，三十日内)"
)


def provisional(chinese: str) -> str:
    """The description of a field that says whether a last day is provisional."""
    return (
        "Whether that day may still move: the notice on its year's days off is not published, so only festivals count"
        f" ({chinese})"
    )


class Argument(NamedTuple):
    """Type and description of an argument."""

    type: Any
    description: str


class Declared(StrawberryField):
    """A field with arguments and without a resolver: the engine answers it."""

    @classmethod
    def of(cls, description: str, arguments: Mapping[str, Argument]) -> "Declared":
        """A field with these arguments by their Python names."""
        made = cls(description=description)
        made.arguments = [
            StrawberryArgument(
                python_name=name,
                graphql_name=None,
                type_annotation=StrawberryAnnotation(argument.type),
                description=argument.description,
                default=UNSET,
            )
            for name, argument in arguments.items()
        ]
        return made


def field(description: str, **arguments: Argument) -> Any:
    """A field of a type; ``description`` is English first, then the Chinese term in brackets. Of a list with a day it also says which
    rows the list has without it."""
    description = described(description, arguments)
    return Declared.of(description, arguments) if arguments else strawberry.field(description=description)


def described(description: str, arguments: Mapping[str, Argument]) -> str:
    """The description of a field, of a list with a day with what it holds without it, in both languages."""
    if "as_of" not in arguments or "kind" in arguments:
        return description
    english, _, chinese = description.rpartition(" (")
    if "validity" in arguments:
        default = "those that hold today, unless `asOf` or `validity` says otherwise", "默认仅列今日有效的"
    else:
        default = "as of today, unless `asOf` names another day", "默认截至今日"
    return f"{english}; {default[0]} ({chinese[:-1]}；{default[1]})"


def optional(description: str) -> Any:
    """An optional field of an input."""
    return strawberry.field(default=UNSET, description=description)

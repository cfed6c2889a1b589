"""Fields of the schema with their descriptions and arguments; ``resolvers`` declares how they are answered."""

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
    """The type and the description of an argument."""

    type: Any
    description: str


class EngineField(StrawberryField):
    """A field with arguments and without a Strawberry resolver: the engine answers it."""

    @classmethod
    def of(cls, description: str, arguments: Mapping[str, Argument]) -> "EngineField":
        """A field with these arguments, by their Python names."""
        field = cls(description=description)
        field.arguments = [
            StrawberryArgument(
                python_name=name,
                graphql_name=None,
                type_annotation=StrawberryAnnotation(argument.type),
                description=argument.description,
                default=UNSET,
            )
            for name, argument in arguments.items()
        ]
        return field


def field(description: str, **arguments: Argument) -> Any:
    """A field of a type. ``description`` is English with the Chinese term in brackets; the default day and validity of a list with
    ``as_of`` are added to it."""
    description = with_defaults(description, arguments)
    return EngineField.of(description, arguments) if arguments else strawberry.field(description=description)


def with_defaults(description: str, arguments: Mapping[str, Argument]) -> str:
    """The description of a field, with the default day and validity of its rows if it has ``as_of``, in both languages."""
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

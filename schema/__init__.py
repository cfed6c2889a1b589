"""The GraphQL schema: ``schema`` is Strawberry's, ``sdl()`` its text, which ``schema.graphql`` has."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition

from resolvers.slices import registry
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import DATE, DATE_TIME, DECIMAL

__all__ = ["registry", "schema", "sdl"]


class Names(NameConverter):
    """Names of generic types: ``Connection`` of ``Member`` is ``MemberConnection``, ``Order`` of ``MemberField`` is ``MemberOrder``."""

    def from_generic(self, object_type: StrawberryObjectDefinition, types: list[Any]) -> str:
        """The name of a generic type with these type arguments."""
        name = super().from_generic(object_type, types)
        return name.replace("FieldOrder", "Order") if object_type.name == "Order" else name


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(name_converter=Names(), scalar_map={date: DATE, datetime: DATE_TIME, Decimal: DECIMAL}),
)


def sdl() -> str:
    """The whole schema in the schema definition language."""
    return print_schema(schema).rstrip() + "\n"

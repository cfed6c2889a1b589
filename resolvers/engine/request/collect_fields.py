"""Which fields an operation selects on a type: fragments spread, ``@skip`` and ``@include`` decided, fields of one response key merged."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from resolvers.engine.request.arguments import no_value

Selection = dict[str, list[FieldNode]]
"""The fields by response key, in the order in which the response has them."""


class Collector:
    """Collects fields of one document for one set of boolean variables (GraphQL specification §6.3.2, CollectFields)."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def collect(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Selection:
        """The fields that the selection sets select on an object of this type."""
        fields: Selection = {}
        visited: set[str] = set()
        for selection_set in sets:
            if selection_set is not None:
                self._into(fields, visited, type_, selection_set.selections)
        return fields

    def below(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Selection:
        """The fields selected on the value of a field."""
        return self.collect(type_, (node.selection_set for node in nodes))

    def _into(
        self, fields: Selection, visited: set[str], type_: GraphQLObjectType, selections: Iterable[SelectionNode]
    ) -> None:
        for selection in selections:
            if not self._included(selection.directives or ()):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                fields.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._into(fields, visited, type_, selection.selection_set.selections)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in visited:
                visited.add(selection.name.value)
                fragment = self.fragments[selection.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    self._into(fields, visited, type_, fragment.selection_set.selections)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        other = self.schema.get_type(condition)
        return is_abstract_type(other) and self.schema.is_sub_type(other, type_)

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            name = directive.name.value
            if name in ("skip", "include"):
                value = (directive.arguments or ())[0].value
                flag = self.variables[value.name.value] if isinstance(value, VariableNode) else value.value  # type: ignore[attr-defined]
                if not isinstance(flag, bool):
                    raise no_value(directive)
                if flag is (name == "skip"):
                    return False
        return True


def is_connection(type_: GraphQLObjectType) -> bool:
    """Whether a list has pages."""
    return type_.name.endswith("Connection")

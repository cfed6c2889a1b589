"""Which responses may be compressed without giving a secret away by their length (BREACH).

Compression makes a response shorter where it repeats itself. Who reads the length of responses on the wire, and can put a guess into them,
learns by that whether the guess stands there a second time. So a response to a caller with a token, that may hold personal data, is
compressed only where nothing in it is the request's own text: not that of a mutation, with errors (messages quote arguments), with a plan,
or with aliases that could spell a value. An alias of letters in camelCase spells no number, code, date, ID or Chinese name. What is not
compressed says ``no-transform``, so that no proxy does it instead. The public has no secrets, and the schema is none.
"""

import re

from graphql import DocumentNode, FieldNode, InlineFragmentNode, OperationType, SelectionSetNode

CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*")


def aliases_can_spell_values(document: DocumentNode) -> bool:
    """Whether an alias of the document could spell a value: it has digits, underscores or capitals in succession."""
    stack: list[SelectionSetNode] = []
    for definition in document.definitions:
        selection_set = getattr(definition, "selection_set", None)
        if selection_set is not None:
            stack.append(selection_set)
    while stack:
        for node in stack.pop().selections:
            if isinstance(node, FieldNode) and node.alias is not None and not CAMEL_CASE.fullmatch(node.alias.value):
                return True
            if isinstance(node, (FieldNode, InlineFragmentNode)) and node.selection_set is not None:
                stack.append(node.selection_set)
    return False


def is_compressible(body: bytes, kind: OperationType | None, *, spells_values: bool, explained: bool) -> bool:
    """Whether the compressed length of an answer to a caller with a token tells nothing: none of it is the request's own text.

    Args:
        body: the response.
        kind: the operation's; None where none was run.
        spells_values: whether its document has aliases that could spell a value.
        explained: whether the answer has its plan.
    """
    return kind is OperationType.QUERY and not spells_values and not explained and b'"errors":' not in body

"""Decides which responses may be compressed without disclosing a secret by their length (BREACH).

Compression makes a response shorter where it repeats itself. An attacker who sees the length of responses on the wire, and can put a guess
into them, learns from it whether the guess occurs a second time. So a response to a caller with a token, which may have personal data, is
compressed only if nothing in it is text of the request: not that of a mutation, with errors (messages quote arguments), with a plan, or
with aliases that can spell a value. An alias of letters in camelCase spells no number, code, date, ID or Chinese name. All others say
``no-transform``, so that no proxy compresses them. The public's responses and the schema have no secrets.
"""

import re

from graphql import DocumentNode, FieldNode, InlineFragmentNode, OperationType, SelectionSetNode

CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*")


def aliases_can_spell_values(document: DocumentNode) -> bool:
    """Whether an alias of the document could spell a value: it has digits, underscores or successive capitals."""
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
    """Whether a response to a caller with a token may be compressed: none of it repeats text of the request.

    Args:
        body: the response.
        kind: the operation's; None where none was run.
        spells_values: whether its document has aliases that could spell a value.
        explained: whether the answer has its plan.
    """
    return kind is OperationType.QUERY and not spells_values and not explained and b'"errors":' not in body

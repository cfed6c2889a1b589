"""Documents for the engine, as the endpoint would hand them over."""

from functools import lru_cache

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from resolvers.engine.request.document import Document
from schema import schema


@lru_cache(maxsize=1_000)
def document(text: str) -> Document:
    """A valid document, validated once."""
    ast = parse(text)
    errors = validate(schema._schema, ast)
    assert not errors, (errors, text)
    return Document(
        text,
        ast,
        {d.name.value if d.name else None: d for d in ast.definitions if isinstance(d, OperationDefinitionNode)},
        {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)},
    )

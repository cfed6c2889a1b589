"""Parses and validates documents for the engine, as the endpoint does."""

from functools import lru_cache

from graphql import parse, validate

from resolvers.engine.request.document import Document, document_of
from schema import schema


@lru_cache(maxsize=1_000)
def document(text: str) -> Document:
    """A parsed document; it must be valid. Parsed and validated once."""
    ast = parse(text)
    errors = validate(schema._schema, ast)
    assert not errors, (errors, text)
    return document_of(schema._schema, text, ast)

"""Codes that callers write: the code list of a column, and the error of a code that its list does not have."""

from functools import lru_cache
from typing import Any

from sqlalchemy.types import TypeEngine

from db.model import CodeList, CodeText, Term
from resolvers.errors import HubError
from resolvers.suggestions import did_you_mean, quoted, similar_names


def list_of(type_: TypeEngine[Any]) -> CodeList | None:
    """The code list of a column of this type, if it has one."""
    if isinstance(type_, CodeText):
        return type_.codes
    terms: type[Term] | None = getattr(type_, "enum_class", None)
    return None if terms is None else of_terms(terms)


def list_of_text(type_: TypeEngine[Any]) -> CodeList | None:
    """The code list of a column whose codes are texts in filters; codes of enums are checked by the schema."""
    return type_.codes if isinstance(type_, CodeText) else None


@lru_cache
def of_terms(terms: type[Term]) -> CodeList:
    """The code list of an enum of the database, which is also one of the schema."""
    return CodeList(
        terms.__name__, {code: term.label for code, term in terms.__members__.items()}, of_enum(terms.__name__)
    )


def unknown_code(text: str, codes: CodeList) -> HubError:
    """The error of a code that is not in its list."""
    near = did_you_mean(*(f"{code} ({chinese(codes.labels[code])})" for code in similar_names(text, codes.labels)))
    return HubError(
        "UNKNOWN_CODE", f"{quoted(text)} is no code of {codes.name}.{near} The codes are in {codes.listed}."
    )


def chinese(label: str) -> str:
    """The Chinese part of a label, which is written English (中文); the whole where there is none."""
    _, _, inside = label.rpartition("(")
    return inside.removesuffix(")") or label


def of_enum(name: str) -> str:
    """Where the codes of an enum of the schema can be read."""
    return f"`schema.graphql`, at `enum {name}`"

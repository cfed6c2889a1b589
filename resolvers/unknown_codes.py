"""Codes that callers write: the code list of a column, and the error of a code that its list does not have."""

from functools import lru_cache
from typing import Any

from sqlalchemy.types import TypeEngine

from db.model import CodeList, CodeText, Term
from resolvers.errors import HubError
from resolvers.suggestions import did_you_mean, like, shown


def list_of(type_: TypeEngine[Any]) -> CodeList | None:
    """The code list that the values of a column are of, if there is one."""
    if isinstance(type_, CodeText):
        return type_.codes
    found: type[Term] | None = getattr(type_, "enum_class", None)
    return None if found is None else of_terms(found)


def list_of_text(type_: TypeEngine[Any]) -> CodeList | None:
    """The code list of a column that filters compare with texts; those of enums are checked by the schema."""
    return type_.codes if isinstance(type_, CodeText) else None


@lru_cache
def of_terms(terms: type[Term]) -> CodeList:
    """The code list of an enum of the database, which is one of the schema's, too."""
    return CodeList(
        terms.__name__, {code: term.label for code, term in terms.__members__.items()}, of_enum(terms.__name__)
    )


def unknown_code(text: str, codes: CodeList) -> HubError:
    """The error of a code that is not in its list."""
    near = did_you_mean(*(f"{code} ({chinese(codes.labels[code])})" for code in like(text, codes.labels)))
    return HubError("UNKNOWN_CODE", f"{shown(text)} is no code of {codes.name}.{near} The codes are in {codes.listed}.")


def chinese(label: str) -> str:
    """The Chinese part of a label, which is written English (中文); the whole where there is none."""
    _, _, found = label.rpartition("(")
    return found.removesuffix(")") or label


def of_enum(name: str) -> str:
    """Where the codes of an enum of the schema can be read."""
    return f"`schema.graphql`, at `enum {name}`"

"""Codes of code lists that callers write: the one error of a code that its list does not have, and which codes are like it."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from graphql.pyutils import suggestion_list
from sqlalchemy.types import TypeEngine

from db.model import CodeList, CodeText, Term
from resolvers.errors import HubError

MOST = 3
"""Suggestions in one message."""

suggests: ContextVar[bool] = ContextVar("suggests", default=False)
"""Whether messages may suggest names and codes of the schema: where the caller may ask for the schema. Whoever takes requests sets it."""


def shown(text: str) -> str:
    """A caller's text as it may be repeated in a message: quoted, short, and without halves of surrogate pairs."""
    text = text.encode(errors="replace").decode()
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def did_you_mean(*found: str) -> str:
    """The sentence that suggests some names, if there are any and the caller may be told them."""
    if not found or not suggests.get():
        return ""
    *most, last = found[:MOST]
    return f" Did you mean {', '.join(most)} or {last}?" if most else f" Did you mean {last}?"


def like(text: str, names: Mapping[str, str] | list[str]) -> list[str]:
    """The names that are like a text, the likest first. Of codes with labels also those whose label has the text."""
    if not suggests.get() or not 0 < len(text) <= 100:
        return []
    found = suggestion_list(text, list(names))
    if isinstance(names, Mapping):
        plain = "".join(letter for letter in text.upper() if letter.isalnum())
        found = [code for code in names if plain and code.replace("_", "").startswith(plain)] + found
        found += [code for code, label in names.items() if text.casefold() in label.casefold()]
    return list(dict.fromkeys(found))


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

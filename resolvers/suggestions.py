"""Suggestions in error messages: names and codes that are like what the caller wrote, for callers who may read the schema."""

from collections.abc import Mapping
from contextvars import ContextVar

from graphql.pyutils import suggestion_list

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

"""Suggestions in error messages: names and codes that are like what the caller wrote, for callers who may read the schema."""

from collections.abc import Mapping
from contextvars import ContextVar

from graphql.pyutils import suggestion_list

MAX_SUGGESTIONS = 3
"""Suggestions in one message."""

suggestions_allowed: ContextVar[bool] = ContextVar("suggestions_allowed", default=False)
"""Whether messages may suggest names and codes of the schema: where the caller may ask for the schema. Set for each request."""


def quoted(text: str) -> str:
    """A caller's text for a message: quoted, cut after 60 characters, without halves of surrogate pairs."""
    text = text.encode(errors="replace").decode()
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def did_you_mean(*names: str) -> str:
    """The sentence that suggests some names, if there are any and the caller may read the schema; else an empty text."""
    if not names or not suggestions_allowed.get():
        return ""
    *most, last = names[:MAX_SUGGESTIONS]
    return f" Did you mean {', '.join(most)} or {last}?" if most else f" Did you mean {last}?"


def similar_names(text: str, names: Mapping[str, str] | list[str]) -> list[str]:
    """The names that are similar to a text, the most similar first. Of codes with labels also those whose label has the text."""
    if not suggestions_allowed.get() or not 0 < len(text) <= 100:
        return []
    similar = suggestion_list(text, list(names))
    if isinstance(names, Mapping):
        plain = "".join(letter for letter in text.upper() if letter.isalnum())
        similar = [code for code in names if plain and code.replace("_", "").startswith(plain)] + similar
        similar += [code for code, label in names.items() if text.casefold() in label.casefold()]
    return list(dict.fromkeys(similar))

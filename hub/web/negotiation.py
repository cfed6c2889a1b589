"""Content negotiation by the GraphQL-over-HTTP draft; results are cached by header."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.requests import HTTPConnection

from hub.exports.forms import Format
from hub.messages import prefers_chinese
from hub.setup.compressed_files import ENCODED_SUFFIXES

RESPONSE: Final = b"application/graphql-response+json"
JSON: Final = b"application/json"
HTML: Final = b"text/html"

EXPORTS: Final = {format_.value.encode(): format_ for format_ in Format}
"""The media types of exports."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """What an ``Accept`` header accepts: whether a page rather than JSON, the media type of a response (None: neither), and the format of
    an export rather than both, with the parameters of its media type."""

    page: bool
    media: bytes | None
    export: Format | None = None
    parameters: tuple[tuple[str, str], ...] = ()


def wants_chinese(request: HTTPConnection) -> bool:
    """Whether a request or WebSocket prefers Chinese messages."""
    return prefers_chinese(request.headers.get("accept-language", "").encode("latin-1"))


@lru_cache(maxsize=512)
def accepts(header: bytes | None) -> Accepts:
    """Read an ``Accept`` header.

    A named type takes precedence over a wildcard. A wildcard, or no header, means ``application/json``, since clients that know
    ``application/graphql-response+json`` name it. The formats of exports are wanted only by their names; between equal weights, by a
    client that takes JSON too, for errors.
    """
    if header is None or not header.strip():
        return Accepts(page=False, media=JSON)
    weights: dict[bytes, float] = {}
    parameters: dict[bytes, bytes] = {}
    for part in header.split(b","):
        media, _, rest = part.partition(b";")
        weight, name = quality(rest), media.strip().lower()
        if weight is not None and not (name in EXPORTS and weights.get(name, -1.0) >= weight):
            weights[name], parameters[name] = weight, rest
    wildcard = weights.get(b"application/*", weights.get(b"*/*", 0.0))
    response, plain = weights.get(RESPONSE, 0.0), weights.get(JSON, wildcard)
    page = weights.get(HTML, 0.0)
    media_type = None if not (response or plain) else RESPONSE if response >= plain else JSON
    exports = [name for name in weights if name in EXPORTS and weights[name] > 0]
    best = max(exports, key=weights.__getitem__, default=b"")
    if exports and weights[best] >= max(response, plain, page):
        return Accepts(False, media_type, EXPORTS[best], parameters_of(parameters[best]))
    return Accepts(page=page > max(weights.get(JSON, 0.0), response), media=media_type)


def parameters_of(text: bytes) -> tuple[tuple[str, str], ...]:
    """The parameters of a media type, by their names, but its weight."""
    found = {}
    for part in text.decode("latin-1").split(";"):
        name, _, value = part.partition("=")
        found[name.strip().lower()] = value.strip(' "\t').lower()
    return tuple((name, value) for name, value in found.items() if name not in ("", "q"))


def quality(parameters: bytes) -> float | None:
    """The ``q`` of a media range, 1 by default; None if the range has another character set than UTF-8."""
    weight = 1.0
    for parameter in parameters.split(b";"):
        name, _, value = parameter.strip().partition(b"=")
        name, value = name.strip().lower(), value.strip(b' "').lower()
        if name == b"charset" and value not in (b"utf-8", b"utf8"):
            return None
        if name == b"q":
            try:
                weight = min(1.0, max(0.0, float(value)))
            except ValueError:
                weight = 0.0
    return weight if weight == weight else 0.0


@lru_cache(maxsize=128)
def is_json(content_type: bytes) -> bool:
    """Whether a ``Content-Type`` is JSON in UTF-8."""
    media, _, rest = content_type.partition(b";")
    return media.strip().lower() == JSON and quality(rest) is not None


@lru_cache(maxsize=256)
def codings(accept_encoding: str) -> frozenset[str]:
    """The content codings that an ``Accept-Encoding`` header accepts, of those in which the hub has compressed files."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, rest = part.partition(";")
        weights[coding.strip()] = quality(rest.encode("latin-1", "replace")) or 0.0
    every = weights.get("*", 0.0)
    return frozenset(coding for coding in ENCODED_SUFFIXES if weights.get(coding, every) > 0)

"""Global IDs, opaque to callers: ``<prefix>_<key in hexadecimal>``, so that writing one costs next to nothing."""

import re

from resolvers.errors import HubError
from resolvers.suggestions import quoted

KEY_MAX = 2**63 - 1
_FORM = re.compile(r"([a-z]+)_([0-9a-f]{1,16})")


def encode(prefix: str, key: int) -> str:
    """The global ID of a row."""
    return f"{prefix}_{key:x}"


def decode(text: str, prefix: str | None = None) -> tuple[str, int]:
    """Prefix and key of a global ID. Raises BAD_ID when it is malformed or, with ``prefix``, of another type."""
    match = _FORM.fullmatch(text)
    if match is None or (key := int(match[2], 16)) > KEY_MAX or f"{key:x}" != match[2]:
        raise HubError(
            "BAD_ID", f"{quoted(text)} is not an ID of this service. Send an `id` that an earlier answer gave."
        )
    if prefix is not None and match[1] != prefix:
        raise HubError("BAD_ID", f"{quoted(text)} is the ID of another type. Send an ID that begins with {prefix}_.")
    return match[1], key

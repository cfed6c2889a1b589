"""HTTP caching: ``ETag``, ``If-None-Match`` and the response 304."""

import hashlib
from base64 import urlsafe_b64encode

from starlette.datastructures import Headers
from starlette.responses import Response


def etag_of(content: bytes) -> str:
    """A weak validator of some content, the same for every content coding."""
    return f'W/"{urlsafe_b64encode(hashlib.sha256(content).digest()[:18]).decode()}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` matches the validator, by weak comparison (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return known == ["*"] or etag.removeprefix("W/") in known


def with_etag(response: Response, headers: Headers) -> Response:
    """The response with an ``ETag``, or 304 without a body if the caller has it; ``headers`` are those of the request."""
    etag = etag_of(bytes(response.body))
    response.headers["ETag"] = etag
    if not matches(headers.get("if-none-match"), etag):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)

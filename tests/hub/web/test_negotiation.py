"""Which media type a caller wants."""

import pytest

from hub.web.negotiation import JSON, RESPONSE, accepts


@pytest.mark.parametrize(
    ("header", "page", "media"),
    [
        (None, False, JSON),
        (b"", False, JSON),
        (b"*/*", False, JSON),
        (b"application/*", False, JSON),
        (RESPONSE, False, RESPONSE),
        (JSON, False, JSON),
        (RESPONSE + b", " + JSON, False, RESPONSE),
        (JSON + b", " + RESPONSE, False, RESPONSE),
        (RESPONSE + b", application/json;q=0.9", False, RESPONSE),
        (b"application/json, application/graphql-response+json; q=0.5", False, JSON),
        (b"application/graphql-response+json;charset=utf-8, */*", False, RESPONSE),
        (b"APPLICATION/JSON ; Q=0.3", False, JSON),
        (b"application/json;q=0, */*", False, None),
        (b"application/json;q=nan", False, None),
        (b"application/json;q=x", False, None),
        (b"application/json;charset=latin-1", False, None),
        (b"text/html", True, None),
        (b"text/html, application/json", False, JSON),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True, JSON),
        (b"image/png", False, None),
        (b"multipart/mixed, application/graphql-response+json", False, RESPONSE),
        (b",;=,", False, None),
    ],
)
def test_accept_header(header: bytes | None, page: bool, media: bytes | None) -> None:
    found = accepts(header)
    assert (found.page, found.media) == (page, media)

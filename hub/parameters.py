"""Reads the parameters of a GraphQL request from a JSON body or a query string; faults in them are 4xx."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from hub.errors import Refusal

MAX_QUERY_STRING = 32_768
"""Bytes of a query string."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some editors on Windows write it before UTF-8; RFC 8259 allows readers to skip it."""

MAX_NESTING = 64
"""Levels of lists and objects in the variables."""


class Parameters(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def bad_request(message: str) -> Refusal:
    """The refusal of parameters that are not those of a GraphQL request."""
    return Refusal(400, "BAD_REQUEST", message)


def load_json(text: bytes | str, what: str) -> Any:
    """Decode JSON.

    Raises:
        Refusal: MALFORMED_JSON, saying where.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal(
            400,
            "MALFORMED_JSON",
            f"The {what} is not valid JSON in UTF-8, or holds a number too large or lists too deep: "
            f"see line {error.lineno}, column {error.colno}.",
        ) from None


def from_body(body: bytes) -> Parameters:
    """The parameters in a JSON body.

    Raises:
        Refusal: MALFORMED_JSON, BAD_REQUEST, BAD_VARIABLES or INVALID_CHARACTER.
    """
    content = load_json(body.removeprefix(BYTE_ORDER_MARK), "body")
    if type(content) is not dict:
        raise bad_request("The body must be a JSON object with a `query`; lists of requests are not served.")
    deep = body.count(b"{") + body.count(b"[") > MAX_NESTING
    return from_object(content, suspect=deep or b"\\u0000" in body)


def from_object(content: dict[str, Any], *, suspect: bool) -> Parameters:
    """The parameters in a JSON object; if ``suspect``, null characters and nesting are checked.

    Raises:
        Refusal: BAD_REQUEST, BAD_VARIABLES or INVALID_CHARACTER.
    """
    extensions = content.get("extensions")
    if extensions is not None and type(extensions) is not dict:
        raise bad_request("`extensions` must be an object.")
    return checked(content.get("query"), content.get("operationName"), content.get("variables"), suspect=suspect)


def from_query_string(query_string: bytes) -> Parameters:
    """The parameters in a URL: ``query``, ``operationName``, and ``variables`` and ``extensions`` as JSON.

    Raises:
        Refusal: as of a body, and URI_TOO_LONG.
    """
    if len(query_string) > MAX_QUERY_STRING:
        raise Refusal(414, "URI_TOO_LONG", f"The query string is longer than {MAX_QUERY_STRING} bytes. Use POST.")
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=16)
    except ValueError:
        raise bad_request("The query string is not UTF-8 in percent encoding, or has too many parameters.") from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise bad_request("A parameter stands twice in the query string.")
    extensions, variables = parameters.get("extensions"), parameters.get("variables")
    if extensions and type(load_json(extensions, "parameter `extensions`")) not in (dict, type(None)):
        raise bad_request("`extensions` must be a JSON object.")
    return checked(
        parameters.get("query"),
        parameters.get("operationName"),
        load_json(variables, "parameter `variables`") if variables else None,
        suspect=True,
    )


def checked(query: Any, operation_name: Any, variables: Any, *, suspect: bool) -> Parameters:
    """The parameters, each of its type; if ``suspect``, null characters and nesting are checked."""
    if type(query) is not str:
        raise bad_request("`query` is missing or no text: send the GraphQL document in it.")
    if not query or query.isspace():
        raise bad_request("`query` is empty: send the GraphQL document in it.")
    if operation_name is not None and type(operation_name) is not str:
        raise bad_request("`operationName` must be a text or null.")
    if variables is None:
        variables = {}
    elif type(variables) is not dict:
        raise bad_request("`variables` must be an object or null.")
    if suspect:
        if operation_name and "\0" in operation_name:
            raise null_character()
        examine(variables)
    return Parameters(query, operation_name or None, variables)


def null_character() -> Refusal:
    """The refusal of U+0000, which PostgreSQL cannot store or compare."""
    return Refusal(400, "INVALID_CHARACTER", "A text holds the null character U+0000. Take it out; no text has it.")


def examine(variables: dict[str, Any]) -> None:
    """Check the variables for null characters, and for nesting deeper than any input type.

    Raises:
        Refusal: INVALID_CHARACTER or BAD_VARIABLES.
    """
    stack: list[tuple[Any, int]] = [(variables, 1)]
    while stack:
        value, depth = stack.pop()
        if type(value) is str:
            if "\0" in value:
                raise null_character()
        elif type(value) is dict or type(value) is list:
            if depth > MAX_NESTING:
                raise Refusal(400, "BAD_VARIABLES", f"The variables are nested more than {MAX_NESTING} levels deep.")
            if type(value) is dict:
                stack.extend((key, depth) for key in value)
                stack.extend((item, depth + 1) for item in value.values())
            else:
                stack.extend((item, depth + 1) for item in value)

"""What kinds of record take, for programs: the explorer's page, and whoever writes files."""

from typing import Any

from hub.imports.template import accepted, heading_of, in_language
from resolvers.writing.declare import Column, WritableKind


def described(kind: WritableKind, *, chinese: bool) -> dict[str, Any]:
    """A kind with its columns, in the caller's language."""
    return {
        "name": kind.name,
        "heading": heading_of(kind.heading.english, kind.heading.chinese, chinese=chinese),
        "recognizedBy": [list(key) for key in kind.natural_keys],
        "columns": [_described(column, chinese=chinese) for column in kind.columns],
    }


def _described(column: Column, *, chinese: bool) -> dict[str, Any]:
    heading = column.heading
    main = heading_of(heading.english, heading.chinese, chinese=chinese)
    return {
        "name": column.name,
        "heading": main,
        "otherHeadings": [name for name in heading.names() if name != main],
        "required": column.required,
        "personal": column.personal,
        "takes": accepted(column, chinese=chinese),
        "note": in_language(column.note, chinese=chinese) if column.note else None,
        "example": column.example or None,
    }

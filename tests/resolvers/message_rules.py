"""Rules for messages to callers: no words of Python or the database, and no name that the schema does not have."""

import re

from schema import schema

SCHEMA = schema._schema
PYTHON = re.compile(
    r"\b(None(?! of)|True|False|NoneType|str|int|dict|tuple|bool|float|Undefined|repr|Traceback|asyncpg|Decimal\()\b"
)
DATABASE = re.compile(
    r"\b(SQL|PostgreSQL|relation|constraint|column(?! )|foreign key|numeric|bigint|timestamp|varchar)\b"
)
SNAKE = re.compile(r"(?<![\w`\"])[a-z]+(?:_[a-z]+)+\b|`[a-z]+(?:_[a-z]+)+`")
CLASS = re.compile(r"\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+\b")
REPR = re.compile(r"(?<!\w)'[^']*'(?!\w)")
NAMES = SCHEMA.type_map.keys() | {"GraphQL", "JavaScript", "WebSocket", "WebSockets"}
SENT = re.compile(r'"(?:[^"\\]|\\.)*…?"?')
"""What the caller sent is quoted by double quotes, as JSON does."""


def faults_of(message: str) -> list[str]:
    """What is wrong with the words of a message."""
    own = SENT.sub('""', message)
    found = [match.group() for pattern in (PYTHON, DATABASE, SNAKE, REPR) for match in pattern.finditer(own)]
    return found + [name for name in CLASS.findall(own) if name not in NAMES]

"""``unionhub explain``: run a query and show its plan, its SQL, and the rows and time of each statement."""

import asyncio
from typing import Any

import orjson

from db.connect import create_pool
from db.row_security import READER
from hub.app import limits_of, own_engine
from hub.documents import Documents, Rejected
from hub.settings import Settings
from resolvers.access import Caller
from schema import schema

OPERATOR = Caller("operator", everything=True)


def explain_query(settings: Settings, url: str, text: str, variables: dict[str, Any]) -> str:
    """The explanation of a query as text, or the errors that it gets."""
    return asyncio.run(_explain(settings, url, text, variables))


async def _explain(settings: Settings, url: str, text: str, variables: dict[str, Any]) -> str:
    found = Documents(schema._schema, limits_of(settings)).get(text)
    if isinstance(found, Rejected):
        return _errors(orjson.loads(found.body)["errors"])
    pool = await create_pool(url, size=1, statement_timeout_ms=settings.statement_timeout_ms, role=READER)
    try:
        engine = own_engine(pool, settings)
        await engine.execute(found.document, None, variables, caller=OPERATOR, explain=True)
        answer = await engine.execute(found.document, None, variables, caller=OPERATOR, explain=True)
    finally:
        await pool.close()
    response = orjson.loads(answer.body)
    explained = response.get("extensions", {}).get("explain")
    return _errors(response["errors"]) if explained is None else _text(explained)


def _errors(errors: list[dict[str, Any]]) -> str:
    return "\n".join(f"{error['extensions']['code']}: {error['message']}" for error in errors)


def _text(explained: dict[str, Any]) -> str:
    parts = [explained["tree"], ""]
    for statement in explained["statements"]:
        parts += [
            f"{statement['path']}: {statement['rows']} rows in {statement['milliseconds']} ms",
            f"  {statement['sql']}",
            "",
        ]
    parts.append(f"{explained['total_milliseconds']} ms in all, prepared statements warm")
    return "\n".join(parts)
